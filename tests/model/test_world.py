"""The model itself, on examples worked by hand from the design."""

from datetime import date, timedelta

import pytest

from tests.model import terms
from tests.model.catalog import (
    BASIC,
    CALLS,
    CONNECTORS,
    FIXED,
    GRACE,
    MONTHLY,
    OVERDRAFT,
    PERPETUAL,
    PLUS,
    SEAT_LIMIT,
    UNLIMITED,
    Value,
    capacity,
)
from tests.model.play import Outcome, can_undo, carry_out
from tests.model.sequences import write_script
from tests.model.steps import (
    ActivateSeats,
    ChangeOffering,
    ChangePart,
    CheckOut,
    CountCalls,
    Create,
    Disable,
    Enable,
    OpenOrder,
    Publish,
    ReleaseSeats,
    Renew,
    RevertOverrides,
    SeatMode,
    Seats,
    SetOverrides,
    SetQuantity,
    Step,
    TermMode,
    Transfer,
    Undo,
    Wait,
)
from tests.model.world import World

TODAY = date(2026, 1, 31)
KEEP = Seats(SeatMode.KEEP)
OLDEST = Seats(SeatMode.OLDEST)


class Table:
    """A world to take steps in."""

    def __init__(self, *steps: Step) -> None:
        self.world = World(TODAY)
        for step in steps:
            assert self.take(step).is_accepted, step

    def take(self, step: Step) -> Outcome:
        self.world, outcome = carry_out(self.world, step)
        return outcome

    def act(self, step: Step) -> int:
        outcome = self.take(step)
        assert outcome.act is not None, outcome.why
        return outcome.act

    def seats(self, key: int = 0) -> str:
        return " ".join(self.world.view(key).seat_ids)


def test_overdraft_percent_is_rounded_down_and_unlimited_is_above_all() -> None:
    cases: tuple[tuple[Value, Value, int | None], ...] = (
        (5, 0, 5),
        (5, 1, 6),
        (5, "50%", 7),
        (1, "99%", 1),
        (5, UNLIMITED, None),
        (UNLIMITED, 0, None),
    )
    for limit, overdraft, expected in cases:
        assert capacity(limit, overdraft) == expected


def test_months_count_from_the_anchor_day() -> None:
    first = terms.add_months(date(2026, 1, 31), 1, anchor_day=31)
    assert first == date(2026, 2, 28)
    assert terms.next_expiry(first, 1, anchor_on=date(2026, 1, 31)) == date(2026, 3, 31)
    assert terms.next_expiry(date(2026, 4, 22), 1, anchor_on=date(2026, 1, 10)) == date(2026, 5, 22)
    assert terms.new_term(date(2028, 2, 29), 12) == date(2029, 2, 28)
    assert terms.new_term(TODAY, None) is None


@pytest.mark.parametrize(("value", "in_force"), [(4, 5), (5, 5), (6, 6), (UNLIMITED, UNLIMITED)])
def test_a_floor_lets_the_standard_rise_above_it(value: Value, in_force: Value) -> None:
    table = Table(Create(0, "fixed"))
    table.take(SetOverrides(0, ((CONNECTORS, value),), floors=(CONNECTORS,)))
    right = table.world.view(0).rights[CONNECTORS]
    assert (right.in_force, right.standard) == (in_force, 5)


def test_a_floor_holds_under_the_next_standard_too() -> None:
    table = Table(Create(0, "fixed"), SetOverrides(0, ((CALLS, 4_000),), floors=(CALLS,)))
    table.take(ChangeOffering(0, "monthly", 1))
    assert table.world.view(0).rights[CALLS].in_force == 4_000
    table.take(ChangeOffering(0, "plus", 1, quantity=2))
    assert table.world.view(0).rights[CALLS].in_force == 5_000
    assert not table.take(SetOverrides(0, ((OVERDRAFT, 1),), floors=(OVERDRAFT,))).is_accepted


def test_overrides_outlive_a_change_of_offering_unless_dropped() -> None:
    table = Table(Create(0, "fixed"), SetOverrides(0, ((SEAT_LIMIT, 9), (CONNECTORS, 2))))
    table.take(ChangeOffering(0, "monthly", 1, dropped=(CONNECTORS,)))
    rights = table.world.view(0).rights
    assert (rights[SEAT_LIMIT].in_force, rights[SEAT_LIMIT].standard) == (9, 3)
    assert (rights[CONNECTORS].in_force, rights[CONNECTORS].override) == (1, None)


