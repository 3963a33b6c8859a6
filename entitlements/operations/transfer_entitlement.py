"""Move entitlements to another order, of the same customer or of another one."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from entitlements.operations.add_ons import still_beside, units_among
from entitlements.operations.add_ons_beside import units_with_add_ons
from entitlements.operations.base import Operation, Unit, World, blockers, label
from entitlements.operations.one_plan import open_plans, place_of, plan_problems
from entitlements.operations.parts import RELEASE, releases_beyond_need
from entitlements.operations.preview import Move, Preview, PreviewWarning, Problem, refused
from entitlements.operations.seats import KEEP, SeatChoice, SeatMode, seats_to_choose_from, settle, without_seats
from entitlements.operations.words import Words
from entitlements.state import OrderValue, Revisions, State, orders_by_id

SEATS = (SeatMode.KEEP, SeatMode.RELEASE_CHOSEN, SeatMode.RELEASE_ALL)
UNKNOWN_ORDER = Problem("unknown_order", "There is no such order. Choose one from the list.", "order_id")


@dataclass(frozen=True, slots=True)
class TransferWorld(World):
    """The world with the order to come into; ``None`` where it does not exist."""

    order: OrderValue | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferEntitlement(Operation):
    """Move to the order ``order_id``. Overrides, term, counters and what is checked out stay as they are.

    The open add-ons of a plan go along with it: they are nothing without it.

    Seats go along, or are released where ``seats`` says so. The log of the old order and customer keeps what it had.
    """

    name: ClassVar[str] = "transfer_entitlement"
    permission: ClassVar[str] = "entitlements.transfer_entitlement"
    may_wait: ClassVar[bool] = False
    words: ClassVar[Words] = Words(
        title="Transfer",
        submit="Transfer",
        done="Transferred",
        verb="transferred",
        icon="arrow-right",
        tone="info",
        intro="Moves the entitlement to another order. Its activation codes become those of that order.",
    )

    order_field: ClassVar[str] = "order_id"

    order_id: UUID = field(metadata=label("Order", choose="order"))
    seats: SeatChoice = field(default=KEEP, metadata=label("Seats in use", modes=SEATS))

    def units(self, ids: Sequence[UUID]) -> list[Unit]:
        """Return each plan with its open add-ons, and every other entitlement alone; one query."""
        return units_with_add_ons(ids)

    def units_among(self, ids: Sequence[UUID], states: Sequence[State]) -> list[Unit]:
        """Return what ``units`` does, of states that are not written yet. Pure."""
        return units_among(ids, states)

    def order_ids(self, ids: Sequence[UUID]) -> tuple[UUID, ...]:
        """Return the order to come into."""
        return (self.order_id,)

    def load(self, states: Sequence[State], *, at: datetime, revisions: Revisions) -> TransferWorld:
        """Read the order, its plans and the seats that may go; four queries at most."""
        order = orders_by_id([self.order_id]).get(self.order_id)
        coming = [replace(state, order=order) for state in states if order and state.order.id != order.id]
        return TransferWorld(
            at=at,
            seats=seats_to_choose_from([(state, False) for state in states], self.seats),
            plans=open_plans(place_of(state) for state in coming),
            order=order,
        )

    def parts(self, preview: Preview, world: TransferWorld) -> set[str]:
        """Return the permission to release seats where some go that may stay. Pure."""
        return {RELEASE} if any(map(releases_beyond_need, preview.moves)) else set()

    def preview_moves(self, states: Sequence[State], world: TransferWorld) -> Preview:
        """Return what the transfer would do. Pure."""
        before, *beside = states
        add_ons = still_beside(before, beside)
        if world.order is None:
            return refused(self, states, [*blockers(before), UNKNOWN_ORDER])
        active = world.seats.get(before.id, ())
        settlement = settle(before, active, self.seats, in_use=before.seats_used, must_fit=False)
        after = without_seats(replace(before, order=world.order), settlement.released)
        moves = (
            Move(before, after, released=settlement.released, memo=world.memo),
            *(Move(each, replace(each, order=world.order), memo=world.memo) for each in add_ons),
        )
        problems = [*blockers(before), *settlement.problems, *plan_problems(moves, world.plans, field="order_id")]
        if world.order.id == before.order.id:
            message = "This entitlement is in this order already. Choose another one."
            problems.append(Problem("same_order", message, "order_id"))
        warnings = [*_customer_warnings(before, world.order), *_add_on_warnings(add_ons)]
        return Preview(self, moves, tuple(problems), tuple(warnings))


def _customer_warnings(before: State, order: OrderValue) -> list[PreviewWarning]:
    """Return what to know of another customer: it holds the entitlement from now on."""
    if order.customer_id == before.order.customer_id:
        return []
    message = f"From now on {order.customer_name} holds this entitlement, and {before.order.customer_name} does not."
    return [PreviewWarning("other_customer", message, "order_id")]


def _add_on_warnings(add_ons: Sequence[State]) -> list[PreviewWarning]:
    """Return what to know of the add-ons of a plan: they go along."""
    if not add_ons:
        return []
    names = ", ".join(each.revision.offering_name for each in add_ons)
    return [PreviewWarning("add_ons_go_along", f"What is sold beside this plan goes along: {names}.", "order_id")]
