"""Every search finds a name in any spelling, the same on SQLite and PostgreSQL."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.urls import reverse

from changegroups.edits import add_group, add_offering
from changegroups.members import find_addable
from changegroups.models import ChangeGroup
from entitlements.dialogs.order_search import customers_named, orders_to_choose_from
from entitlements.models import ActivationCode, Customer, Entitlement, Note, Order
from offerings.models import Offering
from tests.cast import Cast
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

NAME, REFERENCE, PERSON = "Åxström O’Brien – Ромашка", "Bestellung Nº 7", "Zoë"
SPELLINGS = [
    "axstrom",
    "ÅXSTRÖM",
    "Ａｘｓｔｒｏｍ",
    "xström",
    "o'brien",
    "OBRIEN",
    "obrien-ромашка",
    "РОМАШКА",
    "åx",
]
OTHERS = ["axstrem", "xs", "brien_x", "ромашки", "…xström x"]


@pytest.fixture
def world(cast: Cast) -> Entitlement:
    """Give everything that people search for the same name, beside others."""
    held, _other = cast.entitle(seats=1, overrides={"seat_limit": 9}), cast.entitle()
    Order.objects.filter(pk=held.order_id).update(order_reference=REFERENCE)
    Customer.objects.filter(orders=held.order_id).update(name=NAME)
    Note.objects.create(entitlement=held, text="Call back", author=cast.operations)
    ActivationCode.objects.create(order_id=held.order_id, code="AB-12")
    Offering.objects.filter(pk=cast.offerings["gold_annual"].pk).update(name=NAME)
    group = ChangeGroup(name=NAME)
    add_group(group, made_by=cast.operations)
    add_offering(group, cast.offerings["silver_annual"], priority=1, made_by=cast.operations)
    return held


@pytest.fixture
def root(cast: Cast, client: Client) -> Client:
    client.force_login(UserFactory(username="root", is_staff=True, is_superuser=True))
    return client


def rows(page: str, context: str = "rows") -> Callable[[Client, str], int]:
    def count(root: Client, text: str) -> int:
        found = root.get(f"{reverse(page)}?{urlencode({'q': text})}").context[context]
        return len(found)

    return count


def listed_in_admin(model: str) -> Callable[[Client, str], int]:
    def count(root: Client, text: str) -> int:
        address = reverse(f"admin:{model}_changelist")
        return len(root.get(address, {"q": text}).context["cl"].result_list)

    return count


def completed(app: str, model: str, field: str) -> Callable[[Client, str], int]:
    def count(root: Client, text: str) -> int:
        asked = {"term": text, "app_label": app, "model_name": model, "field_name": field}
        return len(root.get(reverse("admin:autocomplete"), asked).json()["results"])

    return count


def hits(kind: str) -> Callable[[Client, str], int]:
    def count(root: Client, text: str) -> int:
        groups = root.get(reverse("entitlements:search"), {"q": text}).context["groups"]
        return sum(len(group.hits) for group in groups if group.key == kind)

    return count


def in_history(root: Client, text: str) -> int:
    lines = (
        root.get(reverse("entitlements:acts"), {"customer": text, "kind": "create_entitlement"}).context["page"].rows
    )
    return len(lines)


SEARCHES: dict[str, Callable[[Client, str], int]] = {
    "search: customers": hits("customers"),
    "search: offerings": hits("offerings"),
    "customers": rows("entitlements:customers"),
    "entitlements": rows("entitlements:entitlements"),
    "offerings": rows("offerings:offerings"),
    "order dialog": lambda _root, text: len(orders_to_choose_from(text, "")),
    "create dialog": lambda _root, text: len(customers_named(text)),
    "change group": lambda _root, text: len(find_addable(ChangeGroup.objects.get(), text)),
    "history": in_history,
    "admin: customers": listed_in_admin("entitlements_customer"),
    "admin: orders": listed_in_admin("entitlements_order"),
    "admin: entitlements": listed_in_admin("entitlements_entitlement"),
    "admin: overrides": listed_in_admin("entitlements_override"),
    "admin: seats": listed_in_admin("entitlements_seat"),
    "admin: notes": listed_in_admin("entitlements_note"),
    "admin: offerings": listed_in_admin("offerings_offering"),
    "admin: change groups": listed_in_admin("changegroups_changegroup"),
    "admin: customers to complete": completed("entitlements", "order", "customer"),
    "admin: orders to complete": completed("entitlements", "activationcode", "order"),
    "admin: offerings to complete": completed("changegroups", "membership", "offering"),
}


@pytest.mark.parametrize("search", SEARCHES)
@pytest.mark.usefixtures("world")
def test_a_name_is_found_in_every_spelling(search: str, root: Client) -> None:
    found = {text: SEARCHES[search](root, text) for text in SPELLINGS}
    assert {text: count for text, count in found.items() if count != 1} == {}


@pytest.mark.parametrize("search", SEARCHES)
@pytest.mark.usefixtures("world")
def test_another_name_and_two_letters_within_find_nothing(search: str, root: Client) -> None:
    assert {text: SEARCHES[search](root, text) for text in OTHERS} == dict.fromkeys(OTHERS, 0)


REFERENCES: dict[str, Callable[[Client, str], int]] = {
    "search: orders": hits("orders"),
    "entitlements": rows("entitlements:entitlements"),
    "order dialog": lambda _root, text: len(orders_to_choose_from(text, "")),
    "admin: orders": listed_in_admin("entitlements_order"),
    "admin: entitlements": listed_in_admin("entitlements_entitlement"),
}


@pytest.mark.parametrize("text", ["bestellung", "BESTELLUNG no 7", "bestellung–nº"])
@pytest.mark.parametrize("search", REFERENCES)
@pytest.mark.usefixtures("world")
def test_an_order_reference_is_found_by_its_start_in_every_spelling(search: str, text: str, root: Client) -> None:
    assert REFERENCES[search](root, text) == 1


CODES: dict[str, Callable[[Client, str], int]] = {
    "search: codes": hits("codes"),
    "entitlements": rows("entitlements:entitlements"),
    "admin: codes": listed_in_admin("entitlements_activationcode"),
}


@pytest.mark.parametrize("text", ["AB-12", "ab-12", "ａｂ－１２", "AB–12", " ab-12\u200b"])
@pytest.mark.parametrize("search", CODES)
@pytest.mark.usefixtures("world")
def test_an_activation_code_is_found_as_it_is_typed(search: str, text: str, root: Client) -> None:
    assert CODES[search](root, text) == 1


@pytest.mark.parametrize("text", ["Zoë", "zoe", "ZOË", "Ｚｏｅ"])
def test_the_history_of_a_person_is_found_in_every_spelling(cast: Cast, root: Client, text: str) -> None:
    cast.operations.username = PERSON
    cast.operations.save()
    cast.entitle()
    cast.entitle()
    page: Any = root.get(reverse("entitlements:acts"), {"person": text}).context["page"]
    assert len(page.rows) == 2
