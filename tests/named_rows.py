"""Unsaved rows of every model with names that are folded, for tests that walk all of them."""

from collections.abc import Callable
from typing import Any

from django.db import models

from changegroups.models import ChangeGroup
from entitlements.models import (
    Contact,
    Customer,
    CustomerField,
    Entitlement,
    FieldValue,
    Order,
    Seat,
    Tag,
    new_id,
)
from offerings.models import Edition, Feature, Offering, Plan, Product
from tests.cast import NOW, make_cast
from tests.factories import EditionFactory, FeatureFactory, OfferingFactory, PlanFactory, ProductFactory


def seat_of(**values: Any) -> Seat:
    """Return an unsaved seat of the first entitlement there is, or of a new one."""
    held = Entitlement.objects.first() or make_cast().entitle()
    moments = dict.fromkeys(("activated_at", "lease_expires_at", "last_refresh_at"), NOW)
    return Seat(**{"entitlement": held, "seat_id": new_id().hex, "name": "Name", **moments, **values})


def value_of(**values: Any) -> FieldValue:
    """Return an unsaved value of a free field that there is, or of a new one."""
    field = CustomerField.objects.first() or CustomerField.objects.create(key="key", label="Label", kind="text")
    return FieldValue(**{"customer": Customer.objects.create(name="Name"), "field": field, "value": "Name", **values})


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
    Seat: seat_of,
    Contact: lambda **values: Contact(**{"customer": Customer.objects.create(name="Name"), "name": "Name", **values}),
    Tag: lambda **values: Tag(**{"name": "Name", **values}),
    CustomerField: lambda **values: CustomerField(**{"key": "key", "label": "Label", "kind": "text", **values}),
    FieldValue: value_of,
    Order: lambda **values: Order(**{"customer": Customer.objects.create(name="Name"), **values}),
}
