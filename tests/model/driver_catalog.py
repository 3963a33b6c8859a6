"""The catalog of the model as rows of the product, and values of rights in the words of either."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User

from entitlements.models import Customer, Order
from offerings import models, revisions
from offerings.rights import FEATURE_PREFIX, Value
from tests.factories import (
    EditionFactory,
    EditionValueFactory,
    FeatureFactory,
    OfferingFactory,
    PlanFactory,
    ProductFactory,
    UserFactory,
)
from tests.model import catalog
from tests.model.world import CUSTOMERS

KINDS = {catalog.SSO: "flag", catalog.CALLS: "count", catalog.DASHBOARDS: "pool", catalog.CONNECTORS: "number"}
DURATIONS = {12: "P1Y", 1: "P1M", None: ""}


@dataclass(frozen=True, slots=True)
class Catalog:
    """The offerings by name, their first revisions, who changes entitlements, and an order of each customer."""

    offerings: Mapping[str, models.Offering]
    first_revisions: Mapping[tuple[str, int], int]
    admin: User
    customers: Sequence[UUID]
    orders: Sequence[Order]


def make_catalog() -> Catalog:
    """Make the offerings of the model's catalog, each with its first revision published, and the customers."""
    product = ProductFactory(grace_period=f"P{catalog.GRACE.days}D", usage_reset_schedule="never")
    for key, kind in KINDS.items():
        FeatureFactory(product=product, key=key.removeprefix(FEATURE_PREFIX), kind=kind)
    plans = {months: _plan(months) for months in DURATIONS}
    offerings = {name: _offering(each, product, plans[each.months]) for name, each in catalog.OFFERINGS.items()}
    published = {(name, 1): publish(offering, number=1) for name, offering in offerings.items()}
    orders = [Order.objects.create(customer=Customer.objects.create(name=f"Customer {each}")) for each in CUSTOMERS]
    admin = UserFactory(username="admin", is_superuser=True)
    return Catalog(offerings, published, admin, [order.customer_id for order in orders], orders)


def _plan(months: int | None) -> models.Plan:
    license_type = "subscription" if months else "perpetual"
    return PlanFactory(duration=DURATIONS[months], license_type=license_type)


def _offering(offering: catalog.Offering, product: models.Product, plan: models.Plan) -> models.Offering:
    edition = EditionFactory(product=product, key=offering.name)
    for feature in product.features.all():
        EditionValueFactory(edition=edition, feature=feature)
    sold = "per_quantity" if offering.is_per_quantity else "fixed"
    return OfferingFactory(name=offering.name, product=product, edition=edition, plan=plan, seats_sold=sold)


def publish(offering: models.Offering, *, number: int) -> int:
    """Edit an offering to what the model's revision of that number says, publish it and return the revision's key."""
    rights = catalog.OFFERINGS[offering.name].revisions[number - 1]
    offering.seat_limit = rights.get(catalog.SEAT_LIMIT)
    offering.overdraft = _overdraft(rights[catalog.OVERDRAFT])
    offering.save()
    for each in offering.edition.values.select_related("feature"):
        each.value = rights[each.feature.right.key]
        each.save()
    [revision] = revisions.publish([offering], published_by=None, published_by_name="tests")
    assert revision.number == number
    return revision.pk


# --- the values of rights ----------------------------------------------------------------------------


def _overdraft(value: catalog.Value) -> str:
    return "none" if value == 0 else str(value)


def to_product(key: str, value: catalog.Value) -> Value:
    return _overdraft(value) if key == catalog.OVERDRAFT else value


def to_model(key: str, value: Any) -> catalog.Value:
    """Return a value as the model has it: an overdraft that is a number of seats is a number."""
    if key != catalog.OVERDRAFT or value == catalog.UNLIMITED or value.endswith("%"):
        return value
    return 0 if value == "none" else int(value)