def test_a_revision_published_moves_nobody() -> None:
    table = Table(Create(0, "fixed"), Publish("fixed"))
    assert table.world.view(0).revision == 1
    assert not table.take(ChangeOffering(0, "fixed", 1)).is_accepted
    assert table.take(ChangeOffering(0, "fixed", 2)).is_accepted
    assert not table.take(ChangeOffering(0, "fixed", 2)).is_accepted


@pytest.mark.parametrize(
    ("choice", "left"),
    [
        (Seats(), None),
        (KEEP, "a b c d"),
        (OLDEST, "b c d"),
        (Seats(SeatMode.CHOSEN, ("c",)), "a b d"),
        (Seats(SeatMode.CHOSEN, ("a", "c")), "b d"),
    ],
)
def test_seats_that_no_longer_fit(choice: Seats, left: str | None) -> None:
    table = Table(Create(0, "fixed"), ActivateSeats(0, ("a", "b", "c", "d")))
    outcome = table.take(ChangeOffering(0, "monthly", 1, seats=choice))
    assert outcome.is_accepted == (left is not None)
    assert table.seats() == (left or "a b c d")


def test_over_the_limit_only_returns_are_allowed() -> None:
    table = Table(Create(0, "fixed"), ActivateSeats(0, ("a", "b", "c")), CheckOut(0, "a", 5))
    table.take(ChangeOffering(0, "monthly", 1))
    assert not table.take(CheckOut(0, "a", 1)).is_accepted
    assert table.take(CheckOut(0, "a", -4)).is_accepted
    assert not table.take(ActivateSeats(0, ("d",))).is_accepted
    assert table.take(CheckOut(0, "b", 1)).is_accepted


def test_undo_goes_back_to_the_version_before_and_redo_forward() -> None:
    table = Table(Create(0, "fixed"), ActivateSeats(0, ("a", "b", "c", "d")), CountCalls(0, 900))
    before = table.world.view(0)
    change = table.act(ChangeOffering(0, "monthly", 1, seats=OLDEST))
    after = table.world.view(0)
    undo = table.act(Undo(change))
    assert table.world.view(0) == before
    assert not can_undo(table.world, change)
    table.act(Undo(undo))
    assert table.world.view(0) == after


def test_there_and_back_is_another_version() -> None:
    table = Table(Create(0, "fixed"))
    before = table.world.view(0)
    first = table.act(Disable(0))
    second = table.act(Enable(0))
    assert not can_undo(table.world, first)
    table.act(Undo(second))
    table.act(Undo(first))
    assert table.world.view(0) == before
    third = table.act(Disable(0))
    assert can_undo(table.world, third)
    assert not can_undo(table.world, first)


def test_the_second_of_two_acts_is_not_redone_before_the_first() -> None:
    table = Table(Create(0, "fixed"))
    first = table.act(SetOverrides(0, ((CONNECTORS, 7),)))
    second = table.act(SetOverrides(0, ((CONNECTORS, 8),)))
    undone_second = table.act(Undo(second))
    undone_first = table.act(Undo(first))
    assert not can_undo(table.world, undone_second)
    table.act(Undo(undone_first))
    assert can_undo(table.world, undone_second)


def test_the_usage_count_becomes_what_it_was_plus_the_use_since() -> None:
    table = Table(Create(0, "fixed"), CountCalls(0, 900))
    change = table.act(ChangeOffering(0, "monthly", 1))
    assert table.world.view(0).calls == 0
    table.take(CountCalls(0, 50))
    undo = table.act(Undo(change))
    assert table.world.view(0).calls == 950
    table.act(Undo(undo))
    assert table.world.view(0).calls == 50


def test_released_seats_come_back_unless_active_elsewhere_at_the_customer() -> None:
    table = Table(Create(0, "monthly"), ActivateSeats(0, ("a", "b", "c")))
    release = table.act(ReleaseSeats(0, ("a", "b", "c")))
    version = table.world.view(0).version
    table.take(OpenOrder(0))
    for order, seat_id in ((3, "a"), (1, "b")):
        table.take(Create(order, "monthly"))
        table.take(ActivateSeats(len(table.world.entitlements) - 1, (seat_id,)))
    table.act(Undo(release))
    assert table.seats() == "b c"
    assert table.world.view(0).version == version


