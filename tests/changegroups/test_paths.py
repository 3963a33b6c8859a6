"""Which change paths are open, as pure rules: the textbook case, every combination of modes, and what always holds."""

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from changegroups.models import ChangeMode, QuantityMode, SubscribeMode, TermChanges
from changegroups.paths import ChangeGroupValue, ChangePath, Ladder, OfferingValue, Rank
from offerings.models import AllowedChanges

BASIC, PREMIUM, ANNUAL = 1, 2, 3


def offering(key: int, **facts: Any) -> OfferingValue:
    known = {"license_type": "subscription", "duration": "P1M", "revision_id": key, **facts}
    return OfferingValue(
        id=key, sku=f"SKU-{key}", name=f"Offering {key}", kind="plan", product_id=1, product_name="Atlas", **known
    )


def group(priorities: dict[int, int], *, key: int = 1, is_self_service: bool = False, **modes: str) -> ChangeGroupValue:
    chosen = {
        "change_mode": ChangeMode.BOTH,
        "subscribe_mode": SubscribeMode.KEEP,
        "quantity_mode": QuantityMode.KEEP_SAME,
        "term_changes": TermChanges.ALLOWED,
    } | modes
    values = {name: str(value) for name, value in chosen.items()}
    return ChangeGroupValue(key, f"Group {key}", priorities=priorities, is_self_service=is_self_service, **values)


def ladder(*groups: ChangeGroupValue, offerings: list[OfferingValue] | None = None) -> Ladder:
    members = offerings or [offering(BASIC), offering(PREMIUM), offering(ANNUAL, duration="P1Y")]
    grouped = {each.product_id for each in members for group in groups if each.id in group.priorities}
    return Ladder({each.id: each for each in members}, groups, frozenset(grouped))


def open_from(found: Ladder, key: int) -> list[int]:
    return [each.target.id for each in found.paths(key) if each.is_open]


def path(found: Ladder, key: int, target: int) -> ChangePath:
    only = found.path(key, target)
    assert only is not None
    return only


@pytest.mark.parametrize(
    ("mode", "counts"),
    [(ChangeMode.UPGRADE, [2, 1, 0]), (ChangeMode.BOTH, [2, 2, 2]), (ChangeMode.DOWNGRADE, [0, 1, 2])],
)
def test_the_textbook_case(mode: str, counts: list[int]) -> None:
    found = ladder(group({BASIC: 1, PREMIUM: 2, ANNUAL: 3}, change_mode=mode))
    assert [len(open_from(found, key)) for key in (BASIC, PREMIUM, ANNUAL)] == counts


@pytest.mark.parametrize("mode", list(ChangeMode))
def test_equal_priority_is_open_only_under_both_as_same_level(mode: str) -> None:
    found = path(ladder(group({BASIC: 5, PREMIUM: 5}, change_mode=mode)), BASIC, PREMIUM)
    if mode == ChangeMode.BOTH:
        assert [route.rank for route in found.routes] == [Rank.SAME_LEVEL]
    else:
        assert [reason.code for reason in found.reasons] == ["wrong_direction"]


# What the rules say, as text: a direction is open where its column says so.
OPEN = """
mode       upgrade  same level  downgrade
both       yes      yes         yes
upgrade    yes      no          no
downgrade  no       no          yes
"""
RANKS = {"upgrade": 9, "same level": 5, "downgrade": 1}


def is_open_by_the_table(mode: str, rank: str) -> bool:
    header, *rows = OPEN.strip().splitlines()
    column = ["upgrade", "same level", "downgrade"].index(rank)
    row = next(line for line in rows if line.split()[0] == mode)
    assert rank in header
    return row.split()[1:][column] == "yes"


@pytest.mark.parametrize(
    ("mode", "rank", "subscribe", "quantity"),
    list(product(ChangeMode.values, RANKS, SubscribeMode.values, QuantityMode.values)),
)
def test_every_combination_of_modes(mode: str, rank: str, subscribe: str, quantity: str) -> None:
    found = group({BASIC: 5, PREMIUM: RANKS[rank]}, subscribe_mode=subscribe, quantity_mode=quantity)
    resolved = ChangeGroupValue(
        found.id,
        found.name,
        mode,
        found.subscribe_mode,
        found.quantity_mode,
        found.term_changes,
        priorities=found.priorities,
    )
    found_path = path(ladder(resolved), BASIC, PREMIUM)
    assert found_path.is_open is is_open_by_the_table(mode, rank)
    assert [route.rank for route in found_path.routes] == ([rank] if found_path.is_open else [])
    assert all(route.group and route.group.subscribe_mode == subscribe for route in found_path.routes)


def test_another_duration_is_closed_where_term_changes_are_refused() -> None:
    found = ladder(group({BASIC: 1, ANNUAL: 3}, term_changes=TermChanges.REFUSED))
    assert [reason.code for reason in path(found, BASIC, ANNUAL).reasons] == ["term_changes_refused"]


def test_all_reasons_are_found_path_at_once() -> None:
    found = ladder(group({BASIC: 3, ANNUAL: 1}, term_changes=TermChanges.REFUSED, change_mode=ChangeMode.UPGRADE))
    assert {reason.code for reason in path(found, BASIC, ANNUAL).reasons} == {
        "wrong_direction",
        "term_changes_refused",
    }


