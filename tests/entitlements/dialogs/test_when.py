"""A change that waits for its day is chosen, seen and scheduled in the dialog of its operation."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Permission

from entitlements.models import Act, Amendment, Order
from entitlements.operations.preview import NO_ENTITLEMENT
from entitlements.schedule import apply_due
from tests.cast import NOW, Cast
from tests.entitlements.pages import address, client_of, look_and_confirm, seen_in, shown
from tests.entitlements.schedule.asking import APRIL, quantity, scheduled

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    """Stop the clock at the cast's moment."""
    with time_machine.travel(NOW, tick=False):
        yield


def post(cast: Cast, url: str, data: dict[str, Any]) -> Any:
    """Confirm as the operations person what a preview of the same data showed."""
    return look_and_confirm(client_of(cast.operations), url, data)


def to_silver(cast: Cast, **data: str) -> dict[str, Any]:
    """Return the choices of a change to Silver annual."""
    return {"target": cast.revision("silver_annual").pk, "seats": "release_oldest", **data}


def test_a_change_waits_for_the_end_of_the_term_and_starts_a_new_one(cast: Cast) -> None:
    held = cast.entitle("gold_annual", seats=8)
    url = address("change_offering", held)
    page = shown(client_of(cast.operations).get(url, {"when": "end_of_term", **to_silver(cast)}))
    assert "At the end of the term: 1 Mar 2027" in page
    assert "Restart: to 1 Mar 2028" in page
    assert ">Schedule</button>" in page
    answer = post(cast, url, to_silver(cast, when="end_of_term"))
    assert (answer.status_code, answer["Location"]) == (302, held.get_absolute_url())
    [row] = Amendment.objects.all()
    assert (row.effective_on, row.status, row.order) == (date(2027, 3, 1), "scheduled", held.order)
    assert row.operation["term"]["mode"] == "restart"
    held.refresh_from_db()
    assert held.offering.sku == "GOLD-ANNUAL"
    assert not Act.objects.filter(operation="change_offering").exists()


def test_a_change_waits_for_the_next_invoice_period_or_a_day(cast: Cast) -> None:
    held = cast.entitle("gold_monthly", at=NOW.replace(day=5))
    url = address("change_offering", held)
    data = {"target": cast.revision("silver_monthly").pk, "when": "next_period"}
    assert post(cast, url, data).status_code == 302
    assert Amendment.objects.get().effective_on == date(2026, 12, 5)
    other = cast.entitle("gold_annual")
    assert post(cast, address("change_offering", other), to_silver(cast, when="day", effective_on="2027-01-09"))
    assert Amendment.objects.get(order=other.order).effective_on == date(2027, 1, 9)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"when": "day"}, "Choose the day on which it is to happen."),
        ({"when": "day", "effective_on": "soon"}, "Write a date as 2027-06-30."),
        ({"when": "day", "effective_on": "2026-11-21"}, "Choose a day after today, or make the change now."),
        ({"when": "day", "effective_on": "3001-01-01"}, "Choose a day before the year 3000."),
        ({"when": "sometime"}, "Select a valid choice"),
    ],
)
def test_a_day_that_cannot_be_is_said_on_its_field(cast: Cast, data: dict[str, str], sentence: str) -> None:
    held = cast.entitle("gold_annual")
    answer = post(cast, address("change_offering", held), to_silver(cast, **data))
    assert answer.status_code == 422
    assert sentence in shown(answer)
    assert not Amendment.objects.exists()


def test_a_perpetual_license_has_no_end_to_wait_for(cast: Cast) -> None:
    held = cast.entitle("silver_perpetual")
    url = address("change_offering", held)
    assert "At the end of the term" not in shown(client_of(cast.operations).get(url))
    answer = post(cast, url, {"target": cast.revision("gold_annual").pk, "when": "end_of_term"})
    assert answer.status_code == 422
    assert "It has no such day to come." in shown(answer)


