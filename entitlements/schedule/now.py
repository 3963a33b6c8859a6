"""A change that is made now, with what it does to what is scheduled: seen before it is confirmed, kept with it."""

import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from django.contrib.auth.models import User
from django.db import OperationalError, transaction
from django.db.models import Q

from config.actors import System
from config.outage import is_away
from entitlements import engine
from entitlements.engine.apply import CONFLICT, Outcome, OutcomeStatus, Result
from entitlements.models import Amendment, Source
from entitlements.models.amendments import PENDING
from entitlements.operations import Operation, Preview
from entitlements.schedule.answers import Later, blocking, compared, digest_of, seen_of
from entitlements.schedule.fold import Planned, fold_order, pending_of
from entitlements.schedule.scheduling import lock_order, settle_later

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class NowAnswer:
    """What came of a change made now: the result of the engine, and what becomes of what is scheduled."""

    result: Result
    later: tuple[Later, ...] = ()


def later_after(previews: Sequence[Preview], *, cancels: Collection[UUID] = ()) -> tuple[Later, ...]:
    """Return what becomes of everything scheduled for the orders of previews; one query where nothing is."""
    pending = pending_of(orders_of(previews))
    return tuple(each for order, planned in pending.items() for each in _later(order, planned, previews, cancels))


def orders_of(previews: Iterable[Preview]) -> set[UUID]:
    """Return the orders that are there, and that previews concern."""
    states = [state for each in previews for move in each.moves for state in (move.before, move.after) if state]
    return {state.order.id for state in states if not state.order.is_new}


def _later(
    order: UUID, planned: Sequence[Planned], previews: Sequence[Preview], cancels: Collection[UUID]
) -> tuple[Later, ...]:
    before = fold_order(order, planned)
    done = [preview for preview in previews if not preview.is_blocked]
    after = fold_order(order, [each for each in planned if each.key not in cancels], first=done)
    return compared(order, before, after, cancels=cancels)


def with_blocking(previews: Iterable[Preview], later: Sequence[Later]) -> list[Preview]:
    """Return previews, each with a problem for what would no longer fit in its orders."""
    found = []
    for preview in previews:
        orders = orders_of([preview])
        found.append(preview.with_problems(blocking(each for each in later if each.order in orders)))
    return found


def seen_later(later: Sequence[Later]) -> str:
    """Return a digest of what a person sees of what is scheduled; empty where nothing is."""
    return digest_of(seen_of(later)) if later else ""


def carry_out(  # noqa: PLR0913 (the facts of an act, and what was seen beside it)
    operation: Operation,
    ids: Sequence[UUID],
    *,
    made_by: User | System,
    source: Source,
    expected: Mapping[UUID, str],
    seen: str,
    cancels: Collection[UUID] = (),
    reason: str = "",
    reference: str = "",
) -> NowAnswer:
    """Carry an operation out as ``engine.apply`` does, together with what the person saw of what is scheduled.

    ``seen`` is the digest of ``seen_later``. Where something else would become of what is scheduled, nothing is
    written and every outcome is stale; where something would no longer fit and is not among ``cancels``, all is
    refused. Two queries more than ``engine.apply`` where nothing is scheduled. Raises ``PermissionDenied``.
    """
    apply = partial(
        engine.apply,
        operation,
        ids,
        made_by=made_by,
        source=source,
        expected=expected,
        reason=reason,
        reference=reference,
    )
    orders = _scheduled_for(operation, ids)
    if not orders and not seen:
        return NowAnswer(apply())
    try:
        return _beside(orders, operation, ids, apply, made_by=made_by, seen=seen, cancels=cancels)
    except OperationalError as error:
        if is_away(error):
            raise
        logger.warning("The database refuses %s beside what is scheduled.", operation.name, exc_info=True)
    refused = [preview.with_problems([CONFLICT]) for preview in engine.preview(operation, ids, made_by=made_by)]
    return NowAnswer(_result(refused, OutcomeStatus.REFUSED))


def _scheduled_for(operation: Operation, ids: Sequence[UUID]) -> list[UUID]:
    """Return the orders with something scheduled that an operation concerns, sorted."""
    named = {key for unit in operation.units(ids) for key in unit}
    concerned = Q(order__entitlements__in=named) | Q(order__in=operation.order_ids(ids))
    found = Amendment.objects.filter(concerned, status__in=PENDING).order_by("order")
    return list(found.values_list("order", flat=True).distinct())


@transaction.atomic
def _beside(
    orders: Iterable[UUID],
    operation: Operation,
    ids: Sequence[UUID],
    apply: Callable[[], Result],
    *,
    made_by: User | System,
    seen: str,
    cancels: Collection[UUID],
) -> NowAnswer:
    for order in orders:
        lock_order(order)
    previews = engine.preview(operation, ids, made_by=made_by)
    later = later_after(previews, cancels=cancels)
    if seen_later(later) != seen:
        return NowAnswer(_result(previews, OutcomeStatus.STALE), later)
    if blocking(later):
        return NowAnswer(_result(with_blocking(previews, later), OutcomeStatus.REFUSED), later)
    result = apply()
    if result.act is not None:
        settle_later(later, made_by=made_by, why="A change was made that it did not fit.")
    return NowAnswer(result, later)


def _result(previews: Iterable[Preview], status: OutcomeStatus) -> Result:
    return Result(None, tuple(Outcome(status, preview) for preview in previews))
