"""Terms and conditions: changed like dates, kept by version, compared side by side, brought back by undo."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from entitlements import engine
from entitlements.engine.check import check
from entitlements.history.conditions import Piece, compared, versions_of
from entitlements.models import Act, Amendment, Entitlement, Source
from entitlements.operations import ChangeTerms, UndoAct
from entitlements.privacy.redaction import Redaction
from entitlements.schedule import apply_now
from tests.cast import TODAY, Cast
from tests.entitlements.pages import HTMX, client_of, seen_in, shown
from tests.entitlements.schedule.asking import APRIL, MARCH, scheduled


def agreed(text: str) -> ChangeTerms:
    """Return a change of the text alone."""
    return ChangeTerms(as_of=TODAY, conditions=text)


def write(cast: Cast, held: Entitlement, text: str) -> Act:
    """Change the text now, and return the act."""
    result = engine.apply(agreed(text), [held.pk], made_by=cast.operations, source=Source.PAGE)
    assert result.act, [problem for each in result.outcomes for problem in each.preview.problems]
    return result.act


@pytest.fixture
def held(cast: Cast) -> Entitlement:
    return cast.entitle("gold_annual")


@pytest.fixture
def staff(cast: Cast) -> Client:
    return client_of(cast.operations)


# --- compared --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "left", "right"),
    [
        ("", "", [], []),
        ("", "Pay.", [], [Piece("Pay.", "added")]),
        ("Pay.", "", [Piece("Pay.", "removed")], []),
        ("Pay.", "Pay.", [Piece("Pay.")], [Piece("Pay.")]),
        (
            "Pay in 30 days.",
            "Pay in 14 days.",
            [Piece("Pay in "), Piece("30", "removed"), Piece(" days.")],
            [Piece("Pay in "), Piece("14", "added"), Piece(" days.")],
        ),
    ],
)
def test_the_words_that_differ_are_marked(before: str, after: str, left: list[Piece], right: list[Piece]) -> None:
    found = compared(before, after)
    assert (list(found.before), list(found.after)) == (left, right)


def test_both_texts_stay_whole() -> None:
    before, after = "a  b\n\nc, d; ü — e", "b\tc d?\n e ü"
    found = compared(before, after)
    assert "".join(each.text for each in found.before) == before
    assert "".join(each.text for each in found.after) == after


# --- the operation ---------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_each_text_is_a_version_and_undo_brings_the_earlier_back(cast: Cast, held: Entitlement) -> None:
    write(cast, held, " Pay in 30 days.\n")
    act = write(cast, held, "Pay in 14 days.")
    held.refresh_from_db()
    assert (held.conditions, held.version) == ("Pay in 14 days.", 3)
    engine.apply(UndoAct(as_of=TODAY, act_id=act.pk), [held.pk], made_by=cast.operations, source=Source.PAGE)
    held.refresh_from_db()
    assert held.conditions == "Pay in 30 days."
    texts = [each.text for each in versions_of(held.order)]
    assert texts == ["Pay in 30 days.", "Pay in 14 days.", "Pay in 30 days."]
    assert list(check()) == []


@pytest.mark.django_db
def test_dates_leave_the_text_and_an_empty_text_takes_it_away(cast: Cast, held: Entitlement) -> None:
    write(cast, held, "Pay.")
    cast.do(ChangeTerms(as_of=TODAY, expires_on=APRIL), [held.pk], reason="as agreed")
    held.refresh_from_db()
    assert held.conditions == "Pay."
    write(cast, held, "")
    held.refresh_from_db()
    assert held.conditions is None
    [preview] = engine.preview(agreed(""), [held.pk])
    assert [each.code for each in preview.problems] == ["nothing_to_change"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "code"), [("x" * 20_001, "conditions_too_long"), ("\x07", "conditions_invalid"), ("x" * 20_000, "")]
)
def test_texts_that_cannot_be_are_refused(cast: Cast, held: Entitlement, text: str, code: str) -> None:
    [preview] = engine.preview(agreed(text), [held.pk])
    assert [each.code for each in preview.problems] == [code] * bool(code)


@pytest.mark.django_db
def test_a_text_goes_on_with_a_change_of_the_offering_and_waits_for_its_day(cast: Cast, held: Entitlement) -> None:
    row = scheduled(cast, agreed("Pay in advance."), held, MARCH)
    assert (row.kind, row.number) == ("terms", 1)
    assert any(line.startswith("Terms and conditions: ") for line in row.effects)
    assert apply_now(row, made_by=cast.operations, seen=None).amendment
    [version] = versions_of(held.order)
    assert (version.text, version.number, version.before) == ("Pay in advance.", 1, None)


def test_erasure_takes_the_text_away() -> None:
    stored = {"fields": {"conditions": [None, "Osprey pays."], "quantity": [1, 2]}}
    whole, part = (Redaction.of(["Osprey"], is_whole=is_whole) for is_whole in (True, False))
    assert "Osprey" not in json.dumps(whole.delta(stored))
    assert part.delta(stored)["fields"]["conditions"] == [None, part.text("Osprey pays.")]
    assert part.delta(stored)["fields"]["quantity"] == [1, 2]
    assert "pays" not in json.dumps(whole.asked({"steps": [{"conditions": "Osprey pays."}]}))
    assert whole.asked({"conditions": None}) == {"conditions": None}


# --- pages -----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "dialog"])
@pytest.mark.parametrize("when", [{}, {"when": "day", "effective_on": "2027-03-01"}], ids=["now", "a day"])
def test_the_text_is_written_beside_the_dates(
    cast: Cast, staff: Client, held: Entitlement, headers: dict[str, str], when: dict[str, str]
) -> None:
    url = f"/entitlements/{held.pk}/change-terms/"
    assert "Terms and conditions" in shown(staff.get(url, headers=headers))
    data: dict[str, Any] = {"conditions": "Pay.\r\nSoon.", "reason": "as signed", **when}
    seen = seen_in(staff.post(url, {**data, "preview": "1"}))
    answer = staff.post(url, {**data, "seen": seen}, headers=headers)
    assert answer.status_code == (200 if headers else 302)
    held.refresh_from_db()
    if when:
        assert (held.conditions, Amendment.objects.get().kind) == (None, "terms")
    else:
        assert held.conditions == "Pay.\nSoon."


@pytest.mark.django_db
def test_the_order_shows_what_is_in_force_and_two_versions_side_by_side(
    cast: Cast, staff: Client, held: Entitlement
) -> None:
    empty = shown(staff.get(f"/orders/{held.order_id}/conditions/"))
    assert "No terms and conditions" in empty
    write(cast, held, "Pay in <b>30</b> days.")
    write(cast, held, "Pay in <b>14</b> days.")
    order = shown(staff.get(f"/orders/{held.order_id}/"))
    assert "Pay in &lt;b&gt;14&lt;/b&gt; days." in order
    assert f'href="/orders/{held.order_id}/conditions/"' in order
    page = shown(staff.get(f"/orders/{held.order_id}/conditions/"))
    assert "<del>30</del>" in page
    assert "<ins>14</ins>" in page
    assert "<b>14" not in page
    newest, oldest = versions_of(held.order)
    first = shown(staff.get(f"/orders/{held.order_id}/conditions/?to={oldest.key}"))
    assert "Nothing before" in first
    assert "<del>" not in first
    chosen = shown(staff.get(f"/orders/{held.order_id}/conditions/?from={newest.key}&to={oldest.key}&x=1"))
    assert "<del>14</del>" in chosen
    assert staff.get(f"/orders/{held.order_id}/conditions/?from=nonsense&to=1").status_code == 200


@pytest.mark.django_db
def test_more_versions_cost_no_more_queries(cast: Cast, staff: Client, held: Entitlement) -> None:
    url = f"/orders/{held.order_id}/conditions/"

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            staff.get(url)
        return len(queries)

    write(cast, held, "one")
    staff.get(url)
    before = count()
    for text in ("two", "three"):
        write(cast, held, text)
    assert count() == before
