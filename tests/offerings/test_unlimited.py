"""Numbers that price lists write for "no limit" are unlimited: in forms, on pages, in comparisons, in files."""

import pytest
from django.test import Client
from django.urls import reverse

from offerings.models import EditionValue
from offerings.revisions import unpublished
from offerings.rights import BUILT_IN, Direction, Kind, Right, Value, cell, compare, meant, parse, show, typed
from tests.factories import EditionValueFactory, FeatureFactory, OfferingFactory, published
from tests.offerings.admin_pages import address

POSTS = Right("feature.posts", Kind.COUNT, "Posts", "post/month")
NUMBER = Right("feature.number", Kind.NUMBER, "Number")
BYTES = Right("feature.disk", Kind.POOL, "Disk", "bytes")
TEXT = Right("feature.text", Kind.TEXT, "Text")
UNLIMITED = "unlimited"


@pytest.mark.parametrize(
    ("right", "value", "expected"),
    [
        (POSTS, 10**13, UNLIMITED),
        (POSTS, 10**12, UNLIMITED),
        (POSTS, 10**18, UNLIMITED),
        (NUMBER, 10**12, UNLIMITED),
        (BUILT_IN["seat_limit"], 10**12, UNLIMITED),
        (POSTS, 10**11, 10**11),
        (POSTS, 10**12 - 1, 10**12 - 1),
        (POSTS, 10**12 + 1, 10**12 + 1),
        (POSTS, 2 * 10**12, 2 * 10**12),
        (POSTS, 0, 0),
        (POSTS, UNLIMITED, UNLIMITED),
        (NUMBER, 0.5, 0.5),
        (NUMBER, -(10**12), -(10**12)),
        (BYTES, 10**12, 10**12),
        (Right("feature.flow", Kind.COUNT, "Flow", "Bit/second"), 10**12, 10**12),
        (Right("feature.disk", Kind.POOL, "Disk", "GB"), 10**12, UNLIMITED),
        (TEXT, "1000000000000", "1000000000000"),
        (Right("feature.on", Kind.FLAG, "On"), True, True),
    ],
)
def test_a_power_of_ten_from_twelve_zeros_is_unlimited(right: Right, value: Value, expected: Value) -> None:
    found = meant(right, value)
    assert (found, type(found)) == (expected, type(expected))


def test_every_way_to_say_a_value_says_unlimited() -> None:
    assert [show(POSTS, 10**13), typed(POSTS, 10**13), cell(POSTS, 10**13)] == [UNLIMITED] * 3
    assert parse(POSTS, "10000000000000") == UNLIMITED
    assert [show(BYTES, 10**12), typed(BYTES, 10**12), cell(BYTES, 10**12)] == [f"{10**12:,}", str(10**12), 10**12]


def test_both_ways_to_write_no_limit_are_equal() -> None:
    assert compare(POSTS, 10**13, UNLIMITED) is Direction.SAME
    assert compare(POSTS, 10**12, 10**13) is Direction.SAME
    assert compare(POSTS, 5, 10**13) is Direction.RAISED
    assert compare(POSTS, 10**13, 5) is Direction.LOWERED


@pytest.mark.django_db
def test_what_was_stored_before_is_unlimited_on_every_page(admin: Client) -> None:
    feature = FeatureFactory(kind="pool", default=10**12, name="Dashboards")
    offering = OfferingFactory(product=feature.product, sku="PRO")
    other = FeatureFactory(kind="count", product=feature.product)
    EditionValueFactory(edition=offering.edition, feature=other, value=10**13)
    published(offering)
    pages = [
        reverse("offerings:offering", args=["PRO"]),
        reverse("offerings:compare", query={"with": "PRO"}),
        reverse("offerings:revision", args=["PRO", 1]),
        address(offering.edition),
        address(feature),
        reverse("admin:offerings_feature_changelist"),
    ]
    for page in pages:
        text = admin.get(page).content.decode().replace(",", "")
        assert "000000000" not in text, page
        assert UNLIMITED in text, page


@pytest.mark.django_db
def test_writing_unlimited_for_such_a_number_is_no_unpublished_change() -> None:
    offering = OfferingFactory()
    value = EditionValueFactory(
        edition=offering.edition, feature=FeatureFactory(kind="count", product=offering.product), value=10**13
    )
    published(offering)
    EditionValue.objects.filter(pk=value.pk).update(value=UNLIMITED)
    assert not unpublished([offering])
