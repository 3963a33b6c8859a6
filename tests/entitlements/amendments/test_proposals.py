"""The pages of proposals: the queue, what one would do and what moved since, and the steps with it."""

import csv
import io
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from entitlements.models import Act, Amendment, Customer, Entitlement
from entitlements.privacy.amendments import scheduled_for
from entitlements.schedule import approve, decline
from tests.cast import NOW, Cast
from tests.entitlements.pages import HTMX, client_of, seen_in, shown
from tests.entitlements.schedule.asking import APRIL, MARCH, change_to, quantity, scheduled
from tests.entitlements.schedule.proposing import make_asker, proposed

pytestmark = pytest.mark.django_db

STEPS = ("approve", "decline", "edit")
THIRTY = {"quantity": "30", "amendment_name": "Thirty", "reason": "as agreed"}


@pytest.fixture
def asker(cast: Cast) -> User:
    return make_asker()


@pytest.fixture
def held(cast: Cast) -> Entitlement:
    return cast.entitle("gold_seats", quantity=10)


def at(row: Amendment, step: str) -> str:
    return f"/proposals/{row.pk}/{step}/"


def take(client: Client, row: Amendment, step: str, data: Mapping[str, Any] | None = None, **headers: str) -> Any:
    """Ask for a preview, then confirm what it showed."""
    data = dict(data or {})
    seen = seen_in(client.post(at(row, step), {**data, "preview": "1"}))
    return client.post(at(row, step), {**data, "seen": seen[0] if seen else ""}, headers=headers)


def listed(client: Client, **query: str) -> list[str]:
    return [line.amendment.name for line in client.get("/proposals/", query).context["rows"]]


# --- the queue -------------------------------------------------------------------------------------------------------


def test_the_queue_says_who_wants_what_where_and_since_when(
    cast: Cast, staff: Client, held: Entitlement, asker: User
) -> None:
    proposed(quantity(30), held, by=asker, name="Thirty")
    page = shown(staff.get("/proposals/"))
    for words in ("Waiting for approval", "Thirty", "asker", "at once", "Customer 0", "SO-0", "as agreed"):
        assert words in page


def test_the_one_that_waits_longest_comes_first(
    staff: Client, held: Entitlement, asker: User, clock: time_machine.Traveller
) -> None:
    proposed(quantity(30), held, by=asker, name="First")
    clock.move_to(NOW + timedelta(hours=1))
    proposed(quantity(40), held, by=asker, on=MARCH, name="Second")
    assert listed(staff) == ["First", "Second"]
    assert listed(staff, sort="-since") == ["Second", "First"]


def test_the_filters_narrow_to_whose_kind_and_customer(cast: Cast, staff: Client, asker: User) -> None:
    first, second = (cast.entitle("gold_seats", quantity=10) for _ in range(2))
    proposed(quantity(30), first, by=asker, name="Theirs")
    proposed(change_to(cast, "silver_annual"), second, by=cast.operations, name="Mine")
    scheduled(cast, quantity(50), first, MARCH, name="Scheduled")
    assert sorted(listed(staff)) == ["Mine", "Theirs"]
    assert listed(staff, by="mine") == ["Mine"]
    assert listed(staff, by="others") == ["Theirs"]
    assert listed(staff, kind="renewal") == []
    assert listed(staff, q="Customer 1") == ["Mine"]
    assert "Nothing found" in shown(staff.get("/proposals/", {"q": "nobody"}))


def test_what_one_edited_is_not_of_others(cast: Cast, staff: Client, held: Entitlement, asker: User) -> None:
    rows = [proposed(quantity(30 + number), held, by=asker, name=f"P{number}") for number in range(2)]
    other = cast.people["administrator"]
    other.first_name = f'"key": {cast.operations.pk}, '
    other.save()
    assert take(staff, rows[0], "edit", {**THIRTY, "when": "now", "quantity": "31"}).status_code == 302
    assert take(client_of(other), rows[1], "edit", {**THIRTY, "when": "now", "amendment_name": "P1"}).status_code == 302
    assert listed(staff, by="others") == ["P1"]
    assert listed(staff, by="mine") == ["Thirty"]
    assert listed(client_of(other), by="others") == ["Thirty"]
    assert listed(client_of(asker), by="others") == []


