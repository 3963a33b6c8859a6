"""The page of what would be invoiced, and the files of lines that changes made due."""

import csv
import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from entitlements.billing.lines import BillingProblem, Invoice, Line, Side
from entitlements.billing.periods import BillingPeriod
from entitlements.invoicing.stored_lines import HEADER, UNREADABLE, parts_of
from entitlements.models import Act, Change, Customer, Entitlement, Order, Source
from entitlements.operations import SetQuantity
from entitlements.schedule import schedule
from offerings.models import Charge
from offerings.revisions import publish
from tests.cast import NOW, TODAY, Cast
from tests.entitlements.copies import copy_entitlement
from tests.entitlements.pages import client_of, shown
from tests.factories import UserFactory


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every test run on the day the cast lives in."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def staff(cast: Cast) -> Client:
    return client_of(cast.operations)


@pytest.fixture
def sold(cast: Cast) -> Entitlement:
    """Return 25 seats at EUR 12 each, billed by the month from 1 March 2026, and a setup fee."""
    offering = cast.offerings["gold_seats"]
    offering.plan.billing_period = "P1M"
    offering.plan.save()
    Charge.objects.filter(offering=offering).update(key="seat", amount="12", per="seat")
    Charge.objects.create(offering=offering, key="setup", kind="one_time", amount="90", currency="EUR")
    Charge.objects.create(offering=offering, key="calls", kind="usage", amount="0.0125", currency="EUR", unit="call")
    publish([offering], published_by=None, published_by_name="tests")
    return cast.entitle("gold_seats", quantity=25)


def page(client: Client, order: Order | Any, query: str = "") -> str:
    response = client.get(f"{reverse('entitlements:order_invoice', args=[order])}{query}")
    assert response.status_code == 200
    return " ".join(shown(response).split())


# --- where the file of all orders is found ----------------------------------------------------------------------------


def test_the_file_of_all_orders_is_found_in_the_sidebar(staff: Client, sold: Entitlement) -> None:
    assert 'href="/invoicing/"' in shown(staff.get("/"))
    found = shown(staff.get("/invoicing/"))
    assert 'href="/invoicing/lines.csv?from=2026-11-01&amp;to=2026-12-01"' in found
    assert 'href="/invoicing/lines.csv?from=2025-12-01&amp;to=2026-01-01"' in found
    assert 'href="/invoicing/lines.csv"' in found
    assert found.count("Export CSV") == 13
    assert re.search(r'href="/invoicing/"[^>]*aria-current="page"', found)
    url = "/invoicing/lines.csv?from=2026-03-01&to=2026-04-01"
    assert staff.get(url).status_code == 200


@pytest.mark.parametrize(
    ("query", "file"),
    [
        ("?from=2026-03-01&to=2026-03-15", "lines.csv?from=2026-03-01&amp;to=2026-03-15"),
        ("?from=2026-03-01", "lines.csv?from=2026-03-01"),
        ("?to=2026-03-15", "lines.csv?to=2026-03-15"),
    ],
)
def test_any_period_has_its_file(staff: Client, query: str, file: str) -> None:
    assert f'data-kind="primary" href="/invoicing/{file}"' in shown(staff.get(f"/invoicing/{query}"))


def test_a_period_that_ends_before_it_begins_is_said(staff: Client) -> None:
    assert "write a day after 2026-03-15" in shown(staff.get("/invoicing/?from=2026-03-15&to=2026-03-01"))


def test_the_page_needs_the_permissions_of_the_file(cast: Cast, client: Client) -> None:
    client.force_login(UserFactory())
    assert client.get("/invoicing/").status_code == 403


# --- the page --------------------------------------------------------------------------------------------------------


