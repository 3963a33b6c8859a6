"""The route of a move: within an offering, through a group, outside of groups, or none; and what the log says."""

from typing import Any

import pytest

from changegroups.paths import ChangeGroupValue, ChangePath, Ladder, OfferingValue, Rank, Reason, Route
from entitlements.operations.change_offering.routes import (
    TARGET_PROBLEMS,
    ChosenRoute,
    choose_route,
    may_leave_groups,
    offering_value,
)
from entitlements.state import RevisionValue
from tests.entitlements.values import gold, revision, told

HELD, TARGET = revision(), gold()
FREE = Ladder({}, ())


def group(key: int = 1, *, held: int = 1, target: int = 2, **modes: str) -> ChangeGroupValue:
    known = {
        "change_mode": "both",
        "subscribe_mode": "keep",
        "quantity_mode": "allow_change",
        "term_changes": "allowed",
    }
    values = {**known, **modes}
    return ChangeGroupValue(key, f"G{key}", priorities={1: held, 2: target}, **values)


def ladder(*groups: ChangeGroupValue) -> Ladder:
    return Ladder({}, groups, frozenset({1}))


def choose(
    *groups: ChangeGroupValue,
    held: RevisionValue = HELD,
    target: RevisionValue = TARGET,
    group_id: int | None = None,
    outside: bool = False,
    grouped: bool = True,
) -> ChosenRoute:
    around = ladder(*groups) if grouped else FREE
    return choose_route(held, target, around, group_id=group_id, is_outside_group=outside)


# --- what the group says ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("route", "subscribe", "keeps"),
    [
        (None, "", False),
        (Route(Rank.UNRANKED), "", False),
        (Route(Rank.UPGRADE, group(subscribe_mode="create_new")), "create_new", False),
        (Route(Rank.UPGRADE, group(quantity_mode="keep_same")), "keep", True),
    ],
)
def test_what_the_group_of_a_route_says(route: Route | None, subscribe: str, keeps: bool) -> None:
    found = ChosenRoute(route)
    assert (found.subscribe_mode, found.keeps_quantity) == (subscribe, keeps)


# --- open ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("outside", [False, True])
def test_within_an_offering_no_route_is_needed(outside: bool) -> None:
    newer = revision(id=9, number=2)
    assert choose(group(), target=newer, outside=outside, group_id=7) == ChosenRoute()


def test_an_offering_with_a_lower_key_is_another_one_too() -> None:
    assert choose(target=gold(offering_id=0), grouped=False).route == Route(Rank.UNRANKED)


def test_a_product_without_groups_is_free() -> None:
    assert choose(grouped=False) == ChosenRoute(Route(Rank.UNRANKED), (), None)


@pytest.mark.parametrize(("target", "rank"), [(0, "downgrade"), (1, "same level"), (2, "upgrade")])
def test_the_only_group_opens_the_move_and_is_logged(target: int, rank: str) -> None:
    only = group(target=target)
    found = choose(only)
    assert (found.route, found.problems) == (Route(Rank(rank), only), ())
    assert found.path == {
        "group": 1,
        "name": "G1",
        "rank": rank,
        "modes": ["both", "keep", "allow_change", "allowed"],
        "effective": "immediately",
        "binds": False,
    }


def test_groups_on_the_same_terms_need_no_choice() -> None:
    assert choose(group(), group(2)).route == Route(Rank.UPGRADE, group())


def test_groups_on_different_terms_need_a_choice() -> None:
    both = group(), group(2, subscribe_mode="create_new")
    message = "Change groups open this move on different terms. Choose one: G1 or G2."
    assert told(choose(*both).problems) == [("choose_group", message, "group")]
    assert choose(*both).route is None
    for key, one in enumerate(both, start=1):
        found = choose(*both, group_id=key)
        assert (found.route, found.problems) == (Route(Rank.UPGRADE, one), ())


# --- closed ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("groups", [(), (group(),)])
def test_a_group_that_does_not_open_the_move_is_refused(groups: tuple[ChangeGroupValue, ...]) -> None:
    found = choose(*groups, group_id=7, grouped=bool(groups))
    message = "That change group does not open this move any more."
    assert told(found.problems) == [("group_closed", message, "group")]


