"""Overrides until a day: set, shown, ended by the worker, counted as gone by what is scheduled, kept by undo."""

from datetime import date
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from entitlements import engine
from entitlements.desk.override_filters import OverrideFilters
from entitlements.history.words import overridden_by
from entitlements.models import Act, Change, Entitlement, Override, Source
from entitlements.operations import SetOverrides, UndoAct
from entitlements.schedule import apply_due, fold_order
from entitlements.schedule.endings import Ended
from entitlements.schedule.planned import pending_of
from entitlements.schedule.tasks import apply_due_amendments
from entitlements.schedule.timeline import OrderAmendments
from entitlements.state import load_alone
from tests.cast import NOW, TODAY, Cast, day
from tests.entitlements.pages import address, client_of, look_and_confirm, shown
from tests.entitlements.schedule.asking import APRIL, MARCH, ask, scheduled

pytestmark = pytest.mark.django_db

JANUARY = date(2027, 1, 15)
REPORT = reverse("entitlements:override_report")


def until(on: date | None, **values: Any) -> SetOverrides:
    return SetOverrides(as_of=TODAY, values=values, until=on)


def agreed(cast: Cast, on: date = JANUARY, *, seats: int = 0, **values: Any) -> Entitlement:
    """Return an entitlement with a right set by hand until a day."""
    held = cast.entitle(seats=seats)
    cast.do(until(on, **(values or {"seat_limit": 50})), [held.pk], reason="Pilot")
    held.refresh_from_db()
    return held


def acts() -> list[str]:
    return list(Act.objects.order_by("made_at", "pk").values_list("operation", flat=True))


# --- set -------------------------------------------------------------------------------------------------------------


def test_the_day_is_kept_with_the_override_and_in_the_log(cast: Cast) -> None:
    held = agreed(cast)
    assert Override.objects.get().until == JANUARY
    assert load_alone([held.pk])[0].overrides["seat_limit"].until == JANUARY
    stored = Change.objects.latest("act__made_at").delta["overrides"]["seat_limit"][1]
    assert (stored["value"], stored["until"]) == (50, "2027-01-15")


@pytest.mark.parametrize(
    ("on", "codes"),
    [
        (TODAY, ["until_past"]),
        (day("2026-11-22"), []),
        (date(2999, 12, 31), []),
        (date(3000, 1, 1), ["until_too_late"]),
        (None, []),
    ],
)
def test_the_day_is_after_today_and_before_the_year_3000(cast: Cast, on: date | None, codes: list[str]) -> None:
    [preview] = engine.preview(until(on, seat_limit=50), [cast.entitle().pk], at=NOW)
    assert [problem.code for problem in preview.problems] == codes


def test_another_day_is_another_override_and_the_same_day_is_none(cast: Cast) -> None:
    held = agreed(cast)
    [same] = engine.preview(until(JANUARY, seat_limit=50), [held.pk], at=NOW)
    assert [problem.code for problem in same.problems] == ["nothing_to_change"]
    [other] = engine.preview(until(MARCH, seat_limit=50), [held.pk], at=NOW)
    assert not other.problems
    assert other.fingerprint != same.fingerprint


# --- shown -----------------------------------------------------------------------------------------------------------


def test_the_dialog_asks_for_the_day_and_says_it(cast: Cast) -> None:
    held = cast.entitle()
    client, url = client_of(cast.operations), address("override", held, "seat_limit")
    data = {"value": "50", "until": "2027-01-15", "reason": "Pilot"}
    assert "50 until 15 Jan 2027" in shown(client.post(url, {**data, "preview": "1"}))
    assert look_and_confirm(client, url, data).status_code == 302
    assert Override.objects.get().until == JANUARY
    page = shown(client.get(url))
    assert 'value="2027-01-15"' in page
    assert "Set to 50 until 15 Jan 2027 by operations" in page
    assert "50 until 15 Jan 2027" in shown(client.get(address("history", held)))


def test_a_day_in_the_past_is_said_at_the_field(cast: Cast) -> None:
    data = {"value": "50", "until": "2026-11-01", "reason": "Pilot"}
    answer = look_and_confirm(client_of(cast.operations), address("override", cast.entitle(), "seat_limit"), data)
    assert answer.status_code == 422
    assert 'id="id_until_error"' in shown(answer)


def test_the_tooltip_says_when_it_ends(cast: Cast) -> None:
    [state] = load_alone([agreed(cast).pk])
    assert overridden_by(state, "seat_limit").endswith(": Pilot. It ends on 15 Jan 2027.")


