"""The list of customers: what it is narrowed to and sorted by, and what it says of its rows."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client
from django.utils import timezone

from entitlements.directory.customer_filters import CustomerFilterForm
from entitlements.models import Customer, CustomerField, Entitlement, FieldKind
from tests.cast import NOW, Cast

pytestmark = pytest.mark.django_db
LIST = "/customers/"


@pytest.fixture
def viewer(cast: Cast, client: Client, monkeypatch: pytest.MonkeyPatch) -> Client:
    client.force_login(cast.people["viewer"])
    return client


@pytest.fixture
def held(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make customers named after what is special about what they hold."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    rows = {
        "plain": cast.entitle("gold_annual"),
        "overridden": cast.entitle("gold_annual", overrides={"seat_limit": 30}),
        "over": cast.entitle("bronze_annual", seats=4),
        "expiring": cast.entitle("gold_annual"),
        "ended": cast.entitle("gold_annual", overrides={"seat_limit": 30}),
        "disabled": cast.entitle("gold_annual"),
    }
    for name, row in rows.items():
        Customer.objects.filter(orders__entitlements=row).update(
            name=name, name_folded=name, account_reference=name, account_reference_folded=name
        )
    Entitlement.objects.filter(pk=rows["expiring"].pk).update(expires_on=NOW.date() + timedelta(days=19))
    Entitlement.objects.filter(pk=rows["ended"].pk).update(ended_on=date(2026, 3, 1))
    Customer.objects.filter(name="disabled").update(disabled_at=NOW)
    Customer.objects.create(name="empty")


def names(client: Client, query: str) -> list[str]:
    answer: Any = client.get(f"{LIST}?{query}")
    assert answer.status_code == 200
    return [row.customer.name for row in answer.context["rows"]]


EVERYBODY = ["disabled", "empty", "ended", "expiring", "over", "overridden", "plain"]


@pytest.mark.usefixtures("held")
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", EVERYBODY),
        ("status=disabled", ["disabled"]),
        ("status=enabled", [name for name in EVERYBODY if name != "disabled"]),
        ("holds=active", ["expiring", "over", "overridden", "plain"]),
        ("holds=expiring", ["expiring"]),
        ("holds=overridden", ["overridden"]),
        ("holds=over_limit", ["over"]),
        ("holds=nothing", ["empty"]),
        ("product=atlas", ["disabled", "expiring", "over", "overridden", "plain"]),
        ("product=gone", []),
        ("product=atlas&holds=nothing", []),
        ("q=over", ["over", "overridden"]),
        ("q=over&holds=overridden&status=enabled&product=atlas", ["overridden"]),
    ],
)
def test_each_filter_finds_its_own(viewer: Client, query: str, found: list[str]) -> None:
    assert names(viewer, query) == found


@pytest.mark.postgres
@pytest.mark.parametrize("query", ["holds=nothing", "field_signed=no"])
def test_who_lacks_something_is_read_by_an_anti_join(db: None, query: str) -> None:
    """NOT IN would read all that is held, or all values of the field, for each customer."""
    CustomerField.objects.create(key="signed", label="Signed", kind=FieldKind.FLAG)
    plan = CustomerFilterForm(QueryDict(query)).filters.customers().explain()
    assert "Anti Join" in plan
    assert "NOT (" not in plan


def test_an_owner_of_many_customers_is_one_choice_and_who_owns_nothing_is_none(cast: Cast, viewer: Client) -> None:
    for name in ("One", "Two"):
        Customer.objects.create(name=name, owner=cast.operations)
    assert list(viewer.get(LIST).context["choices"].owners) == [cast.operations.username]


@pytest.mark.usefixtures("held")
def test_each_filter_is_a_chip_that_takes_it_away(viewer: Client) -> None:
    answer = viewer.get(f"{LIST}?q=o&status=enabled&product=gone&holds=active&sort=-since")
    chips = {chip.text: chip.url for chip in answer.context["chips"]}
    sort = "Sorted: newest customers first"
    assert list(chips) == ["Enabled", "Product gone (not there any more)", "With active entitlements", sort]
    assert chips["Enabled"] == f"{LIST}?q=o&product=gone&holds=active&sort=-since"


@pytest.mark.usefixtures("held")
@pytest.mark.parametrize(
    ("sort", "found"), [("-customer", EVERYBODY[::-1]), ("account", ["empty", *(n for n in EVERYBODY if n != "empty")])]
)
def test_rows_come_in_the_order_asked_for(viewer: Client, sort: str, found: list[str]) -> None:
    assert names(viewer, f"sort={sort}") == found
    assert names(viewer, f"sort={sort.removeprefix('-') if sort.startswith('-') else f'-{sort}'}") == found[::-1]


@pytest.mark.usefixtures("held")
def test_the_total_is_said(viewer: Client) -> None:
    assert "1 to 7 of 7, names from A to Z" in viewer.get(LIST).content.decode()
    assert "4 found" in viewer.get(f"{LIST}?holds=active").content.decode()


@pytest.mark.usefixtures("held")
def test_htmx_gets_a_tidy_address(viewer: Client) -> None:
    answer = viewer.get(f"{LIST}?q=&status=&product=&holds=active", headers={"HX-Request": "true"})
    assert answer["HX-Push-Url"] == f"{LIST}?holds=active"
