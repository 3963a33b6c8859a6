"""Everything that a revision stores is a difference to publish."""

from typing import Any

import pytest

from offerings.models import Offering, Revision
from offerings.revisions import compare, publish, unpublished
from tests.factories import ChargeFactory, FeatureFactory, OfferingFactory, published

pytestmark = pytest.mark.django_db

NOT_CONTENT = {
    *("id", "offering", "number", "note", "published_at", "published_by", "published_by_name", "entitlements"),
    "digest",
}


def newest(offering: Offering) -> Revision:
    return Revision.objects.filter(offering=offering).newest().get()


def test_a_new_name_alone_is_published() -> None:
    offering = OfferingFactory(name="Silver")
    published(offering)
    Offering.objects.filter(pk=offering.pk).update(name="Silver Plus")
    [review] = unpublished([offering])
    assert [(each.label, each.before, each.after) for each in review.diff.names] == [
        ("Name of the offering", "Silver", "Silver Plus")
    ]
    publish([offering], published_by=None, published_by_name="tests")
    assert newest(offering).offering_name == "Silver Plus"
    assert unpublished([offering]) == []


def other(stored: Any, name: str) -> Any:
    """Return a stored field of a revision with another content of the same shape."""
    changed = {
        "offering_name": lambda text: f"{text} Plus",
        "rights": lambda rights: {**rights, "lease_period": "P99D"},
        "definitions": lambda every: {key: {**each, "group": "Elsewhere"} for key, each in every.items()},
        "extensions": lambda _added: {"seat_limit": 3},
        "prices": lambda prices: [{**price, "amount": "99.00"} for price in prices],
        "terms": lambda terms: {**terms, "duration": "P9M"},
        "relations": lambda relations: {**relations, "depends_on": {"support": "Support"}},
    }
    return changed[name](stored)


def test_every_field_a_revision_stores_is_one_that_its_diff_reads() -> None:
    offering = OfferingFactory(seat_limit=5)
    FeatureFactory(product=offering.product, kind="pool", default=3)
    ChargeFactory(offering=offering, amount=10)
    revision = published(offering)
    content = {field.name for field in Revision._meta.get_fields() if field.concrete} - NOT_CONTENT
    assert content == {"offering_name", "rights", "definitions", "extensions", "prices", "terms", "relations"}
    for name in content:
        later = Revision.objects.get(pk=revision.pk)
        setattr(later, name, other(getattr(later, name), name))
        assert compare(revision, later), name


@pytest.mark.parametrize("word", ["label", "unit", "group", "kind"])
def test_every_word_about_a_right_is_a_difference(word: str) -> None:
    offering = OfferingFactory()
    FeatureFactory(product=offering.product, key="calls", kind="count", default=3)
    revision = published(offering)
    later = Revision.objects.get(pk=revision.pk)
    own = later.definitions["feature.calls"]
    later.definitions = {**later.definitions, "feature.calls": {**own, word: "pool" if word == "kind" else "other"}}
    assert len(compare(revision, later).names) == 1
