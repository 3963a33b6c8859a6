"""Prices that are agreed by hand, on pages: alert and tooltip, dialogs, lists, reports, files, imports and the log."""

import csv
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from entitlements.models import Act, Entitlement, Override
from offerings.models import Charge
from offerings.revisions import publish
from tests.cast import NOW, Cast
from tests.entitlements.importing.files import bring_in
from tests.entitlements.pages import HTMX, address, client_of, look_and_confirm, shown

KEY = "charge.seat.price"


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every test run on the day the cast lives in."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def staff(cast: Cast) -> Client:
    return client_of(cast.operations)


@pytest.fixture
def sold(cast: Cast) -> Entitlement:
    """Return 25 seats at EUR 12 a year each."""
    Charge.objects.filter(offering=cast.offerings["gold_seats"]).update(key="seat", amount="12", per="seat")
    publish([cast.offerings["gold_seats"]], published_by=None, published_by_name="tests")
    return cast.entitle("gold_seats", quantity=25)


def agree(staff: Client, sold: Entitlement, amount: str = "9.50") -> Any:
    data = {"value": amount, "reason": "Agreed until 2028"}
    return look_and_confirm(staff, address("override", sold, KEY), data)


def text(client: Client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200
    return " ".join(shown(response).split())


def test_prices_are_rights_that_can_be_set(staff: Client, sold: Entitlement) -> None:
    page = text(staff, address("entitlement", sold))
    assert '<th scope="rowgroup" colspan="5">Prices</th>' in page
    assert "Seat price<code>charge.seat.price</code>" in page
    assert "per seat, each billing period" in page
    assert f'href="{address("override", sold, KEY)}"' in page


def test_an_agreed_price_has_an_alert_with_standard_and_price_in_force(staff: Client, sold: Entitlement) -> None:
    assert agree(staff, sold).status_code == 302
    page = text(staff, address("entitlement", sold))
    facts = page.partition('class="card facts"')[2].partition("</dl>")[0]
    tip = "Standard is EUR 12.00 in Gold per seat (revision 2). Set to EUR 9.50 by operations on 21 Nov 2026"
    assert "EUR 237.50 / year" in facts
    assert "25 × EUR 9.50" in facts
    assert tip in facts
    assert f'href="{address("revert", sold, KEY)}"' in facts
    assert page.count(tip) == 2  # the fact, and the row
    assert "Seat price" in text(staff, f"{address('entitlement', sold)}?show=overridden")


def test_the_dialog_offers_no_at_least_and_keeps_what_was_typed(staff: Client, sold: Entitlement) -> None:
    url = address("override", sold, KEY)
    page = shown(staff.get(url, headers=HTMX))
    assert "Set Seat price" in page
    assert "Seat price (EUR)" in page
    assert 'value="12.00"' in page
    assert "At least" not in page
    refused = shown(staff.post(url, {"value": "9.5555", "reason": "x"}))
    assert "Write at most 2 digits after the point: EUR has no smaller part." in refused
    assert 'value="9.5555"' in refused


def test_the_preview_says_the_sum_before_and_after(staff: Client, sold: Entitlement) -> None:
    page = shown(staff.post(address("override", sold, KEY), {"value": "9.50", "preview": "1"}))
    assert "EUR 300.00 / year" in page
    assert "EUR 237.50 / year" in page


def test_reverting_says_the_standard_and_brings_it_back(staff: Client, sold: Entitlement) -> None:
    agree(staff, sold)
    url = address("revert", sold, KEY)
    assert "Revert Seat price to EUR 12.00?" in shown(staff.get(url))
    assert look_and_confirm(staff, url, {"reason": "Expired"}).status_code == 302
    assert Override.objects.count() == 0
    assert "EUR 300.00 / year" in text(staff, address("entitlement", sold))


def test_the_log_says_it_in_words(staff: Client, sold: Entitlement) -> None:
    agree(staff, sold)
    for url in (address("history", sold), reverse("entitlements:act", args=[Act.objects.latest("made_at", "id").pk])):
        page = text(staff, url)
        assert "Seat price" in page
        assert "EUR 9.50" in page
    look_and_confirm(staff, address("undo", sold, Act.objects.latest("made_at", "id").pk), {"reason": "Mistake"})
    assert Override.objects.count() == 0


def test_lists_reports_and_files_take_the_price_in_force(staff: Client, sold: Entitlement) -> None:
    agree(staff, sold)
    assert "EUR 237.50 / year" in text(staff, reverse("entitlements:entitlements"))
    assert "EUR 237.50 / year" in text(staff, reverse("entitlements:order", args=[sold.order_id]))
    assert "EUR 237.50 / year" in text(staff, reverse("entitlements:customer", args=[sold.order.customer_id]))
    report = text(staff, reverse("entitlements:override_report"))
    assert "Seat price" in report
    assert "EUR 9.50" in report

    def row(name: str) -> dict[str, str]:
        answer: Any = staff.get(reverse(f"entitlements:{name}"))
        [found] = csv.DictReader(StringIO(answer.getvalue().decode("utf-8-sig")))
        return found

    listed, overridden = row("entitlements_csv"), row("override_report_csv")
    assert (listed["Recurring price"], listed["Overrides"]) == ("237.50", "1")
    assert "Seat price EUR 9.50 (standard EUR 12.00)" in listed["Overridden"]
    assert {"9.50", "12.00"} <= set(overridden.values())


def test_the_list_is_narrowed_to_those_with_an_agreed_price(staff: Client, sold: Entitlement, cast: Cast) -> None:
    agree(staff, sold)
    cast.entitle("silver_annual")
    page = text(staff, f"{reverse('entitlements:entitlements')}?right={KEY}")
    assert "Overridden: Seat price" in page
    assert address("entitlement", sold) in page
    assert "Silver annual</a>" not in page
    assert f'<option value="{KEY}" >Seat price</option>' in text(staff, reverse("entitlements:filter_menus"))


def test_the_commands_know_the_right_to_a_price(staff: Client, sold: Entitlement) -> None:
    agree(staff, sold)
    call_command("revert_overrides", "--right", KEY, "--reason", "Over", "--preview", stdout=StringIO())
    assert Override.objects.count() == 1
    words = ("--right", "charge.other.price", "--reason", "Over", "--preview")
    with pytest.raises(CommandError, match="There is no right"):
        call_command("revert_overrides", *words, stdout=StringIO())


def test_an_import_sets_a_price_by_key_or_label_and_drops_it(cast: Cast, sold: Entitlement) -> None:
    head = "account_reference,customer,order_reference,sku,quantity,override:{}\n"
    line = f",{sold.order.customer.name},{sold.order.order_reference},GOLD-SEATS,25,{{}}\n"
    for column, cell, value in (
        (KEY, "9.50", "9.5"),
        ("Seat price", "EUR 8", "8"),
        ("charge.seat.price", "standard", None),
    ):
        done = bring_in(cast, "entitlements", (head + line).format(column, cell))
        assert done.errors == []
        assert Override.objects.values_list("value", flat=True).first() == value
    refused = bring_in(cast, "entitlements", (head + line).format(KEY, "at least 5"))
    assert "Price is agreed exactly" in str(refused.errors).replace("Seat price", "Price")