def test_closed_ones_leave_the_queue(cast: Cast, staff: Client, held: Entitlement, asker: User) -> None:
    rows = [proposed(quantity(30 + number), held, by=asker) for number in range(2)]
    approve(rows[0], made_by=cast.operations, seen=None)
    decline(rows[1], made_by=cast.operations, reason="no")
    assert listed(staff) == []
    assert "Nothing waits for approval" in shown(staff.get("/proposals/"))
    assert "Declined" in shown(staff.get("/amendments/", {"status": "declined"}))


def test_the_file_has_the_same_rows(staff: Client, held: Entitlement, asker: User) -> None:
    proposed(quantity(30), held, by=asker, name="Thirty")
    answer = staff.get("/proposals/export.csv")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    [row] = csv.DictReader(io.StringIO(text))
    assert (row["Proposal"], row["Proposed by"]) == ("Thirty", "asker")
    assert row["Takes effect"] == "at once, when somebody agrees"


def test_the_queue_asks_as_much_for_ten_as_for_twenty(cast: Cast, staff: Client, asker: User) -> None:
    counts = []
    for _round in range(2):
        for _ in range(10):
            proposed(quantity(30), cast.entitle("gold_seats", quantity=10), by=asker)
        with CaptureQueriesContext(connection) as queries:
            staff.get("/proposals/")
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_the_sidebar_and_the_dashboard_count_for_those_who_may_approve(
    cast: Cast, staff: Client, held: Entitlement, asker: User
) -> None:
    badge = '1<span class="visually-hidden"> waiting for approval</span>'
    assert badge not in shown(staff.get("/"))
    proposed(quantity(30), held, by=asker)
    page = shown(staff.get("/"))
    assert badge in page
    assert "proposed by somebody" in page
    other = shown(client_of(cast.people["viewer"]).get("/"))
    assert badge not in other
    assert "proposed by somebody" not in other
    assert 'href="/proposals/"' in other


# --- seen everywhere -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("day", [None, MARCH])
def test_entitlement_and_order_show_it(staff: Client, held: Entitlement, asker: User, day: Any) -> None:
    row = proposed(quantity(30), held, by=asker, on=day, name="Thirty")
    for url in (held.get_absolute_url(), f"/orders/{held.order_id}/"):
        page = shown(staff.get(url))
        assert f'<a href="/amendments/{row.pk}/">Thirty</a> proposed by asker' in page
        assert "waits for approval" in page
    assert "1 proposed" in shown(staff.get(f"/orders/{held.order_id}/"))


def test_the_page_shows_what_it_would_do_now_and_what_moved_since(
    cast: Cast, staff: Client, held: Entitlement, asker: User
) -> None:
    row = proposed(quantity(30), held, by=asker, name="Thirty")
    page = shown(staff.get(row.get_absolute_url()))
    for words in ("Waits for somebody who agrees.", "As it was proposed.", "Approve…", "Decline…", "Edit…"):
        assert words in page
    cast.do(quantity(12), [held.pk])
    page = shown(staff.get(row.get_absolute_url()))
    assert "It would do something else than what was proposed." in page
    assert "10 → 30" in page


def test_the_sidebar_marks_approvals_on_the_page_of_a_proposal_alone(
    cast: Cast, staff: Client, held: Entitlement, asker: User
) -> None:
    waiting = proposed(quantity(30), held, by=asker)
    agreed = scheduled(cast, quantity(20), cast.entitle("gold_seats", quantity=10), MARCH)
    for row, current in ((waiting, "/proposals/"), (agreed, "/amendments/")):
        page = shown(staff.get(row.get_absolute_url()))
        assert re.findall(r'href="([^"]+)"\s+data-goto="."\s+aria-current="page"', page) == [current]


