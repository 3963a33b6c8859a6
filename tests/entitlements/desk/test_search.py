"""The search over everything: what it finds, for whom, where a hit leads, and how many queries it takes."""

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from entitlements.desk.search import search
from entitlements.models import ActivationCode, Customer, Order
from tests.cast import Cast, order_of
from tests.entitlements.pages import HTMX, shown
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

SEARCH = "/search/"


@pytest.fixture
def viewer(cast: Cast, client: Client) -> Client:
    client.force_login(cast.people["viewer"])
    return client


def found(cast: Cast, text: str) -> dict[str, list[str]]:
    """Return the titles found by kind."""
    return {group.key: [hit.title for hit in group.hits] for group in search(text, cast.people["viewer"])}


def named(name: str, **fields: str) -> Customer:
    return Customer.objects.create(name=name, **fields)


# --- what it finds ---------------------------------------------------------------------------------------------------


def test_customers_are_found_by_any_part_of_the_name_those_that_start_with_it_first(cast: Cast) -> None:
    named("The Halden Group"), named("Halden Robotics")
    assert found(cast, "hald") == {"customers": ["Halden Robotics", "The Halden Group"]}


def test_customers_are_found_by_the_start_of_their_account_reference(cast: Cast) -> None:
    named("Halden Robotics", account_reference="ACC-77")
    assert found(cast, "acc-7") == {"customers": ["Halden Robotics"]}
    assert found(cast, "77") == {}


def test_orders_are_found_by_the_start_of_their_reference(cast: Cast) -> None:
    cast.entitle()
    assert found(cast, "so-") == {"entitlements": ["Customer 0"], "orders": ["SO-0"]}


def test_codes_are_found_by_their_start_and_lead_to_their_entitlement(cast: Cast) -> None:
    held = cast.entitle()
    ActivationCode.objects.create(order=order_of(held), code="ZZTOP-1")
    entitlements, codes = search("zztop", cast.people["viewer"])
    assert [(hit.title, hit.url) for hit in entitlements.hits] == [("Customer 0", held.get_absolute_url())]
    assert [(hit.title, hit.url) for hit in codes.hits] == [("ZZTOP-1", held.get_absolute_url())]


def test_a_code_of_an_order_with_several_entitlements_leads_to_the_order(cast: Cast) -> None:
    held = cast.entitle()
    cast.entitle(cast.add_on(), order=held.order_id)
    ActivationCode.objects.create(order=order_of(held), code="ZZTOP-1")
    plan, codes = search("zztop-1", cast.people["viewer"])
    assert plan.hits[0].url == held.get_absolute_url()
    assert codes.hits[0].url == order_of(held).get_absolute_url()


def test_offerings_are_found_by_sku_or_name(cast: Cast) -> None:
    assert found(cast, "gold-s") == {"offerings": ["GOLD-SEATS"]}
    assert found(cast, "per seat") == {"offerings": ["GOLD-SEATS"]}


def test_an_entitlement_is_found_by_its_key(cast: Cast) -> None:
    held = cast.entitle()
    [group] = search(str(held.pk), cast.people["viewer"])
    assert [hit.url for hit in group.hits] == [held.get_absolute_url()]


@pytest.mark.parametrize("text", ["%", "_", "\\", "'", '"', "\0", "é" * 500, "{{ q }}"])
def test_odd_characters_find_nothing_and_break_nothing(viewer: Client, cast: Cast, text: str) -> None:
    cast.entitle()
    answer = viewer.get(SEARCH, {"q": text})
    assert answer.status_code == 200
    assert answer.context["groups"] == []


def test_no_more_than_a_few_of_each_kind_are_listed(cast: Cast) -> None:
    for number in range(8):
        named(f"Halden {number}")
    [group] = search("halden", cast.people["viewer"])
    assert (len(group.hits), group.has_more) == (6, True)


# --- who sees what ---------------------------------------------------------------------------------------------------


def test_the_search_is_refused_without_permission(client: Client, db: None) -> None:
    client.force_login(UserFactory())
    assert client.get(SEARCH).status_code == 403


def test_kinds_are_left_out_where_the_person_may_not_see_them(cast: Cast, client: Client) -> None:
    person = UserFactory()
    person.user_permissions.add(Permission.objects.get(codename="view_entitlement"))
    named("Gold Mine"), Order.objects.create(customer=named("B"), order_reference="GOLD-1")
    client.force_login(person)
    assert client.get(SEARCH, {"q": "gold"}).context["groups"] == []


# --- the page and the list -------------------------------------------------------------------------------------------


def test_the_page_shows_results_by_kind_without_scripts(viewer: Client) -> None:
    named("Gold Mine")
    page = shown(viewer.get(SEARCH, {"q": "gold"}))
    assert "<h1>Search</h1>" in page
    assert page.index("Customers</h2>") < page.index("Offerings</h2>")
    assert f'href="{reverse("offerings:offering", args=["GOLD-SEATS"])}"' in page


def test_htmx_gets_options_and_nothing_else(viewer: Client) -> None:
    customer = named("Halden & Sons")
    part = shown(viewer.get(SEARCH, {"q": "halden"}, headers=HTMX))
    assert "<html" not in part
    assert part.count('role="option"') == 3  # the customer, the list of entitlements, all results
    assert f'href="{customer.get_absolute_url()}"' in part
    assert "Halden &amp; Sons" in part


def test_what_was_searched_for_is_shown_as_text(viewer: Client) -> None:
    for headers in ({}, HTMX):
        page = shown(viewer.get(SEARCH, {"q": "<img src=x>"}, headers=headers))
        assert "<img" not in page
        assert "&lt;img src=x&gt;" in page


def test_the_search_takes_as_many_queries_for_many_hits_as_for_few(cast: Cast, viewer: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            viewer.get(SEARCH, {"q": "so"}, headers=HTMX)
        return len(seen)

    cast.entitle()
    few = queries()
    for _ in range(5):
        cast.entitle()
    assert queries() == few
