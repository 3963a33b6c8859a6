"""The preview of an operation on one entitlement that may lower its capacity."""

from collections.abc import Sequence

from entitlements.operations.base import Operation, World, blockers
from entitlements.operations.preview import Move, Preview, Problem
from entitlements.operations.seats import SeatChoice, may_overflow, settle, without_seats
from entitlements.operations.terms import order_problems
from entitlements.state import State


def settled_preview(
    operation: Operation, before: State, after: State, world: World, *, seats: SeatChoice, problems: Sequence[Problem]
) -> Preview:
    """Return the preview with the seats settled, and with the problems that every such operation has."""
    active = world.seats.get(before.id, ())
    settlement = settle(after, active, seats, in_use=before.seats_used, must_fit=may_overflow(before, after))
    after = without_seats(after, settlement.released)
    move = Move(before, after, released=settlement.released, memo=world.memo)
    found = [*blockers(before), *problems, *order_problems(after), *settlement.problems]
    if not found and move.is_unchanged:
        found = [Problem("nothing_to_change", "Nothing would change. Enter another value.")]
    return Preview(operation, (move,), tuple(found), settlement.warnings)
