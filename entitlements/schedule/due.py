"""Apply what is due: order by order, in order of day and number, each amendment exactly once.

An order is locked while its next amendment is applied, and the amendment is closed in the transaction that writes its
act: a worker that is killed leaves nothing half done, and two workers never apply the same one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice
from uuid import UUID

from django.db import transaction
from django.db.models import Min
from django.utils import timezone

from config.actors import System, name_of
from entitlements import engine
from entitlements.models import Amendment, AmendmentStatus, Source
from entitlements.models.amendments import PENDING
from entitlements.operations import Problem
from entitlements.schedule.fold import Folded, fold_order, pending_of
from entitlements.schedule.scheduling import Actor, locked

SCHEDULER = System("scheduler")
DIFFERS = Problem(
    "differs", "It would do something else than what was last seen. Look at it again, then apply or cancel it."
)
ORDERS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Applied:
    """One amendment that was due: applied, or set aside with the problems."""

    amendment: Amendment
    problems: tuple[Problem, ...] = ()


def apply_due(today: date, *, made_by: Actor = SCHEDULER) -> Iterator[Applied]:
    """Apply every amendment that is due on a day, earlier days first; yield each as it is done or set aside.

    One that is set aside blocks the later ones of its own order alone.
    """
    after: tuple[date, UUID] | None = None
    while orders := _due_orders(today, after):
        for day, order in orders:
            yield from _apply_order(order, today, made_by=made_by)
            after = (day, order)


def _due_orders(today: date, after: tuple[date, UUID] | None) -> list[tuple[date, UUID]]:
    """Return orders with something due, the earliest day first, after a place; one query."""
    due = Amendment.objects.filter(status=AmendmentStatus.SCHEDULED, effective_on__lte=today).order_by()
    found = due.values_list("order").annotate(first=Min("effective_on")).order_by("first", "order")
    pairs = ((day, order) for order, day in found)
    return list(islice((pair for pair in pairs if after is None or pair > after), ORDERS_AT_ONCE))


def _apply_order(order: UUID, today: date, *, made_by: Actor) -> Iterator[Applied]:
    while True:
        key = _next_of(order, today)
        if key is None:
            return
        applied = apply_one(key, today, made_by=made_by)
        if applied is None:
            continue
        yield applied
        if applied.problems:
            return


def _next_of(order: UUID, today: date) -> UUID | None:
    """Return the first pending amendment of an order; ``None`` where it is not due, or was set aside."""
    row = Amendment.objects.filter(order=order, status__in=PENDING).order_by("effective_on", "number").first()
    is_due = row is not None and row.status == AmendmentStatus.SCHEDULED and row.effective_on <= today
    return row.pk if row and is_due else None


def apply_one(key: UUID, today: date, *, made_by: Actor, accepts: str | None = None) -> Applied | None:
    """Apply one due amendment, or set it aside; ``None`` where somebody else was faster, or it is not due.

    ``accepts`` is the digest of an outcome that a person has just seen, in place of the one seen before.
    """
    with transaction.atomic():
        row = locked(key)
        pending = pending_of([row.order_id]).get(row.order_id, [])
        if not row.is_pending or row.effective_on > today or not pending or pending[0].key != key:
            return None
        [folded] = fold_order(row.order_id, pending[:1], lock=True)
        if folded.problems:
            return _set_aside(row, folded.problems)
        if folded.outcome != (accepts or row.outcome):
            return _set_aside(row, (DIFFERS,))
        return _carry_out(row, folded, made_by=made_by)


def _carry_out(row: Amendment, folded: Folded, *, made_by: Actor) -> Applied:
    operation = folded.planned.operation
    if operation is None:
        return _set_aside(row, folded.problems)
    with transaction.atomic():  # wholly, or not at all
        result = engine.apply(
            operation,
            folded.planned.ids,
            made_by=made_by,
            source=Source.TASK,
            reason=row.reason,
            reference=row.reference,
        )
        refused = [each.preview for each in result.outcomes if each.status is not engine.OutcomeStatus.CHANGED]
        if refused or result.act is None:
            transaction.set_rollback(True)
    if refused or result.act is None:
        return _set_aside(row, tuple(problem for each in refused for problem in each.problems) or (DIFFERS,))
    row.status, row.act, row.problems = AmendmentStatus.APPLIED, result.act, []
    row.closed_at, row.closed_by_name = timezone.now(), name_of(made_by)
    row.save()
    return Applied(row)


def _set_aside(row: Amendment, problems: tuple[Problem, ...]) -> Applied:
    row.status = AmendmentStatus.SET_ASIDE
    row.problems = [problem.message for problem in problems]
    row.save(update_fields=["status", "problems"])
    return Applied(row, problems)
