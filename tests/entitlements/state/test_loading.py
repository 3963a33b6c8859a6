"""Reading states: every column and table, what is not there, and the number of queries."""

from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from changegroups.models import ChangeGroup, Membership
from entitlements.models import Customer, Order, Seat
from entitlements.operations import ChangeTerms, SetOverrides
from entitlements.state import (
    OrderValue,
    OverrideValue,
    SeatValue,
    active_seats,
    load,
    load_alone,
    load_with_orders,
    orders_by_id,
    revisions_by_id,
    seat_value,
)
from offerings.revisions import publish
from tests.add_ons import offer_add_on
from tests.cast import KEEP, NOW, START, TODAY, Cast, day
from tests.entitlements.values import KEY, state


def test_a_state_holds_every_column_and_table(cast: Cast) -> None:
    held = cast.entitle("gold_seats", quantity=9, seats=2)
    cast.do(ChangeTerms(as_of=TODAY, expires_on=day("2027-06-01")), [held.pk], reason="Agreed")
    cast.do(SetOverrides(as_of=TODAY, values={"overdraft": "1"}, seats=KEEP), [held.pk], reason="Agreed")
    cast.use(held, "api_calls", 41)
    first, second = Seat.objects.filter(entitlement=held).order_by("activated_at")
    cast.use(held, "dashboards", 2, seat=first)
    cast.use(held, "connectors", 3, seat=first)
    cast.use(held, "dashboards", 1, seat=second)
    held.refresh_from_db()
    [found] = load([held.pk])
    assert (found.id, found.version, found.sequence) == (held.pk, held.version, held.sequence)
    assert (found.version, found.sequence) == (3, 3)
    assert (found.order.id, found.revision.id, found.quantity) == (held.order_id, held.revision_id, 9)
    assert (found.starts_on, found.standard_expires_on) == (day("2026-03-01"), day("2027-03-01"))
    assert (found.standard_maintenance_expires_on, found.ended_on, found.disabled_at) == (None, None, None)
    assert (found.activated_at, found.seats_used) == (START, 2)
    assert found.counters == {"feature.api_calls": 41}
    floor = SetOverrides(as_of=TODAY, values={"seat_limit": 20}, floors=("seat_limit",))
    cast.do(floor, [held.pk], reason="Agreed")
    [later] = load([held.pk])
    assert later.overrides["seat_limit"].is_floor
    assert found.seat_uses == {
        first.pk: {"feature.dashboards": 2, "feature.connectors": 3},
        second.pk: {"feature.dashboards": 1},
    }
    person = cast.operations
    assert found.overrides == {
        "expires_on": OverrideValue("2027-06-01", NOW, person.pk, person.username, "Agreed"),
        "overdraft": OverrideValue("1", NOW, person.pk, person.username, "Agreed"),
    }


def test_what_an_entitlement_has_nothing_of_is_empty(cast: Cast) -> None:
    cast.use(cast.entitle(overrides={"seat_limit": 9}), "api_calls", 41)
    [found] = load([cast.entitle().pk])
    assert (found.overrides, found.counters, found.seat_uses) == ({}, {}, {})


def test_states_stand_in_the_order_of_their_keys_and_unknown_ones_are_left_out(cast: Cast) -> None:
    keys = [cast.entitle().pk for _ in range(3)]
    assert [each.id for each in load([*reversed(keys), KEY])] == sorted(keys)
    assert load(iter([])) == []


@pytest.mark.parametrize("lock", [False, True])
def test_any_number_of_states_takes_as_many_queries(cast: Cast, django_assert_num_queries: Any, lock: bool) -> None:
    keys = [cast.entitle(overrides={"seat_limit": 9}).pk for _ in range(3)]
    for count in (1, 3):
        with django_assert_num_queries(4):
            load_with_orders(keys[:count], on=TODAY, lock=lock)
        with django_assert_num_queries(4):
            load_alone(keys[:count], lock=lock)


