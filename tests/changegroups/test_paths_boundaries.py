"""The rules of change paths, each at its boundary: equal, one below, one above, empty, and the words."""

from itertools import product
from typing import Any

import pytest

from changegroups import paths
from changegroups.models import ChangeDefaults, ChangeGroup, ChangeMode, QuantityMode, SubscribeMode, TermChanges
from changegroups.paths import ChangeGroupValue, ChangePath, Ladder, OfferingValue, Rank, Reason, Route, rank_of
from offerings.models import AllowedChanges
from tests.changegroups.conftest import make_group
from tests.factories import OfferingFactory, PlanFactory, ProductFactory, published

HELD, TARGET = 1, 2


def offering(key: int, name: str, **facts: Any) -> OfferingValue:
    known = {"kind": "plan", "product_id": 1, "license_type": "subscription", "duration": "P1M", "revision_id": key}
    return OfferingValue(id=key, sku=f"SKU-{key}", name=name, product_name="Atlas", **known | facts)


def group(key: int = 1, *, held: int = 1, target: int = 2, is_self_service: bool = False, **modes: str):
    chosen = {
        "change_mode": ChangeMode.BOTH,
        "subscribe_mode": SubscribeMode.KEEP,
        "quantity_mode": QuantityMode.KEEP_SAME,
        "term_changes": TermChanges.ALLOWED,
    }
    values = {name: str(value) for name, value in (chosen | modes).items()}
    priorities = {HELD: held, TARGET: target}
    return ChangeGroupValue(key, f"G{key}", is_self_service=is_self_service, priorities=priorities, **values)


def path(
    *groups: ChangeGroupValue,
    held: dict[str, Any] | None = None,
    target: dict[str, Any] | None = None,
    grouped: bool | None = None,
    by_customer: bool = False,
) -> ChangePath:
    pair = {HELD: offering(HELD, "Silver", **held or {}), TARGET: offering(TARGET, "Gold", **target or {})}
    products = frozenset({1}) if (bool(groups) if grouped is None else grouped) else frozenset()
    found = Ladder(pair, groups, products).path(HELD, TARGET, by_customer=by_customer)
    assert found is not None
    return found


def reasons(found: ChangePath) -> list[tuple[str, str, str]]:
    assert found.is_open is not bool(found.reasons)
    return [tuple(reason) for reason in found.reasons]


# --- direction -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("held", "target", "rank"),
    [
        (5, 4, Rank.DOWNGRADE),
        (5, 5, Rank.SAME_LEVEL),
        (5, 6, Rank.UPGRADE),
        (0, 0, Rank.SAME_LEVEL),
        (-1, 0, Rank.UPGRADE),
        (0, -1, Rank.DOWNGRADE),
    ],
)
def test_the_rank_of_priorities(held: int, target: int, rank: Rank) -> None:
    assert rank_of(held, target) is rank


def test_the_ranks_are_words() -> None:
    assert [str(rank) for rank in Rank] == ["upgrade", "same level", "downgrade", "unranked"]


UP, SAME, DOWN = ({"held": 5, "target": target} for target in (6, 5, 4))
A_LEVEL = "a move on the same level"


@pytest.mark.parametrize(
    ("mode", "ranks", "sentence"),
    [
        ("both", UP, ""),
        ("both", SAME, ""),
        ("both", DOWN, ""),
        ("upgrade", UP, ""),
        ("upgrade", SAME, f"G1 is upgrade only; this is {A_LEVEL}."),
        ("upgrade", DOWN, "G1 is upgrade only; this is a downgrade."),
        ("downgrade", UP, "G1 is downgrade only; this is an upgrade."),
        ("downgrade", SAME, f"G1 is downgrade only; this is {A_LEVEL}."),
        ("downgrade", DOWN, ""),
    ],
)
def test_the_mode_of_the_group_against_the_direction(mode: str, ranks: dict[str, int], sentence: str) -> None:
    found = path(group(change_mode=mode, **ranks))
    assert reasons(found) == ([("wrong_direction", sentence, "G1")] if sentence else [])


