"""Apply what is due: order by order, in order of day and number, each amendment exactly once.

An order is locked while its next amendment is applied, and the amendment is closed in the transaction that writes its
act: a worker that is killed leaves nothing half done, and two workers never apply the same one.

What was scheduled by somebody who had the right to it is applied, also where that person has lost it since, or has
left: the contract stands. Its page says so, and whoever may cancels it.
"""

import logging
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import islice, takewhile
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Min
from django.utils import timezone

from config.actors import System, name_of
from config.clock import site_today
from config.edit_log import log_edit
from config.outage import is_away
from entitlements import engine
from entitlements.engine.apply import CONFLICT
from entitlements.models import Amendment, AmendmentStatus, Order, Source
from entitlements.models.amendments import PENDING
from entitlements.operations import Problem
from entitlements.operations.parts import OUTSIDE
from entitlements.schedule.answers import Answer, Verdict
from entitlements.schedule.attempts import Overtaken, in_transaction
from entitlements.schedule.automatic import next_renewal, orders_to_renew, renewal_row, schedule_renewal
from entitlements.schedule.days import OF_THE_DAY
from entitlements.schedule.endings import Ended, end_overrides, endings_of, orders_with_endings
from entitlements.schedule.fold import fold_order, fold_until
from entitlements.schedule.last_seen import DIFFERS, difference
from entitlements.schedule.locking import locked
from entitlements.schedule.planned import Folded, pending_of, planned_of
from entitlements.schedule.scheduling import (
    CLOSED,
    Actor,
    answered,
    fill,
    held_back_of,
    preview_move,
    require,
    settle_later,
)
from offerings.rights import show_day

SCHEDULER = System("scheduler")
EARLIER_WAITS = Problem("earlier_waits", "An earlier amendment of this order waits. Apply, move or cancel it first.")
OTHER_DAY = "On another day than the change group says."  # the reason, where a day was moved and nobody gave one
ORDERS_AT_ONCE = 500
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Applied:
    """One amendment that was due: applied, or set aside with the problems, or left as it was by an ``error``."""

    amendment: Amendment
    problems: tuple[Problem, ...] = ()
    error: Exception | None = None

    @property
    def is_applied(self) -> bool:
        """Tell whether it was applied, or would be."""
        return not self.problems and self.error is None


def apply_due(today: date, *, made_by: Actor = SCHEDULER) -> Iterator[Applied | Ended]:
    """Apply every amendment that is due on a day, earlier days first; yield each as it is done or set aside.

    Overrides end on their day as well, before what is scheduled for it; what renews by itself does so after it. One
    that is set aside, or fails, blocks the later ones of its own order alone. What failed stays scheduled, so that the
    next run tries it again. Raises only where the database is away.
    """
    return _order_by_order(today, lambda order: _apply_order(order, today, made_by=made_by))


def preview_due(today: date) -> Iterator[Applied | Ended]:
    """Yield what ``apply_due`` would do on a day. Writes nothing."""
    return _order_by_order(today, lambda order: _preview_order(order, today))


def waiting(today: date) -> int:
    """Return how many amendments are due on a day and neither applied nor set aside; one query."""
    return Amendment.objects.filter(status=AmendmentStatus.SCHEDULED, effective_on__lte=today).count()


def _order_by_order(today: date, job: Callable[[UUID], Iterator[Applied | Ended]]) -> Iterator[Applied | Ended]:
    """Yield what ``job`` yields for each order with something due; an exception ends its own order alone."""
    after: tuple[date, UUID] | None = None
    while orders := _due_orders(today, after):
        for day, order in orders:
            try:
                yield from job(order)
            except Exception as error:
                if is_away(error):
                    raise
                logger.exception("An amendment of order %s failed.", order)
                row = _next_of(order, today)
                yield Applied(row, error=error) if row else Ended(order, day, error=error)
            after = (day, order)


def _due_orders(today: date, after: tuple[date, UUID] | None) -> list[tuple[date, UUID]]:
    """Return orders with something due, the earliest day first, after a place; three queries."""
    due = Amendment.objects.filter(status=AmendmentStatus.SCHEDULED, effective_on__lte=today).order_by()
    found = [(day, order) for order, day in due.values_list("order").annotate(first=Min("effective_on"))]
    first: dict[UUID, date] = {}
    for day, order in (*found, *orders_with_endings(today), *orders_to_renew(today)):
        first[order] = min(day, first.get(order, day))
    pairs = sorted((day, order) for order, day in first.items())
    return list(islice((pair for pair in pairs if after is None or pair > after), ORDERS_AT_ONCE))