def test_the_page_offers_each_person_what_they_may_do(cast: Cast, held: Entitlement, asker: User) -> None:
    row = proposed(quantity(30), held, by=asker)
    own = shown(client_of(asker).get(row.get_absolute_url()))
    assert "Withdraw…" in own
    assert "Approve…" not in own
    assert "somebody else has to approve it" in own
    other = shown(client_of(cast.people["viewer"]).get(row.get_absolute_url()))
    for words in ("Approve…", "Decline…", "Edit…", "Withdraw…"):
        assert words not in other


def test_the_page_says_why_it_cannot_be_approved(
    cast: Cast, held: Entitlement, asker: User, clock: time_machine.Traveller
) -> None:
    row = proposed(quantity(30), held, by=asker, on=MARCH)
    clock.move_to(datetime(2027, 3, 2, 9, tzinfo=UTC))
    page = shown(client_of(cast.operations).get(row.get_absolute_url()))
    assert "As things are now, it cannot be approved." in page
    assert "Its day came before anybody agreed." in page


def test_an_approved_one_reads_on_its_own(cast: Cast, staff: Client, held: Entitlement, asker: User) -> None:
    row = proposed(quantity(30), held, by=asker, name="Thirty")
    assert take(staff, row, "approve").status_code == 302
    page = shown(staff.get(row.get_absolute_url()))
    for words in ("<dt>Asked by</dt>", "asker", "<dt>Approved by</dt>", "<dd>operations</dd>", "Applied"):
        assert words in page
    act = shown(staff.get(f"/history/{Act.objects.get(operation='set_quantity').pk}/"))
    for words in ("<dd>asker</dd>", "<dt>Approved by</dt>", "operations, 21 Nov 2026", "<dt>Took effect</dt>"):
        assert words in act


def test_a_customer_with_a_proposal_is_not_erased(held: Entitlement, asker: User) -> None:
    proposed(quantity(30), held, by=asker)
    assert scheduled_for(Customer.objects.filter(pk=held.order.customer_id)) == 1


# --- the steps -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "dialog"])
def test_each_step_is_a_page_and_a_dialog(
    staff: Client, held: Entitlement, asker: User, step: str, headers: dict[str, str]
) -> None:
    row = proposed(quantity(30), held, by=asker, name="Thirty")
    answer = staff.get(at(row, step), headers=headers)
    assert answer.status_code == 200
    assert ("<!doctype html>" in shown(answer)) is not bool(headers)
    assert "Thirty" in shown(answer)
    assert "Why it was proposed: as agreed" in shown(answer)


@pytest.mark.parametrize("step", STEPS)
def test_each_step_needs_the_permission(cast: Cast, held: Entitlement, asker: User, step: str) -> None:
    row = proposed(quantity(30), held, by=cast.operations)
    for person in (cast.people["viewer"], asker):
        client = client_of(person)
        assert client.get(at(row, step)).status_code == 403
        assert client.post(at(row, step)).status_code == 403


@pytest.mark.parametrize("step", STEPS)
def test_a_closed_one_leads_back_to_its_page(
    cast: Cast, staff: Client, held: Entitlement, asker: User, step: str
) -> None:
    row = proposed(quantity(30), held, by=asker)
    decline(row, made_by=cast.operations, reason="no")
    answer = staff.get(at(row, step), follow=True)
    assert answer.redirect_chain == [(f"/amendments/{row.pk}/", 302)]
    assert "is declined already." in shown(answer)


