"""What is offered from an offering, at its boundaries: each rank, none, several groups, and the words."""

from typing import Any

import pytest

from changegroups.models import QuantityMode, SubscribeMode
from changegroups.offers import OpenRoute, offers, terms_of
from changegroups.paths import ChangeGroupValue, Ladder, OfferingValue, Rank, Route

HELD = 1


def offering(key: int, **facts: Any) -> OfferingValue:
    known = {"product_id": 1, "product_name": "Atlas", "revision_id": key}
    return OfferingValue(key, f"SKU-{key}", f"O{key}", "plan", **known | facts)


def group(priorities: dict[int, int], *, key: int = 1, is_self_service: bool = False, **modes: str) -> ChangeGroupValue:
    usual = {"change_mode": "both", "subscribe_mode": "keep", "quantity_mode": "keep_same", "term_changes": "allowed"}
    return ChangeGroupValue(key, f"G{key}", is_self_service=is_self_service, priorities=priorities, **usual | modes)


def ladder(*groups: ChangeGroupValue, others: tuple[OfferingValue, ...] = ()) -> Ladder:
    known = {each.id: each for each in (*(offering(key) for key in range(1, 6)), *others)}
    return Ladder(known, groups, frozenset({1}) if groups else frozenset())


def test_open_targets_stand_first_from_upgrades_down_and_closed_ones_last() -> None:
    found = offers(ladder(group({HELD: 5, 2: 1, 3: 5, 4: 9})), HELD)
    assert [(offer.target.id, offer.is_open) for offer in found] == [(4, True), (3, True), (2, True), (5, False)]
    assert [[(route.rank, route.tone, route.sign) for route in offer.staff] for offer in found] == [
        [("upgrade", "ok", "↑")],
        [("same level", "info", "=")],
        [("downgrade", "warn", "↓")],
        [],
    ]


def test_a_target_with_several_routes_stands_at_the_highest_of_them() -> None:
    found = offers(ladder(group({HELD: 5, 2: 5, 3: 1}), group({HELD: 5, 3: 9}, key=2)), HELD)
    assert [offer.target.id for offer in found if offer.is_open] == [3, 2]
    assert found[0].needs_choice
    assert not found[1].needs_choice


def test_without_any_group_all_are_open_and_unranked_to_staff_alone() -> None:
    [first, *_rest] = found = offers(ladder(), HELD)
    assert [offer.target.id for offer in found] == [2, 3, 4, 5]
    assert first.staff == (OpenRoute("unranked", "quiet", "·", None, "", "the term is chosen with the change"),)
    assert (first.customer, len(first.customer_reasons)) == ((), 1)


@pytest.mark.parametrize(("is_self_service", "count"), [(False, 0), (True, 1)])
def test_customers_are_offered_what_a_group_opens_to_them(is_self_service: bool, count: int) -> None:
    first = offers(ladder(group({HELD: 1, 2: 2}, is_self_service=is_self_service)), HELD)[0]
    assert (len(first.staff), len(first.customer)) == (1, count)
    assert [reason.code for reason in first.customer_reasons] == ([] if count else ["not_self_service"])
    assert first.staff_reasons == ()


def test_a_sentence_of_several_groups_is_said_once() -> None:
    fixed = offering(HELD, allowed_changes="none")
    found = offers(ladder(group({HELD: 1, 2: 2}), group({HELD: 1, 2: 3}, key=2), others=(fixed,)), HELD)
    target = next(offer for offer in found if offer.target.id == 2)
    assert [reason.sentence for reason in target.staff_reasons] == ["O1 does not allow an upgrade."]


@pytest.mark.parametrize(("product_id", "is_of_other_product"), [(1, False), (2, True)])
def test_a_target_of_another_product_is_marked(product_id: int, is_of_other_product: bool) -> None:
    other = offering(9, product_id=product_id)
    found = offers(ladder(group({HELD: 1, 9: 2}), others=(other,)), HELD)
    assert (found[0].target, found[0].is_of_other_product) == (other, is_of_other_product)


@pytest.mark.parametrize(
    ("subscribe", "quantity", "words"),
    [
        (SubscribeMode.KEEP, QuantityMode.KEEP_SAME, "keep; same quantity"),
        (SubscribeMode.KEEP, QuantityMode.ALLOW_CHANGE, "keep; quantity may change"),
        (SubscribeMode.KEEP_IF_MATCH, QuantityMode.KEEP_SAME, "keep if terms match, else create new; same quantity"),
        (SubscribeMode.CREATE_NEW, QuantityMode.KEEP_SAME, "create new; same quantity"),
        (SubscribeMode.NEW_TERM, QuantityMode.ALLOW_CHANGE, "existing with new term; quantity may change"),
    ],
)
def test_the_terms_of_a_route_in_words(subscribe: str, quantity: str, words: str) -> None:
    through = group({}, subscribe_mode=subscribe, quantity_mode=quantity)
    assert terms_of(Route(Rank.UPGRADE, through)) == words
