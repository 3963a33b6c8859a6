"""The price in force on pages: as a fact, in lists and their file, in previews, acts and summaries; and who goes on."""

import csv
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from entitlements.models import Act, Customer, Entitlement, Order
from entitlements.operations import Disable, TermMode, UndoAct
from entitlements.state import summed_price
from offerings.models import Charge
from offerings.revisions import publish
from offerings.totals import Due, Total
from tests.cast import NOW, TODAY, Cast
from tests.entitlements.copies import copy_entitlement
from tests.entitlements.pages import address, client_of, look_and_confirm, shown
from tests.factories import UserFactory


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every test run on the day the cast lives in."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def staff(cast: Cast) -> Client:
    priced(cast, "silver_annual", amount="829.50")
    priced(cast, "bronze_annual", amount="304.50")
    priced(cast, "gold_seats", amount="33.18", per="seat")
    return client_of(cast.operations)


def priced(cast: Cast, name: str, **facts: Any) -> None:
    """Publish an offering at another price."""
    Charge.objects.filter(offering=cast.offerings[name]).update(**facts)
    publish([cast.offerings[name]], published_by=None, published_by_name="tests")


def text(client: Client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200
    return " ".join(shown(response).split())


def test_the_price_is_a_fact_of_the_entitlement_with_how_it_comes_about(staff: Client, cast: Cast) -> None:
    Charge.objects.create(
        offering=cast.offerings["gold_seats"], key="setup", kind="one_time", amount="90", currency="EUR"
    )
    priced(cast, "gold_seats")
    page = text(staff, address("entitlement", cast.entitle("gold_seats", quantity=25)))
    assert "EUR 829.50 / year" in page
    assert "<small>25 × EUR 33.18</small> <small>+ EUR 90.00 once</small>" in page


def test_a_disabled_one_keeps_its_price_and_says_that_it_does_not_count(staff: Client, cast: Cast) -> None:
    entitlement = cast.entitle()
    cast.do(Disable(as_of=TODAY), [entitlement.pk])
    page = text(staff, address("entitlement", entitlement))
    assert "EUR 829.50 / year" in page
    assert "counts in no sum: disabled" in page


def test_sums_leave_out_what_has_ended_expired_or_is_disabled(staff: Client, cast: Cast) -> None:
    first = cast.entitle()
    others = copy_entitlement(first.pk, 4)
    customer = Customer.objects.get(pk=first.order.customer_id)
    found = Entitlement.objects.all()
    Entitlement.objects.filter(pk=others[0]).update(ended_on=TODAY)
    Entitlement.objects.filter(pk=others[1]).update(disabled_at=NOW)
    Entitlement.objects.filter(pk=others[2]).update(expires_on="2026-04-01", grace_ends_on="2026-04-15")
    Entitlement.objects.filter(pk=others[3]).update(activated_at=None)
    assert summed_price(found, TODAY).line == "EUR 1,659.00 / year"
    customer.disabled_at = NOW
    customer.save()
    found = found.filter(order__customer=customer)
    assert summed_price(found, TODAY).line == "no price"


def test_orders_and_customers_show_their_sum_and_what_counts(staff: Client, cast: Cast) -> None:
    entitlement = cast.entitle()
    cast.entitle("gold_seats", quantity=2, order=None)
    for name, key in (("order", entitlement.order_id), ("customer", entitlement.order.customer_id)):
        page = text(staff, reverse(f"entitlements:{name}", args=[key]))
        assert page.count("EUR 829.50 / year") == 2  # the fact, and the row
        assert "Created, active and in grace count; ended, expired and disabled do not." in page


def test_lists_show_the_price_with_its_period(staff: Client, cast: Cast) -> None:
    cast.entitle()
    assert '<td class="price-text">EUR 829.50 / year</td>' in text(staff, reverse("entitlements:entitlements"))


def test_the_file_has_plain_numbers_in_the_format_of_nobody(staff: Client, cast: Cast) -> None:
    cast.entitle("gold_seats", quantity=25)
    answer: Any = staff.get(reverse("entitlements:entitlements_csv"), headers={"accept-language": "de"})
    [row] = csv.DictReader(StringIO(answer.getvalue().decode("utf-8-sig")))
    names = ("Recurring price", "Currency", "Per", "One-time price", "Price in words")
    assert [row[name] for name in names] == ["829.50", "EUR", "1 year", "", "EUR 829.50 / year"]


def test_the_file_of_customers_has_what_their_pages_show_as_plain_numbers(staff: Client, cast: Cast) -> None:
    def rows(client: Client) -> list[dict[str, str]]:
        answer: Any = client.get(reverse("entitlements:customers_csv"), headers={"accept-language": "de"})
        return list(csv.DictReader(StringIO(answer.getvalue().decode("utf-8-sig"))))

    held = cast.entitle("gold_seats", quantity=50)
    cast.entitle("silver_annual", order=Order.objects.create(customer=held.order.customer).pk)
    disabled = cast.entitle("silver_annual")
    cast.do(Disable(as_of=TODAY), [disabled.pk], reason="Unpaid")
    names = ("Entitlements", "Active", "Recurring price", "Currency", "Per", "One-time price", "Price in words")
    assert [[row[name] for name in names] for row in rows(staff)] == [
        ["2", "2", "2488.50", "EUR", "1 year", "", "EUR 2,488.50 / year"],
        ["1", "0", "", "", "", "", "no price"],
    ]
    stranger = UserFactory()
    stranger.user_permissions.add(Permission.objects.get(codename="view_customer"))
    assert "Recurring price" not in rows(client_of(stranger))[0]


def test_amounts_that_cannot_be_added_are_in_words_alone() -> None:
    year, month, once = Due(is_once=False, currency="EUR", period="P1Y"), Due(False, "USD", "P1M"), Due(True, "USD")
    assert Total({year: Decimal(10), month: Decimal(2), once: Decimal("0.125")}).cells == (
        None,
        None,
        None,
        Decimal("0.125"),
    )
    assert Total({year: Decimal(10)}).cells == (Decimal("10.00"), "EUR", "1 year", None)


def test_the_price_is_the_first_row_of_a_preview(staff: Client, cast: Cast) -> None:
    url, data = address("change_offering", cast.entitle()), {"target": cast.revision("bronze_annual").pk}
    page = text(staff, f"{url}?target={data['target']}")
    preview = page.partition('id="preview-title"')[2]
    assert preview.index("EUR 829.50 / year") < preview.index("What changes")
    assert '<span class="after">EUR 304.50 / year</span> <span class="muted">(− 525.00)</span>' in preview


def test_a_preview_is_in_the_format_of_its_reader(staff: Client, cast: Cast) -> None:
    url = f"{address('change_offering', cast.entitle())}?target={cast.revision('bronze_annual').pk}"
    page = shown(staff.get(url, headers={"accept-language": "de"}))
    assert "304,50 EUR / year" in page
    assert "(− 525,00)" in page


def test_a_new_entitlement_shows_its_price_before_it_is_made(staff: Client, cast: Cast) -> None:
    data = {"customer_name": "Osprey", "codes": "OSPREY-1", "offering": "GOLD-SEATS", "quantity": "25"}
    page = shown(staff.post(f"{reverse('entitlements:create')}?preview=1", data))
    assert page.index("EUR 829.50 / year") > page.index('id="preview-title"')


def created_new(staff: Client, cast: Cast, entitlement: Entitlement) -> tuple[Any, Entitlement]:
    data = {"target": cast.revision("bronze_annual").pk, "term": TermMode.CREATE_NEW, "seats": "keep"}
    response = look_and_confirm(staff, address("change_offering", entitlement), data)
    return response, Entitlement.objects.exclude(pk=entitlement.pk).get()


def test_after_create_new_people_land_on_the_new_one_and_both_sides_link(staff: Client, cast: Cast) -> None:
    old = cast.entitle()
    response, new = created_new(staff, cast, old)
    assert response["Location"] == address("entitlement", new)
    assert f'Continues <a href="{address("entitlement", old)}">' in text(staff, address("entitlement", new))
    page = text(staff, address("entitlement", old))
    assert f'Continued by <a href="{address("entitlement", new)}">' in page
    assert " days" not in page.partition('class="card facts"')[2].partition("</dl>")[0]
    assert "none, ended" in page


def test_an_undo_of_create_new_leads_back_and_takes_the_links_away(staff: Client, cast: Cast) -> None:
    old = cast.entitle()
    _response, new = created_new(staff, cast, old)
    undone = look_and_confirm(staff, address("undo", new, Act.objects.latest("made_at", "id").pk), {})
    assert undone["Location"] == address("entitlement", old)
    assert "Continued by" not in text(staff, address("entitlement", old))
    assert UndoAct.name == Act.objects.latest("made_at", "id").operation


def test_after_a_part_people_land_on_the_part(staff: Client, cast: Cast) -> None:
    cast.offer("silver", "seats", seats_sold="per_quantity", seat_limit=None)
    entitlement = cast.entitle("gold_seats", quantity=10)
    data = {"target": cast.revision("silver_seats").pk, "count": "4", "seats": "keep"}
    response = look_and_confirm(staff, address("change_offering", entitlement), data)
    new = Entitlement.objects.exclude(pk=entitlement.pk).get()
    assert response["Location"] == address("entitlement", new)
    assert f'A part of 4 continued by <a href="{address("entitlement", new)}">' in text(
        staff, address("entitlement", entitlement)
    )


def test_the_act_and_its_summary_say_what_became_of_the_price(staff: Client, cast: Cast) -> None:
    entitlement = cast.entitle()
    look_and_confirm(
        staff, address("change_offering", entitlement), {"target": cast.revision("bronze_annual").pk, "seats": "keep"}
    )
    page = text(staff, reverse("entitlements:act", args=[Act.objects.latest("made_at", "id").pk]))
    assert '<span class="after">EUR 304.50 / year</span> <span class="muted">(− 525.00)</span>' in page
    assert "- Price: EUR 829.50 / year → 304.50 / year (− 525.00)" in page


def test_the_drift_report_and_its_moves_show_both_prices_and_the_sum(staff: Client, cast: Cast) -> None:
    first = cast.entitle()
    copy_entitlement(first.pk, 1)
    old = cast.revision("silver_annual").pk
    priced(cast, "silver_annual", amount="900")
    assert "Price EUR 829.50 / year → EUR 900.00 / year" in text(staff, reverse("entitlements:drift_report"))
    page = text(staff, reverse("entitlements:move_revision", args=[old]))
    assert page.count("EUR 829.50 / year → 900.00 / year (+ 70.50)") == 2
    assert "EUR 1,659.00 / year → 1,800.00 / year (+ 141.00)" in page


def test_sums_cost_the_same_for_any_number(staff: Client, cast: Cast) -> None:
    first, counts = cast.entitle(), []
    for _time in range(2):
        copy_entitlement(first.pk, 10)
        with CaptureQueriesContext(connection) as queries:
            summed_price(Entitlement.objects.all(), TODAY)
        counts.append(len(queries))
    assert counts == [3, 3]