@pytest.mark.parametrize(("lock", "queries"), [(False, 5), (True, 6)])
def test_add_ons_take_one_query_more_and_the_lock_of_their_plans_another(
    cast: Cast, django_assert_num_queries: Any, lock: bool, queries: int
) -> None:
    plans = [cast.entitle(overrides={"seat_limit": 9}) for _ in range(3)]
    name = cast.add_on()
    keys = [cast.entitle(name, order=plan.order_id).pk for plan in plans]
    for asked in (keys[:1], keys, [plans[0].pk], [*keys, *(plan.pk for plan in plans)]):
        with django_assert_num_queries(queries):
            load_with_orders(asked, on=TODAY, lock=lock)


def test_a_plan_knows_what_its_add_ons_add_and_what_is_open_beside_it(cast: Cast) -> None:
    plan, other = cast.entitle("silver_annual"), cast.entitle("gold_annual")
    pack = offer_add_on(cast, "pack", extra_seats=4, seats_sold="per_quantity")
    added = cast.entitle(pack, order=plan.order_id, quantity=3)
    loaded = load_with_orders([plan.pk, other.pk], on=TODAY, order_ids=[other.order_id])
    by_id = {each.id: each for each in loaded.states}
    assert (by_id[plan.pk].seat_limit, by_id[plan.pk].own_seat_limit, by_id[other.pk].added) == (17, 5, ())
    assert [(each.entitlement, each.name) for each in by_id[plan.pk].added] == [(added.pk, "Pack annual")]
    held = {place: {each.id for each in members} for place, members in loaded.held.items()}
    assert held == {
        (plan.order_id, cast.atlas.pk): {plan.pk, added.pk},
        (other.order_id, cast.atlas.pk): {other.pk},
    }
    assert load_with_orders([other.pk], on=TODAY).held == {}


@pytest.mark.parametrize("lock", [False, True])
def test_the_bare_rows_are_locked_where_that_is_asked(cast: Cast, lock: bool) -> None:
    key = cast.entitle().pk
    with CaptureQueriesContext(
        connection,
    ) as queries:
        load_alone([key], lock=lock)
    first = queries.captured_queries[0]["sql"]
    can_lock = connection.features.has_select_for_update
    assert ("FOR NO KEY UPDATE" in first) is (lock and can_lock)
    assert "ORDER BY" in first


def test_overrides_cost_no_query_of_their_own(cast: Cast, django_assert_num_queries: Any) -> None:
    key = cast.entitle().pk
    with django_assert_num_queries(4):
        load([key])


def test_revisions_asked_for_come_beside_those_of_the_states(cast: Cast) -> None:
    held, asked = cast.entitle(), cast.revision("gold_annual").pk
    loaded = load_with_orders([held.pk], on=TODAY, revision_ids=[asked, 0])
    assert set(loaded.revisions) == {held.revision_id, asked}
    assert loaded.states[0].revision is loaded.revisions[held.revision_id]


# --- orders ----------------------------------------------------------------------------------------------------------


def test_orders_come_with_their_customers(cast: Cast, django_assert_num_queries: Any) -> None:
    one, two = cast.entitle(), cast.entitle()
    Order.objects.filter(pk=one.order_id).update(order_reference="SO-77")
    Customer.objects.filter(pk=two.order.customer_id).update(disabled_at=NOW)
    with django_assert_num_queries(1):
        found = orders_by_id(iter([one.order_id, two.order_id, KEY]))
    assert found == {
        one.order_id: OrderValue(one.order_id, one.order.customer_id, one.order.customer.name, "SO-77"),
        two.order_id: OrderValue(
            two.order_id,
            two.order.customer_id,
            two.order.customer.name,
            two.order.order_reference,
            is_customer_disabled=True,
        ),
    }


# --- revisions -------------------------------------------------------------------------------------------------------


