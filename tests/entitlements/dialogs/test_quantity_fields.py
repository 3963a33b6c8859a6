"""Where quantities are asked for: in the menu, and in the dialog that changes the offering."""

import pytest
from django.test import Client
from django.utils import timezone

from tests.cast import NOW, Cast
from tests.entitlements.pages import HTMX, address, client_of, shown

QUANTITY, PART = 'id="id_quantity"', 'id="id_count"'


@pytest.fixture
def staff(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    return client_of(cast.operations)


@pytest.mark.parametrize(
    ("held", "quantity", "target", "asks_quantity", "most"),
    [
        ("silver_annual", None, "gold_annual", False, 0),
        ("silver_annual", None, "gold_seats", True, 0),
        ("gold_seats", 1, "gold_annual", False, 0),
        ("gold_seats", 2, "gold_annual", False, 1),
        ("gold_seats", 9, "silver_annual", False, 8),
        ("gold_seats", 9, "gold_seats", True, 8),
    ],
)
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_the_dialog_asks_for_what_the_offerings_are_sold_by(
    staff: Client,
    cast: Cast,
    held: str,
    quantity: int | None,
    target: str,
    asks_quantity: bool,
    most: int,
    headers: dict[str, str],
) -> None:
    entitlement = cast.entitle(held, quantity=quantity)
    data = {"target": cast.revision(target).pk, "preview": "1"}
    page = shown(staff.post(address("change_offering", entitlement), data, headers=headers))
    assert ((QUANTITY in page), (PART in page)) == (asks_quantity, most > 0)
    assert (f"1 to {most}; empty: all" in page) is (most > 0)


@pytest.mark.parametrize(("held", "quantity", "offered"), [("gold_seats", 9, True), ("silver_annual", None, False)])
def test_the_menu_offers_the_quantity_where_seats_are_sold_by_it(
    staff: Client, cast: Cast, held: str, quantity: int | None, offered: bool
) -> None:
    entitlement = cast.entitle(held, quantity=quantity)
    page = shown(staff.get(address("entitlement", entitlement)))
    assert (address("set_quantity", entitlement) in page) is offered