@pytest.mark.parametrize(
    ("allowed", "ranks", "sentence"),
    [
        (AllowedChanges.BOTH, UP, ""),
        (AllowedChanges.BOTH, SAME, ""),
        (AllowedChanges.BOTH, DOWN, ""),
        (AllowedChanges.UPGRADE, UP, ""),
        (AllowedChanges.UPGRADE, SAME, f"Silver does not allow {A_LEVEL}."),
        (AllowedChanges.UPGRADE, DOWN, "Silver does not allow a downgrade."),
        (AllowedChanges.DOWNGRADE, UP, "Silver does not allow an upgrade."),
        (AllowedChanges.DOWNGRADE, SAME, f"Silver does not allow {A_LEVEL}."),
        (AllowedChanges.DOWNGRADE, DOWN, ""),
        (AllowedChanges.NONE, UP, "Silver does not allow an upgrade."),
        (AllowedChanges.NONE, SAME, f"Silver does not allow {A_LEVEL}."),
        (AllowedChanges.NONE, DOWN, "Silver does not allow a downgrade."),
    ],
)
def test_the_gate_of_the_offering_held_against_the_direction(
    allowed: str, ranks: dict[str, int], sentence: str
) -> None:
    found = path(group(**ranks), held={"allowed_changes": allowed})
    assert reasons(found) == ([("held_is_fixed", sentence, "G1")] if sentence else [])


def test_the_gate_of_the_target_counts_for_nothing() -> None:
    assert path(group(), target={"allowed_changes": AllowedChanges.NONE}).is_open


# --- terms -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "target", "is_open"),
    [
        (TermChanges.REFUSED, {}, True),
        (TermChanges.REFUSED, {"duration": "P1Y"}, False),
        (TermChanges.REFUSED, {"license_type": "perpetual"}, False),
        (TermChanges.REFUSED, {"license_type": "perpetual", "duration": ""}, False),
        (TermChanges.ALLOWED, {}, True),
        (TermChanges.ALLOWED, {"duration": "P1Y"}, True),
        (TermChanges.ALLOWED, {"license_type": "perpetual"}, True),
    ],
)
def test_another_license_type_or_duration(mode: str, target: dict[str, str], is_open: bool) -> None:
    found = path(group(term_changes=mode), target=target)
    sentence = "G1 refuses another license type or duration."
    assert reasons(found) == ([] if is_open else [("term_changes_refused", sentence, "G1")])


# --- what closes a target whatever the groups say --------------------------------------------------------------------


ANYWAY = [
    ({"is_retired": True}, ("retired", "Gold is retired.", "")),
    ({"revision_id": None}, ("unpublished", "Gold has never been published.", "")),
    ({"kind": "add_on"}, ("other_kind", "A plan can only become a plan, an add-on an add-on.", "")),
]


@pytest.mark.parametrize(("target", "reason"), ANYWAY)
@pytest.mark.parametrize("groups", [(), (group(),), (group(), group(2))], ids=len)
@pytest.mark.parametrize("by_customer", [False, True])
def test_a_target_is_closed_anyway_also_where_a_group_opens_it(
    target: dict[str, Any], reason: tuple[str, str, str], groups: tuple[ChangeGroupValue, ...], by_customer: bool
) -> None:
    found = path(*groups, target=target, by_customer=by_customer)
    assert (found.is_open, found.routes) == (False, ())
    assert reasons(found)[0] == reason


def test_an_add_on_becomes_no_plan() -> None:
    assert [reason.code for reason in path(group(), held={"kind": "add_on"}).reasons] == ["other_kind"]


def test_an_add_on_becomes_an_add_on() -> None:
    assert path(group(), held={"kind": "add_on"}, target={"kind": "add_on"}).is_open


def test_the_offering_held_may_be_retired_or_unpublished() -> None:
    assert path(group(), held={"is_retired": True, "revision_id": None}).is_open


