"""Unsaved rows of every model with names that are folded, for tests that walk all of them."""

from collections.abc import Callable
from typing import Any

from django.db import models

from changegroups.models import ChangeGroup
from entitlements.models import Customer, Order
from offerings.models import Edition, Feature, Offering, Plan, Product
from tests.factories import EditionFactory, FeatureFactory, OfferingFactory, PlanFactory, ProductFactory

MAKERS: dict[type[models.Model], Callable[..., Any]] = {
    Product: ProductFactory.build,
    Feature: lambda **values: FeatureFactory.build(**{"product": ProductFactory.create(), **values}),
    Edition: lambda **values: EditionFactory.build(**{"product": ProductFactory.create(), **values}),
    Plan: PlanFactory.build,
    Offering: lambda **values: Offering(
        **{name: getattr(OfferingFactory.create(), name) for name in ("product", "edition", "seat_limit")},
        **{"plan": PlanFactory.create(), "sku": "SKU", "name": "Name", **values},
    ),
    ChangeGroup: lambda **values: ChangeGroup(**{"name": "Name", **values}),
    Customer: lambda **values: Customer(**{"name": "Name", **values}),
    Order: lambda **values: Order(**{"customer": Customer.objects.create(name="Name"), **values}),
}
