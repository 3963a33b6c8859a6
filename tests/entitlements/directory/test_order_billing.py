"""How an order is billed: shown, edited with what was before in the log, and taken over by orders made from it."""

from datetime import date
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from entitlements.engine.check import check
from entitlements.models import Order
from entitlements.operations import ChangeOffering
from tests.cast import TODAY, Cast
from tests.entitlements.pages import HTMX, client_of, shown


@pytest.fixture
def staff(cast: Cast) -> Client:
    return client_of(cast.operations)


@pytest.fixture
def order(cast: Cast) -> Order:
    return Order.objects.get(pk=cast.entitle().order_id)


def url(order: Order) -> str:
    return reverse("entitlements:edit_billing", args=[order.pk])


def send(client: Client, order: Order, **typed: str) -> Any:
    """Send the form as it was seen, with other values typed into it."""
    form = client.get(url(order)).context["form"]
    values = {name: form.initial.get(name) for name in form.fields}
    return client.post(url(order), {**{name: value or "" for name, value in values.items()}, **typed})


def billing(order: Order) -> tuple[Any, ...]:
    order.refresh_from_db()
    return order.billing_day, order.proration, order.invoiced_through


def said(order: Order) -> list[str]:
    return list(
        LogEntry.objects.filter(object_id=str(order.pk)).order_by("pk").values_list("change_message", flat=True)
    )


def test_the_page_of_the_order_says_how_it_is_billed(staff: Client, cast: Cast, order: Order) -> None:
    page = " ".join(shown(staff.get(order.get_absolute_url())).split())
    for words in ("with each term", "as the site does: actual days", "not said", "Edit billing…"):
        assert words in page
    Order.objects.update(billing_day=31, proration="strict_30_360", invoiced_through="2026-12-01")
    page = " ".join(shown(client_of(cast.people["viewer"]).get(order.get_absolute_url())).split())
    for words in ("<dd>31 <small>or the last day of a shorter month</small></dd>", "30/360", "1 Dec 2026"):
        assert words in page
    assert "Edit billing…" not in page


def test_an_edit_is_logged_with_what_was_before(staff: Client, order: Order) -> None:
    assert send(staff, order, billing_day="31", proration="actual_30").status_code == 302
    assert billing(order) == (31, "actual_30", None)
    assert send(staff, order, invoiced_through="2026-12-01").status_code == 302
    assert send(staff, order, invoiced_through="1 Jan 2027").status_code == 302
    assert billing(order) == (31, "actual_30", date(2027, 1, 1))
    first, second, third = said(order)
    assert "Billing day: none → 31." in first
    assert "Proration: as the site does → actual days of 30." in first
    assert second == "Invoiced through: none → 2026-12-01."
    assert third == "Invoiced through: 2026-12-01 → 2027-01-01."
    page = shown(staff.get(order.get_absolute_url()))
    assert "Invoiced through" in page.partition('id="history-title"')[2]


def test_the_same_again_writes_nothing(staff: Client, order: Order) -> None:
    assert send(staff, order).status_code == 302
    assert said(order) == []


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"billing_day": "0"}, "Write a day of the month from 1 to 31, or leave this empty."),
        ({"billing_day": "32"}, "Write a day of the month from 1 to 31, or leave this empty."),
        ({"billing_day": "last"}, "Write a day of the month from 1 to 31, or leave this empty."),
        ({"invoiced_through": "31 Feb 2027"}, "Write a date as 2027-06-30."),
        ({"invoiced_through": "soon"}, "Write a date as 2027-06-30."),
        ({"proration": "half"}, "half is not one of the available choices."),
    ],
)
def test_what_cannot_be_read_is_said_on_its_field(
    staff: Client, order: Order, typed: dict[str, str], sentence: str
) -> None:
    response = send(staff, order, **typed)
    assert response.status_code == 422
    assert sentence in shown(response)
    assert billing(order) == (None, "", None)


def test_what_somebody_else_wrote_meanwhile_is_shown_first(staff: Client, order: Order) -> None:
    seen = staff.get(url(order)).context["form"].initial["seen"]
    Order.objects.update(billing_day=15, invoiced_through="2026-12-01")
    stale = staff.post(url(order), {"billing_day": "1", "seen": seen})
    assert stale.status_code == 409
    assert "Somebody else edited this order." in shown(stale)
    again = staff.post(url(order), {"billing_day": "1", "seen": stale.context["form"].data["seen"]})
    assert again.status_code == 302
    assert billing(order) == (1, "", None)


def test_it_is_a_dialog_too(staff: Client, order: Order) -> None:
    page = shown(staff.get(url(order), headers=HTMX))
    assert "<html" not in page
    assert "Edit billing" in page


def test_the_order_of_a_part_is_billed_as_the_one_it_leaves(cast: Cast) -> None:
    entitlement = cast.entitle("gold_seats", quantity=10)
    cast.offer("silver", "seats", seats_sold="per_quantity", seat_limit=None)
    Order.objects.update(billing_day=31, proration="off", invoiced_through="2026-12-01")
    change = ChangeOffering(as_of=TODAY, revision_id=cast.revision("silver_seats").pk, count=4)
    cast.do(change, [entitlement.pk])
    [part] = Order.objects.exclude(pk=entitlement.order_id)
    assert billing(part) == (31, "off", date(2026, 12, 1))
    assert list(check()) == []


def test_an_order_that_follows_the_site_stays_so_in_its_parts(cast: Cast) -> None:
    entitlement = cast.entitle("gold_seats", quantity=10)
    cast.offer("silver", "seats", seats_sold="per_quantity", seat_limit=None)
    cast.do(ChangeOffering(as_of=TODAY, revision_id=cast.revision("silver_seats").pk, count=4), [entitlement.pk])
    [part] = Order.objects.exclude(pk=entitlement.order_id)
    assert billing(part) == (None, "", None)
