"""What the catalog's tables refuse to hold, and that revisions never change."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import ProtectedError

from offerings.models import EditionValue, Offering, Revision
from tests.factories import (
    ChargeFactory,
    EditionFactory,
    EditionValueFactory,
    FeatureFactory,
    OfferingFactory,
    PlanFactory,
    ProductFactory,
    published,
)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "fields",
    [
        {"seats_sold": "fixed", "seat_limit": None},
        {"seats_sold": "per_quantity", "seat_limit": 5},
        {"seats_sold": "not_sold", "seat_limit": 5},
    ],
)
def test_a_seat_limit_stands_where_seats_are_fixed_and_only_there(fields: dict[str, object]) -> None:
    with pytest.raises(IntegrityError):
        OfferingFactory(**fields)


@pytest.mark.parametrize("fields", [{"extra_seats": 3}, {"kind": "add_on", "extra_seats": 0}])
def test_extra_seats_stand_on_add_ons_only_and_are_1_or_more(fields: dict[str, object]) -> None:
    with pytest.raises(IntegrityError):
        OfferingFactory(**fields)


@pytest.mark.parametrize(
    ("factory", "column"),
    [
        (OfferingFactory, "allowed_changes"),
        (OfferingFactory, "concurrency_mode"),
        (PlanFactory, "start_type"),
        (PlanFactory, "plan_type"),
        (ProductFactory, "usage_reset_schedule"),
        (EditionFactory, "kind"),
        (EditionValueFactory, "effect"),
        (ChargeFactory, "kind"),
        (ChargeFactory, "per"),
    ],
)
def test_a_column_of_choices_holds_no_other_word(factory: type, column: str) -> None:
    with pytest.raises(IntegrityError):
        factory(**{column: "odd"})


@pytest.mark.parametrize("seat_limit", [0, -1, 10**20, True, "many", 2.5])
def test_an_offering_refuses_a_seat_limit_that_is_no_limit(seat_limit: object) -> None:
    offering = OfferingFactory.build(
        product=ProductFactory(), edition=EditionFactory(), plan=PlanFactory(), seat_limit=seat_limit
    )
    with pytest.raises(ValidationError) as refusal:
        offering.clean_fields()
    assert set(refusal.value.message_dict) == {"seat_limit"}


def test_an_edition_is_sold_once_under_a_plan() -> None:
    offering = OfferingFactory()
    with pytest.raises(IntegrityError):
        OfferingFactory(product=offering.product, edition=offering.edition, plan=offering.plan)


def test_a_sku_is_unique() -> None:
    OfferingFactory(sku="PRO")
    with pytest.raises(IntegrityError):
        OfferingFactory(sku="PRO")


@pytest.mark.parametrize("sku", ["pro", "A B", "A" * 21, "", "-A"])
def test_a_sku_has_capital_letters_and_at_most_20_characters(sku: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        OfferingFactory(sku="OK").__class__(sku=sku).clean_fields(exclude={"product", "edition", "plan", "name"})
    assert "sku" in refusal.value.message_dict


def test_an_offering_refuses_another_products_edition() -> None:
    offering = OfferingFactory()
    offering.edition = EditionFactory()
    with pytest.raises(ValidationError, match="edition of the same product"):
        offering.full_clean()


def test_a_feature_key_stands_once_in_a_product() -> None:
    feature = FeatureFactory(key="sso")
    FeatureFactory(key="sso")
    with pytest.raises(IntegrityError):
        FeatureFactory(product=feature.product, key="sso")


def test_a_feature_has_one_of_the_six_kinds() -> None:
    with pytest.raises(IntegrityError):
        FeatureFactory(kind="lease")


def test_a_feature_refuses_a_default_of_another_kind() -> None:
    with pytest.raises(ValidationError, match="on or off"):
        FeatureFactory.build(product=ProductFactory(), kind="flag", default=5).full_clean()


def test_an_edition_refuses_a_value_of_another_kind() -> None:
    value = EditionValueFactory(value=True)
    value.value = "lots"
    with pytest.raises(ValidationError, match="on or off"):
        value.full_clean()


def test_only_an_add_on_adds_to_a_value() -> None:
    value = EditionValueFactory.build(
        edition=(edition := EditionFactory()),
        feature=FeatureFactory(product=edition.product, kind="pool"),
        value=5,
        effect=EditionValue.Effect.EXTENDS,
    )
    with pytest.raises(ValidationError, match="Only an add-on"):
        value.full_clean()


@pytest.mark.parametrize(
    ("license_type", "duration"), [("subscription", ""), ("perpetual", "P1Y")], ids=["endless", "ending"]
)
def test_a_subscription_has_a_duration_and_a_perpetual_license_has_none(license_type: str, duration: str) -> None:
    with pytest.raises(IntegrityError):
        PlanFactory(license_type=license_type, duration=duration)


def test_a_plan_refuses_a_duration_of_no_time() -> None:
    with pytest.raises(ValidationError, match="one day or more"):
        PlanFactory.build(duration="P0D").full_clean()


def test_an_amount_is_never_negative() -> None:
    with pytest.raises(IntegrityError):
        ChargeFactory(amount=Decimal(-1))


def test_a_charge_key_stands_once_in_an_offering() -> None:
    charge = ChargeFactory(key="seat")
    with pytest.raises(IntegrityError):
        ChargeFactory(offering=charge.offering, key="seat")


def test_a_revision_number_stands_once_in_an_offering() -> None:
    revision = published()
    with pytest.raises(IntegrityError):
        Revision.objects.create(
            offering=revision.offering, number=1, rights={}, definitions={}, prices=[], terms={}, published_by_name=""
        )


def test_saving_a_revision_again_is_refused() -> None:
    revision = published()
    revision.note = "Later"
    with pytest.raises(TypeError, match="never changed"):
        revision.save()


def test_deleting_a_revision_is_refused() -> None:
    with pytest.raises(TypeError, match="never deleted"):
        published().delete()


def test_changing_or_deleting_many_revisions_at_once_is_refused() -> None:
    revision = published()
    with pytest.raises(TypeError, match="never changed"):
        Revision.objects.filter(pk=revision.pk).update(note="Later")
    with pytest.raises(TypeError, match="never deleted"):
        Revision.objects.all().delete()


def test_the_database_refuses_to_change_a_revision() -> None:
    revision = published()
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE offerings_revision SET note = 'Later'")
    assert Revision.objects.get(pk=revision.pk).note == ""


def test_the_database_refuses_to_delete_a_revision() -> None:
    published()
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM offerings_revision")
    assert Revision.objects.count() == 1


def test_an_offering_with_revisions_is_not_deleted() -> None:
    revision = published()
    with pytest.raises(ProtectedError):
        revision.offering.delete()


def published_again(revision: Revision) -> Revision:
    Offering.objects.filter(pk=revision.offering_id).update(seat_limit=9)
    return published(revision.offering)


def test_the_number_of_the_newest_revision_stands_beside_each_offering() -> None:
    published_again(published())
    OfferingFactory()
    assert set(Offering.objects.with_newest_number().values_list("newest_number", flat=True)) == {2, None}


def test_a_revision_is_the_newest_of_its_offering_until_a_later_one_is_published() -> None:
    first, other = published(), published()
    second = published_again(first)
    assert set(Revision.objects.newest()) == {second, other}
    assert set(Revision.objects.outdated()) == {first}
    assert Revision.objects.newest_numbers() == {first.offering_id: 2, other.offering_id: 1}


def test_a_revision_keeps_the_order_of_its_rights_whatever_the_database_does() -> None:
    offering = OfferingFactory()
    for key in ("zeta", "a_much_longer_key", "b"):
        FeatureFactory(product=offering.product, key=key)
    features = [key for key in published(offering).sheet.values if key.startswith("feature.")]
    assert features == ["feature.zeta", "feature.a_much_longer_key", "feature.b"]


def test_a_retired_feature_can_come_back() -> None:
    feature = FeatureFactory()
    feature.retire()
    assert feature.is_retired
    feature.reinstate()
    assert not feature.is_retired