def test_the_report_has_the_day_and_finds_what_ends_soon(cast: Cast) -> None:
    agreed(cast)
    cast.override(cast.entitle(), seat_limit=7)
    client = client_of(cast.operations)
    page = shown(client.get(REPORT))
    assert "<td>15 Jan 2027</td>" in page
    assert [OverrideFilters(ends=days).overrides().count() for days in ("", "30", "90")] == [2, 0, 1]
    assert 'value="90" selected' in shown(client.get(REPORT, {"ends": "90"}))
    assert "cannot be used as it is" in shown(client.get(REPORT, {"ends": "soon"}))


# --- ended -----------------------------------------------------------------------------------------------------------


def test_the_worker_ends_it_on_its_day_once_and_keeps_the_seats(cast: Cast, clock: Any) -> None:
    held = agreed(cast, seats=9)
    clock.move_to("2027-01-14T23:59:00Z")
    assert list(apply_due(date(2027, 1, 14))) == []
    clock.move_to("2027-01-15T00:01:00Z")
    [ended] = apply_due(JANUARY)
    assert isinstance(ended, Ended)
    assert (ended.day, ended.keys, ended.ids) == (JANUARY, ("seat_limit",), (held.pk,))
    act = Act.objects.latest("made_at")
    assert (act.operation, act.source, act.reason) == ("revert_overrides", Source.TASK, "Ended as agreed")
    held.refresh_from_db()
    assert (held.seat_limit, held.seats_used, Override.objects.count()) == (5, 9, 0)
    assert list(apply_due(JANUARY)) == []


def test_a_late_run_ends_it_as_of_its_day(cast: Cast, clock: Any) -> None:
    agreed(cast)
    clock.move_to("2028-06-01T08:00:00Z")
    assert apply_due_amendments.func() == {"ended": 1}
    assert Act.objects.latest("made_at").asked["as_of"] == "2027-01-15"


def test_what_has_ended_itself_is_left_alone(cast: Cast) -> None:
    held = agreed(cast)
    Entitlement.objects.filter(pk=held.pk).update(ended_on=TODAY)
    assert list(apply_due(APRIL)) == []


def test_rights_of_one_day_end_together_and_others_later(cast: Cast) -> None:
    held = agreed(cast, seat_limit=50, grace_period="P30D")
    cast.do(until(MARCH, lease_period="P2D"), [held.pk], reason="Pilot")
    assert [(each.day, each.keys) for each in apply_due(APRIL) if isinstance(each, Ended)] == [
        (JANUARY, ("grace_period", "seat_limit")),
        (MARCH, ("lease_period",)),
    ]


def test_the_worker_looks_once_for_what_ends_before_each_amendment(cast: Cast, clock: Any) -> None:
    def looks(amendments: int) -> int:
        for _each in range(amendments):
            scheduled(cast, until(None, grace_period="P30D"), cast.entitle(), MARCH)
        clock.move_to("2027-03-01T08:00:00Z")
        with CaptureQueriesContext(connection) as captured:
            found = list(apply_due(MARCH))
        clock.move_to(NOW)
        assert [each.problems for each in found] == [()] * amendments
        return sum('"until" <= ' in query["sql"] for query in captured)

    assert looks(3) - looks(1) == 2 * 2  # before it, and at the end of each order


def test_the_command_says_what_ends(cast: Cast, clock: Any, capsys: pytest.CaptureFixture[str]) -> None:
    agreed(cast)
    clock.move_to("2027-01-15T08:00:00Z")
    call_command("apply_amendments", "--dry-run")
    assert "2027-01-15  Override of seat_limit: would be ended" in capsys.readouterr().out
    call_command("apply_amendments")
    assert "0 applied, overrides of 1 ended." in capsys.readouterr().out
    call_command("apply_amendments")
    assert "Nothing is due." in capsys.readouterr().out


# --- late, or refused ------------------------------------------------------------------------------------------------


def dashboard(cast: Cast) -> str:
    return " ".join(shown(client_of(cast.operations).get("/")).split())


def test_the_dashboard_says_what_should_have_ended(cast: Cast, clock: Any) -> None:
    held = agreed(cast)
    assert "should have ended" not in dashboard(cast)
    clock.move_to("2027-01-15T08:00:00Z")
    page = dashboard(cast)
    assert 'href="/overrides/?ends=late"><b>1 override should have ended.</b>' in page.replace(REPORT, "/overrides/")
    assert f'href="{held.get_absolute_url()}">Silver annual, {held.order.customer.name}</a>' in page
    assert "Seats 50 until 15 Jan 2027 </li>" in page
    assert "The next run of the worker ends it; what stays after that, remove by hand." in page
    report = shown(client_of(cast.operations).get(REPORT, {"ends": "late"}))
    assert str(held.pk) in report
    assert list(apply_due(JANUARY))
    assert "should have ended" not in dashboard(cast)