def _apply_order(order: UUID, today: date, *, made_by: Actor) -> Iterator[Applied | Ended]:
    """Apply what is due of an order, each after the overrides that end by its day; then end the others."""
    while row := _next_with_renewals(order, today):
        yield from end_overrides(order, row.effective_on, made_by=made_by)
        applied = apply_one(row.pk, today, made_by=made_by)
        if applied is None:
            continue
        yield applied
        if applied.problems:
            break
    yield from end_overrides(order, today, made_by=made_by)


def _next_with_renewals(order: UUID, today: date) -> Amendment | None:
    """Return what ``_next_of`` does, once what renews by itself before that day is among the amendments."""
    row = _next_of(order, today)
    while renewal := next_renewal(order, today):
        if row is not None and row.effective_on <= renewal[0]:
            break
        schedule_renewal(order, today, made_by=SCHEDULER)
        row = _next_of(order, today)
    return row


def _next_of(order: UUID, today: date) -> Amendment | None:
    """Return the first pending amendment of an order; ``None`` where it is not due, or was set aside."""
    pending = Amendment.objects.filter(order=order, status__in=PENDING).select_related("order__customer")
    row = pending.order_by("effective_on", "number").first()
    is_due = row is not None and row.status == AmendmentStatus.SCHEDULED and row.effective_on <= today
    return row if is_due else None


def _preview_order(order: UUID, today: date) -> Iterator[Applied | Ended]:
    """Yield the overrides of an order that would end, and what would be applied, up to the first set aside."""
    yield from endings_of(order, today)
    due = Amendment.objects.filter(order=order, status__in=PENDING, effective_on__lte=today)
    rows = due.select_related("order__customer").order_by("effective_on", "number")
    free = {row.pk: row for row in takewhile(lambda row: row.status == AmendmentStatus.SCHEDULED, rows)}
    whole = Order.objects.select_related("customer").get(pk=order)
    for each in fold_until(order, [planned_of(row) for row in free.values()], before=today + timedelta(days=1)):
        row = free.get(each.planned.key)
        problems = _problems_of(each, row) if row else each.problems
        yield Applied(row or renewal_row(whole, each), problems)
        if problems:
            return


def _problems_of(folded: Folded, row: Amendment) -> tuple[Problem, ...]:
    """Return why something is set aside: it does not fit, or does something else than what was seen."""
    found = difference(row, folded)
    return folded.problems or ((found,) if found else ())


def apply_one(key: UUID, today: date, *, made_by: Actor) -> Applied | None:
    """Apply one due amendment, or set it aside; ``None`` where somebody else was faster, or it is not due.

    The overrides that end by its day have ended, and what renews by itself before it has been renewed. Raises
    ``PermissionDenied``, and ``Overtaken`` where other transactions are ahead several times.
    """
    return in_transaction(lambda: _apply_locked(key, today, made_by=made_by))


def _apply_locked(key: UUID, today: date, *, made_by: Actor) -> Applied | None:
    row = locked(key)
    pending = pending_of([row.order_id]).get(row.order_id, [])
    if not row.is_pending or row.effective_on > today or not pending or pending[0].key != key:
        return None
    [folded] = fold_order(row.order_id, pending[:1], lock=True, foresees=False)
    if problems := _problems_of(folded, row):
        return _set_aside(row, problems, made_by=made_by)
    return _carry_out(row, folded, made_by=made_by)


def _carry_out(row: Amendment, folded: Folded, *, made_by: Actor) -> Applied:
    operation = folded.planned.operation
    if operation is None:
        return _set_aside(row, folded.problems, made_by=made_by)
    is_other_day = any(OUTSIDE in preview.permissions for preview in folded.previews)
    with transaction.atomic():  # wholly, or not at all
        result = engine.apply(
            operation,
            folded.planned.ids,
            made_by=made_by,
            source=Source.TASK if isinstance(made_by, System) else Source.PAGE,
            reason=row.reason or (OTHER_DAY if is_other_day else ""),
            reference=row.reference,
            triggers=folded.planned.triggers,
        )
        refused = [each.preview for each in result.outcomes if each.status is not engine.OutcomeStatus.CHANGED]
        if refused or result.act is None:
            transaction.set_rollback(True)
    if refused or result.act is None:
        problems = tuple(dict.fromkeys(problem for each in refused for problem in each.problems))
        _raise_for(problems)
        return _set_aside(row, problems or (DIFFERS,), made_by=made_by)
    row.status, row.act, row.problems = AmendmentStatus.APPLIED, result.act, []
    row.closed_at, row.closed_by_name = timezone.now(), name_of(made_by)
    row.save()
    return Applied(row)