def test_released_seats_that_find_no_room_ask_again_what_becomes_of_them() -> None:
    table = Table(Create(0, "monthly"), ActivateSeats(0, ("a", "b", "c")))
    release = table.act(ReleaseSeats(0, ("a", "b", "c")))
    table.take(ActivateSeats(0, ("d",)))
    assert not can_undo(table.world, release)
    table.act(Undo(release, OLDEST))
    assert table.seats() == "b c d"


def test_undo_asks_again_what_becomes_of_too_many_seats() -> None:
    table = Table(Create(0, "monthly"))
    change = table.act(ChangeOffering(0, "fixed", 1))
    table.take(ActivateSeats(0, ("a", "b", "c", "d")))
    assert not can_undo(table.world, change)
    table.act(Undo(change, OLDEST))
    assert table.seats() == "b c d"


@pytest.mark.parametrize(
    ("target", "term", "starts_on", "expires_on"),
    [
        ("plus", TermMode.DEFAULT, TODAY, date(2027, 1, 31)),
        ("monthly", TermMode.DEFAULT, date(2026, 2, 10), date(2026, 3, 10)),
        ("monthly", TermMode.KEEP, TODAY, date(2027, 1, 31)),
        ("plus", TermMode.RESTART, date(2026, 2, 10), date(2027, 2, 10)),
        ("plus", TermMode.RESTART_AND_ADD, date(2026, 2, 10), date(2027, 2, 10) + timedelta(days=355)),
        ("perpetual", TermMode.DEFAULT, date(2026, 2, 10), None),
        ("perpetual", TermMode.KEEP, TODAY, None),
    ],
)
def test_the_term_of_a_change(target: str, term: TermMode, starts_on: date, expires_on: date | None) -> None:
    table = Table(Create(0, "basic", 2), Wait(10))
    table.act(ChangeOffering(0, target, 1, term=term))
    view = table.world.view(0)
    assert (view.starts_on, view.expires_on) == (starts_on, expires_on)


@pytest.mark.parametrize(
    ("days", "expires_on"),
    [
        (27, date(2026, 3, 31)),
        (28, date(2026, 3, 31)),
        (28 + GRACE.days - 1, date(2026, 3, 31)),
        (28 + GRACE.days, date(2026, 4, 7)),
    ],
)
def test_renewal_until_the_grace_is_over_and_after_it(days: int, expires_on: date) -> None:
    table = Table(Create(0, "monthly"), Wait(days), Renew(0))
    assert table.world.view(0).expires_on == expires_on
    assert not Table(Create(0, "perpetual")).take(Renew(0)).is_accepted


def test_create_new_ends_the_old_and_undo_reopens_it_with_the_use_since() -> None:
    table = Table(Create(0, "fixed"), ActivateSeats(0, ("a", "b")), CheckOut(0, "a", 2), CountCalls(0, 100))
    before = table.world.view(0)
    table.take(Wait(3))
    change = table.act(ChangeOffering(0, "monthly", 1, term=TermMode.CREATE_NEW))
    new = table.world.view(1)
    assert (table.world.view(0).ended_on, table.seats(0)) == (table.world.today, "")
    assert (new.order, new.seat_ids, new.checked_out, new.calls) == (0, ("a", "b"), {"a": 2}, 0)
    table.take(CountCalls(1, 7))
    undo = table.act(Undo(change))
    reopened = table.world.view(0)
    assert (reopened.version, reopened.ended_on, reopened.calls) == (before.version, None, 107)
    assert (table.world.view(1).ended_on, table.seats(0)) == (table.world.today, "a b")
    table.act(Undo(undo))
    assert (table.world.view(1).version, table.world.view(1).calls) == (new.version, 7)
    table.take(SetOverrides(1, ((CONNECTORS, 7),)))
    assert not can_undo(table.world, change)