def test_it_is_approved_once_it_was_seen(cast: Cast, staff: Client, held: Entitlement, asker: User) -> None:
    row = proposed(quantity(30), held, by=asker, name="Thirty")
    unseen = staff.post(at(row, "approve"))
    assert unseen.status_code == 409
    assert "Nothing was changed: this preview is new." in shown(unseen)
    assert "What it does today" in shown(staff.get(at(row, "approve")))
    answer = take(staff, row, "approve", **HTMX)
    assert answer["HX-Redirect"] == f"/amendments/{row.pk}/"
    held.refresh_from_db()
    assert held.quantity == 30
    assert "“Thirty” is approved, and takes effect on 21 Nov 2026." in shown(staff.get(row.get_absolute_url()))


def test_where_the_world_moved_the_fresh_preview_comes_with_what_was_proposed(
    cast: Cast, staff: Client, held: Entitlement, asker: User
) -> None:
    row = proposed(quantity(30), held, by=asker, on=MARCH)
    seen = seen_in(staff.get(at(row, "approve")))[0]
    cast.do(quantity(12), [held.pk])
    answer = staff.post(at(row, "approve"), {"seen": seen})
    assert answer.status_code == 409
    assert "This is not what was proposed." in shown(answer)
    row.refresh_from_db()
    assert row.status == "proposed"


def test_ones_own_is_refused_with_the_reason(cast: Cast, staff: Client, held: Entitlement) -> None:
    row = proposed(quantity(30), held, by=cast.operations)
    answer = take(staff, row, "approve")
    assert answer.status_code == 422
    assert "You proposed this yourself. Somebody else has to agree." in shown(answer)
    row.refresh_from_db()
    assert row.status == "proposed"


def test_declining_asks_for_a_reason_on_its_field(cast: Cast, staff: Client, held: Entitlement, asker: User) -> None:
    row = proposed(quantity(30), held, by=asker, name="Thirty")
    without = staff.post(at(row, "decline"), {})
    assert without.status_code == 422
    assert without.context["form"].errors["reason"]
    answer = staff.post(at(row, "decline"), {"reason": "too many"})
    assert answer.status_code == 302
    page = shown(staff.get(answer["Location"]))
    assert "“Thirty” is declined." in page
    assert "too many" in page


def test_ones_own_is_withdrawn(held: Entitlement, asker: User) -> None:
    row = proposed(quantity(30), held, by=asker, name="Thirty")
    client = client_of(asker)
    assert "Withdraw" in shown(client.get(at(row, "decline")))
    assert client.post(at(row, "decline"), {"reason": "a mistake"}).status_code == 302
    row.refresh_from_db()
    assert row.status == "cancelled"


def test_the_day_is_edited(staff: Client, held: Entitlement, asker: User) -> None:
    row = proposed(quantity(30), held, by=asker)
    assert take(staff, row, "edit", {**THIRTY, "when": "day", "effective_on": "2027-04-01"}).status_code == 302
    row.refresh_from_db()
    assert (row.is_immediate, row.effective_on, row.status) == (False, APRIL, "proposed")
    assert take(staff, row, "edit", {**THIRTY, "when": "now"}).status_code == 302
    row.refresh_from_db()
    assert row.is_immediate


@pytest.mark.parametrize(
    ("data", "field", "words"),
    [
        ({}, "when", "Choose when it takes effect."),
        ({"when": "soon"}, "when", "Choose when it takes effect."),
        ({"when": "day"}, "effective_on", "Choose a day."),
        ({"when": "day", "effective_on": "soon"}, "effective_on", "Write the day as 2027-06-30."),
        ({"when": "day", "effective_on": "2026-11-21"}, "effective_on", "Choose a day after today"),
    ],
)
def test_a_day_that_cannot_be_is_refused_on_its_field(
    staff: Client, held: Entitlement, asker: User, data: dict[str, str], field: str, words: str
) -> None:
    row = proposed(quantity(30), held, by=asker)
    answer = staff.post(at(row, "edit"), {**THIRTY, **data})
    assert answer.status_code == 422
    assert words in shown(answer)
    assert answer.context["form"].errors[field]
    row.refresh_from_db()
    assert row.is_immediate