def test_the_page_lists_what_is_not_invoiced_with_its_sum(staff: Client, sold: Entitlement) -> None:
    Order.objects.update(invoiced_through=date(2026, 10, 1))
    found = page(staff, sold.order_id, "?on=2026-11-01")
    assert "Invoiced through 1 Oct 2026" in found
    assert "<b>EUR 600.00</b>" in found
    assert found.count('data-label="Amount">EUR 300.00</td>') == 2
    assert "The whole period, from 1 Nov 2026 until 1 Dec 2026." in found
    assert "EUR 0.0125 per call" in found
    assert "by use" in found


def test_without_a_day_it_is_today_and_the_period_of_today(staff: Client, sold: Entitlement) -> None:
    found = page(staff, sold.order_id)
    assert 'value="2026-11-21"' in found
    assert "<b>EUR 300.00</b>" in found


@pytest.mark.parametrize(
    ("by", "headings"),
    [
        ("product", ["Atlas Analytics"]),
        ("period", ["1 Mar 2026 until 1 Apr 2026", "Once"]),
        ("trigger", ["Contract effective"]),
    ],
)
def test_lines_are_grouped_as_asked(staff: Client, sold: Entitlement, by: str, headings: list[str]) -> None:
    brought = copy_entitlement(sold.pk, 1)  # sold elsewhere: no change of ours has charged anything
    Entitlement.objects.filter(pk__in=brought).update(order=sold.order_id, kind="add_on")
    found = page(staff, sold.order_id, f"?on=2026-03-05&by={by}")
    for heading in headings:
        assert f'<th scope="rowgroup" colspan="7">{heading}</th>' in found
    assert found.count('scope="rowgroup"') == len(headings)
    assert '<span class="end"><b>EUR 390.00</b>' in found


def test_what_a_sale_charged_is_in_the_file_and_what_follows_on_the_page(staff: Client, sold: Entitlement) -> None:
    assert "Nothing to invoice" in page(staff, sold.order_id, "?on=2026-03-31")
    assert "<b>EUR 300.00</b>" in page(staff, sold.order_id, "?on=2026-04-01")
    answer: Any = staff.get(reverse("entitlements:order_lines_csv", args=[sold.order_id]))
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert [row["Amount"] for row in csv.DictReader(StringIO(text))] == ["300.00", "90.00"]


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("?on=2026-02-30", "on: “2026-02-30” cannot be used as it is: write a day as 2027-06-30."),
        ("?by=colour", "by: “colour” cannot be used as it is: write one of product, period, trigger."),
    ],
)
def test_what_cannot_be_read_is_said(staff: Client, sold: Entitlement, query: str, sentence: str) -> None:
    assert sentence in page(staff, sold.order_id, query)


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_any_day_has_an_answer(staff: Client, sold: Entitlement, day: str) -> None:
    page(staff, sold.order_id, f"?on={day}")
    Order.objects.update(billing_day=31, invoiced_through=date(1, 1, 1))
    page(staff, sold.order_id, f"?on={day}")
    Order.objects.update(invoiced_through=date(9999, 12, 31))
    assert "Nothing to invoice" in page(staff, sold.order_id, f"?on={day}")


def test_a_scheduled_change_counts_from_its_day(cast: Cast, staff: Client, sold: Entitlement) -> None:
    Order.objects.update(invoiced_through=date(2026, 12, 1))
    asked = SetQuantity(as_of=TODAY, quantity=30)
    assert schedule(asked, [sold.pk], on=date(2027, 1, 1), made_by=cast.operations, seen=None).amendment
    assert "<b>EUR 300.00</b>" in page(staff, sold.order_id, "?on=2026-12-31")
    assert "<b>EUR 660.00</b>" in page(staff, sold.order_id, "?on=2027-01-01")


def test_a_price_on_request_is_said(cast: Cast, staff: Client) -> None:
    Charge.objects.filter(offering=cast.offerings["silver_annual"]).update(amount=None, text="Contact us")
    publish([cast.offerings["silver_annual"]], published_by=None, published_by_name="tests")
    found = page(staff, cast.entitle().order_id)
    assert "Silver annual, price: the price is on request. Agree on an amount, or bill it by hand." in found


