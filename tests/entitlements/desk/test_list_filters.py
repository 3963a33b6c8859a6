"""What the list of entitlements is narrowed to and sorted by: filters, chips, headings, pages."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext

from entitlements.desk.filters import EntitlementFilterForm
from entitlements.models import Customer, Entitlement, Order, new_id
from offerings.models import Feature, Offering
from offerings.revisions import publish
from tests.cast import NOW, Cast

pytestmark = pytest.mark.django_db

LIST = "/entitlements/"
SORTS = ["changed", "customer", "expires", "seats"]


@pytest.fixture
def viewer(cast: Cast, client: Client) -> Client:
    client.force_login(cast.people["viewer"])
    return client


def listed(client: Client, query: str) -> list[Any]:
    """Return the entitlements on a page, in order."""
    answer = client.get(f"{LIST}?{query}")
    assert answer.status_code == 200
    return [row.entitlement for row in answer.context["rows"]]


def chips(client: Client, query: str) -> dict[str, str]:
    """Return what the chips say, each with the address it leads to."""
    return {chip.text: chip.url for chip in client.get(f"{LIST}?{query}").context["chips"]}


def shown(client: Client, query: str) -> str:
    answer = client.get(f"{LIST}?{query}")
    assert answer.status_code == 200
    return str(answer.content.decode())


# --- each filter -----------------------------------------------------------------------------------------------------


@pytest.fixture
def held(cast: Cast) -> dict[str, Entitlement]:
    """Return entitlements by what is special about each."""
    held = {
        "plain": cast.entitle("gold_annual"),
        "outdated": cast.entitle("silver_annual"),
        "seats": cast.entitle("gold_annual", overrides={"seat_limit": 30}),
        "sso": cast.entitle("bronze_annual", overrides={"sso": True}),
        "over": cast.entitle("bronze_monthly", seats=4),
        "disabled": cast.entitle("gold_annual"),
        "expiring": cast.entitle("gold_annual"),
    }
    Entitlement.objects.filter(pk=held["disabled"].pk).update(disabled_at=NOW)
    Entitlement.objects.filter(pk=held["expiring"].pk).update(expires_on=date(2026, 12, 1))
    Offering.objects.filter(sku="SILVER-ANNUAL").update(seat_limit=6)
    publish([Offering.objects.get(sku="SILVER-ANNUAL")], published_by=None, published_by_name="tests")
    return held


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("product=gone", set()),
        ("offering=SILVER-ANNUAL", {"outdated"}),
        ("offering=gone", set()),
        ("revision=old", {"outdated"}),
        ("status=disabled", {"disabled"}),
        ("status=disabled&status=ended", {"disabled"}),
        ("status=ended", set()),
        ("overridden=on", {"seats", "sso"}),
        ("overridden=1", {"seats", "sso"}),
        ("right=any", {"seats", "sso"}),
        ("overridden=on&right=seat_limit", {"seats"}),
        ("right=feature.sso", {"sso"}),
        ("over_limit=on", {"over"}),
        ("expires_before=2026-12-02", {"expiring", "over"}),
        ("expires_before=2026-12-02&offering=GOLD-ANNUAL", {"expiring"}),
        ("overridden=on&offering=GOLD-ANNUAL&product=atlas&q=customer", {"seats"}),
    ],
)
def test_each_filter_finds_its_own(viewer: Client, held: dict[str, Entitlement], query: str, found: set[str]) -> None:
    assert {row.pk for row in listed(viewer, query)} == {held[name].pk for name in found}


def test_several_statuses_are_taken_together(viewer: Client, held: dict[str, Entitlement]) -> None:
    both = listed(viewer, "status=disabled&status=active&status=grace_period&status=expired")
    assert len(both) == len(held)


def test_the_product_finds_all_its_offerings(viewer: Client, held: dict[str, Entitlement]) -> None:
    assert len(listed(viewer, "product=atlas")) == len(held)


@pytest.mark.parametrize(
    "query",
    [
        "status=nonsense",
        "expires_before=tomorrow",
        "expires_before=2026-02-30",
        "sort=nonsense",
        "sort=--seats",
        "revision=7",
        "right=%00",
        "product=%00",
        "over_limit=",
    ],
)
def test_what_is_no_filter_is_left_out(viewer: Client, held: dict[str, Entitlement], query: str) -> None:
    answer = viewer.get(f"{LIST}?{query}")
    assert (len(answer.context["rows"]), answer.context["chips"]) == (len(held), [])


@pytest.mark.parametrize(
    "query", ["right=" + "x" * 5000, "product=%F0%9F%92%A5", "expires_before=9999-12-31", "expires_before=0001-01-01"]
)
def test_odd_filters_are_never_an_error(viewer: Client, held: dict[str, Entitlement], query: str) -> None:
    assert len(listed(viewer, query)) <= len(held)


# --- addresses and chips ---------------------------------------------------------------------------------------------

EVERYTHING = (
    "q=halden&product=atlas&offering=GOLD-ANNUAL&revision=old&status=active&status=grace+period"
    "&overridden=on&right=seat_limit&over_limit=on&expires_before=2027-01-01&sort=-expires"
)


def test_an_address_keeps_every_filter() -> None:
    assert EntitlementFilterForm(QueryDict(EVERYTHING)).filters.address() == EVERYTHING


def test_each_filter_is_a_chip_that_takes_it_away(cast: Cast, viewer: Client) -> None:
    found = chips(viewer, EVERYTHING)
    assert list(found) == [
        "Product Atlas Analytics",
        "Offering Gold annual",
        "Overridden: Seats",
        "Not on the latest revision",
        "Active",
        "Grace period",
        "Over the limit",
        "Expires before 1 Jan 2027",
        "Sorted: last to expire first",
    ]
    assert found["Active"] == f"{LIST}?{EVERYTHING.replace('status=active&', '')}"
    assert found["Overridden: Seats"] == f"{LIST}?{EVERYTHING.replace('overridden=on&right=seat_limit&', '')}"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("offering=OLD-SKU", "Offering OLD-SKU (not there any more)"),
        ("product=old-product", "Product old-product (not there any more)"),
        ("right=feature.old", "Overridden: feature.old (not there any more)"),
    ],
)
def test_a_bookmark_of_what_is_gone_says_so_and_can_be_removed(
    cast: Cast, viewer: Client, query: str, said: str
) -> None:
    cast.entitle()
    assert chips(viewer, query) == {said: LIST}
    assert "A filter names something that is not there any more." in shown(viewer, query)


def test_a_retired_offering_is_still_there_to_be_found(cast: Cast, viewer: Client) -> None:
    cast.entitle("gold_annual")
    Offering.objects.get(sku="GOLD-ANNUAL").retire()
    assert list(chips(viewer, "offering=GOLD-ANNUAL")) == ["Offering Gold annual (retired)"]


def test_html_in_filters_and_names_is_shown_as_text(cast: Cast, viewer: Client) -> None:
    Feature.objects.update(name="<b>bold</b>")
    Offering.objects.update(name="<i>slanted</i>")
    text = shown(viewer, "offering=<script>x</script>&right=<u>&product=<s>&sort=<a>&q=<h7>")
    for tag in ("<b>bold", "<i>slanted", "<script>x", "<u>", "<s>", "<a>", "<h7>"):
        assert tag not in text
    assert "&lt;script&gt;x" in text


def test_the_number_found_is_exact_as_far_as_is_counted(
    viewer: Client, held: dict[str, Entitlement], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "2 found" in shown(viewer, "overridden=on")
    copy(held["plain"], 60)
    assert "64 found" in shown(viewer, "offering=GOLD-ANNUAL")
    monkeypatch.setattr("config.paging.MOST_COUNTED", 63)
    assert "More than 63 found" in shown(viewer, "offering=GOLD-ANNUAL")


def test_the_links_to_what_expires_soon_ask_for_active_ones(cast: Cast, viewer: Client) -> None:
    [month, _quarter] = viewer.get(f"{LIST}?q=x&status=ended").context["presets"]
    assert re.fullmatch(rf"{LIST}\?q=x&status=active&expires_before=\d{{4}}-\d\d-\d\d", month.url)


# --- sorting and pages -----------------------------------------------------------------------------------------------


def copy(source: Entitlement, count: int) -> None:
    """Copy an entitlement, each in an order of its own, and half of them for a customer of their own."""
    for number in range(count):
        customer = source.order.customer
        if number % 2:
            customer = Customer.objects.create(name=f"{'abcABC'[number % 6]} company{number % 4}")
        order = Order.objects.create(customer=customer, order_reference=f"SO-{number}")
        row = Entitlement.objects.get(pk=source.pk)
        row.pk, row.order = new_id(), order
        row.changed_at = NOW + timedelta(minutes=number // 5)
        row.seats_used = number % 3
        row.expires_on = None if number % 4 == 0 else date(2027, 1, 1) + timedelta(days=number % 7)
        row.save(force_insert=True)


@pytest.fixture
def many(cast: Cast) -> int:
    """Make entitlements for three pages, with many equal values and some that never expire."""
    copy(cast.entitle("gold_annual"), 119)
    return 120


def walk(client: Client, address: str, way: str) -> Iterator[list[Any]]:
    """Yield the keys of each page from an address on, until there is no further one."""
    while address:
        answer = client.get(address)
        yield [row.entitlement.pk for row in answer.context["rows"]]
        address = getattr(answer.context["page"], way)


@pytest.mark.parametrize("sort", [*SORTS, *(f"-{sort}" for sort in SORTS)])
def test_pages_walked_forwards_and_back_give_every_row_once(viewer: Client, many: int, sort: str) -> None:
    forwards = list(walk(viewer, f"{LIST}?sort={sort}&q=", "older"))
    assert [len(page) for page in forwards] == [50, 50, 20]
    assert len({key for page in forwards for key in page}) == many
    second = viewer.get(f"{LIST}?sort={sort}").context["page"].older
    third = viewer.get(second).context["page"].older
    assert list(walk(viewer, third, "newer")) == forwards[::-1]


@pytest.mark.parametrize("sort", SORTS)
def test_a_sort_turned_around_is_the_same_list_from_its_end(viewer: Client, many: int, sort: str) -> None:
    one = [key for page in walk(viewer, f"{LIST}?sort={sort}", "older") for key in page]
    other = [key for page in walk(viewer, f"{LIST}?sort=-{sort}", "older") for key in page]
    assert one == other[::-1]


@pytest.mark.parametrize(
    ("sort", "value"),
    [
        ("changed", lambda row: row.changed_at),
        ("customer", lambda row: row.customer_name.upper()),
        ("expires", lambda row: row.expires_on or date.max),
        ("seats", lambda row: row.seats_used),
    ],
)
def test_rows_come_in_the_order_asked_for(viewer: Client, many: int, sort: str, value: Any) -> None:
    values = [value(row) for row in listed(viewer, f"sort={sort}")]
    assert values == sorted(values)


def test_pages_keep_filters_and_sort(viewer: Client, many: int) -> None:
    query = "product=atlas&status=active&sort=seats"
    older = viewer.get(f"{LIST}?{query}").context["page"].older
    assert older.startswith(f"{LIST}?{query}&older=")


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("place", ["x", "-", "%00-" + "0" * 32, "9" * 30 + "-" + "0" * 32, "a" * 999 + "-" + "0" * 32])
def test_a_place_of_another_sort_or_none_gives_a_page(viewer: Client, many: int, sort: str, place: str) -> None:
    assert listed(viewer, f"sort={sort}&older={place}")
    assert listed(viewer, f"sort={sort}&newer={place}")


def heading(client: Client, address: str) -> Any:
    """Return the heading of the seats."""
    return next(each for each in client.get(address).context["list"].headings if each.column.key == "seats")


def test_a_heading_sorts_then_turns_around_and_keeps_filters(cast: Cast, viewer: Client) -> None:
    cast.entitle()
    first = heading(viewer, f"{LIST}?product=atlas")
    assert (first.url, first.direction) == (f"{LIST}?product=atlas&sort=-seats", "")
    second = heading(viewer, first.url)
    assert (second.url, second.direction) == (f"{LIST}?product=atlas&sort=seats", "descending")
    assert 'aria-sort="ascending"' in unescape(viewer.get(second.url).content.decode())


@pytest.mark.parametrize(
    "query", ["sort=customer", "sort=-expires", "product=atlas&status=active", "right=seat_limit&revision=old", "q=c"]
)
def test_the_number_of_queries_does_not_grow_with_the_rows(cast: Cast, viewer: Client, query: str) -> None:
    counts = []
    for _ in range(2):
        for _ in range(10):
            cast.entitle(overrides={"seat_limit": 9})
        with CaptureQueriesContext(connection) as queries:
            listed(viewer, query)
        counts.append(len(queries))
    assert counts[0] == counts[1]


# --- tabs ------------------------------------------------------------------------------------------------------------


def test_tabs_say_how_many_and_lead_to_as_many(viewer: Client, held: dict[str, Entitlement]) -> None:
    tabs = {tab.label: tab for tab in viewer.get(LIST).context["tabs"]}
    assert list(tabs) == [
        "All",
        "Active",
        "Expiring soon",
        "Overridden",
        "Over the limit",
        "Old revision",
        "Disabled",
    ]
    assert [tab.label for tab in tabs.values() if tab.is_current] == ["All"]
    for label, tab in tabs.items():
        answer = viewer.get(tab.url)
        assert (label, len(answer.context["rows"])) == (label, tab.count)
        assert [each.label for each in answer.context["tabs"] if each.is_current] == [label]


def test_tabs_keep_the_search_and_say_no_numbers_of_it(viewer: Client, held: dict[str, Entitlement]) -> None:
    tab = viewer.get(f"{LIST}?q=customer&sort=seats&status=disabled").context["tabs"][1]
    assert (tab.url, tab.count) == (f"{LIST}?q=customer&status=active&sort=seats", None)


def test_all_that_has_not_ended_is_one_chip(viewer: Client, held: dict[str, Entitlement]) -> None:
    overridden = viewer.get(LIST).context["tabs"][3].url
    assert [chip.text for chip in viewer.get(overridden).context["chips"]] == ["Overridden", "Not ended"]


def test_menus_that_are_too_long_are_loaded_when_they_open(
    viewer: Client, held: dict[str, Entitlement], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "SILVER-ANNUAL" in shown(viewer, "")
    monkeypatch.setattr("entitlements.desk.views.filter_bar.MOST_CHOICES", 1)
    page = shown(viewer, "offering=GOLD-ANNUAL")
    assert ("SILVER-ANNUAL" in page, '<option value="GOLD-ANNUAL" selected>' in page) == (False, True)
    headers = {"HX-Request": "true", "HX-Target": "filter-offering"}
    menu = viewer.get(f"{LIST}filters/?offering=GOLD-ANNUAL", headers=headers).content.decode()
    assert ("SILVER-ANNUAL" in menu, "<html" in menu) == (True, False)
    whole = viewer.get(f"{LIST}filters/").content.decode()
    assert ("SILVER-ANNUAL" in whole, "seat_limit" in whole, "<html" in whole) == (True, True, True)