@pytest.mark.parametrize(
    ("allowed", "counts"),
    [
        (AllowedChanges.BOTH, 2),
        (AllowedChanges.UPGRADE, 1),
        (AllowedChanges.DOWNGRADE, 1),
        (AllowedChanges.NONE, 0),
    ],
)
def test_the_offering_is_a_second_gate(allowed: str, counts: int) -> None:
    members = [offering(BASIC), offering(PREMIUM, allowed_changes=allowed), offering(ANNUAL)]
    found = ladder(group({BASIC: 1, PREMIUM: 2, ANNUAL: 3}), offerings=members)
    assert len(open_from(found, PREMIUM)) == counts


@pytest.mark.parametrize(("facts", "code"), [({"is_retired": True}, "retired"), ({"revision_id": None}, "unpublished")])
def test_a_retired_or_unpublished_target_is_closed_in_every_group(facts: dict[str, Any], code: str) -> None:
    members = [offering(BASIC), offering(PREMIUM, **facts)]
    found = ladder(group({BASIC: 1, PREMIUM: 2}), offerings=members)
    assert [reason.code for reason in path(found, BASIC, PREMIUM).reasons] == [code]


def test_a_product_without_any_group_has_all_its_offerings_open_and_unranked() -> None:
    found = ladder()
    assert open_from(found, BASIC) == [PREMIUM, ANNUAL]
    assert path(found, BASIC, PREMIUM).routes[0].rank is Rank.UNRANKED


def test_an_offering_outside_every_group_is_closed_where_the_product_has_groups() -> None:
    found = ladder(group({BASIC: 1, PREMIUM: 2}))
    assert [reason.code for reason in path(found, BASIC, ANNUAL).reasons] == ["no_shared_group"]


def test_a_group_may_span_products() -> None:
    other = OfferingValue(9, "SKU-9", "Other", "plan", 2, "Borealis", revision_id=9)
    found = ladder(group({BASIC: 1, 9: 2}), offerings=[offering(BASIC), other])
    assert open_from(found, BASIC) == [9]


def test_another_products_offering_is_out_of_reach_without_a_group() -> None:
    other = OfferingValue(9, "SKU-9", "Other", "plan", 2, "Borealis", revision_id=9)
    assert ladder(offerings=[offering(BASIC), other]).path(BASIC, 9) is None


def test_two_groups_that_differ_need_a_choice() -> None:
    found = path(ladder(group({BASIC: 1, PREMIUM: 2}), group({BASIC: 2, PREMIUM: 1}, key=2)), BASIC, PREMIUM)
    assert (found.needs_choice, found.default) == (True, None)
    route = found.route(2)
    assert route is not None
    assert route.rank is Rank.DOWNGRADE


def test_two_groups_that_agree_need_none() -> None:
    found = path(ladder(group({BASIC: 1, PREMIUM: 2}), group({BASIC: 1, PREMIUM: 9}, key=2)), BASIC, PREMIUM)
    assert found.default == found.routes[0]


def test_customers_may_use_self_service_groups_only() -> None:
    closed = ladder(group({BASIC: 1, PREMIUM: 2}))
    shown = ladder(group({BASIC: 1, PREMIUM: 2}, is_self_service=True))
    assert [each.is_open for each in closed.paths(BASIC, by_customer=True)] == [False, False]
    assert [each.target.id for each in shown.paths(BASIC, by_customer=True) if each.is_open] == [PREMIUM]
    assert not any(each.is_open for each in ladder().paths(BASIC, by_customer=True))


@st.composite
def ladders(draw: st.DrawFn) -> Ladder:
    count = draw(st.integers(2, 6))
    members = [
        offering(
            key,
            duration=draw(st.sampled_from(["P1M", "P1Y"])),
            is_retired=draw(st.booleans()),
            allowed_changes=draw(st.sampled_from(AllowedChanges.values)),
        )
        for key in range(1, count + 1)
    ]
    groups = [
        group(
            draw(st.dictionaries(st.integers(1, count), st.integers(-3, 3))),
            key=number,
            change_mode=draw(st.sampled_from(ChangeMode.values)),
            term_changes=draw(st.sampled_from(TermChanges.values)),
        )
        for number in range(draw(st.integers(0, 3)))
    ]
    return ladder(*groups, offerings=members)


@given(found=ladders())
def test_no_target_stands_twice_and_closed_ones_always_have_a_reason(found: Ladder) -> None:
    for key in found.offerings:
        paths = found.paths(key)
        assert len({each.target.id for each in paths}) == len(paths)
        assert all(bool(each.reasons) is not each.is_open for each in paths)


@given(priorities=st.dictionaries(st.integers(1, 6), st.integers(-3, 3), min_size=2))
def test_in_mode_both_open_moves_are_symmetric(priorities: dict[int, int]) -> None:
    found = ladder(group(priorities), offerings=[offering(key) for key in priorities])
    for key in priorities:
        assert all(key in open_from(found, target) for target in open_from(found, key))