def test_without_the_permission_to_schedule_there_is_no_choice_and_nothing_is_made_now_instead(cast: Cast) -> None:
    held = cast.entitle("gold_annual")
    cast.operations.groups.clear()
    names = ("change_offering", "view_entitlement", "release_seats")
    cast.operations.user_permissions.set(Permission.objects.filter(codename__in=names))
    page = shown(client_of(cast.operations).get(address("change_offering", held)))
    assert 'name="when"' not in page
    refused = post(cast, address("change_offering", held), to_silver(cast, when="end_of_term"))
    assert refused.status_code == 422
    assert "you may not schedule it" in shown(refused)
    held.refresh_from_db()
    assert held.offering.sku == "GOLD-ANNUAL"


def test_undo_and_transfer_have_no_day(cast: Cast) -> None:
    held = cast.entitle("gold_annual")
    for name in ("transfer_entitlement", "release_seats"):
        assert 'name="when"' not in shown(client_of(cast.operations).get(address(name, held)))
    assert 'name="when"' in shown(client_of(cast.operations).get(address("disable", held)))


def test_a_change_made_now_says_what_becomes_of_what_is_scheduled(cast: Cast) -> None:
    held = cast.entitle("gold_seats", quantity=10)
    row = scheduled(cast, quantity(40), held, APRIL)
    url = address("set_quantity", held)
    page = shown(client_of(cast.operations).post(url, {"quantity": "12", "preview": "1"}))
    assert "Also scheduled" in page
    assert "12 → 40" in page
    assert post(cast, url, {"quantity": "12"}).status_code == 302
    row.refresh_from_db()
    assert any("12 → 40" in line for line in row.effects)
    assert apply_all(APRIL) == ["applied"]


def apply_all(day: date) -> list[str]:
    """Go to a day, apply what is due and return the statuses."""
    with time_machine.travel(datetime(day.year, day.month, day.day, 8, tzinfo=UTC), tick=False):
        return [each.amendment.status for each in apply_due(day)]


def test_what_would_no_longer_fit_blocks_until_it_is_cancelled_in_the_same_step(cast: Cast) -> None:
    held = cast.entitle("gold_seats", quantity=10)
    row = scheduled(cast, quantity(40), held, APRIL)
    url = address("change_offering", held)
    refused = post(cast, url, to_silver(cast))
    assert refused.status_code == 422
    assert "would no longer fit" in shown(refused)
    held.refresh_from_db()
    assert held.offering.sku == "GOLD-SEATS"
    assert post(cast, url, to_silver(cast, cancels=str(row.pk))).status_code == 302
    row.refresh_from_db()
    held.refresh_from_db()
    assert (row.status, held.offering.sku) == ("cancelled", "SILVER-ANNUAL")


def test_what_was_scheduled_since_the_preview_makes_it_stale(cast: Cast) -> None:
    held = cast.entitle("gold_seats", quantity=10)
    client, url = client_of(cast.operations), address("set_quantity", held)
    seen = seen_in(client.post(url, {"quantity": "12", "preview": "1"}))
    scheduled(cast, quantity(40), held, APRIL)
    stale = client.post(url, {"quantity": "12", "seen": seen})
    assert stale.status_code == 409
    held.refresh_from_db()
    assert held.quantity == 10
    assert client.post(url, {"quantity": "12", "seen": seen_in(stale)}).status_code == 302


def test_what_is_scheduled_for_another_order_is_not_mentioned(cast: Cast) -> None:
    held, other = cast.entitle("gold_seats", quantity=10), cast.entitle("gold_seats", quantity=10)
    scheduled(cast, quantity(40), other, APRIL)
    page = shown(client_of(cast.operations).post(address("set_quantity", held), {"quantity": "12", "preview": "1"}))
    assert "Also scheduled" not in page
    assert str(NO_ENTITLEMENT) not in page


def test_a_transfer_must_cancel_what_waits_in_the_order_it_leaves(cast: Cast) -> None:
    held = cast.entitle("gold_seats", quantity=10)
    row = scheduled(cast, quantity(40), held, APRIL)
    empty = Order.objects.create(customer=held.order.customer, order_reference="SO-EMPTY")
    url = address("transfer_entitlement", held)
    refused = post(cast, url, {"order_id": empty.pk})
    assert refused.status_code == 422
    assert "has moved to another order" in shown(refused)
    assert post(cast, url, {"order_id": empty.pk, "cancels": row.pk}).status_code == 302
    row.refresh_from_db()
    held.refresh_from_db()
    assert (row.status, held.order) == ("cancelled", empty)