def test_the_dashboard_lists_the_first_few_and_counts_all(cast: Cast, clock: Any) -> None:
    for _each in range(7):
        agreed(cast)
    clock.move_to("2027-01-15T08:00:00Z")
    page = dashboard(cast)
    assert "7 overrides should have ended." in page
    assert page.count(" until 15 Jan 2027 </li>") == 5


# --- beside what is scheduled ----------------------------------------------------------------------------------------


def test_what_is_scheduled_for_later_sees_it_gone(cast: Cast) -> None:
    held = agreed(cast)
    row = scheduled(cast, until(None, grace_period="P30D"), held, APRIL)
    [folded] = fold_order(held.order_id, pending_of([held.order_id])[held.order_id])
    assert "seat_limit" not in folded.previews[0].lead.before.overrides  # type: ignore[union-attr]
    early = ask(cast, until(None, lease_period="P2D"), held, date(2027, 1, 14))
    assert early.own is not None
    assert "seat_limit" in early.own.previews[0].lead.before.overrides  # type: ignore[union-attr]
    assert row.pk


def test_a_late_run_keeps_the_order_of_days(cast: Cast, clock: Any) -> None:
    held = agreed(cast)
    scheduled(cast, until(None, grace_period="P30D"), held, date(2027, 1, 10))
    scheduled(cast, until(None, lease_period="P2D"), held, APRIL)
    clock.move_to("2027-05-01T08:00:00Z")
    found = list(apply_due(date(2027, 5, 1)))
    assert [each.problems for each in found] == [(), (), ()]
    assert [isinstance(each, Ended) for each in found] == [False, True, False]


# --- undo ------------------------------------------------------------------------------------------------------------


def test_undo_brings_it_back_with_its_day_and_says_that_it_ends_again(cast: Cast, clock: Any) -> None:
    held = agreed(cast)
    before = Override.objects.values("value", "until", "set_at", "set_by_name", "reason").get()
    clock.move_to("2027-01-15T08:00:00Z")
    [ended] = apply_due(JANUARY)
    assert isinstance(ended, Ended)
    assert ended.act is not None
    undo = UndoAct(as_of=JANUARY, act_id=ended.act.pk)
    [preview] = engine.preview(undo, [held.pk])
    assert "override_ends_at_once" in [warning.code for warning in preview.warnings]
    cast.do(undo, [held.pk], at=NOW.replace(year=2027, month=1, day=15))
    assert Override.objects.values("value", "until", "set_at", "set_by_name", "reason").get() == before


def test_the_check_knows_the_day(cast: Cast) -> None:
    held = agreed(cast)
    call_command("check_entitlements")
    Override.objects.filter(entitlement=held).update(until=MARCH)
    with pytest.raises(BaseException):  # noqa: B017, PT011 (the command exits with 1)
        call_command("check_entitlements")


# --- the picture of the order ----------------------------------------------------------------------------------------


def test_the_picture_of_the_order_has_the_days_on_which_overrides_end(cast: Cast) -> None:
    held = agreed(cast)
    scheduled(cast, until(None, grace_period="P30D"), held, APRIL)
    found = OrderAmendments.of(held.order_id, renewal="", today=TODAY)
    assert found.timeline is not None
    assert [(mark.tone, mark.words) for mark in found.timeline.marks] == [
        ("kept", "15 Jan 2027: Silver annual loses the override of Seats"),
        ("info", "1 Apr 2027: Set override, scheduled"),
    ]
    assert found.timeline.summary == "1 amendment: 1 scheduled. By itself: 1 override ends."
    page = shown(client_of(cast.operations).get(held.order.get_absolute_url()))
    assert "<li>15 Jan 2027: Silver annual loses the override of Seats</li>" in page


def test_an_order_without_amendments_has_a_picture_of_what_ends(cast: Cast) -> None:
    held = agreed(cast)
    client = client_of(cast.operations)
    for url in (held.order.get_absolute_url(), reverse("entitlements:entitlement_amendments", args=[held.pk])):
        page = shown(client.get(url))
        assert "By itself: 1 override ends." in page
        assert "Amendments table" not in page


def test_one_that_should_have_ended_stands_out(cast: Cast) -> None:
    found = OrderAmendments.of(agreed(cast).order_id, renewal="", today=MARCH)
    assert found.timeline is not None
    [mark] = found.timeline.marks
    assert (mark.tone, mark.words) == ("stop", "15 Jan 2027: Silver annual should have lost the override of Seats")
