"""The list of entitlements: who sees it, what it shows, its filters and pages, and how many queries it takes."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from config.paging import MOST_COUNTED
from entitlements.models import ActivationCode, Customer, Entitlement, Order
from entitlements.operations import ChangeTerms
from offerings.models import Offering
from offerings.revisions import publish
from tests.cast import NOW, Cast
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

LIST = "/entitlements/"


@pytest.fixture
def viewer(cast: Cast, client: Client) -> Client:
    client.force_login(cast.people["viewer"])
    return client


def page(client: Client, **query: str) -> str:
    answer = client.get(LIST, query)
    assert answer.status_code == 200
    return answer.content.decode()


def listed(client: Client, **query: str) -> list[str]:
    """Return the keys of the rows on a page, in order."""
    return [str(row.entitlement.pk) for row in client.get(LIST, query).context["rows"]]


# --- who sees it -----------------------------------------------------------------------------------------------------


def test_the_list_is_refused_without_permission(client: Client, db: None) -> None:
    client.force_login(UserFactory())
    assert client.get(LIST).status_code == 403


def test_people_without_a_session_are_sent_to_log_in(client: Client, db: None) -> None:
    assert client.get(LIST).url == f"{reverse('login')}?next={LIST}"


def test_only_people_who_may_create_are_offered_it(cast: Cast, client: Client) -> None:
    offered = {}
    for name in ("viewer", "support", "operations"):
        client.force_login(cast.people[name])
        offered[name] = "New entitlement" in page(client)
    assert offered == {"viewer": False, "support": False, "operations": True}


def test_the_menu_of_a_row_follows_permission(cast: Cast, client: Client) -> None:
    address = f"{LIST}{cast.entitle().pk}/actions/"
    client.force_login(cast.operations)
    assert address in page(client)
    for headers in ({}, {"HX-Request": "true"}):
        client.force_login(cast.people["viewer"])
        assert "Change offering…" not in client.get(address, headers=headers).content.decode()
        client.force_login(cast.operations)
        assert "Change offering…" in client.get(address, headers=headers).content.decode()


# --- what it shows ---------------------------------------------------------------------------------------------------


def test_a_row_says_customer_order_offering_status_seats_and_expiry(cast: Cast, viewer: Client) -> None:
    cast.entitle("silver_annual", seats=2)
    shown = page(viewer)
    for words in ("Customer 0", "SO-0", "Silver annual", "2 / 5", "1 Mar 2027"):
        assert words in shown


def test_an_override_shows_the_alert_with_its_value_and_the_standard(cast: Cast, viewer: Client) -> None:
    cast.entitle(overrides={"seat_limit": 250})
    shown = page(viewer)
    assert 'aria-label="1 overridden"' in shown
    assert "Seats 250 (standard 5)." in shown


def test_an_expiry_set_by_hand_to_never_is_named_so(cast: Cast, viewer: Client) -> None:
    entitlement = cast.entitle()
    cast.do(ChangeTerms(as_of=NOW.date(), expires_on="never"), [entitlement.pk], reason="agreed")
    assert "Expires never (standard 1 Mar 2027)." in page(viewer)


def test_a_revision_that_is_not_the_newest_is_named(cast: Cast, viewer: Client) -> None:
    cast.entitle("silver_annual")
    Offering.objects.filter(sku="SILVER-ANNUAL").update(seat_limit=6)
    publish([Offering.objects.get(sku="SILVER-ANNUAL")], published_by=None, published_by_name="tests")
    assert "revision 1 of 2" in page(viewer)


def test_seats_over_the_capacity_stand_out_in_words_too(cast: Cast, viewer: Client) -> None:
    cast.entitle("bronze_annual", seats=4)
    shown = page(viewer)
    assert 'data-tone="stop"' in shown
    assert "over the limit" in shown


def test_html_in_names_is_shown_as_text(cast: Cast, viewer: Client) -> None:
    cast.entitle()
    Customer.objects.update(name="<script>alert(1)</script>")
    Order.objects.update(order_reference="<img src=x>")
    shown = page(viewer, q="<script>")
    assert "<script>alert" not in shown
    assert "<img src=x>" not in shown
    assert "&lt;script&gt;alert(1)" in shown


def test_an_empty_list_says_what_to_do_next(cast: Cast, client: Client) -> None:
    client.force_login(cast.operations)
    assert "No entitlements yet" in page(client)


def test_a_search_without_result_offers_to_clear_the_filters(cast: Cast, viewer: Client) -> None:
    cast.entitle()
    shown = page(viewer, q="nobody at all")
    assert "Nothing found" in shown
    assert "Clear filters" in shown


# --- filters ---------------------------------------------------------------------------------------------------------


def test_search_offering_and_overridden_narrow_the_list_together(cast: Cast, viewer: Client) -> None:
    wanted = cast.entitle("gold_annual", overrides={"seat_limit": 30})
    cast.entitle("gold_annual")
    cast.entitle("silver_annual", overrides={"seat_limit": 30})
    assert listed(viewer, q="customer", offering="GOLD-ANNUAL", overridden="1") == [str(wanted.pk)]


def test_a_code_finds_its_entitlement(cast: Cast, viewer: Client) -> None:
    cast.entitle()
    wanted = cast.entitle()
    ActivationCode.objects.create(order_id=wanted.order_id, code="AB-12")
    assert listed(viewer, q="ab-12") == [str(wanted.pk)]


def test_a_bookmarked_filter_whose_offering_is_gone_says_so(cast: Cast, viewer: Client) -> None:
    cast.entitle()
    shown = page(viewer, offering="GONE")
    assert "Offering GONE (not there any more)" in shown
    assert "A filter names something that is not there any more." in shown


@pytest.mark.parametrize("query", [{"q": "\0"}, {"q": "x" * 5000}, {"offering": "\0"}, {"overridden": "maybe"}])
def test_odd_filters_break_nothing(cast: Cast, viewer: Client, query: dict[str, str]) -> None:
    cast.entitle()
    page(viewer, **query)


def test_htmx_gets_the_table_alone_and_a_tidy_address(cast: Cast, viewer: Client) -> None:
    cast.entitle()
    answer = viewer.get(LIST, {"q": "customer", "offering": ""}, headers={"HX-Request": "true"})
    part = answer.content.decode()
    assert "<html" not in part
    assert "<form" not in part
    assert part.count('hx-swap-oob="true"') == 2  # the link to the file, and the button of the expiry filter
    assert answer["HX-Push-Url"] == f"{LIST}?q=customer"


def test_the_whole_page_swaps_nothing(cast: Cast, viewer: Client) -> None:
    assert "hx-swap-oob" not in viewer.get(LIST).content.decode()


def test_the_address_is_not_pushed_twice(cast: Cast, viewer: Client) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{LIST}?q=customer"}
    assert viewer.get(LIST, {"q": "customer", "offering": ""}, headers=headers)["HX-Push-Url"] == "false"


# --- pages -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def many(cast: Cast) -> list[str]:
    """Make 120 entitlements, two changed at each moment, and return their keys, last changed first."""
    first = cast.entitle()
    rows = []
    for number in range(119):
        order = Order.objects.create(customer=first.order.customer, order_reference=f"SO-{number}")
        row = Entitlement.objects.get(pk=first.pk)
        row.pk, row.order = None, order
        row.id = Entitlement._meta.pk.get_default()
        row.changed_at = NOW + timedelta(minutes=number // 2)
        rows.append(row)
    Entitlement.objects.bulk_create(rows)
    return [str(key) for key in Entitlement.objects.order_by("-changed_at", "-pk").values_list("pk", flat=True)]


def test_pages_cover_every_row_once_forwards_and_backwards(viewer: Client, many: list[str]) -> None:
    first = viewer.get(LIST)
    second = viewer.get(first.context["page"].older)
    third = viewer.get(second.context["page"].older)
    pages = [[str(row.entitlement.pk) for row in each.context["rows"]] for each in (first, second, third)]
    assert pages == [many[:50], many[50:100], many[100:]]
    assert (first.context["page"].newer, third.context["page"].older) == ("", "")
    back = viewer.get(third.context["page"].newer)
    assert [str(row.entitlement.pk) for row in back.context["rows"]] == many[50:100]
    front = viewer.get(back.context["page"].newer)
    assert [str(row.entitlement.pk) for row in front.context["rows"]] == many[:50]


def test_a_page_keeps_its_filters(viewer: Client, many: list[str]) -> None:
    older = viewer.get(LIST, {"q": "customer"}).context["page"].older
    assert "q=customer" in older
    assert [row.entitlement.order_reference[:3] for row in viewer.get(older).context["rows"]] == ["SO-"] * 50


def test_pages_are_read_by_key_never_by_offset_and_count_no_further_than_agreed(
    viewer: Client, many: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("entitlements.desk.counts.FEW", 100)
    older = viewer.get(LIST).context["page"].older
    with CaptureQueriesContext(
        connection,
    ) as queries:
        viewer.get(older)
    statements = [query["sql"].upper() for query in queries]
    assert not [sql for sql in statements if " OFFSET " in sql]
    bound = f"LIMIT {MOST_COUNTED + 1}"
    assert [bound in sql or "LIMIT 101" in sql for sql in statements if "COUNT(" in sql] == [True] * 4


def test_a_page_says_its_place_among_all(viewer: Client, many: list[str]) -> None:
    first = viewer.get(LIST)
    assert "1 to 50 of 120, last changed first" in first.content.decode()
    second = viewer.get(first.context["page"].older)
    assert "51 to 100 of 120, last changed first" in second.content.decode()
    third = viewer.get(second.context["page"].older)
    assert "101 to 120 of 120, last changed first" in third.content.decode()
    assert "51 to 100 of 120" in viewer.get(third.context["page"].newer).content.decode()


def test_beyond_what_is_counted_a_page_says_more_than(
    viewer: Client, many: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("config.paging.MOST_COUNTED", 100)
    first = viewer.get(LIST)
    assert "1 to 50 of more than 100, last changed first" in first.content.decode()
    assert "50 of more than 100, last" in viewer.get(first.context["page"].older).content.decode()


def test_a_page_of_50_rows_is_at_most_90_kilobytes(cast: Cast, client: Client) -> None:
    for number in range(51):
        cast.entitle(overrides={"seat_limit": 250} if number % 2 else {}, seats=3)
    Customer.objects.update(name="Halden Robotics and Automation")
    client.force_login(cast.people["administrator"])
    answer = client.get(LIST)
    assert len(answer.context["rows"]) == 50
    assert len(answer.content) <= 90_000


@pytest.mark.parametrize(
    "place", ["", "nonsense", "1-2", "-", "99999999999999999999-0", "9999999999999999999-" + "0" * 32, "1-" + "0" * 32]
)
@pytest.mark.parametrize("name", ["older", "newer"])
def test_a_bad_place_gives_the_first_page(viewer: Client, many: list[str], name: str, place: str) -> None:
    if (name, place) == ("newer", "1-" + "0" * 32):
        assert listed(viewer, newer=place) == many[70:]
    else:
        assert listed(viewer, **{name: place}) == many[:50]


def test_the_number_of_queries_does_not_grow_with_the_rows(cast: Cast, viewer: Client) -> None:
    for _ in range(10):
        cast.entitle(overrides={"seat_limit": 9})
    with CaptureQueriesContext(connection) as ten:
        page(viewer)
    for _ in range(10):
        cast.entitle("gold_annual", overrides={"seat_limit": 90, "sso": False})
    with CaptureQueriesContext(connection) as twenty:
        page(viewer)
    assert len(twenty) == len(ten)