def test_all_reasons_stand_in_order_those_of_the_target_first_then_of_each_group() -> None:
    found = path(
        group(change_mode="downgrade", term_changes="refused"),
        group(2, is_self_service=True),
        group(3),
        held={"allowed_changes": "downgrade"},
        target={"is_retired": True, "revision_id": None, "kind": "add_on", "duration": "P1Y"},
        by_customer=True,
    )
    assert [(reason.code, reason.group) for reason in found.reasons] == [
        ("retired", ""),
        ("unpublished", ""),
        ("other_kind", ""),
        ("wrong_direction", "G1"),
        ("held_is_fixed", "G1"),
        ("term_changes_refused", "G1"),
        ("not_self_service", "G1"),
        ("held_is_fixed", "G2"),
        ("held_is_fixed", "G3"),
        ("not_self_service", "G3"),
    ]


# --- with and without a group ----------------------------------------------------------------------------------------


NO_GROUP = ("no_shared_group", "No change group holds both Silver and Gold.", "")
FIXED = ("held_is_fixed", "Silver allows no changes.", "")
NOT_FOR_CUSTOMERS = ("not_self_service", "No change group opens this move to customers.", "")


@pytest.mark.parametrize(
    ("grouped", "allowed", "by_customer", "expected"),
    [
        (False, "both", False, []),
        (False, "upgrade", False, []),
        (False, "downgrade", False, []),
        (False, "none", False, [FIXED]),
        (True, "both", False, [NO_GROUP]),
        (True, "none", False, [NO_GROUP]),
        (False, "both", True, [NOT_FOR_CUSTOMERS]),
        (False, "none", True, [NOT_FOR_CUSTOMERS]),
        (True, "both", True, [NOT_FOR_CUSTOMERS]),
    ],
)
def test_a_target_that_shares_no_group(
    grouped: bool, allowed: str, by_customer: bool, expected: list[tuple[str, str, str]]
) -> None:
    found = path(grouped=grouped, held={"allowed_changes": allowed}, by_customer=by_customer)
    assert reasons(found) == expected
    assert found.routes == (() if expected else (Route(Rank.UNRANKED),))


@pytest.mark.parametrize(("is_self_service", "by_customer"), list(product([False, True], repeat=2)))
def test_a_group_opens_to_customers_only_where_it_says_so(is_self_service: bool, by_customer: bool) -> None:
    found = path(group(is_self_service=is_self_service), by_customer=by_customer)
    closed = by_customer and not is_self_service
    assert reasons(found) == ([("not_self_service", "G1 is not open to customers.", "G1")] if closed else [])


def test_a_group_is_closed_to_customers_unless_it_says_otherwise() -> None:
    mode = "keep"
    assert not ChangeGroupValue(1, "G1", mode, mode, mode, mode).is_self_service


def test_the_paths_are_those_of_staff_unless_customers_are_asked_for() -> None:
    found = Ladder({HELD: offering(HELD, "Silver"), TARGET: offering(TARGET, "Gold")}, (group(),), frozenset({1}))
    assert [each.is_open for each in found.paths(HELD)] == [True]
    only = found.path(HELD, TARGET)
    assert only is not None
    assert only.is_open


def test_one_group_that_opens_a_target_is_enough_and_only_its_route_stands() -> None:
    opens = group(2)
    found = path(group(change_mode="downgrade"), opens)
    assert (found.routes, found.reasons) == ((Route(Rank.UPGRADE, opens),), ())


# --- what is in reach ------------------------------------------------------------------------------------------------


def targets(*, target_product: int, shares_group: bool, held_in_group: bool = True) -> list[int]:
    pair = {HELD: offering(HELD, "Silver"), TARGET: offering(TARGET, "Gold", product_id=target_product)}
    members = ({HELD: 1} if held_in_group else {}) | ({TARGET: 2} if shares_group else {})
    mode = "both"
    only = ChangeGroupValue(1, "G1", mode, mode, mode, mode, priorities=members)
    return [found.target.id for found in Ladder(pair, (only,)).paths(HELD)]


