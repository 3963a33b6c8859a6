"""What an offering can be changed to at all: its kind, its product, and what closes a target for everybody."""

from typing import Any

import pytest

from changegroups.models import ChangeGroup, Membership
from changegroups.paths import Ladder, OfferingValue
from entitlements.operations.change_offering.routes import offering_value
from entitlements.operations.change_offering.targets import (
    ladder_around,
    standing_reasons,
    targets_of,
    targets_within_reach,
)
from entitlements.state.loading import revisions_by_id
from tests.cast import NOW, Cast
from tests.factories import PlanFactory, published


def offering(key: int, name: str, **facts: Any) -> OfferingValue:
    known = {"kind": "plan", "product_id": 1, "product_name": "Atlas", "revision_id": key}
    return OfferingValue(id=key, sku=name.upper(), name=name, **known | facts)


def ladder(**target: Any) -> Ladder:
    """Return Silver, which is held, and Gold, the target."""
    return Ladder({1: offering(1, "Silver"), 2: offering(2, "Gold", **target)}, ())


@pytest.mark.parametrize(
    ("held", "kind", "reach"),
    [(1, "plan", [2]), (1, "add_on", []), (2, "plan", [1]), (2, "add_on", [])],
)
def test_targets_are_of_the_same_kind(held: int, kind: str, reach: list[int]) -> None:
    assert [path.target.id for path in targets_within_reach(ladder(kind=kind), held)] == reach


@pytest.mark.parametrize(
    ("target", "reasons"),
    [
        ({}, []),
        ({"is_retired": True}, [("retired", "Gold is retired.", "")]),
        ({"revision_id": None}, [("unpublished", "Gold has never been published.", "")]),
        ({"kind": "add_on"}, [("other_kind", "A plan can only become a plan, an add-on an add-on.", "")]),
        (
            {"product_id": 2, "product_name": "Borealis", "is_retired": True},
            [("other_product", "GOLD is for Borealis, SILVER for Atlas.", "")],
        ),
    ],
)
def test_what_closes_a_target_for_everybody(target: dict[str, Any], reasons: list[Any]) -> None:
    assert [tuple(each) for each in standing_reasons(ladder(**target), 1, 2)] == reasons


def test_the_key_of_a_target_may_be_lower() -> None:
    found = Ladder({2: offering(2, "Gold"), 1: offering(1, "Silver", is_retired=True)}, ())
    assert [each.code for each in standing_reasons(found, 2, 1)] == ["retired"]


def test_what_only_groups_close_is_no_standing_reason() -> None:
    grouped = Ladder(ladder().offerings, (), frozenset({1}))
    found = grouped.path(1, 2)
    assert found is not None
    assert [each.code for each in found.reasons] == ["no_shared_group"]
    assert standing_reasons(grouped, 1, 2) == []


@pytest.mark.parametrize(
    ("facts", "reasons"),
    [
        ({}, []),
        ({"is_retired": True}, []),
        ({"revision_id": None}, [("unpublished", "Gold has never been published.", "")]),
    ],
)
def test_an_offering_is_a_target_of_itself_once_it_is_published(facts: dict[str, Any], reasons: list[Any]) -> None:
    assert [tuple(each) for each in standing_reasons(ladder(**facts), 2, 2)] == reasons


# --- reading ---------------------------------------------------------------------------------------------------------


def test_the_targets_are_judged_by_the_revision_that_is_held(cast: Cast, django_assert_num_queries: Any) -> None:
    held = revisions_by_id([cast.revision("silver_annual").pk])[cast.revision("silver_annual").pk]
    cast.offerings["silver_annual"].name = "Renamed"
    cast.offerings["silver_annual"].save()
    with django_assert_num_queries(3):
        found = ladder_around(held)
    assert found.offerings[held.offering_id] == offering_value(held)
    assert found.offerings[held.offering_id].name == "Silver annual"
    assert set(found.offerings) == {each.pk for each in cast.offerings.values()}


def names(cast: Cast, *held: str) -> set[str]:
    found = targets_of(cast.offerings[name].pk for name in held)
    assert len(found) == len(set(found))
    return {name for name, each in cast.offerings.items() if each.pk in found}


def test_holders_can_be_changed_to_everything_on_sale_and_to_what_they_hold(cast: Cast) -> None:
    cast.offer("bronze", "perpetual")
    support = cast.add_on()
    plans = set(cast.offerings) - {support}
    for name in ("bronze_monthly", "bronze_perpetual"):
        offering = cast.offerings[name]
        offering.retired_at = NOW
        offering.save()
    assert names(cast, "silver_annual") == plans - {"bronze_monthly", "bronze_perpetual"}
    assert names(cast, "silver_annual", "bronze_monthly") == plans - {"bronze_perpetual"}
    assert names(cast, support) == {support}
    assert names(cast, support, "silver_annual") == {support} | plans - {"bronze_monthly", "bronze_perpetual"}


def test_what_was_never_published_is_no_target_even_of_itself(cast: Cast) -> None:
    cast.offerings["draft"] = cast.offerings["silver_annual"].__class__.objects.create(
        sku="DRAFT",
        name="Draft",
        product=cast.atlas,
        edition=cast.editions["silver"],
        plan=PlanFactory(),
        kind="plan",
        seats_sold="fixed",
        seat_limit=5,
    )
    assert "draft" not in names(cast, "silver_annual")
    assert "draft" not in names(cast, "draft")


def test_a_group_brings_another_product_into_reach(cast: Cast) -> None:
    other = published(name="Borealis One").offering
    cast.offerings["borealis"] = other
    assert "borealis" not in names(cast, "silver_annual")
    group = ChangeGroup.objects.create(name="Across")
    for priority, each in enumerate((cast.offerings["silver_annual"], other)):
        Membership.objects.create(group=group, offering=each, priority=priority)
    assert "borealis" in names(cast, "silver_annual")


def test_targets_stand_by_product_in_the_order_of_the_catalog(cast: Cast) -> None:
    cast.offerings["borealis"] = published(name="Borealis One").offering
    held = [cast.offerings["borealis"].pk, cast.offerings["silver_annual"].pk]
    found = targets_of(held)
    assert found[-1] == cast.offerings["borealis"].pk
    assert found == targets_of(reversed(held))
