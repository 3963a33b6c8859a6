"""What a change makes due, through the door: seen in the dialog, kept with the act, shown afterwards."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from config.clock import site_today
from entitlements import schedule
from entitlements.models import Change, Order
from entitlements.operations import ChangeOffering
from offerings.kinds import show_day
from offerings.models import Charge
from offerings.revisions import publish
from tests.cast import KEEP, NOW, TODAY, Cast
from tests.entitlements.pages import HTMX, address, client_of, look_and_confirm, seen_in, shown

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every test run on the day the cast lives in."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def staff(cast: Cast) -> Client:
    return client_of(cast.operations)


def target(cast: Cast, name: str, **choices: Any) -> dict[str, Any]:
    return {"target": cast.revision(name).pk, **choices}


@pytest.fixture
def priced(cast: Cast) -> Cast:
    """Make Bronze cheaper and Gold dearer than Silver, which is EUR 100 a year."""
    for name, amount in (("bronze_annual", "60"), ("gold_annual", "465")):
        Charge.objects.filter(offering=cast.offerings[name]).update(amount=amount)
        publish([cast.offerings[name]], published_by=None, published_by_name="tests")
    return cast


def upgraded(staff: Client, cast: Cast, **billing: Any) -> Change:
    """Upgrade Silver to Gold in the dialog, on 21 November of a year from 1 March, and return the change."""
    entitlement = cast.entitle(seats=2)
    Order.objects.update(**billing)
    response = look_and_confirm(staff, address("change_offering", entitlement), target(cast, "gold_annual"))
    assert response.status_code == 302
    return Change.objects.get(entitlement=entitlement, sequence=2)


def lines_of(change: Change) -> list[tuple[str, str, str, str]]:
    """Return the lines that are kept with a change: occasion, side, fraction, amount."""
    return [
        (name, line["side"], line["fraction"], line["amount"])
        for part in change.money["parts"]
        for name in ("now", "next")
        for line in part[name]["lines"]
    ]


def test_what_the_dialog_shows_is_kept_with_the_act(staff: Client, priced: Cast) -> None:
    entitlement = priced.entitle(seats=2)
    url = address("change_offering", entitlement)
    page = shown(staff.post(url, {**target(priced, "gold_annual"), "preview": "1"}))
    assert "What is due" in page
    assert "\N{MINUS SIGN}EUR 27.40" in page
    assert "100 of 365 days" in page
    assert "Charged for 100 of 365 days, from 21 Nov 2026 until 1 Mar 2027." in page
    assert "EUR 127.40" in page
    assert "EUR 100.00" in page
    assert look_and_confirm(staff, url, target(priced, "gold_annual")).status_code == 302
    change = Change.objects.get(entitlement=entitlement, sequence=2)
    assert lines_of(change) == [("now", "old", "20/73", "-27.40"), ("now", "new", "20/73", "127.40")]
    assert change.money["parts"][0]["now"]["total"] == "100.00"


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "dialog"])
def test_the_foot_says_what_is_due(staff: Client, priced: Cast, headers: dict[str, str]) -> None:
    entitlement = priced.entitle(seats=2)
    Order.objects.update(billing_day=15)
    url, gold = address("change_offering", entitlement), target(priced, "gold_annual")
    choice = {**gold, "preview": "1"}
    # From 15 February to the end of the term on 1 March are 14 of 365 days.
    due = '<span class="due-line">Due now EUR 86.00, next invoice EUR 17.84</span>'
    assert due in shown(staff.post(url, choice, headers=headers))
    waiting = shown(staff.post(url, {**choice, "when": "day", "effective_on": "2027-01-01"}, headers=headers))
    assert '<span class="due-line">Due on 1 Jan 2027 EUR ' in waiting
    disabled = shown(staff.get(address("disable", entitlement), headers=headers))
    assert "due-line" not in disabled


def test_the_foot_of_what_is_sold_anew_says_what_is_due(staff: Client, priced: Cast) -> None:
    names = {"customer_name": "Osprey Freight", "order_reference": "SO-9", "codes": "OSPREY-9"}
    data = {**names, "offering": "GOLD-ANNUAL", "quantity": ""}
    page = shown(staff.post(f"{reverse('entitlements:create')}?preview=1", data))
    assert '<span class="due-line">Due now EUR 465.00' in page


def test_without_proration_nothing_is_due_in_the_last_period_of_a_term(staff: Client, priced: Cast) -> None:
    assert upgraded(staff, priced, proration="off").money is None


def test_the_billing_day_of_the_order_begins_the_periods(staff: Client, priced: Cast) -> None:
    change = upgraded(staff, priced, billing_day=15)
    [part] = change.money["parts"]
    assert part["now"]["lines"][0]["period"] == ["2026-11-21", "2027-02-15"]
    assert (part["next"]["due_on"], part["next"]["total"]) == ("2027-02-15", "17.84")  # 14 days, until the term ends


def test_other_sums_are_another_preview(staff: Client, priced: Cast) -> None:
    entitlement = priced.entitle(seats=2)
    url, data = address("change_offering", entitlement), target(priced, "gold_annual")
    seen = seen_in(staff.post(url, {**data, "preview": "1"}))
    Order.objects.update(proration="off")
    assert staff.post(url, {**data, "seen": seen}).status_code == 409
    assert Change.objects.filter(entitlement=entitlement).count() == 1


def test_the_act_its_history_and_its_undo_say_what_it_cost(staff: Client, priced: Cast) -> None:
    change = upgraded(staff, priced)
    act = shown(staff.get(reverse("entitlements:act", args=[change.act_id])))
    assert "What it cost" in act
    assert "EUR 127.40" in act
    assert f"EUR 100.00 on {show_day(site_today())}" in shown(staff.get(address("history", change.entitlement)))
    undo = address("undo", change.entitlement, change.act_id)
    assert "\N{MINUS SIGN}EUR 127.40" in shown(staff.get(undo))
    assert look_and_confirm(staff, undo, {}).status_code == 302
    back = Change.objects.get(entitlement=change.entitlement_id, sequence=3)
    assert [amount for *_facts, amount in lines_of(back)] == ["27.40", "-127.40"]
    assert back.money["parts"][0]["now"]["total"] == "-100.00"


def test_a_later_undo_is_the_swap_back_on_its_day(staff: Client, priced: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    change = upgraded(staff, priced)
    monkeypatch.setattr(timezone, "now", lambda: NOW + timedelta(days=50))
    later = client_of(priced.operations)
    assert look_and_confirm(later, address("undo", change.entitlement, change.act_id), {}).status_code == 302
    back = Change.objects.get(entitlement=change.entitlement_id, sequence=3)
    assert [amount for *_facts, amount in lines_of(back)] == ["-63.70", "13.70"]


def test_a_change_of_what_is_not_priced_keeps_no_money(staff: Client, priced: Cast) -> None:
    entitlement = priced.entitle(overrides={"sso": True})
    assert Change.objects.get(entitlement=entitlement, sequence=1).money["parts"][0]["now"]["total"] == "100.00"
    assert Change.objects.get(entitlement=entitlement, sequence=2).money is None


def test_what_is_sold_anew_says_what_is_due(staff: Client, priced: Cast) -> None:
    names = {"customer_name": "Osprey Freight", "order_reference": "SO-9", "codes": "OSPREY-9"}
    data = {**names, "offering": "GOLD-ANNUAL", "quantity": ""}
    page = shown(staff.post(f"{reverse('entitlements:create')}?preview=1", data))
    assert "Charged for the whole period, from 21 Nov 2026 until 21 Nov 2027." in page


def test_an_amount_that_is_not_known_is_said(staff: Client, priced: Cast) -> None:
    Charge.objects.filter(offering=priced.offerings["gold_annual"]).update(amount=None, text="Contact us")
    publish([priced.offerings["gold_annual"]], published_by=None, published_by_name="tests")
    entitlement = priced.entitle()
    url = address("change_offering", entitlement)
    page = shown(staff.post(url, {**target(priced, "gold_annual"), "preview": "1"}))
    assert "The new price of Price is on request. Agree on the amount and bill it by hand." in page
    assert "not known" in page
    assert look_and_confirm(staff, url, target(priced, "gold_annual")).status_code == 302


def test_a_credit_asks_once_for_what_was_billed_before(staff: Client, priced: Cast) -> None:
    change = upgraded(staff, priced)
    url, data = address("change_offering", change.entitlement), target(priced, "bronze_annual")
    seen = seen_in(staff.post(url, {**data, "preview": "1"}))
    with CaptureQueriesContext(connection) as queries:
        assert staff.post(url, {**data, "seen": seen}).status_code == 302
    assert len(queries) <= 20
    assert sum('U0."money"' in query["sql"] for query in queries) == 1


def test_a_scheduled_change_is_due_on_its_day_and_kept_when_it_is_applied(staff: Client, priced: Cast) -> None:
    entitlement = priced.entitle()
    gold = ChangeOffering(as_of=TODAY, revision_id=priced.revision("gold_annual").pk)
    day = TODAY + timedelta(days=50)
    person = User.objects.create_superuser("ada")
    answer = schedule.schedule(gold, [entitlement.pk], on=day, made_by=person, seen=None)
    [preview] = answer.own.previews
    assert [str(each.amount) for each in preview.money.due_now] == ["50.00"]
    page = shown(client_of(person).get(answer.amendment.get_absolute_url()))
    assert "Charged for 50 of 365 days, from 10 Jan 2027 until 1 Mar 2027." in page
    [applied] = schedule.apply_due(day)
    change = Change.objects.get(act=applied.amendment.act)
    assert [amount for *_facts, amount in lines_of(change)] == ["-13.70", "63.70"]
    assert change.money["on"] == "2027-01-10"
    assert "What it cost" in shown(client_of(person).get(answer.amendment.get_absolute_url()))


def test_what_is_scheduled_later_knows_what_is_scheduled_before(priced: Cast) -> None:
    entitlement = priced.entitle()
    person = User.objects.create_superuser("ada")
    for days, name in ((10, "gold_annual"), (50, "bronze_annual")):
        operation = ChangeOffering(as_of=TODAY, revision_id=priced.revision(name).pk, seats=KEEP)
        answer = schedule.schedule(
            operation, [entitlement.pk], on=TODAY + timedelta(days=days), made_by=person, seen=None
        )
    [preview] = answer.own.previews
    assert [str(line.amount) for line in preview.money.parts[0].now.lines] == ["-63.70", "8.22"]


def test_a_part_is_billed_as_the_whole_was(priced: Cast) -> None:
    entitlement = priced.entitle("gold_seats", quantity=10)
    Order.objects.update(billing_day=15, proration="strict_30_360")
    result = priced.do(
        ChangeOffering(as_of=TODAY, revision_id=priced.revision("gold_annual").pk, count=4), [entitlement.pk]
    )
    created = next(move.after for move in result.outcomes[0].preview.moves if move.before is None)
    order = Order.objects.get(pk=created.order.id)
    assert (order.billing_day, order.proration, order.invoiced_through) == (15, "strict_30_360", None)
    money = result.outcomes[0].preview.money
    assert {(line.period.end, line.days, line.of) for part in money.parts for line in part.now.lines} == {
        (date(2027, 2, 15), 84, 360)
    }


def test_a_new_order_is_billed_as_the_site_says(priced: Cast, settings: Any) -> None:
    settings.BILLING_PRORATION = "off"
    assert priced.entitle().order.proration == ""