@pytest.mark.parametrize(
    ("target_product", "shares_group", "held_in_group", "reach"),
    [
        (1, True, True, [TARGET]),
        (1, False, True, [TARGET]),
        (2, True, True, [TARGET]),
        (2, False, True, []),
        (0, False, True, []),
        (2, True, False, []),
        (1, True, False, [TARGET]),
    ],
)
def test_the_targets_are_the_offerings_of_the_product_and_of_the_groups_held(
    target_product: int, shares_group: bool, held_in_group: bool, reach: list[int]
) -> None:
    assert targets(target_product=target_product, shares_group=shares_group, held_in_group=held_in_group) == reach


def test_no_path_leads_back_to_the_offering_itself_or_out_of_reach() -> None:
    found = Ladder({HELD: offering(HELD, "Silver")}, ())
    assert found.paths(HELD) == ()
    assert found.path(HELD, HELD) is None
    assert found.path(HELD, TARGET) is None


def test_the_path_to_one_target_is_that_of_the_target() -> None:
    found = Ladder({key: offering(key, f"O{key}") for key in (1, 4, 2, 3)}, ())
    assert [found.path(HELD, key).target.id for key in (2, 3, 4)] == [2, 3, 4]


def test_the_route_through_one_group_is_that_of_the_group() -> None:
    routes = tuple(Route(Rank.UPGRADE, group(key)) for key in (3, 1, 2))
    found = ChangePath(offering(TARGET, "Gold"), routes)
    assert [route and route.group and route.group.id for route in map(found.route, (1, 2, 3, 4))] == [1, 2, 3, None]


@pytest.mark.parametrize(("products", "has_groups"), [(frozenset(), False), ({1}, True), ({2}, False)])
def test_a_product_has_groups_where_an_offering_of_it_is_in_one(products: frozenset[int], has_groups: bool) -> None:
    assert Ladder({}, (), products).has_groups(1) is has_groups


# --- the route -------------------------------------------------------------------------------------------------------


BASE = group()
CHOICES = [
    ((), False),
    ((Route(Rank.UNRANKED),), False),
    ((Route(Rank.UPGRADE, BASE),), False),
    ((Route(Rank.UPGRADE, BASE), Route(Rank.UPGRADE, group(2))), False),
    ((Route(Rank.UPGRADE, BASE), Route(Rank.UPGRADE, group(2, change_mode="upgrade"))), False),
    ((Route(Rank.UPGRADE, BASE), Route(Rank.UPGRADE, group(2, term_changes="refused"))), False),
    ((Route(Rank.UPGRADE, BASE), Route(Rank.SAME_LEVEL, group(2))), True),
    ((Route(Rank.UPGRADE, BASE), Route(Rank.UPGRADE, group(2, subscribe_mode="create_new"))), True),
    ((Route(Rank.UPGRADE, BASE), Route(Rank.UPGRADE, group(2, quantity_mode="allow_change"))), True),
]


@pytest.mark.parametrize(("routes", "needs_choice"), CHOICES)
def test_a_person_chooses_where_rank_or_terms_of_the_routes_differ(
    routes: tuple[Route, ...], needs_choice: bool
) -> None:
    found = ChangePath(offering(TARGET, "Gold"), routes)
    assert found.is_open is bool(routes)
    assert found.needs_choice is needs_choice
    first = routes[0] if routes and not needs_choice else None
    assert found.default == found.route(None) == first
    assert [found.route(key) for key in (1, 2, 3)] == [
        next((route for route in routes if route.group and route.group.id == key), None) for key in (1, 2, 3)
    ]


def test_terms_count_only_where_a_group_has_them() -> None:
    routes = (Route(Rank.UPGRADE), Route(Rank.UPGRADE, BASE))
    assert ChangePath(offering(TARGET, "Gold"), routes).needs_choice


