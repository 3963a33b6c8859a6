"""Catalog rows for tests; each factory makes the smallest row that is valid."""

from decimal import Decimal

import factory
from django.contrib.auth import get_user_model
from factory.django import DjangoModelFactory

from offerings.models import (
    Charge,
    Edition,
    EditionValue,
    Feature,
    Offering,
    Plan,
    Product,
    Revision,
)
from offerings.revisions import publish


class UserFactory(DjangoModelFactory[object]):
    """A person who can log in, without any permission."""

    class Meta:
        model = get_user_model()
        django_get_or_create = ("username",)
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"person{n}")
    is_active = True


class ProductFactory(DjangoModelFactory[Product]):
    """A product with the default periods."""

    class Meta:
        model = Product

    code = factory.Sequence(lambda n: f"product-{n}")
    name = factory.Sequence(lambda n: f"Product {n}")


class FeatureFactory(DjangoModelFactory[Feature]):
    """A flag feature; pass ``kind`` for another."""

    class Meta:
        model = Feature

    product = factory.SubFactory(ProductFactory)
    key = factory.Sequence(lambda n: f"feature_{n}")
    name = factory.Sequence(lambda n: f"Feature {n}")
    kind = "flag"
    position = factory.Sequence(lambda n: n)


class EditionFactory(DjangoModelFactory[Edition]):
    """An edition without values: every feature has its default."""

    class Meta:
        model = Edition

    product = factory.SubFactory(ProductFactory)
    key = factory.Sequence(lambda n: f"edition_{n}")
    name = factory.Sequence(lambda n: f"Edition {n}")


class EditionValueFactory(DjangoModelFactory[EditionValue]):
    """What an edition says about a feature of the same product: on."""

    class Meta:
        model = EditionValue

    edition = factory.SubFactory(EditionFactory)
    feature = factory.SubFactory(FeatureFactory, product=factory.SelfAttribute("..edition.product"))
    value = True


class PlanFactory(DjangoModelFactory[Plan]):
    """A paid subscription of one year that starts on creation."""

    class Meta:
        model = Plan

    code = factory.Sequence(lambda n: f"plan-{n}")
    name = factory.Sequence(lambda n: f"Plan {n}")
    duration = "P1Y"


class OfferingFactory(DjangoModelFactory[Offering]):
    """An unpublished offering of 5 fixed seats."""

    class Meta:
        model = Offering

    sku = factory.Sequence(lambda n: f"SKU-{n}")
    name = factory.Sequence(lambda n: f"Offering {n}")
    product = factory.SubFactory(ProductFactory)
    edition = factory.SubFactory(
        EditionFactory, product=factory.SelfAttribute("..product"), kind=factory.SelfAttribute("..kind")
    )
    plan = factory.SubFactory(PlanFactory)
    kind = "plan"
    seat_limit = factory.LazyAttribute(lambda offering: 5 if offering.seats_sold == "fixed" else None)
    seats_sold = "fixed"


class ChargeFactory(DjangoModelFactory[Charge]):
    """A recurring flat price of EUR 10."""

    class Meta:
        model = Charge

    offering = factory.SubFactory(OfferingFactory)
    key = "price"
    amount = Decimal(10)
    currency = "EUR"


def published(offering: Offering | None = None, **fields: object) -> Revision:
    """Publish an offering (a new one made with ``fields`` by default) and return its newest revision."""
    offering = offering or OfferingFactory.create(**fields)
    publish([offering], published_by=None, published_by_name="Test")
    newest = offering.revisions.first()
    assert newest is not None
    return newest
