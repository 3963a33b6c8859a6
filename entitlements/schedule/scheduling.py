"""Schedule, move and cancel amendments: each with what it does to the others of its order, seen before it is written.

Nothing that is scheduled disappears or changes silently: what would do something else, or no longer fit, is part of
what the person sees and confirms, and what no longer fits must be cancelled in the same step.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from uuid import UUID

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import TextField
from django.db.models.functions import Cast
from django.utils import timezone

from config.actors import System, name_of
from config.clock import site_today
from config.edit_log import log_edit
from entitlements.engine import reason_problem
from entitlements.engine.apply import CONFLICT
from entitlements.engine.approval import with_approval
from entitlements.models import Amendment, AmendmentStatus, Entitlement, Order, new_id
from entitlements.models.amendments import NAME_LENGTH, PENDING
from entitlements.models.customers import REFERENCE_LENGTH
from entitlements.models.holdings import REASON_LENGTH
from entitlements.operations import Operation, Problem
from entitlements.operations.base import text_problems
from entitlements.operations.change_offering.days import waits_too_long
from entitlements.operations.parts import OUTSIDE, not_permitted
from entitlements.operations.terms import LATEST
from entitlements.schedule.agreed import to_propose
from entitlements.schedule.answers import Answer, Later, Verdict, compared, removals_after, touched_by
from entitlements.schedule.attempts import Overtaken, in_transaction
from entitlements.schedule.days import clearly, day_problems
from entitlements.schedule.facts import (
    NO_FACTS,
    Facts,
    code_problems,
    date_problems,
    fact_problems,
    facts_of,
    write_facts,
)
from entitlements.schedule.fold import fold_order
from entitlements.schedule.last_seen import money_to_keep
from entitlements.schedule.locking import lock_order, locked, next_number
from entitlements.schedule.new_orders import make_order, twice_problems
from entitlements.schedule.planned import Folded, Planned, pending_of, planned_of
from entitlements.schedule.words import effects_in_words
from offerings.rights import show_day

PERMISSION = "entitlements.schedule_amendments"
READ_AT_ONCE = 500
TOO_LATE = Problem("too_late", "Choose a day before the year 3000.", "effective_on")
OTHER_ORDERS = Problem("other_orders", "Choose entitlements of one order: an amendment belongs to an order.")
MAY_NOT_WAIT = Problem("may_not_wait", "This is about what is there now, and cannot wait. Do it now.", "when")
CLOSED = Problem("closed", "This amendment is no longer pending. Look at the order again.")
REASON_MISSING = Problem("reason_missing", "Give a reason: it is kept with the amendment.", "reason")

Actor = User | System


# --- schedule and move -----------------------------------------------------------------------------------------------


def preview_scheduled(  # noqa: PLR0913 (what is asked, and what the person decided beside it)
    operation: Operation,
    ids: Sequence[UUID],
    *,
    on: date,
    made_by: Actor | None = None,
    cancels: Collection[UUID] = (),
    keeps: Collection[UUID] = (),
    replaces: Amendment | None = None,
    facts: Facts | None = None,
    today: date | None = None,
    lock: bool = False,
) -> Answer:
    """Return what ``operation`` would do on the day ``on``, after what is scheduled before it. Writes nothing.

    ``facts`` say on which days charges start, by default those of the one that is replaced; ``cancels`` are amendments
    of the order to cancel in the same step, ``keeps`` removals of what is to change that stay; ``replaces`` is the one
    that is moved, edited or approved: of removals it came before, nobody is asked again.
    """
    if not operation.may_wait:
        return Answer(refused=(MAY_NOT_WAIT,))
    orders = orders_for(operation, ids)
    if len(orders) != 1:
        return Answer(refused=(OTHER_ORDERS,))
    if wrong := [TOO_LATE] if on > LATEST else twice_problems(operation):
        return Answer(refused=tuple(wrong))
    [order] = orders
    pending = pending_of([order]).get(order, [])
    number = replaces.number if replaces else (max((each.number for each in pending), default=0) + 1)
    key = replaces.pk if replaces else new_id()
    triggers = (facts or (facts_of(replaces) if replaces else NO_FACTS)).triggers
    own = Planned(key, on, number, operation.on_day(on), tuple(ids), triggers=triggers)
    gone = {*cancels, key}
    folded = fold_order(order, [own, *(each for each in pending if each.key not in gone)], lock=lock)
    before = fold_order(order, pending) if pending else []
    shown = clearly(next(each for each in folded if each.planned.key == key), folded)
    others = [each for each in before if each.planned.key != key]
    touched = touched_by(shown.previews) if shown.fits else ()
    known = removals_after(key, before)
    later = compared(order, others, folded, cancels=cancels, keeps=keeps, touched=touched, known=known)
    refused = [*day_problems(shown, order=order, on=on, today=today or site_today()), *to_propose(later, made_by)]
    waiting = _waiting(shown) if on > (today or site_today()) else shown
    return Answer(_permitted(waiting, made_by), later, tuple(refused))


def orders_for(operation: Operation, ids: Sequence[UUID]) -> set[UUID]:
    """Return the orders that an operation is for: those of its entitlements, else where it creates."""
    named = operation.named(ids)
    rows = Entitlement.objects.filter(pk__in=named).order_by().values_list("pk", "order")
    found = dict(rows)
    orders = {*found.values(), *_orders_to_be_created_in(set(named) - set(found))}
    return orders or set(operation.order_ids(ids)) or set(filter(None, [operation.new_order]))


def _orders_to_be_created_in(keys: Collection[UUID]) -> set[UUID]:
    """Return the orders into which something scheduled will bring entitlements; one query, none without keys.

    A key is in what was asked for, or follows from the key in it: then everything that may create has to be read.
    """
    if not keys:
        return set()
    rows = Amendment.objects.filter(status__in=PENDING).annotate(text=Cast("operation", TextField()))
    creating = rows.filter(text__contains='"key"').order_by().iterator(chunk_size=READ_AT_ONCE)
    found = ((row.order_id, planned_of(row)) for row in creating)
    return {order for order, each in found if each.operation and set(keys) & set(each.operation.created_ids(each.ids))}


def _waiting(folded: Folded) -> Folded:
    """Return what waits with the permission that it needs where its change group lets it take effect before."""
    on, previews = folded.planned.effective_on, folded.previews
    late = [any(waits_too_long(move, on) for move in preview.moves) for preview in previews]
    needed = [
        (*preview.permissions, *([OUTSIDE] if is_late else [])) for preview, is_late in zip(previews, late, strict=True)
    ]
    pairs = zip(previews, needed, strict=True)
    return replace(folded, previews=tuple(replace(preview, permissions=each) for preview, each in pairs))


def _permitted(folded: Folded, made_by: Actor | None) -> Folded:
    """Return what is planned with a problem for each part that the person may not do, or must propose."""
    if made_by is None or isinstance(made_by, System):
        return folded
    folded = replace(folded, previews=tuple(with_approval(folded.previews, made_by)))
    needed = dict.fromkeys((PERMISSION, *(each for preview in folded.previews for each in preview.permissions)))
    missing = [permission for permission in needed if not made_by.has_perm(permission)]
    return replace(folded, unmet=(*folded.unmet, *not_permitted(missing))) if missing else folded


def schedule(  # noqa: PLR0913 (an amendment has that many facts)
    operation: Operation,
    ids: Sequence[UUID],
    *,
    on: date,
    made_by: Actor,
    seen: str | None,
    name: str = "",
    facts: Facts = NO_FACTS,
    reason: str = "",
    reference: str = "",
    cancels: Collection[UUID] = (),
    keeps: Collection[UUID] = (),
) -> Answer:
    """Write an amendment that carries ``operation`` out on the day ``on``.

    ``seen`` is the fingerprint of the answer that the person saw; where another would be given now, nothing is written
    and the answer is stale. ``None`` is for callers without a preview. Raises ``PermissionDenied``.
    """
    require(made_by)

    def job() -> Answer:
        order = _locked_order(operation, ids)
        answer = preview_scheduled(
            operation, ids, on=on, made_by=made_by, cancels=cancels, keeps=keeps, facts=facts, lock=True
        )
        answer = with_problems_of_words(answer, reason, reference)
        if order is not None:
            found = [*fact_problems(name, facts, on=on), *code_problems(facts.code, order=order.pk)]
            answer = replace(answer, refused=(*answer.refused, *found))
        if (held_back := held_back_of(answer, seen)) or answer.own is None or order is None:
            return held_back or answer
        own = answer.own
        if operation.new_order:
            order = make_order(own.previews, made_by=made_by)
            own = preview_scheduled(operation.into(order.pk), ids, on=on, facts=facts).own or own
        row = _new_row(operation, order, own, made_by=made_by, name=name)
        row.reason, row.reference = reason, reference
        write_facts(row, facts)
        row.save(force_insert=True)
        log_edit(order, f"Scheduled “{row.name}” for {show_day(on)}.", made_by=made_by)
        settle_later(answer.later, made_by=made_by, why=f"“{row.name}” was scheduled for {show_day(on)}.")
        return replace(answer, amendment=row)

    return answered(job)


def _new_row(operation: Operation, order: Order, own: Folded, *, made_by: Actor, name: str) -> Amendment:
    """Return the row of an amendment that nothing has written yet, with what it does on its day; one query."""
    preview = own.previews[0]
    row = Amendment(
        order=order,
        number=next_number(order.pk),
        name=(name or operation.amendment_name(preview))[:NAME_LENGTH],
        kind=operation.amendment_kind(preview),
        requested_by=None if isinstance(made_by, System) else made_by,
        requested_by_name=name_of(made_by),
        requested_at=timezone.now(),
    )
    fill(row, own)
    return row


def move(
    amendment: Amendment,
    *,
    on: date,
    made_by: Actor,
    seen: str | None,
    cancels: Collection[UUID] = (),
    keeps: Collection[UUID] = (),
) -> Answer:
    """Move a pending amendment to another day; what ``schedule`` says holds here too."""
    require(made_by)

    def job() -> Answer:
        row = locked(amendment.pk)
        if not row.is_pending:
            return Answer(refused=(CLOSED,), amendment=None)
        answer = preview_move(row, on=on, made_by=made_by, cancels=cancels, keeps=keeps, lock=True)
        if (held_back := held_back_of(answer, seen)) or answer.own is None:
            return held_back or answer
        was = row.effective_on
        message = f"Moved “{row.name}” from {show_day(was)} to {show_day(on)}."
        if on == was:
            message = f"Looked at “{row.name}” again, which stays on {show_day(on)}."
        return rewritten(row, answer, answer.own, message, made_by=made_by)

    return answered(job)


def rewritten(row: Amendment, answer: Answer, own: Folded, message: str, *, made_by: Actor) -> Answer:
    """Write a locked amendment as it was seen, with its line in the log and what becomes of the others."""
    row.status, row.problems = AmendmentStatus.SCHEDULED, []
    fill(row, own)
    row.save()
    log_edit(row.order, message, made_by=made_by)
    settle_later(answer.later, made_by=made_by, why=message)
    return replace(answer, amendment=row)


def preview_move(
    amendment: Amendment,
    *,
    on: date,
    made_by: Actor | None = None,
    cancels: Collection[UUID] = (),
    keeps: Collection[UUID] = (),
    facts: Facts | None = None,
    lock: bool = False,
) -> Answer:
    """Return what an amendment would do on another day, or afresh on its own; ``facts`` are what is written anew."""
    pending = pending_of([amendment.order_id]).get(amendment.order_id, [])
    planned = next((each for each in pending if each.key == amendment.pk), None)
    if planned is None:
        return Answer(refused=(CLOSED,), was=amendment.effective_on)
    if planned.operation is None:
        unreadable = Folded(planned, (), fold_order(amendment.order_id, [planned])[0].unmet)
        return Answer(unreadable, was=amendment.effective_on)
    request = partial(preview_scheduled, planned.operation, planned.ids, on=on, made_by=made_by)
    answer = request(cancels=cancels, keeps=keeps, replaces=amendment, facts=facts, lock=lock)
    wrong = date_problems(facts or facts_of(amendment), on=on)
    return replace(answer, was=amendment.effective_on, refused=(*answer.refused, *wrong))


def answered(job: Callable[[], Answer]) -> Answer:
    """Return the answer of a job done in one transaction; where others are ahead every time, one that says so."""
    try:
        return in_transaction(job)
    except Overtaken:
        return Answer(refused=(CONFLICT,))


def held_back_of(answer: Answer, seen: str | None) -> Answer | None:
    """Return the answer where nothing may be written: something stands against it, or the person saw another one."""
    if answer.problems:
        return answer
    return replace(answer, is_stale=True) if seen is not None and answer.fingerprint != seen else None


def require(made_by: Actor) -> None:
    """Raise ``PermissionDenied`` for somebody who may not schedule amendments."""
    if not isinstance(made_by, System) and not made_by.has_perm(PERMISSION):
        raise PermissionDenied(f"This needs the permission {PERMISSION}.")


def with_problems_of_words(answer: Answer, reason: str, reference: str) -> Answer:
    """Return an answer with what the act would refuse on its day: a reason that is missing, or words too long."""
    found = [
        *text_problems(reason, field="reason", longest=REASON_LENGTH),
        *text_problems(reference, field="reference", longest=REFERENCE_LENGTH),
    ]
    missing = reason_problem(answer.own.previews) if answer.own and not reason.strip() else None
    return replace(answer, refused=(*answer.refused, *found, *([missing] if missing else [])))


def _locked_order(operation: Operation, ids: Sequence[UUID]) -> Order | None:
    """Lock the entitlements of the order in order of id, then the order: nothing is scheduled for it meanwhile.

    Of an order that it makes, only the key is known. Raises ``Overtaken`` where they came to another order before they
    were locked.
    """
    orders = orders_for(operation, ids)
    if operation.new_order:
        return Order(pk=operation.new_order)
    if len(orders) != 1:
        return None
    order = lock_order(next(iter(orders)))
    if orders_for(operation, ids) != orders:
        raise Overtaken("It came to another order meanwhile.")
    return order


def fill(row: Amendment, own: Folded) -> None:
    """Keep what an amendment does on its day, as it was seen."""
    operation = own.planned.operation
    row.effective_on = own.planned.effective_on
    row.operation = operation.asked() if operation else row.operation
    row.entitlements = [str(key) for key in own.planned.ids]
    row.outcome = own.outcome
    row.money = money_to_keep(own.previews)
    row.effects = effects_in_words(own.previews)


def settle_later(later: Iterable[Later], *, made_by: Actor, why: str) -> None:
    """Keep what a person saw of the others of an order: those cancelled along, and what changed ones now do."""
    for each in later:
        if each.verdict is Verdict.CANCELLED:
            close(locked(each.key), made_by=made_by, reason=why)
        elif each.verdict is Verdict.CHANGES and each.after:
            money = money_to_keep(each.after.previews)
            rows = Amendment.objects.filter(pk=each.key)
            rows.update(outcome=each.after.outcome, money=money, effects=effects_in_words(each.after.previews))


# --- cancel ----------------------------------------------------------------------------------------------------------


def preview_cancel(amendment: Amendment, *, made_by: Actor | None = None, cancels: Collection[UUID] = ()) -> Answer:
    """Return what becomes of the others of the order when an amendment is cancelled."""
    pending = pending_of([amendment.order_id]).get(amendment.order_id, [])
    gone = {*cancels, amendment.pk}
    before = fold_order(amendment.order_id, pending)
    after = fold_order(amendment.order_id, [each for each in pending if each.key not in gone])
    own = [each for each in before if each.planned.key == amendment.pk]
    others = [each for each in before if each.planned.key != amendment.pk]
    later = compared(amendment.order_id, others, after, cancels=cancels)
    refused = (*(() if own else (CLOSED,)), *to_propose(later, made_by))
    return Answer(None, later, refused, was=amendment.effective_on)


def cancel(
    amendment: Amendment, *, made_by: Actor, reason: str, seen: str | None, cancels: Collection[UUID] = ()
) -> Answer:
    """Cancel a pending amendment, with a reason; what would no longer fit without it must be cancelled along."""
    require(made_by)

    def job() -> Answer:
        row = locked(amendment.pk)
        if not row.is_pending:
            return Answer(refused=(CLOSED,))
        answer = preview_cancel(row, made_by=made_by, cancels=cancels)
        if not reason.strip():
            answer = replace(answer, refused=(*answer.refused, REASON_MISSING))
        if held_back := held_back_of(answer, seen):
            return held_back
        close(row, made_by=made_by, reason=reason)
        settle_later(answer.later, made_by=made_by, why=f"“{row.name}” was cancelled.")
        return replace(answer, amendment=row)

    return answered(job)


def close(row: Amendment, *, made_by: Actor, reason: str) -> None:
    """Cancel a locked amendment, with its line in the log."""
    row.status, row.closed_at, row.closed_by_name = AmendmentStatus.CANCELLED, timezone.now(), name_of(made_by)
    row.closed_reason = reason[:500]
    row.save()
    message = f"Cancelled “{row.name}”, scheduled for {show_day(row.effective_on)}: {reason}"
    log_edit(row.order, message, made_by=made_by)