# --- values of what is stored ----------------------------------------------------------------------------------------


def test_a_mode_of_empty_text_is_the_global_default() -> None:
    defaults = ChangeDefaults(change_mode="downgrade", quantity_mode="keep_same")
    row = ChangeGroup(pk=7, name="Atlas", subscribe_mode="create_new", term_changes="refused", is_self_service=True)
    assert paths.group_value(row, defaults, {HELD: 3}) == ChangeGroupValue(
        id=7,
        name="Atlas",
        change_mode="downgrade",
        subscribe_mode="create_new",
        quantity_mode="keep_same",
        term_changes="refused",
        is_self_service=True,
        priorities={HELD: 3},
    )


@pytest.mark.django_db
def test_an_offering_that_was_never_published_has_no_terms() -> None:
    row = OfferingFactory(sku="NEW", name="New", product=ProductFactory(name="Atlas"), allowed_changes="upgrade")
    assert paths.offering_value(row, None) == OfferingValue(
        id=row.pk,
        sku="NEW",
        name="New",
        kind="plan",
        product_id=row.product_id,
        product_name="Atlas",
        allowed_changes="upgrade",
        is_retired=False,
        revision_id=None,
        license_type="",
        duration="",
    )


@pytest.mark.django_db
def test_the_terms_of_an_offering_are_those_of_its_newest_revision() -> None:
    newest = published(plan=PlanFactory(duration="P1M", license_type="subscription"))
    value = paths.offering_value(newest.offering, newest)
    assert (value.revision_id, value.license_type, value.duration) == (newest.pk, "subscription", "P1M")


def test_what_is_left_out_of_a_value_is_the_least() -> None:
    value = OfferingValue(1, "SKU-1", "Silver", "plan", 1, "Atlas")
    assert (value.allowed_changes, value.is_retired, value.revision_id) == ("both", False, None)
    assert (value.license_type, value.duration) == ("", "")
    assert ChangePath(value) == ChangePath(value, (), ())
    mode = "keep"
    least = ChangeGroupValue(1, "G1", mode, mode, mode, mode)
    assert (least.is_self_service, least.priorities) == (False, {})
    assert Reason("code", "Sentence.").group == ""


# --- reading ---------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_what_is_known_already_is_read_with_its_groups_alone(django_assert_num_queries: Any) -> None:
    atlas = make_group(change_mode="upgrade")
    basic = atlas.offerings.get(sku="BASIC-M")
    known = [paths.offering_value(row, row.revisions.first()) for row in atlas.offerings.select_related("product")]
    other = OfferingFactory()
    with django_assert_num_queries(2):
        found = paths.ladder_of(known)
    assert found == paths.load([basic.pk])
    assert sorted(found.groups[0].priorities.values()) == [10, 20, 30]
    assert found.has_groups(basic.product_id)
    assert not found.has_groups(other.product_id)


@pytest.mark.django_db
def test_offerings_and_groups_are_read_in_the_order_of_the_catalog() -> None:
    product = ProductFactory()
    rows = [
        OfferingFactory(product=product, name=name, position=position)
        for name, position in (("C", 2), ("B", 1), ("A", 1), ("D", 0))
    ]
    for name in ("Second", "First"):
        made = ChangeGroup.objects.create(name=name)
        for priority, row in enumerate(rows):
            made.memberships.create(offering=row, priority=priority)
    found = paths.load([rows[0].pk])
    assert [each.name for each in found.offerings.values()] == ["D", "A", "B", "C"]
    assert [each.name for each in found.groups] == ["First", "Second"]


@pytest.mark.django_db
def test_a_product_without_groups_is_read_without_their_defaults(django_assert_num_queries: Any) -> None:
    make_group()
    row = OfferingFactory()
    with django_assert_num_queries(1):
        found = paths.ladder_of([paths.offering_value(row, None)])
    assert (found.groups, found.grouped_products, list(found.offerings)) == ((), frozenset(), [row.pk])
