"""Compiling drafts, what is unpublished, and publishing."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from offerings.models import EditionValue, Offering, Revision
from offerings.revisions import (
    NotPublishable,
    StaleReview,
    diff_of,
    drafts,
    fingerprint,
    newest_revisions,
    publish,
    unpublished,
)
from offerings.rights import FEATURE_KINDS, Direction, Kind, is_valid
from tests.factories import (
    ChargeFactory,
    EditionFactory,
    EditionValueFactory,
    FeatureFactory,
    OfferingFactory,
    PlanFactory,
    ProductFactory,
    UserFactory,
    published,
)

pytestmark = pytest.mark.django_db


def draft_of(offering: Offering):
    return drafts([offering])[0]


def publish_again(offering: Offering) -> Revision:
    publish([offering], published_by=None, published_by_name="Test")
    return newest_revisions([offering.pk])[offering.pk]


def test_a_draft_takes_periods_from_the_product_unless_the_offering_has_its_own() -> None:
    product = ProductFactory(lease_period="P3D", grace_period="P1D", usage_reset_schedule="never")
    draft = draft_of(OfferingFactory(product=product, grace_period="P9D"))
    assert draft.rights["lease_period"] == "P3D"
    assert draft.rights["grace_period"] == "P9D"
    assert draft.rights["usage_reset_schedule"] == "never"


def test_a_draft_of_a_plan_has_every_feature_on_sale_with_the_editions_value_or_the_default() -> None:
    offering = OfferingFactory()
    sso = FeatureFactory(product=offering.product, key="sso")
    FeatureFactory(product=offering.product, key="storage", kind="pool", default=10)
    FeatureFactory(product=offering.product, key="motto", kind="text")
    FeatureFactory(product=offering.product, key="gone").retire()
    EditionValueFactory(edition=offering.edition, feature=sso, value=True)
    granted = {key: value for key, value in draft_of(offering).rights.items() if key.startswith("feature.")}
    assert granted == {"feature.sso": True, "feature.storage": 10, "feature.motto": ""}


def test_a_draft_sold_per_quantity_defines_seats_without_a_limit() -> None:
    draft = draft_of(OfferingFactory(seats_sold="per_quantity"))
    assert "seat_limit" not in draft.rights
    assert "seat_limit" in draft.definitions
    assert draft.terms["seats_sold"] == "per_quantity"


def test_a_draft_without_seats_has_no_seat_limit_at_all() -> None:
    draft = draft_of(OfferingFactory(seats_sold="not_sold"))
    assert "seat_limit" not in draft.rights
    assert "seat_limit" not in draft.definitions


def test_an_add_on_holds_only_what_it_changes() -> None:
    offering = OfferingFactory(kind="add_on", seats_sold="not_sold", extra_seats=10)
    FeatureFactory(product=offering.product, key="unlisted")
    sso = FeatureFactory(product=offering.product, key="sso")
    storage = FeatureFactory(product=offering.product, key="storage", kind="pool")
    EditionValueFactory(edition=offering.edition, feature=sso, value=True)
    EditionValueFactory(edition=offering.edition, feature=storage, value=50, effect="extends")
    draft = draft_of(offering)
    assert [key for key in draft.rights if key.startswith("feature.")] == ["feature.sso"]
    assert draft.extensions == {"seat_limit": 10, "feature.storage": 50}
    assert set(draft.definitions) >= {"seat_limit", "feature.storage", "feature.sso"}


def test_prices_are_stored_in_order_of_key_with_plain_amounts() -> None:
    offering = OfferingFactory()
    ChargeFactory(offering=offering, key="b", amount=Decimal("10.500000"))
    ChargeFactory(offering=offering, key="a", amount=None, text="Contact us")
    prices = draft_of(offering).prices
    assert [(price["key"], price["amount"]) for price in prices] == [("a", None), ("b", "10.5")]


def test_the_first_publish_writes_revision_1_with_who_and_why() -> None:
    editor = UserFactory(username="pia")
    offering = OfferingFactory()
    [revision] = publish([offering], published_by=editor, published_by_name="Pia", note="Launch")
    assert (revision.number, revision.published_by, revision.published_by_name) == (1, editor, "Pia")
    assert revision.note == "Launch"
    assert revision.rights["seat_limit"] == 5


def test_a_draft_equal_to_the_newest_revision_publishes_nothing() -> None:
    offering = published().offering
    assert publish([offering], published_by=None, published_by_name="Test") == []
    assert unpublished([offering]) == []


def test_saving_an_offering_publishes_nothing() -> None:
    offering = published().offering
    offering.seat_limit = 25
    offering.save()
    assert offering.revisions.count() == 1
    assert [change.draft.sku for change in unpublished([offering])] == [offering.sku]


def test_a_new_feature_that_is_off_is_an_unpublished_change() -> None:
    offering = published().offering
    FeatureFactory(product=offering.product, name="SSO")
    [change] = unpublished([offering])
    assert [(name.label, name.before, name.after) for name in change.diff.names] == [("SSO", "not listed", "off")]


def test_a_description_is_no_unpublished_change() -> None:
    offering = published().offering
    offering.description = "Our best yet"
    offering.save()
    assert unpublished([offering]) == []


def test_a_new_price_is_an_unpublished_change() -> None:
    charge = ChargeFactory(amount=Decimal(10))
    published(charge.offering)
    charge.amount = Decimal(12)
    charge.save()
    [change] = unpublished([charge.offering])
    assert [price.direction for price in change.diff.prices] == [Direction.RAISED]


def test_a_feature_has_its_new_kind_from_the_next_revision_on() -> None:
    offering = OfferingFactory()
    feature = FeatureFactory(product=offering.product, key="api", kind="flag", default=True)
    old = published(offering)
    feature.kind, feature.default = "count", 100
    feature.save()
    new = publish_again(offering)
    assert (old.definitions["feature.api"]["kind"], new.definitions["feature.api"]["kind"]) == ("flag", "count")
    [change] = diff_of(old, new).rights
    assert (change.shown_before, change.shown_after) == ("on", "100")


def test_a_value_of_the_wrong_kind_refuses_to_publish_anything() -> None:
    good, bad = OfferingFactory(), OfferingFactory()
    EditionValue.objects.create(
        edition=bad.edition, feature=FeatureFactory(product=bad.product, name="API calls", kind="count"), value="lots"
    )
    with pytest.raises(NotPublishable) as refusal:
        publish([good, bad], published_by=None, published_by_name="Test")
    assert refusal.value.problems == {bad.sku: ('API calls: Write a whole number, or the word "unlimited".',)}
    assert Revision.objects.count() == 0


def test_publishing_what_nobody_reviewed_is_refused() -> None:
    offering = OfferingFactory()
    seen = fingerprint(unpublished([offering]))
    Offering.objects.filter(pk=offering.pk).update(seat_limit=6)
    with pytest.raises(StaleReview):
        publish([offering], published_by=None, published_by_name="Test", expected=seen)
    assert Revision.objects.count() == 0


def test_a_note_that_is_too_long_is_refused() -> None:
    with pytest.raises(ValidationError):
        publish([OfferingFactory()], published_by=None, published_by_name="Test", note="x" * 2001)
    assert Revision.objects.count() == 0


def test_a_diff_is_worked_out_once() -> None:
    first = published()
    Offering.objects.filter(pk=first.offering_id).update(seat_limit=6)
    second = publish_again(first.offering)
    assert diff_of(first, second) is diff_of(Revision.objects.get(pk=first.pk), Revision.objects.get(pk=second.pk))


def test_terms_of_the_plan_are_compared_in_words() -> None:
    plan = PlanFactory(duration="P1M")
    first = published(plan=plan)
    plan.duration = "P1Y"
    plan.save()
    second = publish_again(first.offering)
    changes = {(change.label, change.before, change.after) for change in diff_of(first, second).terms}
    assert changes == {("Duration", "1 month", "1 year"), ("Billing period", "1 month", "1 year")}


def test_publishing_takes_as_many_statements_for_2_offerings_as_for_20() -> None:
    def statements(count: int) -> int:
        product = ProductFactory()
        FeatureFactory.create_batch(3, product=product)
        edition = EditionFactory(product=product)
        offerings = [OfferingFactory(product=product, edition=edition) for _ in range(count)]
        for offering in offerings:
            ChargeFactory(offering=offering)
        with CaptureQueriesContext(connection) as queries:
            publish(offerings, published_by=None, published_by_name="Test")
        return len(queries)

    statements(1)  # makes the user that names the process in the log
    assert statements(2) == statements(20)


@settings(max_examples=60)
@given(
    kind=st.sampled_from(FEATURE_KINDS),
    value=st.booleans()
    | st.integers(-10, 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text("ab1-:P", max_size=12),
)
def test_whatever_stands_in_a_draft_only_valid_rights_are_published(kind: Kind, value: object) -> None:
    with transaction.atomic():
        offering = OfferingFactory()
        feature = FeatureFactory(product=offering.product, kind=kind)
        drafted = EditionValue.objects.create(edition=offering.edition, feature=feature, value=value)
        drafted.refresh_from_db()  # PostgreSQL reads a whole number back as one, however it was written
        try:
            [revision] = publish([offering], published_by=None, published_by_name="Test")
        except NotPublishable:
            assert not is_valid(feature.right, drafted.value)
        else:
            assert is_valid(feature.right, revision.rights[feature.right.key])
            assert revision.rights[feature.right.key] == drafted.value
        transaction.set_rollback(True)
