"""Approve and decline what somebody proposed, seen afresh on its day or now before anything is written.

Nobody approves what they proposed themselves, nor what they edited: somebody else agrees to what it asks for as it
stands. Whoever approves needs the permission to approve and those of everything that the operation does by then: the
rights of who proposed it were asked for when it was proposed. What is proposed counts nowhere as going to happen before
somebody agrees.
"""

from collections.abc import Collection, Iterable
from dataclasses import replace
from uuid import UUID

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from config.actors import name_of
from config.clock import site_today
from config.edit_log import log_edit
from entitlements import engine
from entitlements.engine.apply import Result
from entitlements.engine.approval import APPROVE
from entitlements.models import Amendment, AmendmentStatus, Source
from entitlements.operations import Operation, Problem
from entitlements.operations.parts import not_permitted
from entitlements.schedule.answers import Answer
from entitlements.schedule.days import DAY_OVER
from entitlements.schedule.editing import digest_of_row, digest_of_words
from entitlements.schedule.facts import date_problems, facts_of
from entitlements.schedule.fold import GONE, UNREADABLE
from entitlements.schedule.last_seen import DIFFERS
from entitlements.schedule.locking import lock_orders
from entitlements.schedule.now import later_after
from entitlements.schedule.planned import Folded, Planned, planned_of
from entitlements.schedule.proposed_steps import (
    UNREADABLE_STEP,
    AmendmentStep,
    amendment_of,
    preview_step,
    step_of,
    take_step,
)
from entitlements.schedule.scheduling import (
    CLOSED,
    PERMISSION,
    REASON_MISSING,
    answered,
    fill,
    held_back_of,
    orders_for,
    preview_scheduled,
    settle_later,
)
from offerings.rights import show_day

NOT_PROPOSED = Problem("closed", "This is no longer a proposal. Look at the order again.")
OWN_PROPOSAL = Problem("own_proposal", "You proposed this yourself. Somebody else has to agree.")
OWN_EDIT = Problem("own_edit", "You edited this proposal. Somebody else has to agree to what it asks for now.")
DAY_PASSED = Problem(
    "day_passed", "Its day came before anybody agreed. Edit the day, or decline it with a reason.", "effective_on"
)
BY_STEPS = Problem("by_steps", "It is counted and carried out in steps. Approve it on the page of the undo.")
ELSEWHERE = Problem("elsewhere", "What it is for has moved to another order. Decline it; propose it anew there.")


# --- what a proposal does ------------------------------------------------------------------------------------------


def preview_approval(
    amendment: Amendment,
    *,
    made_by: User | None = None,
    cancels: Collection[UUID] = (),
    keeps: Collection[UUID] = (),
    lock: bool = False,
) -> Answer:
    """Return what a proposal would do if it was approved now: today, or on its day. Writes nothing.

    ``cancels`` are scheduled amendments of the order to cancel in the same step, ``keeps`` removals that stay.
    With ``made_by`` it says too what stands against that person's approval.
    """
    if not amendment.is_proposed:
        return Answer(refused=(NOT_PROPOSED,))
    answer = _as_proposed(amendment, cancels=cancels, keeps=keeps, lock=lock)
    if answer.own is not None:
        wrong = date_problems(facts_of(amendment), on=answer.own.planned.effective_on)
        words = answer.words or digest_of_words(amendment)  # of a step, what is written about its amendment
        answer = replace(answer, refused=(*answer.refused, *wrong), words=words)
    if made_by is None:
        return answer
    needed = [APPROVE, *([PERMISSION] if cancels or amendment.is_step else [])]
    refused = (*_own(amendment, made_by), *answer.refused, *parts_not_permitted(answer, needed, made_by))
    return replace(answer, refused=tuple(dict.fromkeys(refused)))


def _own(row: Amendment, person: User) -> list[Problem]:
    """Return why somebody may not approve what is theirs, wholly or in part."""
    if row.requested_by_id == person.pk:
        return [OWN_PROPOSAL]
    return [OWN_EDIT] if person.pk in row.authors else []


