"""An entitlement that ends, and the new one that takes its place in the same order: one act, two changes.

Pure, but for the one query that ``crowded`` makes.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

from entitlements.models import Entitlement
from entitlements.operations.previews import Preview, Remark, conclude
from entitlements.operations.terms import TermOutcome, order_problems, started, starts_on_creation
from entitlements.state import NOTHING, UNBORN, RevisionValue, SeatValue, State
from offerings.models import OfferingKind

CREATES_NEW = Remark(
    "creates_new", "This entitlement ends today, and a new one starts in the same order. Seats go over to it.", "term"
)


def successor_of(after: State, *, today: date, at: datetime) -> TermOutcome:
    """Return the new entitlement: kept overrides, quantity and seats go over, counters start at 0.

    Its term starts today where the old one was running, or where its plan starts on creation.
    """
    fresh = replace(
        after,
        counters=NOTHING,
        starts_on=None,
        standard_expires_on=None,
        standard_maintenance_expires_on=None,
        activated_at=None,
    )
    if after.is_activated or starts_on_creation(after.revision):
        fresh = started(fresh, today=today, at=at).settled()
    return TermOutcome(fresh, tuple(order_problems(fresh)))


def succeeded(found: Preview, *, seats: Sequence[SeatValue], today: date) -> Preview:
    """Return the preview of a move as the end of one entitlement and the start of its successor."""
    before = found.before
    if before is None:
        return found
    gone = {seat.id for seat in found.release}
    born = replace(found.after, id=UNBORN, version=0, sequence=0)
    successor = replace(conclude(found.operation, None, born, memo=found.memo), path=found.path)
    ended = replace(before, ended_on=today, seats_used=0, seat_uses={})
    return replace(
        found,
        after=ended,
        successor=successor,
        handed=tuple(seat for seat in seats if seat.id not in gone),
        warnings=(CREATES_NEW, *found.warnings),
    )


def crowded(states: Sequence[State], target: RevisionValue) -> frozenset[UUID]:
    """Return the entitlements whose order would hold two open plans for the target's product.

    No query within one product, else one.
    """
    moving = [state for state in states if state.revision.product_id != target.product_id and state.ended_on is None]
    if not moving or target.kind != OfferingKind.PLAN:
        return frozenset()
    counts = Counter(state.order.id for state in moving)
    others = Entitlement.objects.filter(order__in=list(counts), product=target.product_id, kind=target.kind)
    orders = set(others.filter(ended_on=None).values_list("order", flat=True))
    return frozenset(state.id for state in moving if state.order.id in orders or counts[state.order.id] > 1)


def crowded_problems(state: State, target: RevisionValue, found: frozenset[UUID]) -> list[Remark]:
    """Return a problem where the order would hold two plans for the target's product."""
    if state.id not in found:
        return []
    message = f"This order would hold two plans for {target.product_name}. End the other one first."
    return [Remark("has_plan_already", message, "target")]