def test_the_page_of_the_order_leads_there_and_strangers_do_not(staff: Client, sold: Entitlement) -> None:
    url = reverse("entitlements:order_invoice", args=[sold.order_id])
    assert f'href="{url}"' in shown(staff.get(reverse("entitlements:order", args=[sold.order_id])))
    assert client_of(UserFactory.create()).get(url).status_code == 403


def test_the_page_costs_the_same_for_any_number(staff: Client, sold: Entitlement) -> None:
    counts = []
    for _time in range(2):
        Entitlement.objects.filter(pk__in=copy_entitlement(sold.pk, 3)).update(order=sold.order_id, kind="add_on")
        with CaptureQueriesContext(connection) as queries:
            page(staff, sold.order_id)
        counts.append(len(queries))
    assert counts[0] == counts[1]


# --- files -----------------------------------------------------------------------------------------------------------


def invoice(day: str = "2026-11-10", amount: str = "-15.50", *, label: str = "Seat", problem: bool = False) -> Invoice:
    due_on = date.fromisoformat(day)
    period = BillingPeriod(due_on, date(2027, 1, 1))
    line = Line("seat", label, Side.OLD, period, 21, 31, Decimal("12"), 25, Decimal(amount), "EUR", "Given back.")
    problems = (BillingProblem("old_on_request", "The old price is on request.", "support"),) if problem else ()
    return Invoice(due_on, "EUR", (line,), problems)


Keep = Callable[..., Change]


@pytest.fixture
def keep(cast: Cast, sold: Entitlement) -> Keep:
    """Return what keeps money with a change of a new act."""

    def made(money: Any, *, at: Any = NOW, **facts: Any) -> Change:
        number = Change.objects.filter(entitlement=sold).count() + 1
        act = Act.objects.create(
            made_at=at, made_by=cast.operations, made_by_name="operations", source=Source.PAGE, operation="x", asked={}
        )
        known = {"order_id": sold.order_id, "customer_id": sold.order.customer_id, "from_version": 1, "to_version": 2}
        return Change.objects.create(
            act=act,
            entitlement=sold,
            unit=sold.pk,
            sequence=number,
            to_revision_id=sold.revision_id,
            delta={},
            money=money,
            **{**known, **facts},
        )

    return made


KEPT_SINCE = "2026-11-01"  # what was made due when the entitlement was sold is earlier


def rows(client: Client, name: str, *args: Any, query: str = "") -> list[dict[str, str]]:
    answer: Any = client.get(f"{reverse(f'entitlements:{name}', args=args)}{query}")
    assert answer.status_code == 200
    assert answer.streaming
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert tuple(text.splitlines()[0].split(",")) == HEADER
    return [row for row in csv.DictReader(StringIO(text)) if row["Due on"] >= KEPT_SINCE]


def test_the_file_has_each_line_of_the_day_once(staff: Client, sold: Entitlement, keep: Keep) -> None:
    later = invoice("2026-12-01").to_json()
    keep({"now": invoice().to_json(), "next": later})
    keep(None)
    [row] = rows(staff, "order_lines_csv", sold.order_id)
    names = ("Due on", "Charge", "Kind", "From", "Until", "Days", "Of", "Price", "Quantity", "Amount", "Currency")
    assert [row[name] for name in names] == [
        *("2026-11-10", "Seat", "credit", "2026-11-10", "2027-01-01"),
        *("21", "31", "12", "25", "-15.50", "EUR"),
    ]
    assert (row["Order reference"], row["Entitlement"]) == (sold.order.order_reference, str(sold.pk))


