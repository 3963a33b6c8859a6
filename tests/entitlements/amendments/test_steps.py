"""Moving, cancelling and applying an amendment: seen first, refused where stale or wrong, done once."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from entitlements.models import Act, Amendment, Entitlement
from entitlements.schedule import apply_due, apply_now, cancel
from tests.cast import TODAY, Cast
from tests.entitlements.pages import HTMX, client_of, seen_in, shown
from tests.entitlements.schedule.asking import APRIL, MARCH, MAY, change_to, codes, quantity, scheduled
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

CHOICE = HTMX | {"HX-Target": "preview"}
STEPS = ("move", "edit", "cancel", "apply")


def at(row: Amendment, step: str) -> str:
    return f"/amendments/{row.pk}/{step}/"


def take(client: Client, row: Amendment, step: str, data: Mapping[str, Any] | None = None, **headers: str) -> Any:
    """Ask for a preview, then confirm what it showed."""
    data = dict(data or {})
    seen = seen_in(client.post(at(row, step), {**data, "preview": "1"}))
    return client.post(at(row, step), {**data, "seen": seen[0] if seen else ""}, headers=headers)


@pytest.fixture
def held(cast: Cast) -> Entitlement:
    return cast.entitle("gold_seats", quantity=10)


# --- the flow --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "dialog"])
def test_each_step_is_a_page_and_a_dialog(
    cast: Cast, staff: Client, held: Entitlement, step: str, headers: dict[str, str]
) -> None:
    row = scheduled(cast, quantity(30), held, MARCH, name="Thirty")
    answer = staff.get(at(row, step), headers=headers)
    assert answer.status_code == 200
    assert ("<!doctype html>" in shown(answer)) is not bool(headers)
    assert len(seen_in(answer)) == 1
    assert "Thirty" in shown(answer)
    row.refresh_from_db()
    assert row.effective_on == MARCH


def test_the_foot_says_what_is_due_on_the_day_and_on_another(cast: Cast, staff: Client) -> None:
    row = scheduled(cast, change_to(cast, "gold_monthly"), cast.entitle(), date(2027, 2, 1))
    page = shown(staff.get(at(row, "move")))
    assert '<span class="due-line">Due on 1 Feb 2027' in page
    answer = shown(staff.post(at(row, "move"), {"effective_on": "2027-02-03", "preview": "1"}, headers=CHOICE))
    assert '<div class="foot-sum" id="sum-slot" hx-swap-oob="true">' in answer
    assert '<span class="due-line">Due on 3 Feb 2027' in answer
    assert '<span class="due-line">Due now' in shown(staff.get(at(row, "apply")))
    assert "due-line" not in shown(staff.get(at(row, "cancel")))


@pytest.mark.parametrize("step", STEPS)
def test_each_step_needs_the_permission(cast: Cast, client: Client, held: Entitlement, step: str) -> None:
    row = scheduled(cast, quantity(30), held, MARCH)
    client.force_login(UserFactory())
    assert client.get(at(row, step)).status_code == 403
    assert client_of(cast.people["viewer"]).post(at(row, step)).status_code == 403


@pytest.mark.parametrize("step", STEPS)
def test_a_closed_one_leads_back_to_its_page(cast: Cast, staff: Client, held: Entitlement, step: str) -> None:
    row = scheduled(cast, quantity(30), held, MARCH)
    cancel(row, made_by=cast.operations, reason="no", seen=None)
    answer = staff.get(at(row, step), follow=True)
    assert answer.redirect_chain == [(f"/amendments/{row.pk}/", 302)]
    assert "is cancelled already." in shown(answer)


@pytest.mark.parametrize(("step", "data"), [("move", {"effective_on": "2027-04-01"}), ("cancel", {"reason": "no"})])
def test_what_was_not_seen_is_shown_first(
    cast: Cast, staff: Client, held: Entitlement, step: str, data: dict[str, str]
) -> None:
    row = scheduled(cast, quantity(30), held, MARCH)
    answer = staff.post(at(row, step), data)
    assert answer.status_code == 409
    assert "Nothing was changed: this preview is new." in shown(answer)
    row.refresh_from_db()
    assert (row.status, row.effective_on) == ("scheduled", MARCH)


def test_a_choice_renews_the_preview_and_the_button(cast: Cast, staff: Client, held: Entitlement) -> None:
    row = scheduled(cast, quantity(30), held, MARCH)
    headers = {**HTMX, "HX-Target": "preview"}
    answer = staff.post(at(row, "move"), {"effective_on": "2027-04-01", "preview": "1"}, headers=headers)
    assert answer.status_code == 200
    assert "What it does on 1 Apr 2027" in shown(answer)
    assert 'id="submit-slot" hx-swap-oob="true"' in shown(answer)
    assert "<form" not in shown(answer)


# --- move ------------------------------------------------------------------------------------------------------------


def test_it_is_moved_once_it_was_seen(cast: Cast, staff: Client, held: Entitlement) -> None:
    row = scheduled(cast, quantity(30), held, MARCH, name="Thirty")
    answer = take(staff, row, "move", {"effective_on": "2027-04-01"})
    assert (answer.status_code, answer["Location"]) == (302, f"/amendments/{row.pk}/")
    row.refresh_from_db()
    assert row.effective_on == APRIL
    assert "“Thirty” takes effect on 1 Apr 2027 now." in shown(staff.get(answer["Location"]))
    dialog = take(staff, row, "move", {"effective_on": "2027-05-01"}, **HTMX)
    assert dialog["HX-Redirect"] == f"/amendments/{row.pk}/"


@pytest.mark.parametrize(
    ("day", "words"),
    [
        ("", "Choose a day."),
        ("soon", "Write the day as 2027-06-30."),
        ("2026-11-21", "Choose a day after today"),
        ("3001-01-01", "before the year 3000"),
        ("9999-12-31", "before the year 3000"),
    ],
)
def test_a_day_that_cannot_be_is_refused_on_its_field(
    cast: Cast, staff: Client, held: Entitlement, day: str, words: str
) -> None:
    row = scheduled(cast, quantity(30), held, MARCH)
    answer = staff.post(at(row, "move"), {"effective_on": day})
    assert answer.status_code == 422
    assert words in shown(answer)
    assert answer.context["form"].errors["effective_on"]
    row.refresh_from_db()
    assert row.effective_on == MARCH


def test_the_same_day_keeps_what_was_looked_at_again(cast: Cast, staff: Client, held: Entitlement) -> None:
    row = scheduled(cast, quantity(30), held, MARCH, name="Thirty")
    cast.do(quantity(12), [held.pk])
    assert "This is not what was last seen." in shown(staff.get(at(row, "move")))
    take(staff, row, "move", {"effective_on": "2027-03-01"})
    row.refresh_from_db()
    assert any("12 → 30" in line for line in row.effects)
    message = LogEntry.objects.latest("pk").change_message
    assert message == "Looked at “Thirty” again, which stays on 1 Mar 2027."


def test_what_would_no_longer_fit_is_cancelled_along_where_it_is_ticked(
    cast: Cast, staff: Client, held: Entitlement
) -> None:
    later = scheduled(cast, quantity(40), held, APRIL, name="Forty")
    row = scheduled(cast, change_to(cast, "silver_annual"), held, MAY, name="Silver")
    data = {"effective_on": "2027-03-01"}
    refused = staff.post(at(row, "move"), {**data, "seen": "x"})
    assert refused.status_code == 422
    assert "No longer fits" in shown(refused)
    assert f'name="cancels" id="cancels-{later.pk}"' in shown(refused)
    answer = take(staff, row, "move", {**data, "cancels": str(later.pk)})
    assert answer.status_code == 302
    later.refresh_from_db()
    assert later.status == "cancelled"


# --- cancel ----------------------------------------------------------------------------------------------------------


def test_it_is_cancelled_with_a_reason(cast: Cast, staff: Client, held: Entitlement) -> None:
    row = scheduled(cast, quantity(30), held, MARCH)
    without = staff.post(at(row, "cancel"), {"seen": "x"})
    assert without.status_code == 422
    assert "Give a reason" in shown(without)
    assert take(staff, row, "cancel", {"reason": "no budget"}).status_code == 302
    row.refresh_from_db()
    assert (row.status, row.closed_reason, row.closed_by_name) == ("cancelled", "no budget", "operations")


def test_it_says_what_becomes_of_the_later_ones(cast: Cast, staff: Client, held: Entitlement) -> None:
    row = scheduled(cast, quantity(30), held, MARCH)
    scheduled(cast, quantity(40), held, APRIL, name="Forty")
    page = shown(staff.get(at(row, "cancel")))
    assert "Does something else" in page
    assert "10 → 40" in page


# --- apply now -------------------------------------------------------------------------------------------------------


def test_it_is_applied_early_as_of_today(cast: Cast, staff: Client, held: Entitlement) -> None:
    row = scheduled(cast, quantity(30), held, MARCH, name="Thirty")
    assert take(staff, row, "apply").status_code == 302
    held.refresh_from_db()
    row.refresh_from_db()
    assert held.quantity == 30
    assert (row.status, row.effective_on, row.closed_by_name) == ("applied", TODAY, "operations")
    act = Act.objects.get(operation="set_quantity")
    assert (act.made_by, act.source, act.asked["as_of"]) == (cast.operations, "page", "2026-11-21")
    message = LogEntry.objects.latest("pk").change_message
    assert message == "Moved “Thirty” from 1 Mar 2027 to 21 Nov 2026, to apply it early."


def test_applying_needs_the_permission_of_the_operation(cast: Cast, held: Entitlement) -> None:
    row = scheduled(cast, quantity(30), held, MARCH)
    person = UserFactory()
    names = ("schedule_amendments", "view_amendment", "view_entitlement")
    person.user_permissions.set(Permission.objects.filter(codename__in=names))
    client = client_of(person)
    assert "You may not change the quantity." in shown(client.get(at(row, "apply")))
    assert take(client, row, "apply").status_code == 422
    held.refresh_from_db()
    assert held.quantity == 10


def test_one_that_was_set_aside_is_applied_as_it_is_seen_now(
    cast: Cast, held: Entitlement, clock: time_machine.Traveller
) -> None:
    row = scheduled(cast, quantity(30), held, MARCH)
    cast.do(quantity(12), [held.pk])
    clock.move_to(datetime(2027, 3, 5, 9, tzinfo=UTC))
    list(apply_due(date(2027, 3, 5)))
    client = client_of(cast.operations)
    page = shown(client.get(f"/amendments/{row.pk}/"))
    assert "Look again and apply…" in page
    assert "Set aside: it was due on 1 Mar 2027" in page
    assert "This is not what was last seen." in shown(client.get(at(row, "apply")))
    assert take(client, row, "apply").status_code == 302
    row.refresh_from_db()
    assert (row.status, row.effective_on) == ("applied", MARCH)


def test_an_earlier_one_that_waits_comes_first(cast: Cast, held: Entitlement, clock: time_machine.Traveller) -> None:
    first = scheduled(cast, quantity(30), held, MARCH, name="Thirty")
    second = scheduled(cast, quantity(40), held, APRIL)
    cast.do(quantity(12), [held.pk])
    clock.move_to(datetime(2027, 3, 5, 9, tzinfo=UTC))
    list(apply_due(date(2027, 3, 5)))
    client = client_of(cast.operations)
    refused = take(client, second, "apply")
    assert refused.status_code == 422
    assert "An earlier amendment of this order waits." in shown(refused)
    first.refresh_from_db()
    assert first.status == "set_aside"


def test_one_after_the_other_is_applied_early(cast: Cast, staff: Client, held: Entitlement) -> None:
    scheduled(cast, quantity(30), held, MARCH)
    second = scheduled(cast, quantity(40), held, APRIL)
    assert take(staff, second, "apply").status_code == 302
    held.refresh_from_db()
    assert held.quantity == 40
    assert any("40 → 30" in text for text in Amendment.objects.get(number=1).effects)


def test_what_the_engine_refuses_leaves_nothing_written(cast: Cast, held: Entitlement) -> None:
    row = scheduled(cast, change_to(cast, "silver_annual"), held, MARCH)
    lines = LogEntry.objects.count()
    cast.offerings["silver_annual"].retire()
    answer = apply_now(row, made_by=cast.operations, seen=None)
    assert codes(answer)
    row.refresh_from_db()
    assert (row.status, row.effective_on, LogEntry.objects.count()) == ("scheduled", MARCH, lines)


def test_a_closed_one_is_not_applied_again(cast: Cast, held: Entitlement) -> None:
    row = scheduled(cast, quantity(30), held, MARCH)
    assert apply_now(row, made_by=cast.operations, seen=None).amendment
    assert codes(apply_now(row, made_by=cast.operations, seen=None)) == ["closed"]


# --- costs -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", STEPS)
def test_texts_are_escaped(cast: Cast, staff: Client, held: Entitlement, step: str) -> None:
    row = scheduled(cast, quantity(30), held, MARCH, name="<b>bold</b>", reason="<i>x</i>")
    scheduled(cast, quantity(40), held, APRIL, name="<u>under</u>")
    page = shown(staff.get(at(row, step)))
    assert not re.search(r"<b>bold|<u>under|<i>x", page)


def test_more_entitlements_of_the_order_cost_no_more_queries(cast: Cast, staff: Client, held: Entitlement) -> None:
    row = scheduled(cast, quantity(30), held, MARCH)

    def counts() -> list[int]:
        found = []
        for url in (f"/amendments/{row.pk}/", *(at(row, step) for step in STEPS)):
            with CaptureQueriesContext(connection) as queries:
                staff.get(url)
            found.append(len(queries))
        return found

    cast.entitle(cast.add_on(), order=held.order_id)
    before = counts()
    for plan in ("monthly", "perpetual"):
        name = cast.offer("support", plan, kind="add_on", seats_sold="not_sold", seat_limit=None)
        cast.entitle(name, order=held.order_id)
    assert counts() == before
