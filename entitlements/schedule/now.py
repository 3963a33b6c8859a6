"""A change that is made now, with what it does to what is scheduled: seen before it is confirmed, kept with it."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import Q

from config.actors import System
from config.digests import digest_of_seen
from entitlements import engine
from entitlements.engine.apply import CONFLICT, Outcome, OutcomeStatus, Result
from entitlements.engine.approval import without_approval
from entitlements.engine.scopes import Scope
from entitlements.models import Act, Amendment, Source
from entitlements.models.amendments import PENDING
from entitlements.operations import Operation, Preview, Problem, UndoAct
from entitlements.schedule.agreed import to_propose
from entitlements.schedule.answers import Later, Verdict, blocking, changing, compared, seen_of, touched_by
from entitlements.schedule.attempts import Overtaken, in_transaction
from entitlements.schedule.fold import fold_orders
from entitlements.schedule.locking import lock_orders
from entitlements.schedule.planned import pending_of
from entitlements.schedule.scheduling import PERMISSION, settle_later
from entitlements.schedule.undone import record_undo

MAY_NOT_CANCEL = Problem("may_not_cancel", "You may not cancel what is scheduled. Ask somebody who may.", "cancels")


class SomethingWaits(Exception):
    """Something is scheduled for an order, so that a change made now has to be looked at beside it."""


@dataclass(frozen=True, slots=True)
class NowAnswer:
    """What came of a change made now: the result of the engine, and what becomes of what is scheduled."""

    result: Result
    later: tuple[Later, ...] = ()


def later_after(
    previews: Sequence[Preview], *, cancels: Collection[UUID] = (), keeps: Collection[UUID] = ()
) -> tuple[Later, ...]:
    """Return what becomes of everything scheduled for the orders of previews; one query where nothing is.

    The number of queries is constant for any number of orders.
    """
    if not (pending := pending_of(orders_of(previews))):
        return ()
    done: dict[UUID, list[Preview]] = {order: [] for order in pending}
    for preview in previews:
        for order in () if preview.is_blocked else orders_of([preview]) & set(pending):
            done[order].append(preview)
    left = {order: [each for each in planned if each.key not in cancels] for order, planned in pending.items()}
    before, after = fold_orders(pending), fold_orders(left, first=done)
    found = (
        compared(order, before[order], after[order], cancels=cancels, keeps=keeps, touched=touched_by(done[order]))
        for order in pending
    )
    return tuple(each for later in found for each in later)


def orders_of(previews: Iterable[Preview]) -> set[UUID]:
    """Return the orders that are there, and that previews concern."""
    states = [state for each in previews for move in each.moves for state in (move.before, move.after) if state]
    return {state.order.id for state in states if not state.order.is_new}


def with_blocking(
    previews: Iterable[Preview], later: Sequence[Later], *, made_by: User | System | None = None
) -> list[Preview]:
    """Return previews, each with a problem for what would no longer fit in its orders.

    With ``made_by`` also for what of it the person would have to propose.
    """
    found = []
    for preview in previews:
        orders = orders_of([preview])
        concerned = [each for each in later if each.order in orders]
        found.append(preview.with_problems([*blocking(concerned), *to_propose(concerned, made_by)]))
    return found


def seen_later(later: Sequence[Later]) -> str:
    """Return a digest of what a person sees of what is scheduled; empty where nothing is."""
    return digest_of_seen(seen_of(later)) if later else ""


def with_said(
    previews: Iterable[Preview], later: Sequence[Later], *, made_by: User | System | None = None
) -> list[Preview]:
    """Return previews for many at once, each with what becomes of what is scheduled in its orders, in sentences.

    What would no longer fit is a problem, what would do something else a warning: nobody looks at each.
    """
    found = []
    for preview in with_blocking(previews, later, made_by=made_by):
        orders = orders_of([preview])
        said = changing(each for each in later if each.order in orders)
        found.append(replace(preview, warnings=(*preview.warnings, *said)) if said else preview)
    return found


def preview_many(
    operation: Operation, ids: Sequence[UUID] = (), *, made_by: User | System, scope: Scope | None = None
) -> list[Preview]:
    """Return the previews of ``carry_out_many``. Writes nothing; constant queries."""
    previews = engine.preview(operation, ids, made_by=made_by, scope=scope)
    return with_said(previews, later_after(previews), made_by=made_by)


def carry_out_many(  # noqa: PLR0913 (the facts of an act of many)
    operation: Operation,
    ids: Sequence[UUID] = (),
    *,
    made_by: User | System,
    source: Source,
    reason: str = "",
    reference: str = "",
    part_of: Act | None = None,
    scope: Scope | None = None,
    act_id: UUID | None = None,
) -> Result:
    """Carry an operation out on many, of whom nobody looks at each, as ``preview_many`` says.

    Entitlements are refused where something scheduled for their order would no longer fit. What would do something
    else is kept as that, and the outcomes warn of it. One query more than ``engine.apply`` where nothing is scheduled.
    Raises ``PermissionDenied``.
    """
    facts: dict[str, Any] = {"source": source, "reason": reason, "reference": reference}
    facts |= {"part_of": part_of, "scope": scope, "act_id": act_id}
    apply = _apply_of(operation, made_by=made_by, **facts)
    return _carried_out(operation, ids, apply, made_by=made_by).result


def carry_out(  # noqa: PLR0913 (the facts of an act, and what was seen beside it)
    operation: Operation,
    ids: Sequence[UUID],
    *,
    made_by: User | System,
    source: Source,
    expected: Mapping[UUID, str],
    seen: str,
    cancels: Collection[UUID] = (),
    keeps: Collection[UUID] = (),
    reason: str = "",
    reference: str = "",
) -> NowAnswer:
    """Carry an operation out as ``engine.apply`` does, together with what the person saw of what is scheduled.

    ``seen`` is the digest of ``seen_later``. Where something else would become of what is scheduled, nothing is
    written and every outcome is stale; where something would no longer fit and is not among ``cancels``, or would
    remove what changes and is not among ``keeps`` either, the entitlements of its order are refused. One query more
    than ``engine.apply`` where nothing is scheduled. Raises ``PermissionDenied``.
    """
    facts: dict[str, Any] = {"source": source, "expected": expected, "reason": reason, "reference": reference}
    apply = _apply_of(operation, made_by=made_by, **facts)
    return _carried_out(operation, ids, apply, made_by=made_by, seen=seen, cancels=cancels, keeps=keeps)


def _apply_of(operation: Operation, **facts: Any) -> Callable[..., Result]:
    """Return ``engine.apply`` for an operation; one that undoes an amendment is an amendment too."""
    apply = partial(engine.apply, operation, **facts)
    return partial(apply, after_writing=partial(record_undo, operation)) if isinstance(operation, UndoAct) else apply


def _carried_out(
    operation: Operation,
    ids: Sequence[UUID],
    apply: Callable[..., Result],
    *,
    made_by: User | System,
    seen: str | None = None,
    cancels: Collection[UUID] = (),
    keeps: Collection[UUID] = (),
) -> NowAnswer:
    """Carry out what concerns nothing that is scheduled, else look at both; ``seen`` is ``None`` for many."""
    if not seen:
        with suppress(SomethingWaits):
            return NowAnswer(apply(ids, before_writing=lambda: _require_nothing_waits(operation, ids)))
    beside = partial(_beside, operation, ids, apply, made_by=made_by, seen=seen, cancels=cancels, keeps=keeps)
    try:
        return in_transaction(beside)
    except Overtaken:
        previews = engine.preview(operation, ids, made_by=made_by)
        return NowAnswer(_result((each.with_problems([CONFLICT]) for each in previews), OutcomeStatus.REFUSED))


def _require_nothing_waits(operation: Operation, ids: Sequence[UUID]) -> None:
    """Raise ``SomethingWaits`` where something is scheduled for the orders concerned; one query."""
    if _scheduled_for(operation, ids, _named_by(operation, ids)):
        raise SomethingWaits


def _named_by(operation: Operation, ids: Sequence[UUID]) -> set[UUID]:
    """Return the entitlements that move with an operation."""
    return {key for unit in operation.units(ids) for key in unit}


def _scheduled_for(operation: Operation, ids: Sequence[UUID], named: Collection[UUID]) -> list[UUID]:
    """Return the orders with something scheduled that an operation concerns, sorted; one query."""
    concerned = Q(order__entitlements__in=named) | Q(order__in=operation.order_ids(ids))
    found = Amendment.objects.filter(concerned, status__in=PENDING).order_by("order")
    return list(found.values_list("order", flat=True).distinct())


def _beside(
    operation: Operation,
    ids: Sequence[UUID],
    apply: Callable[..., Result],
    *,
    made_by: User | System,
    seen: str | None,
    cancels: Collection[UUID],
    keeps: Collection[UUID],
) -> NowAnswer:
    """Lock the entitlements concerned and all others of their orders, look again, and carry out what is as seen."""
    named = _named_by(operation, ids)
    orders = _scheduled_for(operation, ids, named)
    lock_orders(orders, beside=named)
    if _scheduled_for(operation, ids, named) != orders:
        raise Overtaken("Something was scheduled, or applied, meanwhile.")
    previews = engine.preview(operation, ids, made_by=made_by)
    later = later_after(without_approval(previews)[0], cancels=cancels, keeps=keeps)
    if seen is not None and seen_later(later) != seen:
        return NowAnswer(_result(previews, OutcomeStatus.STALE), later)
    if _may_not_cancel(later, made_by):
        return NowAnswer(
            _result((each.with_problems([MAY_NOT_CANCEL]) for each in previews), OutcomeStatus.REFUSED), later
        )
    judged = with_blocking(previews, later, made_by=made_by)
    blocked = [new for old, new in zip(previews, judged, strict=True) if len(new.problems) > len(old.problems)]
    gone = {key for preview in blocked for key in preview.ids}
    left = [key for key in ids if key not in gone]
    if blocked and not (left and operation.takes_ids):
        return NowAnswer(_result(judged, OutcomeStatus.REFUSED), later)
    result = apply(left)
    if result.act is not None:
        kept = [each for each in later if each.order not in orders_of(blocked)]
        settle_later(kept, made_by=made_by, why="A change was made that it did not fit.")
    done = result.outcomes if seen is not None else _said(result.outcomes, later)
    refused = _result(blocked, OutcomeStatus.REFUSED).outcomes
    return NowAnswer(replace(result, outcomes=(*done, *refused)), later)


def _said(outcomes: Sequence[Outcome], later: Sequence[Later]) -> list[Outcome]:
    """Return outcomes with what their previews said of what is scheduled."""
    said = with_said([each.preview for each in outcomes], later)
    return [replace(each, preview=preview) for each, preview in zip(outcomes, said, strict=True)]


def _may_not_cancel(later: Iterable[Later], made_by: User | System) -> bool:
    """Tell whether something would be cancelled by somebody who may not."""
    is_asked = any(each.verdict is Verdict.CANCELLED for each in later)
    return is_asked and not isinstance(made_by, System) and not made_by.has_perm(PERMISSION)


def _result(previews: Iterable[Preview], status: OutcomeStatus) -> Result:
    return Result(None, tuple(Outcome(status, preview) for preview in previews))
