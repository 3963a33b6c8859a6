"""Behind “Amend…”: the kinds of an entitlement and of an order, and the page of each with its day."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from changegroups.models import ChangeGroup, Membership
from entitlements.models import Act, Amendment, AmendmentKind, Entitlement
from tests.cast import Cast
from tests.entitlements.pages import HTMX, client_of, seen_in, shown
from tests.entitlements.schedule.asking import MARCH

pytestmark = pytest.mark.django_db

SHOWN = [{}, HTMX]
WHERE = ["page", "dialog"]


@pytest.fixture
def held(cast: Cast) -> Entitlement:
    return cast.entitle("gold_seats", quantity=10)


def links(html: str) -> dict[str, str]:
    """Return the address of each choice by its title."""
    found = re.findall(r'<a class="option" href="([^"]+)".*?<b>([^<]+)</b>', html)
    return {title: url.replace("&amp;", "&") for url, title in found}


def closed(html: str) -> dict[str, str]:
    """Return the reason of each closed choice by its title."""
    found = re.findall(r'<span class="option" data-closed>.*?<b>([^<]+)</b>.*?</span><small>([^<]+)</small>', html)
    return dict(found)


def confirm(client: Client, url: str, data: Mapping[str, Any], **headers: str) -> Any:
    """Ask for a preview, then confirm what it showed."""
    seen = seen_in(client.post(url, {**data, "preview": "1"}))
    return client.post(url, {**data, "seen": seen}, headers=headers)


def rank(cast: Cast, **priorities: int) -> ChangeGroup:
    """Rank offerings in a change group."""
    group = ChangeGroup.objects.create(name="Atlas", change_mode="both", term_changes="allowed")
    for name, priority in priorities.items():
        Membership.objects.create(group=group, offering=cast.offerings[name], priority=priority)
    return group


# --- the kinds -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("headers", SHOWN, ids=WHERE)
def test_an_entitlement_lists_every_kind_with_the_page_that_asks_for_it(
    cast: Cast, staff: Client, held: Entitlement, headers: dict[str, str]
) -> None:
    answer = staff.get(f"/entitlements/{held.pk}/amend/", headers=headers)
    assert ("<!doctype html>" in shown(answer)) is not bool(headers)
    found = links(shown(answer))
    assert list(found) == [
        "Add product",
        "Update product",
        "Upgrade",
        "Downgrade",
        "Renewal",
        "Terms and conditions",
        "Remove product",
    ]
    for url in found.values():
        page = staff.get(url)
        assert page.status_code == 200
        assert "when" in shown(page)


def test_the_day_offered_first_is_that_of_the_kind(cast: Cast, staff: Client, held: Entitlement) -> None:
    found = links(shown(staff.get(f"/entitlements/{held.pk}/amend/")))
    assert "when=end_of_term" in found["Downgrade"]
    assert "rank=downgrade" in found["Downgrade"]
    assert "when=day&effective_on=2026-12-01" in found["Terms and conditions"]
    page = shown(staff.get(found["Downgrade"]))
    assert re.search(r'name="when" value="end_of_term" checked', page)


def test_what_has_no_term_is_not_renewed(cast: Cast, staff: Client) -> None:
    held = cast.entitle(cast.offer("gold", "perpetual", seat_limit=5))
    page = shown(staff.get(f"/entitlements/{held.pk}/amend/"))
    assert "nothing to renew" in closed(page)["Renewal"]
    refused = confirm(
        staff, f"/entitlements/{held.pk}/renew/", {"when": "day", "effective_on": "2027-03-01", "reason": "x"}
    )
    assert refused.status_code == 422
    assert "A perpetual license does not end, so there is nothing to renew." in shown(refused)
    assert not Amendment.objects.exists()


def test_what_has_ended_is_not_amended(cast: Cast, staff: Client, held: Entitlement) -> None:
    Entitlement.objects.filter(pk=held.pk).update(ended_on=date(2026, 11, 1))
    page = shown(staff.get(f"/entitlements/{held.pk}/amend/"))
    assert list(links(page)) == ["Add product"]
    assert set(closed(page).values()) == {"It has ended."}
    assert "Amend…" not in shown(staff.get(f"/entitlements/{held.pk}/"))


@pytest.mark.parametrize("headers", SHOWN, ids=WHERE)
def test_an_order_asks_for_the_product_of_a_kind(
    cast: Cast, staff: Client, held: Entitlement, headers: dict[str, str]
) -> None:
    url = f"/orders/{held.order_id}/amend/"
    found = links(shown(staff.get(url, headers=headers)))
    assert "Add product" in found
    products = shown(staff.get(found["Remove product"], headers=headers))
    assert "For which product?" in products
    [address] = links(products).values()
    assert address.startswith(f"/entitlements/{held.pk}/remove-product/?when=end_of_term")


def test_an_order_without_products_says_so(cast: Cast, staff: Client, held: Entitlement) -> None:
    Entitlement.objects.filter(pk=held.pk).update(ended_on=date(2026, 11, 1))
    assert "Nothing to amend" in shown(staff.get(f"/orders/{held.order_id}/amend/?kind=renewal"))
    assert "What is to happen" in shown(staff.get(f"/orders/{held.order_id}/amend/?kind=unknown"))


def test_the_menus_offer_it(cast: Cast, staff: Client, held: Entitlement) -> None:
    assert f'href="/entitlements/{held.pk}/amend/"' in shown(staff.get(f"/entitlements/{held.pk}/"))
    assert f'href="/orders/{held.order_id}/amend/"' in shown(staff.get(f"/orders/{held.order_id}/"))


@pytest.mark.parametrize("person", ["viewer", "support"])
def test_it_needs_the_permission(cast: Cast, held: Entitlement, person: str) -> None:
    client = client_of(cast.people[person])
    for url in (f"/entitlements/{held.pk}/amend/", f"/orders/{held.order_id}/amend/"):
        assert client.get(url).status_code == 403
    assert client.get(f"/entitlements/{held.pk}/update-product/").status_code == 403
    assert "Amend…" not in shown(client.get(f"/entitlements/{held.pk}/"))


def test_more_products_cost_no_more_queries(cast: Cast, staff: Client, held: Entitlement) -> None:
    url = f"/orders/{held.order_id}/amend/?kind=renewal"

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            staff.get(url)
        return len(queries)

    cast.entitle(cast.add_on(), order=held.order_id)
    before = count()
    for plan in ("monthly", "perpetual"):
        name = cast.offer("support", plan, kind="add_on", seats_sold="not_sold", seat_limit=None)
        cast.entitle(name, order=held.order_id)
    assert count() == before


# --- add a product ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("headers", SHOWN, ids=WHERE)
def test_a_product_is_added_to_the_order_on_a_day(
    cast: Cast, staff: Client, held: Entitlement, headers: dict[str, str]
) -> None:
    add_on = cast.add_on()
    url = links(shown(staff.get(f"/orders/{held.order_id}/amend/")))["Add product"]
    page = shown(staff.get(url, headers=headers))
    assert re.search(r'name="when" value="day" checked', page)
    assert 'value="2026-12-01"' in page
    key = re.search(r'name="key" value="([^"]+)"', page)
    assert key
    data = {
        "customer_name": held.order.customer.name,
        "customer": str(held.order.customer_id),
        "order": str(held.order_id),
        "offering": cast.offerings[add_on].sku,
        "key": key.group(1),
        "when": "day",
        "effective_on": "2027-03-01",
        "amendment_code": "CRM-4",
    }
    preview = shown(staff.post("/entitlements/new/?preview=1", data, headers={**HTMX, "HX-Target": "preview"}))
    assert ">Schedule</button>" in preview
    answer = confirm(staff, url, data, **headers)
    assert answer.get("Location", answer.get("HX-Redirect")) == f"/orders/{held.order_id}/"
    row = Amendment.objects.get()
    assert (row.kind, row.effective_on, row.code, row.order_id) == ("add_product", MARCH, "CRM-4", held.order_id)
    assert Entitlement.objects.count() == 1


def test_a_second_plan_on_that_day_is_refused(cast: Cast, staff: Client, held: Entitlement) -> None:
    data = {
        "customer_name": held.order.customer.name,
        "customer": str(held.order.customer_id),
        "order": str(held.order_id),
        "offering": "SILVER-ANNUAL",
        "when": "day",
        "effective_on": "2027-03-01",
    }
    answer = confirm(staff, "/entitlements/new/", data)
    assert answer.status_code == 422
    assert answer.context["form"].errors["offering"]
    assert not Amendment.objects.exists()


# --- update a product ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("headers", SHOWN, ids=WHERE)
def test_quantity_and_rights_change_together_on_a_day(
    cast: Cast, staff: Client, held: Entitlement, headers: dict[str, str]
) -> None:
    url = f"/entitlements/{held.pk}/update-product/"
    page = shown(staff.get(url, headers=headers))
    assert "Rights to set by hand" in page
    data = {
        "quantity": "30",
        "right-lease_period": "P2D",
        "reason": "as agreed",
        "when": "day",
        "effective_on": "2027-03-01",
    }
    assert confirm(staff, url, data, **headers).status_code == (200 if headers else 302)
    row = Amendment.objects.get()
    assert (row.kind, row.operation["operation"]) == (AmendmentKind.UPDATE_PRODUCT, "together")
    assert row.name == "Update Gold per seat"
    assert [step["operation"]["operation"] for step in row.operation["steps"]] == ["set_overrides", "set_quantity"]


def test_one_change_alone_is_that_operation(cast: Cast, staff: Client, held: Entitlement) -> None:
    url = f"/entitlements/{held.pk}/update-product/"
    assert confirm(staff, url, {"quantity": "30", "reason": "x"}).status_code == 302
    held.refresh_from_db()
    assert held.quantity == 30
    assert Act.objects.filter(operation="set_quantity").exists()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({}, "Change the quantity, or set a right by hand."),
        ({"quantity": "10"}, "Change the quantity, or set a right by hand."),
        ({"quantity": "many"}, "Write a whole number, or leave this empty."),
        ({"quantity": "0"}, "Give a quantity from 1"),
        ({"right-lease_period": "soon", "reason": "x"}, "Write"),
        ({"right-lease_period": "P2D"}, "Give a reason"),
    ],
)
def test_an_update_that_cannot_be_is_refused(
    cast: Cast, staff: Client, held: Entitlement, data: dict[str, str], words: str
) -> None:
    answer = confirm(staff, f"/entitlements/{held.pk}/update-product/", data)
    assert answer.status_code == 422
    assert words in shown(answer)
    held.refresh_from_db()
    assert (held.quantity, held.override_count) == (10, 0)


# --- upgrade and downgrade -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("headers", SHOWN, ids=WHERE)
def test_a_downgrade_offers_only_what_ranks_lower(cast: Cast, staff: Client, headers: dict[str, str]) -> None:
    rank(cast, gold_annual=20, silver_annual=10)
    held = cast.entitle("gold_annual", seats=2)
    found = links(shown(staff.get(f"/entitlements/{held.pk}/amend/")))
    page = shown(staff.get(found["Downgrade"], headers=headers))
    assert "Silver annual" in page
    assert "In force now, at its newest revision." not in page
    assert "No offering that is open from here is an upgrade." in shown(staff.get(found["Upgrade"], headers=headers))
    target = cast.revision("silver_annual").pk
    data = {"target": str(target), "when": "end_of_term", "reason": "fewer sites"}
    assert confirm(staff, found["Downgrade"], data, **headers).status_code == (200 if headers else 302)
    row = Amendment.objects.get()
    assert (row.kind, row.effective_on) == ("downgrade", held.expires_on)
    elsewhere = confirm(staff, found["Upgrade"], data)
    assert elsewhere.status_code == 422
    assert "Choose one of the offerings listed." in "".join(elsewhere.context["form"].errors["target"])
    assert Amendment.objects.count() == 1


# --- remove ----------------------------------------------------------------------------------------------------------


def test_a_product_is_removed_on_a_day_and_not_twice(cast: Cast, staff: Client, held: Entitlement) -> None:
    url = f"/entitlements/{held.pk}/remove-product/"
    data = {"when": "day", "effective_on": "2027-03-01", "reason": "as agreed"}
    assert confirm(staff, url, data).status_code == 302
    for day in ("2027-03-01", "2027-04-01"):
        again = confirm(staff, url, {**data, "effective_on": day})
        assert again.status_code == 422
        assert "“Remove Gold per seat” ends it on 1 Mar 2027 already." in shown(again)
    assert Amendment.objects.count() == 1