def _as_proposed(row: Amendment, *, cancels: Collection[UUID], keeps: Collection[UUID], lock: bool) -> Answer:
    if row.is_step:
        step = step_of(row)
        about = amendment_of(step) if step else None
        if step is None or about is None:
            return Answer(refused=(UNREADABLE_STEP,))
        answer = preview_step(step, about, cancels=cancels, keeps=keeps, lock=lock)
        return replace(answer, words=digest_of_row(about))
    if row.is_whole_undo:
        return Answer()
    planned = planned_of(row)
    if planned.operation is None:
        return Answer(Folded(planned, (), (UNREADABLE,)))
    if row.order_id not in (orders_for(planned.operation, planned.ids) or {row.order_id}):
        return Answer(Folded(planned, (), (ELSEWHERE,)))
    if row.is_immediate:
        return _today(planned, planned.operation, cancels=cancels, keeps=keeps)
    answer = preview_scheduled(
        planned.operation, planned.ids, on=row.effective_on, cancels=cancels, keeps=keeps, replaces=row, lock=lock
    )
    return replace(answer, refused=tuple(DAY_PASSED if each.code in DAY_OVER else each for each in answer.refused))


def _today(planned: Planned, operation: Operation, *, cancels: Collection[UUID], keeps: Collection[UUID]) -> Answer:
    """Return what an operation does when it is carried out today, and what becomes of what is scheduled."""
    today = site_today()
    planned = replace(planned, effective_on=today, operation=operation.on_day(today))
    previews = engine.preview(operation.on_day(today), planned.ids, triggers=planned.triggers)
    own = Folded(planned, tuple(previews), () if previews else (GONE,))
    return Answer(own, later_after(previews, cancels=cancels, keeps=keeps))


def parts_not_permitted(answer: Answer, needed: Iterable[str], made_by: User) -> list[Problem]:
    """Return a problem for each part, and each other permission needed, that a person lacks."""
    parts = [each for preview in answer.own.previews for each in preview.permissions] if answer.own else []
    missing = [permission for permission in dict.fromkeys((*needed, *parts)) if not made_by.has_perm(permission)]
    return list(not_permitted(missing))


# --- approve and decline -------------------------------------------------------------------------------------------


def approve(
    amendment: Amendment,
    *,
    made_by: User,
    seen: str | None,
    cancels: Collection[UUID] = (),
    keeps: Collection[UUID] = (),
) -> Answer:
    """Agree to a proposal as it was seen: it is scheduled for its day, or applied at once by an act of its own.

    ``seen`` is the fingerprint of the answer that the person saw; where another would be given now, nothing is written
    and the answer is stale. ``None`` is for callers without a preview. Raises ``PermissionDenied``.
    """
    if not made_by.has_perm(APPROVE):
        raise PermissionDenied(f"This needs the permission {APPROVE}.")

    def job() -> Answer:
        row = locked_proposal(amendment)
        answer = preview_approval(row, made_by=made_by, cancels=cancels, keeps=keeps, lock=True)
        if held_back := held_back_of(answer, seen):
            return held_back
        row.approved_by_name, row.approved_at = name_of(made_by), timezone.now()
        if step := step_of(row):
            return _taken(row, step, answer, made_by=made_by, cancels=cancels, keeps=keeps)
        if answer.own is None:
            return replace(answer, refused=(*answer.refused, BY_STEPS)) if row.is_whole_undo else answer
        if row.is_immediate:
            return _applied(row, answer, answer.own, made_by=made_by)
        row.status = AmendmentStatus.SCHEDULED
        fill(row, answer.own)
        row.save()
        day = show_day(row.effective_on)
        message = f"Approved “{row.name}”, proposed by {row.requested_by_name}: it is scheduled for {day}."
        return _settled(row, answer, message, made_by=made_by)

    return answered(job)


def _taken(
    row: Amendment,
    step: AmendmentStep,
    answer: Answer,
    *,
    made_by: User,
    cancels: Collection[UUID],
    keeps: Collection[UUID],
) -> Answer:
    """Take the step that was agreed to, and close its proposal. Where it is refused after all, nothing is written."""
    about = amendment_of(step)
    done = take_step(step, about, made_by=made_by, cancels=cancels, keeps=keeps) if about else Answer(refused=(CLOSED,))
    if done.amendment is None:
        return replace(answer, refused=(*answer.refused, *(done.problems or [DIFFERS])))
    row.status, row.closed_at, row.closed_by_name = AmendmentStatus.AGREED, row.approved_at, row.approved_by_name
    row.effective_on = site_today() if row.is_immediate else row.effective_on
    row.save()
    log_edit(row.order, f"Approved, proposed by {row.requested_by_name}: {row.name}.", made_by=made_by)
    return replace(answer, amendment=row)


