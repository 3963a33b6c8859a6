"""The page of one act: what it says, the summary for the customer, and the way back for the whole act."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from entitlements.models import Act, Change, Entitlement
from entitlements.operations import (
    ChangeOffering,
    Disable,
    Operation,
    ReleaseSeats,
    Renew,
    SeatMode,
    SetOverrides,
    TermChoice,
    TermMode,
    UndoAct,
)
from tests.cast import KEEP, NOW, OLDEST, TODAY, Cast
from tests.entitlements.pages import HTMX, client_of, shown
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def viewer(cast: Cast) -> Client:
    return client_of(cast.people["viewer"])


@pytest.fixture
def operations(cast: Cast) -> Client:
    return client_of(cast.operations)


def address(act: Act | None, name: str = "act") -> str:
    assert act is not None
    return reverse(f"entitlements:{name}", args=[act.pk])


def move(cast: Cast, *entitlements: Entitlement, to: str = "gold_annual", **choices: Any) -> Act:
    """Change the offering, and return the act."""
    words = {name: choices.pop(name) for name in ("reason", "reference") if name in choices}
    operation = ChangeOffering(as_of=TODAY, revision_id=cast.revision(to).pk, **choices)
    act = cast.do(operation, [row.pk for row in entitlements], **words).act
    assert act is not None
    return act


def later(cast: Cast, operation: Operation, *entitlements: Entitlement, minutes: int = 1, **words: str) -> Act:
    act = cast.do(operation, [row.pk for row in entitlements], at=NOW + timedelta(minutes=minutes), **words).act
    assert act is not None
    return act


def summary_of(client: Client, act: Act) -> str:
    return str(client.get(address(act)).context["summary"])


def undo(client: Client, act: Act, **data: str) -> Any:
    """Look at the undo of an act, then confirm what was seen."""
    url = address(act, "undo_act")
    seen = client.post(url, {**data, "preview": "1"}).context["seen"]
    return client.post(url, {**data, "seen": seen})


# --- who sees it -----------------------------------------------------------------------------------------------------


def test_an_act_is_refused_without_permission(cast: Cast) -> None:
    act = move(cast, cast.entitle())
    client = client_of(UserFactory())
    assert client.get(address(act)).status_code == 403
    assert client.get(address(act, "undo_act")).status_code == 403


def test_only_people_who_may_undo_are_offered_it(cast: Cast, viewer: Client, operations: Client) -> None:
    act = move(cast, cast.entitle())
    assert address(act, "undo_act") not in shown(viewer.get(address(act)))
    assert address(act, "undo_act") in shown(operations.get(address(act)))
    assert viewer.post(address(act, "undo_act")).status_code == 403


def test_an_act_that_is_not_there_is_not_found(operations: Client) -> None:
    for name in ("act", "undo_act"):
        assert operations.get(reverse(f"entitlements:{name}", args=[UUID(int=1)])).status_code == 404


# --- what it says ----------------------------------------------------------------------------------------------------


def test_an_act_says_who_when_and_why_with_every_choice(cast: Cast, viewer: Client) -> None:
    entitlement = cast.entitle(overrides={"seat_limit": 250})
    act = move(
        cast, entitlement, drop_overrides=("seat_limit",), reason="They grew", reference="INC-7", keep_counters=True
    )
    page = shown(viewer.get(address(act)))
    for words in (
        "They grew",
        "INC-7",
        "operations",
        "21 Nov 2026, 11:00",
        "Gold annual, revision 1",
        "Overrides dropped",
    ):
        assert words in page


@pytest.mark.parametrize(
    ("operation", "label", "text"),
    [
        (Renew(as_of=TODAY), "Counted from", "21 Nov 2026"),
        (SetOverrides(as_of=TODAY, values={"seat_limit": 250}, seats=KEEP), "Seats", "250"),
        (SetOverrides(as_of=TODAY, values={"seat_limit": 250}, seats=KEEP), "Seats in use", "Keep over the limit"),
        (ReleaseSeats(as_of=TODAY), "Seats in use", "Release all"),
    ],
)
def test_each_choice_is_in_words(cast: Cast, viewer: Client, operation: Operation, label: str, text: str) -> None:
    act = cast.do(operation, [cast.entitle(seats=2).pk], reason="They asked").act
    assert act is not None
    assert (label, text) in viewer.get(address(act)).context["request_rows"]


def test_the_target_the_term_and_the_seats_of_a_change_are_in_words(cast: Cast, viewer: Client) -> None:
    act = move(cast, cast.entitle(seats=5), to="bronze_annual", seats=OLDEST, term=TermChoice(TermMode.RESTART))
    choices = dict(viewer.get(address(act)).context["request_rows"])
    assert choices["Offering"] == "Bronze annual, revision 1"
    assert choices["Term"] == "Restart today"
    assert choices["Seats in use"] == "Release oldest"


def test_the_preview_is_shown_as_it_was_after_later_changes(cast: Cast, viewer: Client) -> None:
    entitlement = cast.entitle("silver_annual", overrides={"connectors": 20})
    act = move(cast, entitlement)
    before = viewer.get(address(act)).context["cards"][0]
    seen = [(e.right.key, e.before, e.after) for e, _chip in before.effects]
    later(cast, SetOverrides(as_of=TODAY, values={"seat_limit": 99}, seats=KEEP), entitlement, reason="More")
    later(cast, ChangeOffering(as_of=TODAY, revision_id=cast.revision("bronze_annual").pk), entitlement, minutes=2)
    [card] = viewer.get(address(act)).context["cards"]
    assert [(e.right.key, e.before, e.after) for e, _chip in card.effects] == seen
    assert ("seat_limit", 5, 25) in seen
    assert [(row.right.label, row.outcome, row.value) for row in card.overrides] == [("Connectors", "kept", "20")]
    assert card.headings == ("Silver annual", "Gold annual")


def test_seats_that_went_are_named(cast: Cast, viewer: Client) -> None:
    act = move(cast, cast.entitle(seats=5), to="bronze_annual", seats=OLDEST)
    page = shown(viewer.get(address(act)))
    assert "Seat device-0 released" in page
    assert "Seat device-1 released" in page


def test_a_creation_shows_what_was_given(cast: Cast, viewer: Client) -> None:
    act = Change.objects.get(entitlement=cast.entitle().pk).act
    answer = viewer.get(address(act))
    assert ("New customer", "Customer 0") in answer.context["request_rows"]
    assert "Silver annual" in shown(answer)


def test_an_undo_and_what_it_undoes_lead_to_each_other(cast: Cast, viewer: Client) -> None:
    entitlement = cast.entitle()
    act = move(cast, entitlement)
    taken_back = later(cast, UndoAct(as_of=TODAY, act_id=act.pk), entitlement)
    assert f'href="{address(taken_back)}"' in shown(viewer.get(address(act)))
    assert f'href="{address(act)}"' in shown(viewer.get(address(taken_back)))


def test_what_people_wrote_is_shown_as_text(cast: Cast, viewer: Client) -> None:
    evil = "<script>alert(1)</script>"
    page = shown(viewer.get(address(move(cast, cast.entitle(), reason=evil, reference=evil))))
    assert evil not in page
    assert page.count("&lt;script&gt;") >= 2


def test_an_act_on_many_is_shown_page_by_page(cast: Cast, viewer: Client) -> None:
    entitlements = [cast.entitle() for _ in range(52)]
    act = move(cast, *entitlements)
    first = viewer.get(address(act))
    second = viewer.get(first.context["page"].older)
    ids = [card.replayed.after.id for answer in (first, second) for card in answer.context["cards"]]
    assert (len(first.context["cards"]), len(second.context["cards"])) == (50, 2)
    assert set(ids) == {row.pk for row in entitlements}


def test_an_act_takes_as_many_queries_for_20_entitlements_as_for_10(cast: Cast, operations: Client) -> None:
    def queries(count: int, name: str) -> int:
        entitlements = [cast.entitle(overrides={"seat_limit": 30}) for _ in range(count)]
        act = move(cast, *entitlements)
        later(cast, Renew(as_of=TODAY), *entitlements[:3])
        operations.get(address(act, name))
        with CaptureQueriesContext(connection) as seen:
            operations.get(address(act, name))
        return len(seen)

    for name in ("act", "undo_act"):
        few = queries(10, name)
        assert queries(20, name) == few
        assert few <= 25


@pytest.mark.parametrize("page", ["entitlement", "history", "customer", "order", "dashboard"])
def test_every_list_of_what_was_done_leads_to_the_act(cast: Cast, viewer: Client, page: str) -> None:
    entitlement = cast.entitle()
    act = move(cast, entitlement)
    addresses = {
        "entitlement": entitlement.get_absolute_url(),
        "history": reverse("entitlements:history", args=[entitlement.pk]),
        "customer": reverse("entitlements:customer_history", args=[entitlement.order.customer_id]),
        "order": entitlement.order.get_absolute_url(),
        "dashboard": reverse("entitlements:dashboard"),
    }
    assert f'href="{address(act)}"' in shown(viewer.get(addresses[page]))


# --- the summary for the customer ------------------------------------------------------------------------------------


def test_the_summary_says_what_changed_in_plain_words(cast: Cast, viewer: Client) -> None:
    entitlement = cast.entitle("silver_annual", seats=1)
    act = move(cast, entitlement, term=TermChoice(TermMode.RESTART))
    assert summary_of(viewer, act).splitlines() == [
        "Changes to your license on 21 Nov 2026",
        "",
        "Atlas Analytics, Gold annual, order SO-0",
        "- Offering: Silver annual → Gold annual",
        "- Seats: 5 → 25",
        "- Single sign-on: off → on",
        "- Audit log: off → on",
        "- API calls a month: 100,000 → 1,000,000",
        "- Dashboards: 10 → 50",
        "- Connectors: 8 → unlimited",
        "- Data region: eu-central → none",
        "- Starts: 1 Mar 2026 → 21 Nov 2026",
        "- Expires: 1 Mar 2027 → 21 Nov 2027",
    ]


def test_the_summary_names_no_staff_reason_reference_or_override(cast: Cast, viewer: Client) -> None:
    entitlement = cast.entitle()
    operation = SetOverrides(as_of=TODAY, values={"seat_limit": 250}, seats=KEEP)
    act = later(cast, operation, entitlement, reason="Their boss insists", reference="INC-7")
    text = summary_of(viewer, act)
    assert "- Seats: 5 → 250" in text
    for word in ("operations", "boss", "INC-7", "override", "revision", "by hand"):
        assert word not in text


def test_the_summary_names_seats_and_disabling(cast: Cast, viewer: Client) -> None:
    entitlement = cast.entitle(seats=2)
    assert "- 2 seats released: device-0, device-1" in summary_of(
        viewer, later(cast, ReleaseSeats(as_of=TODAY), entitlement)
    )
    disabled = later(cast, Disable(as_of=TODAY), entitlement, minutes=2)
    assert "- It is disabled and cannot be used for now." in summary_of(viewer, disabled)


def test_an_act_for_several_customers_has_a_summary_for_each_and_none_for_all(cast: Cast, viewer: Client) -> None:
    act = move(cast, cast.entitle(), cast.entitle())
    answer = viewer.get(address(act))
    assert answer.context["summary"] == ""
    first, second = (card.summary for card in answer.context["cards"])
    assert ("SO-0" in first, "SO-1" in first, "SO-1" in second) == (True, False, True)


# --- the way back ----------------------------------------------------------------------------------------------------


def test_undo_says_how_many_go_back_and_why_the_rest_stays(cast: Cast, operations: Client) -> None:
    first, second = cast.entitle(), cast.entitle()
    act = move(cast, first, second)
    later(cast, Renew(as_of=TODAY), second)
    page = shown(operations.get(address(act, "undo_act")))
    assert "<b>1 of 2</b> entitlements goes back" in page
    assert "This entitlement has been changed since." in page


def test_undo_takes_back_what_was_not_changed_since(cast: Cast, operations: Client) -> None:
    first, second, third = cast.entitle(), cast.entitle(), cast.entitle()
    act = move(cast, first, second, third)
    later(cast, Renew(as_of=TODAY), third)
    answer = undo(operations, act, reason="Wrong list")
    done = Act.objects.get(undoes=act)
    assert answer.url == address(done)
    assert (done.reason, done.made_by_name, done.source) == ("Wrong list", "operations", "page")
    names = {row.pk: row.offering.sku for row in Entitlement.objects.select_related("offering")}
    assert [names[row.pk] for row in (first, second, third)] == ["SILVER-ANNUAL", "SILVER-ANNUAL", "GOLD-ANNUAL"]
    page = shown(operations.get(answer.url))
    assert "Undid “Changed offering” on 2 entitlements." in page
    assert "Refused for 1 entitlement" in page


def test_an_undo_can_be_redone_from_its_page(cast: Cast, operations: Client) -> None:
    entitlement = cast.entitle()
    act = move(cast, entitlement)
    undo(operations, act)
    taken_back = Act.objects.get(undoes=act)
    assert "Redo…" in shown(operations.get(address(taken_back)))
    undo(operations, taken_back)
    entitlement.refresh_from_db()
    assert entitlement.offering == cast.offerings["gold_annual"]
    assert "Undo…" in shown(operations.get(address(act)))


def test_an_undone_act_offers_no_undo(cast: Cast, operations: Client) -> None:
    act = move(cast, cast.entitle())
    undo(operations, act)
    assert address(act, "undo_act") not in shown(operations.get(address(act)))
    again = operations.post(address(act, "undo_act"), {"seen": ""})
    assert again.status_code == 409
    assert "undone already" in shown(again)


def test_nothing_is_undone_when_the_world_has_moved(cast: Cast, operations: Client) -> None:
    first, second = cast.entitle(), cast.entitle()
    act = move(cast, first, second)
    seen = operations.get(address(act, "undo_act")).context["seen"]
    later(cast, Renew(as_of=TODAY), second)
    answer = operations.post(address(act, "undo_act"), {"seen": seen}, headers=HTMX)
    assert answer.status_code == 409
    assert "Nothing was changed: this preview is new." in shown(answer)
    assert not Act.objects.filter(undoes=act).exists()


def test_seats_that_no_longer_fit_are_asked_about(cast: Cast, operations: Client) -> None:
    entitlement = cast.entitle("silver_annual", seats=5)
    act = move(cast, entitlement)
    cast.occupy(entitlement, 3)
    page = shown(operations.get(address(act, "undo_act")))
    assert "Seats in use" in page
    undo(operations, act, seats=SeatMode.RELEASE_OLDEST)
    entitlement.refresh_from_db()
    assert (entitlement.offering.sku, entitlement.seats_used) == ("SILVER-ANNUAL", 5)


def test_a_reason_that_is_too_long_is_refused_on_its_field(cast: Cast, operations: Client) -> None:
    act = move(cast, cast.entitle())
    answer = undo(operations, act, reason="x" * 1_000_000)
    assert answer.status_code == 422
    assert "reason" in answer.context["form"].errors
    assert not Act.objects.filter(undoes=act).exists()


def test_an_act_on_more_than_200_is_undone_on_a_page_of_its_own(cast: Cast, operations: Client) -> None:
    entitlements = [cast.entitle() for _ in range(2)]
    act = move(cast, *entitlements)
    [change, _other] = Change.objects.filter(act=act)
    copies = [
        Change(
            act=act,
            entitlement_id=change.entitlement_id,
            sequence=1000 + number,
            from_version=1,
            to_version=1,
            unit=change.unit,
            order_id=change.order_id,
            customer_id=change.customer_id,
            from_revision_id=change.from_revision_id,
            to_revision_id=change.to_revision_id,
            delta={},
        )
        for number in range(200)
    ]
    Change.objects.bulk_create(copies)
    answer = operations.get(address(act, "undo_act"))
    assert answer.url == address(act, "undo_many")
    assert address(act, "undo_many") in shown(operations.get(address(act)))


def test_the_page_names_the_warnings_that_were_accepted(cast: Cast, viewer: Client) -> None:
    act = cast.do(Disable(as_of=TODAY), [cast.entitle().pk]).act
    page = shown(viewer.get(address(act)))
    assert "Warned of, and accepted:" in page
    assert "Access ends now: after this change it is disabled." in page


def test_nothing_is_said_of_warnings_where_there_were_none(cast: Cast, viewer: Client) -> None:
    act = cast.do(Renew(as_of=TODAY), [cast.entitle().pk]).act
    assert "Warned of" not in shown(viewer.get(address(act)))
