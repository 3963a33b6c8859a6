"""The list of entitlements as a file: who may have it, what is in it, and what it costs."""

import csv
from io import StringIO
from itertools import islice
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from entitlements.models import Customer, Entitlement, Order
from tests.cast import Cast
from tests.entitlements.copies import copy_entitlement
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

EXPORT = "/entitlements/export.csv"


@pytest.fixture
def viewer(cast: Cast, client: Client) -> Client:
    client.force_login(cast.people["viewer"])
    return client


def exported(client: Client, query: str = "") -> list[dict[str, str]]:
    """Return the rows of the file, by the names of its columns."""
    answer: Any = client.get(f"{EXPORT}?{query}")
    assert answer.status_code == 200
    return list(csv.DictReader(StringIO(answer.getvalue().decode("utf-8-sig"))))


def test_the_export_is_refused_without_permission(client: Client, db: None) -> None:
    client.force_login(UserFactory())
    assert client.get(EXPORT).status_code == 403


def test_the_list_offers_the_export_of_what_it_shows(cast: Cast, viewer: Client) -> None:
    cast.entitle()
    page = viewer.get("/entitlements/?status=active&sort=seats").content.decode()
    assert f'href="{EXPORT}?status=active&amp;sort=seats"' in page


def test_htmx_gets_a_link_to_the_export_of_what_it_asked_for(cast: Cast, viewer: Client) -> None:
    part = viewer.get("/entitlements/?q=so-1", headers={"HX-Request": "true"}).content.decode()
    assert f'href="{EXPORT}?q=so-1"' in part


def test_a_row_says_all_that_the_list_does(cast: Cast, viewer: Client) -> None:
    entitlement = cast.entitle("silver_annual", seats=2, overrides={"seat_limit": 250})
    [row] = exported(viewer)
    assert row == {
        "Customer": "Customer 0",
        "Account reference": "",
        "Order reference": "SO-0",
        "Product": "Atlas Analytics",
        "SKU": "SILVER-ANNUAL",
        "Offering": "Silver annual",
        "Revision": "1",
        "Latest revision": "1",
        "Status": "active",
        "Seats used": "2",
        "Seat limit": "250",
        "Recurring price": "100.00",
        "Currency": "EUR",
        "Per": "1 year",
        "One-time price": "",
        "Price in words": "EUR 100.00 / year",
        "Overrides": "1",
        "Overridden": "Seats 250 (standard 5).",
        "Starts": "2026-03-01",
        "Expires": "2027-03-01",
        "Changed": row["Changed"],
        "Entitlement": str(entitlement.pk),
    }


def test_unlimited_seats_and_no_expiry_are_words(cast: Cast, viewer: Client) -> None:
    entitlement = cast.entitle("silver_perpetual")
    Entitlement.objects.filter(pk=entitlement.pk).update(seat_limit=None, seat_capacity=None)
    cast.entitle("silver_trial")
    perpetual, trial = exported(viewer, "sort=changed")
    assert (perpetual["Seat limit"], perpetual["Expires"]) == ("unlimited", "never")
    assert (trial["Starts"], trial["Expires"], trial["Status"]) == ("", "", "created")


def test_the_export_holds_what_is_filtered_in_the_order_shown(cast: Cast, viewer: Client) -> None:
    for seats in (2, 1, 3):
        cast.entitle("gold_annual", seats=seats)
    cast.entitle("silver_annual", seats=4)
    assert [row["Seats used"] for row in exported(viewer, "offering=GOLD-ANNUAL&sort=-seats")] == ["3", "2", "1"]


def test_a_bookmark_of_what_is_gone_exports_the_columns_alone(cast: Cast, viewer: Client) -> None:
    cast.entitle()
    assert exported(viewer, "offering=GONE") == []


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_taken_for_a_formula(cast: Cast, viewer: Client, start: str) -> None:
    cast.entitle()
    Customer.objects.update(name=f"{start}cmd", account_reference=f"{start}1+1")
    Order.objects.update(order_reference=f"{start}HYPERLINK()")
    [row] = exported(viewer)
    cells = [row["Customer"], row["Account reference"], row["Order reference"]]
    assert cells == [f"'{start}cmd", f"'{start}1+1", f"'{start}HYPERLINK()"]


def test_all_pages_are_exported_batch_by_batch(cast: Cast, viewer: Client) -> None:
    copy_entitlement(cast.entitle(overrides={"seat_limit": 9}).pk, 2100)
    with CaptureQueriesContext(connection) as queries:
        rows = exported(viewer)
    assert len({row["Entitlement"] for row in rows}) == 2101
    assert len(queries) < 40


def test_the_first_lines_are_sent_before_the_last_rows_are_read(cast: Cast, viewer: Client) -> None:
    copy_entitlement(cast.entitle().pk, 3000)
    answer: Any = viewer.get(EXPORT)
    with CaptureQueriesContext(connection) as first:
        start = b"".join(islice(answer.streaming_content, 1))
    with CaptureQueriesContext(connection) as rest:
        end = b"".join(answer.streaming_content)
    assert start.count(b"\n") < end.count(b"\n")
    assert first
    assert rest
