"""What the database holds of change groups, and what ``paths.load`` reads of it."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from changegroups import paths
from changegroups.models import ChangeDefaults, ChangeGroup, ChangeMode, Membership
from changegroups.paths import Rank
from offerings.models import Offering
from tests.changegroups.conftest import make_group
from tests.factories import OfferingFactory, PlanFactory, ProductFactory, published

pytestmark = pytest.mark.django_db


def test_a_name_is_taken_once_in_capitals_or_not() -> None:
    ChangeGroup.objects.create(name="Atlas")
    with pytest.raises(IntegrityError), transaction.atomic():
        ChangeGroup.objects.create(name="ATLAS")


def test_an_offering_is_in_a_group_once_and_in_many_groups() -> None:
    offering = OfferingFactory()
    for name in ("One", "Two"):
        Membership.objects.create(group=ChangeGroup.objects.create(name=name), offering=offering)
    with pytest.raises(IntegrityError), transaction.atomic():
        Membership.objects.create(group=ChangeGroup.objects.get(name="One"), offering=offering, priority=5)


def test_the_defaults_are_one_row() -> None:
    ChangeDefaults.objects.create(pk=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        ChangeDefaults.objects.create(pk=2)


def test_defaults_nobody_saved_are_those_of_the_design() -> None:
    defaults = ChangeDefaults.current()
    assert (defaults.change_mode, defaults.subscribe_mode) == ("both", "keep_if_match")
    assert not ChangeDefaults.objects.exists()


def test_a_changed_default_is_in_force_at_once() -> None:
    group = make_group()
    premium = group.offerings.get(sku="PREMIUM-M")
    for mode, count in ((ChangeMode.BOTH, 2), (ChangeMode.UPGRADE, 1)):
        ChangeDefaults.objects.update_or_create(pk=1, defaults={"change_mode": mode})
        assert sum(path.is_open for path in paths.load([premium.pk]).paths(premium.pk)) == count


def test_removing_a_group_takes_its_memberships_alone() -> None:
    make_group().delete()
    assert (Membership.objects.count(), Offering.objects.count()) == (0, 3)


def test_modes_are_resolved_from_the_group_or_the_default() -> None:
    group = make_group(change_mode=ChangeMode.DOWNGRADE)
    [value] = paths.load([group.offerings.all()[0].pk]).groups
    assert value.change_mode == "downgrade"
    assert value.quantity_mode == "allow_change"


def test_moves_are_read_with_terms_and_names_of_their_groups() -> None:
    group = make_group(change_mode=ChangeMode.UPGRADE, term_changes="refused")
    premium, annual = group.offerings.get(sku="PREMIUM-M"), group.offerings.get(sku="PREMIUM-Y")
    path = paths.load([premium.pk]).path(premium.pk, annual.pk)
    assert path is not None
    assert [reason.code for reason in path.reasons] == ["term_changes_refused"]


def test_a_group_may_span_products() -> None:
    group, elsewhere = make_group(), OfferingFactory(sku="ELSEWHERE")
    published(elsewhere)
    Membership.objects.create(group=group, offering=elsewhere, priority=100)
    basic = group.offerings.get(sku="BASIC-M")
    path = paths.load([basic.pk]).path(basic.pk, elsewhere.pk)
    assert path is not None
    assert [route.rank for route in path.routes] == [Rank.UPGRADE]


def test_retired_and_unpublished_offerings_are_read_as_closed() -> None:
    group = make_group()
    basic, premium = group.offerings.get(sku="BASIC-M"), group.offerings.get(sku="PREMIUM-M")
    premium.retire()
    draft = OfferingFactory(sku="DRAFT", product=basic.product)
    ladder = paths.load([basic.pk])
    closed = {path.target.id: [reason.code for reason in path.reasons] for path in ladder.paths(basic.pk)}
    assert closed[premium.pk] == ["retired"]
    assert "unpublished" in closed[draft.pk]


@pytest.fixture
def product_of_300() -> list[int]:
    """Return the keys of 300 offerings of one product in five groups."""
    product, plan = ProductFactory(), PlanFactory()
    rows = [OfferingFactory(product=product, plan=plan) for _number in range(300)]
    groups = [ChangeGroup.objects.create(name=f"Group {number}") for number in range(5)]
    Membership.objects.bulk_create(
        Membership(group=groups[number % 5], offering=row, priority=number) for number, row in enumerate(rows)
    )
    return [row.pk for row in rows]


def queries_of(keys: list[int]) -> int:
    with CaptureQueriesContext(connection) as queries:
        ladder = paths.load(keys)
    with CaptureQueriesContext(connection) as none:
        assert all(ladder.paths(key) is not None for key in keys[:3])
    assert not none.captured_queries
    return len(queries)


def test_loading_takes_as_many_queries_for_300_offerings_as_for_3(product_of_300: list[int]) -> None:
    small = [row.pk for row in make_group().offerings.all()]
    assert queries_of(product_of_300) == queries_of(product_of_300[:3]) == queries_of(small)
