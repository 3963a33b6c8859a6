"""What the moves of a preview make due: which states are one sale. Pure."""

from collections.abc import Iterable, Sequence
from datetime import date
from uuid import UUID

from entitlements.billing.due import NOTHING_BILLED, Billed, DueMemo, Sale, concerns_billed, due
from entitlements.billing.money import Money
from entitlements.billing.starts import CONTRACT_EFFECTIVE, Starts
from entitlements.operations.preview import Move
from entitlements.state import State
from offerings.models import OfferingKind


def money_of(
    moves: Sequence[Move],
    *,
    on: date,
    billed: Billed = NOTHING_BILLED,
    memo: DueMemo | None = None,
    starts: Starts = CONTRACT_EFFECTIVE,
) -> Money | None:
    """Return what moves make due on a day; ``billed`` is what earlier changes made due. ``None`` where nothing is.

    ``memo`` shares what is the same for many of a batch. ``starts`` says which charges start later than the day.
    """
    return due(sales_of(moves), on=on, billed=billed, memo=memo, starts=starts)


def billed_by(moves: Iterable[Move], *, on: date) -> list[State]:
    """Return the states of which it matters what was made due before: those billed for what moves now."""
    sales = sales_of(moves)
    return [sale.before for sale in sales if sale.before is not None and concerns_billed(sale, on=on)]


def sales_of(moves: Iterable[Move]) -> list[Sale]:
    """Return what is sold before and after each move. What ends and what takes its place are one sale.

    That is what a move says it goes on from, and the plan that ends in the order where another one of its product comes
    or opens again.
    """
    found = list(moves)
    gone = {move.id: move for move in found if _is_open(move.before) and not _is_open(move.after)}
    sales = []
    for move in [each for each in found if each.id not in gone]:
        old = None if _is_open(move.before) else _replaced(move, gone)
        if old is None:
            sales.append(Sale(move.before, move.after, (move.continues,) if move.continues else ()))
        else:
            del gone[old.id]
            sales.append(Sale(old.before, move.after, (move.before,) if move.before else ()))
    return [*sales, *(Sale(move.before, move.after) for move in gone.values())]


def _is_open(state: State | None) -> bool:
    return state is not None and state.ended_on is None


def _replaced(move: Move, gone: dict[UUID, Move]) -> Move | None:
    """Return the move that ends what the move of a new or reopened entitlement takes the place of."""
    if move.continues is not None and move.continues.id in gone:
        return gone[move.continues.id]
    if move.after.revision.kind != OfferingKind.PLAN:
        return None
    place = move.after.order.id, move.after.revision.product_id, move.after.revision.kind
    for other in gone.values():
        was = other.before
        if was is not None and (was.order.id, was.revision.product_id, was.revision.kind) == place:
            return other
    return None