@pytest.mark.parametrize(
    ("groups", "group_id", "codes"),
    [
        ((), None, ["no_shared_group"]),
        ((), 7, ["no_shared_group"]),
        ((group(change_mode="downgrade"),), None, ["wrong_direction"]),
        ((group(change_mode="downgrade"),), 1, ["wrong_direction"]),
        ((group(change_mode="downgrade"), group(2, change_mode="downgrade")), None, ["wrong_direction"] * 2),
    ],
)
def test_a_closed_move_says_every_reason(groups: Any, group_id: int | None, codes: list[str]) -> None:
    found = choose(*groups, group_id=group_id)
    assert [(each.code, each.field) for each in found.problems] == [(code, "target") for code in codes]
    assert all(each.message for each in found.problems)
    assert (found.route, found.path) == (None, None)


def test_a_closed_move_is_said_in_the_words_of_the_group() -> None:
    found = choose(group(change_mode="downgrade"))
    assert told(found.problems) == [("wrong_direction", "G1 is downgrade only; this is an upgrade.", "target")]


@pytest.mark.parametrize("facts", [{"is_retired": True}, {"kind": "add_on"}])
def test_what_is_wrong_with_the_target_itself_is_said_elsewhere(facts: dict[str, Any]) -> None:
    found = choose(group(), target=gold(**facts))
    assert (found.route, found.problems) == (None, ())
    assert {"retired", "unpublished", "other_kind"} == TARGET_PROBLEMS


def test_an_offering_of_another_product_is_out_of_reach_without_a_group() -> None:
    other = gold(product_id=2, product_name="Borealis")
    message = "Gold is for Borealis. Choose an offering of Atlas."
    for outside in (False, True):
        found = choose(target=other, outside=outside, grouped=False)
        assert told(found.problems) == [("other_product", message, "target")]
    assert choose(group(), target=other).problems == ()


# --- outside of groups -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("groups", [(), (group(change_mode="downgrade"),)])
def test_a_move_that_groups_close_may_leave_them(groups: tuple[ChangeGroupValue, ...]) -> None:
    assert choose(*groups, outside=True) == ChosenRoute(path={"outside": True})


@pytest.mark.parametrize(("groups", "grouped"), [((group(),), True), ((), False)])
def test_a_move_that_is_open_has_nothing_to_leave(groups: Any, grouped: bool) -> None:
    message = "This move is open as it is. Choose it among the open ones: nothing has to be left."
    found = choose(*groups, outside=True, grouped=grouped)
    assert told(found.problems) == [("group_opens_it", message, "target")]
    assert found.route is None


@pytest.mark.parametrize("product_id", [0, 2])
def test_nobody_leaves_the_groups_into_another_product(product_id: int) -> None:
    other = gold(product_id=product_id)
    found = choose(group(change_mode="downgrade"), target=other, outside=True)
    assert [each.code for each in found.problems] == ["wrong_direction"]
    assert found.path is None


def path(*reasons: str, product_id: int = 1, routes: tuple[Route, ...] = ()) -> ChangePath:
    target = OfferingValue(2, "GOLD", "Gold", "plan", product_id, "Atlas")
    return ChangePath(target, routes, tuple(Reason(code, "S.") for code in reasons))


@pytest.mark.parametrize(
    ("found", "may"),
    [
        (path("wrong_direction"), True),
        (path("no_shared_group"), True),
        (path(), True),
        (path("wrong_direction", product_id=2), False),
        (path("wrong_direction", product_id=0), False),
        (path("retired"), False),
        (path("unpublished"), False),
        (path("other_kind"), False),
        (path("wrong_direction", "retired"), False),
        (path(routes=(Route(Rank.UPGRADE),)), False),
    ],
)
def test_which_paths_may_leave_the_groups(found: ChangePath, may: bool) -> None:
    assert may_leave_groups(found, HELD) is may


# --- offerings -------------------------------------------------------------------------------------------------------


def test_the_offering_of_a_revision_is_what_the_revision_says() -> None:
    sold = gold(is_retired=True, allowed_changes="upgrade", kind="add_on", product_id=3, product_name="Borealis", id=44)
    assert offering_value(sold) == OfferingValue(
        id=2,
        sku="GOLD",
        name="Gold",
        kind="add_on",
        product_id=3,
        product_name="Borealis",
        allowed_changes="upgrade",
        is_retired=True,
        revision_id=44,
        license_type="subscription",
        duration="P1Y",
    )
