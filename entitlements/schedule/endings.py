"""End overrides on the day agreed, as acts of their own: each exactly once, however late the run.

The order is locked while its overrides end, and they are gone in the transaction that writes the act.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from django.db.models import Min, QuerySet

from config.paging import MOST_COUNTED
from entitlements import engine
from entitlements.models import Act, Override, Source
from entitlements.operations import Problem, RevertOverrides, SeatChoice, SeatMode
from entitlements.schedule.attempts import in_transaction
from entitlements.schedule.locking import lock_order
from entitlements.schedule.scheduling import Actor

REASON = "Ended as agreed"


@dataclass(frozen=True, slots=True)
class Ended:
    """Overrides of one day that ended by one act, or would; with ``problems`` or an ``error`` they stay."""

    order: UUID
    day: date
    keys: tuple[str, ...] = ()
    ids: tuple[UUID, ...] = field(default=())
    act: Act | None = None
    problems: tuple[Problem, ...] = ()
    error: Exception | None = None


def due_overrides(today: date) -> QuerySet[Override]:
    """Return the overrides whose end has come, without those of ended entitlements; no query yet."""
    return Override.objects.filter(until__lte=today, entitlement__ended_on=None)


def late_count(today: date) -> int:
    """Return how many overrides should have ended and are there, as far as lists count; one query by an index."""
    return due_overrides(today).order_by()[: MOST_COUNTED + 1].count()


def orders_with_endings(today: date) -> list[tuple[date, UUID]]:
    """Return the orders with an override whose end has come, with the first such day; one query."""
    found = due_overrides(today).order_by().values_list("entitlement__order").annotate(first=Min("until"))
    return [(day, order) for order, day in found]


def endings_of(order: UUID, on: date) -> list[Ended]:
    """Return the overrides of an order that end by a day, together where the same end on one day; one query."""
    rows = due_overrides(on).filter(entitlement__order=order).order_by("until", "entitlement", "key")
    keys: dict[tuple[date, UUID], list[str]] = {}
    for row in rows:
        if row.until is not None:
            keys.setdefault((row.until, row.entitlement_id), []).append(row.key)
    alike: dict[tuple[date, tuple[str, ...]], list[UUID]] = {}
    for (until, entitlement), names in keys.items():
        alike.setdefault((until, tuple(names)), []).append(entitlement)
    return [Ended(order, until, names, tuple(ids)) for (until, names), ids in alike.items()]


def end_overrides(order: UUID, on: date, *, made_by: Actor) -> list[Ended]:
    """End the overrides of an order whose end has come by a day; one query where none has."""
    return in_transaction(lambda: _end_locked(order, on, made_by)) if endings_of(order, on) else []


def _end_locked(order: UUID, on: date, made_by: Actor) -> list[Ended]:
    lock_order(order)
    return [end for each in endings_of(order, on) for end in _end(each, made_by)]


def _end(due: Ended, made_by: Actor) -> Iterable[Ended]:
    """Carry one ending out, as of its day; yield what ended, and what was refused."""
    operation = RevertOverrides(as_of=due.day, keys=due.keys, seats=SeatChoice(SeatMode.KEEP))
    result = engine.apply(operation, due.ids, made_by=made_by, source=Source.TASK, reason=REASON)
    changed = engine.OutcomeStatus.CHANGED
    if ended := tuple(each.preview.id for each in result.outcomes if each.status is changed):
        yield Ended(due.order, due.day, due.keys, ended, act=result.act)
    for each in result.outcomes:
        if each.status is not changed:
            yield Ended(due.order, due.day, due.keys, (each.preview.id,), problems=each.preview.problems)