def test_a_revision_comes_with_what_its_offering_says_today(cast: Cast, django_assert_num_queries: Any) -> None:
    first = cast.revision("silver_annual")
    offering = cast.offerings["silver_annual"]
    offering.name, offering.seat_limit = "Silver, renamed", 6
    offering.save()
    publish([offering], published_by=None, published_by_name="tests")
    offering.retired_at = NOW
    offering.allowed_changes = "upgrade"
    offering.save()
    gold = cast.revision("gold_seats")
    with django_assert_num_queries(1):
        found = revisions_by_id(iter([first.pk, gold.pk, 0]))
    assert set(found) == {first.pk, gold.pk}
    silver = found[first.pk]
    assert (silver.id, silver.number, silver.newest_number) == (first.pk, 1, 2)
    assert (silver.offering_id, silver.sku, silver.offering_name) == (offering.pk, "SILVER-ANNUAL", "Silver annual")
    assert (silver.product_id, silver.product_name, silver.kind) == (cast.atlas.pk, "Atlas Analytics", "plan")
    assert (silver.is_retired, silver.allowed_changes, silver.has_change_groups) == (True, "upgrade", False)
    assert (silver.sheet, silver.prices) == (first.sheet, tuple(first.prices))
    assert (silver.terms.license_type, silver.terms.duration) == ("subscription", "P1Y")
    assert silver.prices
    per_seat = found[gold.pk]
    assert (per_seat.is_retired, per_seat.allowed_changes, per_seat.newest_number) == (False, "both", 1)
    assert per_seat.is_per_quantity


def test_a_product_has_groups_as_soon_as_one_of_its_offerings_is_in_one(cast: Cast) -> None:
    silver, support = cast.revision("silver_annual").pk, cast.revision(cast.add_on()).pk
    assert not any(each.has_change_groups for each in revisions_by_id([silver, support]).values())
    group = ChangeGroup.objects.create(name="Atlas")
    Membership.objects.create(group=group, offering=cast.offerings["gold_annual"], priority=1)
    assert all(each.has_change_groups for each in revisions_by_id([silver, support]).values())


# --- seats -----------------------------------------------------------------------------------------------------------


def test_active_seats_stand_with_the_earliest_first(cast: Cast, django_assert_num_queries: Any) -> None:
    one, two = cast.entitle(seats=3), cast.entitle(seats=1)
    cast.entitle(seats=1)
    rows = list(Seat.objects.filter(entitlement=one).order_by("-activated_at"))
    Seat.objects.filter(pk=rows[0].pk).update(released_at=NOW)
    Seat.objects.filter(pk=rows[1].pk).update(is_offline=True)
    uses = {rows[1].pk: {"feature.dashboards": 2}}
    states = [state(id=one.pk, seat_uses=uses), state(id=two.pk), state(id=UUID(int=9))]
    with django_assert_num_queries(1):
        found = active_seats(iter(states))
    assert set(found) == {one.pk, two.pk}
    assert found[one.pk] == (
        SeatValue(
            rows[2].pk,
            rows[2].seat_id,
            "device-0",
            rows[2].activated_at,
            rows[2].lease_expires_at,
            rows[2].last_refresh_at,
        ),
        SeatValue(
            rows[1].pk,
            rows[1].seat_id,
            "device-1",
            rows[1].activated_at,
            rows[1].lease_expires_at,
            rows[1].last_refresh_at,
            is_offline=True,
            checked_out={"feature.dashboards": 2},
        ),
    )
    with django_assert_num_queries(0):
        assert active_seats([]) == {}


def test_a_seat_that_was_activated_later_stands_later_whatever_its_key(cast: Cast) -> None:
    held = cast.entitle(seats=2)
    first, second = Seat.objects.filter(entitlement=held).order_by("pk")
    Seat.objects.filter(pk=first.pk).update(activated_at=NOW)
    assert [each.id for each in active_seats([state(id=held.pk)])[held.pk]] == [second.pk, first.pk]


def test_seats_of_the_same_moment_stand_in_the_order_of_their_keys(cast: Cast) -> None:
    held = cast.entitle(seats=3)
    Seat.objects.filter(entitlement=held).update(activated_at=START)
    found = [each.id for each in active_seats([state(id=held.pk)])[held.pk]]
    assert found == sorted(found)


def test_a_seat_row_is_a_value(cast: Cast) -> None:
    held = cast.entitle(seats=1)
    Seat.objects.update(is_offline=True)
    row = Seat.objects.get(entitlement=held)
    [expected] = active_seats([state(id=held.pk, seat_uses={row.pk: {"feature.dashboards": 2}})])[held.pk]
    assert seat_value(row, checked_out={"feature.dashboards": 2}) == expected
    assert seat_value(row).checked_out == {}