def test_a_part_is_an_entitlement_of_its_own_and_undo_joins_it_again() -> None:
    table = Table(Create(0, "basic", 5), ActivateSeats(0, ("a", "b", "c", "d")), CountCalls(0, 10))
    before = table.world.view(0)
    change = table.act(ChangePart(0, "plus", 1, 2))
    rest, part = table.world.view(0), table.world.view(1)
    assert (rest.quantity, rest.offering, rest.seat_ids, rest.calls) == (3, "basic", ("c", "d"), 10)
    assert (part.quantity, part.offering, part.seat_ids, part.calls) == (2, "plus", ("a", "b"), 0)
    assert (part.customer, part.expires_on, part.capacity) == (rest.customer, rest.expires_on, 3)
    assert part.order not in (0, 1, 2)
    table.act(Undo(change))
    assert table.world.view(0) == before
    assert table.world.view(1).ended_on == TODAY


def test_a_part_takes_the_seats_chosen() -> None:
    table = Table(Create(0, "basic", 4), ActivateSeats(0, ("a", "b", "c")))
    assert not table.take(ChangePart(0, "plus", 1, 1, seats=Seats(SeatMode.CHOSEN, ("b", "c")))).is_accepted
    assert not table.take(ChangePart(0, "plus", 1, 4)).is_accepted
    table.act(ChangePart(0, "plus", 1, 2, seats=Seats(SeatMode.CHOSEN, ("b",))))
    assert (table.seats(0), table.seats(1)) == ("a c", "b")


def test_a_part_that_moved_on_is_not_joined() -> None:
    table = Table(Create(0, "basic", 5))
    change = table.act(ChangePart(0, "plus", 1, 2))
    table.act(SetQuantity(1, 3))
    assert not can_undo(table.world, change)


def test_transfer_takes_seats_and_use_along_or_releases_the_seats() -> None:
    table = Table(Create(0, "fixed"), ActivateSeats(0, ("a",)), CheckOut(0, "a", 1), CountCalls(0, 5))
    before = table.world.view(0)
    along = table.act(Transfer(0, 1))
    view = table.world.view(0)
    assert (view.order, view.customer, view.seat_ids, view.calls) == (1, 1, ("a",), 5)
    table.act(Undo(along))
    assert table.world.view(0) == before
    released = table.act(Transfer(0, 2, releases_seats=True))
    assert table.seats() == ""
    table.act(Undo(released))
    assert table.world.view(0) == before


def test_an_order_holds_one_open_plan() -> None:
    table = Table(Create(0, "fixed"), Create(1, "monthly"), OpenOrder(0))
    assert not table.take(Create(0, "monthly")).is_accepted
    assert not table.take(Transfer(0, 0)).is_accepted
    assert not table.take(Transfer(0, 1)).is_accepted
    transfer = table.act(Transfer(0, 3))
    create = table.act(Create(0, "monthly"))
    assert not can_undo(table.world, transfer)
    table.act(Undo(create))
    assert can_undo(table.world, transfer)


def test_reverting_and_setting_quantities_ask_for_seats() -> None:
    table = Table(Create(0, "basic", 2), SetOverrides(0, ((SEAT_LIMIT, 3),)), ActivateSeats(0, ("a", "b", "c")))
    assert not table.take(RevertOverrides(0, (SEAT_LIMIT,))).is_accepted
    assert table.take(SetQuantity(0, 1)).is_accepted
    table.act(RevertOverrides(0, (SEAT_LIMIT,), OLDEST))
    assert table.seats() == "c"


def test_a_seed_always_gives_the_same_sequence() -> None:
    for seed in range(20):
        script = write_script(seed)
        assert script == write_script(seed)
        assert 5 <= len(script.steps) <= 25
        assert isinstance(script.steps[0], Create)


def test_sequences_keep_one_open_plan_an_order_and_every_seat_once() -> None:
    for seed in range(100):
        script = write_script(seed)
        world = World(script.today)
        for step in script.steps:
            world, _ = carry_out(world, step)
            assert all(len(world.open_in(order)) <= 1 for order in world.orders), (seed, step)
            serials = [seat.serial for each in world.entitlements.values() for seat in each.seats]
            assert len(serials) == len(set(serials)), (seed, step)


def test_the_five_offerings_differ_in_how_they_are_sold() -> None:
    kinds = [(each.is_per_quantity, each.months) for each in (BASIC, PLUS, FIXED, MONTHLY, PERPETUAL)]
    assert kinds == [(True, 12), (True, 12), (False, 12), (False, 1), (False, None)]