def _raise_for(problems: tuple[Problem, ...]) -> None:
    """Raise for problems that are none of the amendment: of who applies it, and of the moment."""
    for problem in problems:
        if problem.code == "not_permitted":
            raise PermissionDenied(problem.message)
        if problem.code == CONFLICT.code:
            raise Overtaken(problem.message)


def _set_aside(row: Amendment, problems: tuple[Problem, ...], *, made_by: Actor) -> Applied:
    """Set an amendment aside, with its line in the log where it was not set aside before."""
    is_new = row.status != AmendmentStatus.SET_ASIDE
    row.status = AmendmentStatus.SET_ASIDE
    row.problems = [problem.message for problem in problems]
    row.save(update_fields=["status", "problems"])
    if is_new:
        why = " ".join(row.problems)
        message = f"Set aside “{row.name}”, scheduled for {show_day(row.effective_on)}: {why}"
        log_edit(row.order, message, made_by=made_by)
    return Applied(row, problems)


# --- by a person, before the day or after it was set aside ------------------------------------------------------------


def preview_now(
    amendment: Amendment,
    *,
    made_by: Actor | None = None,
    cancels: Collection[UUID] = (),
    keeps: Collection[UUID] = (),
    lock: bool = False,
) -> Answer:
    """Return what an amendment does when it is applied now: as of today, or of its own day where that is past."""
    day = min(amendment.effective_on, site_today())
    answer = preview_move(amendment, on=day, made_by=made_by, cancels=cancels, keeps=keeps, lock=lock)
    refused = tuple(problem for problem in answer.refused if problem.code not in OF_THE_DAY)
    place = (day, amendment.number)
    kept = [each for each in answer.later if each.verdict is not Verdict.CANCELLED]
    if any(each.before.planned.place < place for each in kept):
        refused = (*refused, EARLIER_WAITS)
    return replace(answer, refused=refused)


def apply_now(
    amendment: Amendment,
    *,
    made_by: Actor,
    seen: str | None,
    cancels: Collection[UUID] = (),
    keeps: Collection[UUID] = (),
) -> Answer:
    """Apply a pending amendment before its day, or one that was set aside, as it was seen; what ``move`` says holds.

    One transaction: where something stands against it, nothing is written.
    """
    require(made_by)

    def job() -> Answer:
        row = locked(amendment.pk)
        if not row.is_pending:
            return Answer(refused=(CLOSED,))
        answer = preview_now(row, made_by=made_by, cancels=cancels, keeps=keeps, lock=True)
        if (held_back := held_back_of(answer, seen)) or answer.own is None:
            return held_back or answer
        _move_to_now(row, answer, made_by=made_by)
        _catch_up(row.order_id, row.effective_on)
        applied = apply_one(row.pk, site_today(), made_by=made_by)
        if applied is None or applied.problems:
            transaction.set_rollback(True)
            return replace(answer, refused=applied.problems if applied else (EARLIER_WAITS,))
        return replace(answer, amendment=applied.amendment)

    return answered(job)


def _catch_up(order: UUID, day: date) -> None:
    """End the overrides of a locked order that end by a day, and renew what renews by itself before it."""
    end_overrides(order, day, made_by=SCHEDULER)
    while (renewal := next_renewal(order, day)) and renewal[0] < day:
        row = schedule_renewal(order, day, made_by=SCHEDULER)
        applied = apply_one(row.pk, day, made_by=SCHEDULER) if row else None
        if applied is None or applied.problems:
            return


def _move_to_now(row: Amendment, answer: Answer, *, made_by: Actor) -> None:
    """Write the day on which a locked amendment is applied, and what becomes of the others of its order."""
    was = row.effective_on
    if answer.own is None:
        return
    row.status, row.problems = AmendmentStatus.SCHEDULED, []
    fill(row, answer.own)
    row.save()
    if row.effective_on != was:
        message = f"Moved “{row.name}” from {show_day(was)} to {show_day(row.effective_on)}, to apply it early."
        log_edit(row.order, message, made_by=made_by)
    settle_later(answer.later, made_by=made_by, why=f"“{row.name}” was applied on {show_day(row.effective_on)}.")