def test_parts_are_read_too_and_each_goes_to_its_order(staff: Client, sold: Entitlement, keep: Keep) -> None:
    other = Order.objects.create(customer=Customer.objects.create(name="Osprey"), order_reference="SO-77")
    left = {"title": "Gold", "gave": str(sold.pk), "got": None, "now": invoice(amount="-9").to_json(), "next": None}
    came = {"title": "Gold", "gave": None, "got": str(sold.pk), "now": invoice(amount="8").to_json(), "next": None}
    keep(
        {"version": 1, "on": "2026-11-10", "parts": [left, came]}, from_order=Order(pk=sold.order_id), order_id=other.pk
    )
    assert [row["Amount"] for row in rows(staff, "order_lines_csv", sold.order_id)] == ["-9"]
    assert [row["Amount"] for row in rows(staff, "order_lines_csv", other.pk)] == ["8"]
    assert [row["Order reference"] for row in rows(staff, "lines_csv")] == [sold.order.order_reference, "SO-77"]


@pytest.mark.parametrize(
    ("query", "amounts"),
    [
        ("?from=2026-12-10&to=2026-12-11", ["1"]),
        ("?from=2026-12-11", ["2"]),
        ("?to=2026-12-10", []),
        ("?from=0001-01-01&to=9999-12-31", ["1", "2"]),
        ("", ["1", "2"]),
    ],
)
def test_the_days_decide_the_first_is_in_the_last_is_not(
    staff: Client, keep: Keep, query: str, amounts: list[str]
) -> None:
    keep({"later": [invoice("2026-12-10", "1").to_json()]})
    keep({"later": [invoice("2026-12-20", "2").to_json()]})
    assert [row["Amount"] for row in rows(staff, "lines_csv", query=query)] == amounts


def test_what_is_not_known_is_a_row_without_an_amount(staff: Client, keep: Keep) -> None:
    keep({"now": invoice(problem=True).to_json()})
    keep({"now": {"due_on": "soon"}})
    _line, problem, unreadable = rows(staff, "lines_csv", query="?from=2026-11-01")
    assert (problem["Amount"], problem["Problem"]) == ("", "The old price is on request.")
    assert (unreadable["Due on"], unreadable["Problem"]) == ("2026-11-21", UNREADABLE)


def test_no_cell_is_run_as_a_formula(staff: Client, sold: Entitlement, keep: Keep) -> None:
    Customer.objects.update(name="=HYPERLINK(1)")
    keep({"now": invoice(label="@sum").to_json()})
    [row] = rows(staff, "lines_csv")
    assert (row["Customer"], row["Charge"], row["Amount"]) == ("'=HYPERLINK(1)", "'@sum", "-15.50")


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("?from=yesterday", "from: “yesterday” cannot be used as it is: write a day as 2027-06-30."),
        ("?from=2026-11-30&to=2026-11-30", "to: “2026-11-30” cannot be used as it is: write a day after 2026-11-30"),
        ("?from=2026-12-01&to=2026-11-01", "to: “2026-11-01” cannot be used as it is: write a day after 2026-12-01"),
    ],
)
def test_days_that_cannot_be_read_are_refused(staff: Client, sold: Entitlement, query: str, sentence: str) -> None:
    for url in (reverse("entitlements:lines_csv"), reverse("entitlements:order_lines_csv", args=[sold.order_id])):
        response = staff.get(f"{url}{query}")
        assert response.status_code == 400
        assert sentence in shown(response)


@pytest.mark.parametrize(
    "stored", [None, [], "x", {}, {"parts": []}, {"now": None, "next": None}, {"parts": [{"now": None}]}]
)
def test_nothing_is_read_from_nothing(stored: Any) -> None:
    assert list(parts_of(stored, made_on=TODAY)) == []


@pytest.mark.parametrize("stored", [{"parts": [7]}, {"now": 7}, {"now": {"due_on": "2026-01-01"}}])
def test_what_cannot_be_read_is_a_problem_of_the_day_it_was_made(stored: Any) -> None:
    [part] = parts_of(stored, made_on=TODAY)
    assert (part.invoice.due_on, [each.code for each in part.invoice.problems]) == (TODAY, ["unreadable"])
