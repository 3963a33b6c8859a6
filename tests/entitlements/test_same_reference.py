"""A second order with the same reference is said, on the field, with a way to the other order and a way to go on."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from entitlements.models import Customer, Entitlement, Order
from entitlements.operations import CreateEntitlement
from tests.cast import TODAY, Cast
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

SPELLINGS = ["SO-48213", "so 48213", "ＳＯ–48213"]
CREATE = reverse("entitlements:create")


@pytest.fixture
def other(cast: Cast) -> Order:
    customer = Customer.objects.create(name="Halden <Robotics>")
    return Order.objects.create(customer=customer, order_reference="SO-48213")


@pytest.fixture
def operations(cast: Cast, client: Client) -> Client:
    client.force_login(cast.operations)
    return client


def create(cast: Cast, **values: Any) -> CreateEntitlement:
    asked = {"as_of": TODAY, "revision_id": cast.revision("silver_annual").pk, "customer_name": "Osprey", **values}
    return CreateEntitlement(**asked)


def warned(cast: Cast, operation: CreateEntitlement) -> list[tuple[str, str]]:
    [outcome] = cast.do(operation).outcomes
    return [(warning.code, warning.field) for warning in outcome.preview.warnings]


# --- an order that is made -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reference", SPELLINGS)
def test_a_used_reference_is_a_warning_in_any_spelling(cast: Cast, other: Order, reference: str) -> None:
    assert warned(cast, create(cast, order_reference=reference)) == [("order_reference_used", "order_reference")]


@pytest.mark.parametrize("reference", ["", "SO-48214", "SO-4821", "SO-48213-1"])
def test_another_reference_is_no_warning(cast: Cast, other: Order, reference: str) -> None:
    assert warned(cast, create(cast, order_reference=reference)) == []


def test_an_entitlement_in_the_order_itself_is_no_second_order(cast: Cast, other: Order) -> None:
    assert warned(cast, create(cast, order_id=other.pk, customer_name="")) == []


def test_orders_without_a_reference_do_not_share_one(cast: Cast) -> None:
    Order.objects.create(customer=Customer.objects.create(name="Halden"))
    assert warned(cast, create(cast)) == []


def test_what_was_accepted_is_kept_with_the_act(cast: Cast, other: Order) -> None:
    [outcome] = cast.do(create(cast, order_reference="SO-48213")).outcomes
    [kept] = outcome.preview.warnings
    assert kept.message == (
        "The order reference SO-48213 is used already, for Halden <Robotics>. Check that it is right."
    )


def posted(cast: Cast, **values: Any) -> dict[str, Any]:
    sku = cast.offerings["silver_annual"].sku
    typed = {"customer_name": "Osprey", "customer": "new", "offering": sku, "order_reference": "so 48213"}
    return {**typed, "codes": "AB-12", **values}


def test_the_page_names_the_other_order_on_the_field_before_anything_is_made(
    cast: Cast, operations: Client, other: Order
) -> None:
    """Without JavaScript: the preview is asked for by a button, and the page is a whole one."""
    answer = operations.post(CREATE, posted(cast, preview="1"))
    text = answer.content.decode()
    link = f'<a href="{other.get_absolute_url()}">Halden &lt;Robotics&gt;, order SO-48213</a>'
    assert f'<small id="id_order_reference_same">Used already: {link}</small>' in text
    assert 'aria-describedby="id_order_reference_same"' in text
    assert "The order reference so 48213 is used already, for Halden &lt;Robotics&gt;." in text
    assert not Entitlement.objects.exists()


def test_who_did_not_see_it_is_asked_first(cast: Cast, operations: Client, other: Order) -> None:
    assert operations.post(CREATE, posted(cast)).status_code == 409
    assert not Entitlement.objects.exists()


def test_who_saw_it_makes_the_second_order(cast: Cast, operations: Client, other: Order) -> None:
    shown = operations.post(CREATE, posted(cast, preview="1"))
    key, seen = str(shown.context["form"].cleaned_data["key"]), shown.context["seen"]
    assert operations.post(CREATE, posted(cast, key=key, seen=seen)).status_code == 302
    assert Order.objects.of_reference("SO-48213").count() == 2


# --- an order that is edited -----------------------------------------------------------------------------------------


def edit(client: Client, order: Order, reference: str, **values: str) -> Any:
    address = reverse("entitlements:edit_order", args=[order.pk])
    seen = client.get(address).context["form"].initial["seen"]
    return client.post(address, {"order_reference": reference, "seen": seen, **values})


@pytest.fixture
def mine(cast: Cast) -> Order:
    return Order.objects.create(customer=Customer.objects.create(name="Osprey"), order_reference="SO-1")


@pytest.mark.parametrize("reference", SPELLINGS)
def test_an_edit_names_the_other_order_on_the_field(
    operations: Client, other: Order, mine: Order, reference: str
) -> None:
    answer = edit(operations, mine, reference)
    [said] = answer.context["form"].errors["order_reference"]
    assert (answer.status_code, said) == (
        422,
        f'There is <a href="{other.get_absolute_url()}">Halden &lt;Robotics&gt;, order SO-48213</a> with this '
        "reference. Tick the box below if both have it.",
    )
    assert f"<li>{said}</li>" in answer.content.decode()
    assert 'name="is_shared"' in answer.content.decode()
    mine.refresh_from_db()
    assert mine.order_reference == "SO-1"


def test_who_ticks_the_box_shares_the_reference(operations: Client, other: Order, mine: Order) -> None:
    assert edit(operations, mine, "SO-48213", is_shared="on").status_code == 302
    assert Order.objects.of_reference("so 48213").count() == 2


@pytest.mark.parametrize("reference", ["SO-2", "", "so-1"])
def test_an_edit_to_another_reference_asks_nothing(
    operations: Client, other: Order, mine: Order, reference: str
) -> None:
    assert edit(operations, mine, reference).status_code == 302
    mine.refresh_from_db()
    assert mine.order_reference == reference


def test_a_shared_reference_is_asked_about_once(operations: Client, other: Order, mine: Order) -> None:
    Order.objects.filter(pk=mine.pk).update(order_reference="SO-48213")
    assert edit(operations, mine, "so-48213").status_code == 302


def test_the_box_is_shown_only_where_it_is_needed(operations: Client, other: Order, mine: Order) -> None:
    page = operations.get(reverse("entitlements:edit_order", args=[mine.pk]))
    assert "is_shared" not in page.content.decode()


# --- the admin -------------------------------------------------------------------------------------------------------


def test_the_admin_says_it_too(client: Client, other: Order, mine: Order) -> None:
    client.force_login(UserFactory.create(username="root", is_staff=True, is_superuser=True))
    codes = {f"codes-{name}": "0" for name in ("TOTAL_FORMS", "INITIAL_FORMS")}
    address = reverse("admin:entitlements_order_change", args=[mine.pk])
    answer = client.post(address, {"order_reference": "so 48213", **codes}, follow=True)
    assert f'This order reference is used already: <a href="{other.get_absolute_url()}">' in answer.content.decode()