def locked_proposal(amendment: Amendment) -> Amendment:
    """Return a proposal as it is now, locked after all entitlements and orders that it concerns."""
    planned = planned_of(amendment)
    operation = planned.operation
    named = {key for unit in operation.units(planned.ids) for key in unit} if operation else set()
    orders = {amendment.order_id, *(operation.order_ids(planned.ids) if operation else ())}
    locked = {order.pk: order for order in lock_orders(orders, beside=named)}
    row = Amendment.objects.select_for_update(no_key=True).get(pk=amendment.pk)
    row.order = locked[row.order_id]
    return row


def _applied(row: Amendment, answer: Answer, own: Folded, *, made_by: User) -> Answer:
    """Carry out at once what was agreed to. Where the engine refuses it after all, nothing is written."""
    result = _carried_out(row, own, made_by=made_by)
    if result.act is None:
        problems = [problem for outcome in result.outcomes for problem in outcome.preview.problems]
        return replace(answer, refused=(*answer.refused, *(problems or [DIFFERS])))
    fill(row, own)
    row.status, row.act = AmendmentStatus.APPLIED, result.act
    row.closed_at, row.closed_by_name = row.approved_at, row.approved_by_name
    row.save()
    message = f"Approved “{row.name}”, proposed by {row.requested_by_name}: it took effect at once."
    return _settled(row, answer, message, made_by=made_by)


def _carried_out(row: Amendment, own: Folded, *, made_by: User) -> Result:
    """Return the result of the operation, done wholly, or not at all and then without an act."""
    operation = own.planned.operation
    if operation is None:
        return Result(None, ())
    with transaction.atomic():
        result = engine.apply(
            operation,
            own.planned.ids,
            made_by=made_by,
            source=Source.PAGE,
            expected={preview.id: preview.fingerprint for preview in own.previews},
            reason=row.reason,
            reference=row.reference,
            triggers=own.planned.triggers,
        )
        is_whole = all(each.status is engine.OutcomeStatus.CHANGED for each in result.outcomes)
        if not is_whole:
            transaction.set_rollback(True)
    return result if is_whole else replace(result, act=None)


def _settled(row: Amendment, answer: Answer, message: str, *, made_by: User) -> Answer:
    log_edit(row.order, message, made_by=made_by)
    settle_later(answer.later, made_by=made_by, why=f"“{row.name}” was approved.")
    return replace(answer, amendment=row)


def decline(amendment: Amendment, *, made_by: User, reason: str) -> Answer:
    """Decline a proposal with a reason, or withdraw it where it is one's own. Raises ``PermissionDenied``."""
    require_part(amendment, made_by)

    def job() -> Answer:
        row = locked_proposal(amendment)
        if not row.is_proposed:
            return Answer(refused=(NOT_PROPOSED,))
        if not reason.strip():
            return Answer(refused=(REASON_MISSING,))
        is_own = row.requested_by_id == made_by.pk
        row.status = AmendmentStatus.CANCELLED if is_own else AmendmentStatus.DECLINED
        row.closed_at, row.closed_by_name, row.closed_reason = timezone.now(), name_of(made_by), reason[:500]
        row.save()
        words = "Withdrew the proposal" if is_own else "Declined the proposal"
        log_edit(row.order, f"{words} “{row.name}” of {row.requested_by_name}: {reason}", made_by=made_by)
        return Answer(amendment=row)

    return answered(job)


def require_part(amendment: Amendment, made_by: User) -> None:
    """Raise ``PermissionDenied`` for somebody who neither may approve nor proposed it."""
    if amendment.requested_by_id != made_by.pk and not made_by.has_perm(APPROVE):
        raise PermissionDenied(f"This needs the permission {APPROVE}.")


def when_in_words(row: Amendment) -> str:
    """Return when a proposal is to take effect."""
    return "at once, when somebody agrees" if row.is_immediate else f"on {show_day(row.effective_on)}"
