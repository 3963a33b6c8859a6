"""Propose a step with what is scheduled, in place of taking it: move it, edit it, cancel it, apply it early.

The proposal is a row of its own beside the amendment, which stays as it is until somebody agrees. Then the step is
taken as the person who agrees saw it, and the proposal is closed as agreed. It is not edited: another one takes its
place.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal
from uuid import UUID

from django.contrib.auth.models import User
from django.utils import timezone

from config.actors import name_of
from config.clock import site_today
from config.differences import differences
from config.edit_log import log_edit
from entitlements.engine.approval import approval_problems
from entitlements.models import Amendment, AmendmentStatus
from entitlements.models.amendments import NAME_LENGTH
from entitlements.operations import Problem
from entitlements.operations.base import plain_fields
from entitlements.operations.stored import read_fields
from entitlements.schedule.answers import Answer
from entitlements.schedule.due import apply_now, preview_now
from entitlements.schedule.editing import Edited, edit, edited_of, preview_edit, problems_of_facts, snapshot_of
from entitlements.schedule.last_seen import money_to_keep
from entitlements.schedule.locking import locked, next_number
from entitlements.schedule.scheduling import (
    CLOSED,
    REASON_MISSING,
    answered,
    cancel,
    move,
    preview_cancel,
    preview_move,
    require,
    with_problems_of_words,
)
from entitlements.schedule.words import effects_in_words
from offerings.rights import show_day

UNREADABLE_STEP = Problem("unreadable", "This version cannot read which step was proposed. Decline it.")
StepName = Literal["move", "edit", "cancel", "apply"]


@dataclass(frozen=True, slots=True)
class AmendmentStep:
    """A step with the pending amendment ``about``, and what a person chose for it.

    ``on`` is the day to move it to, ``edited`` what is written of it, ``reason`` why it is cancelled.
    """

    step: StepName
    about: UUID
    on: date | None = None
    edited: Edited | None = None
    reason: str = ""

    def named(self, row: Amendment) -> str:
        """Return what the proposal of the step is called: ``Move “Silver annual” to 1 May 2027``."""
        before, after = {
            "move": ("Move “", f"” to {show_day(self.on)}" if self.on else "”"),
            "edit": ("Edit “", "”"),
            "cancel": ("Cancel “", "”"),
            "apply": ("Apply “", "” now"),
        }[self.step]
        longest = NAME_LENGTH - len(before) - len(after)
        return f"{before}{row.name if len(row.name) <= longest else f'{row.name[: longest - 1]}…'}{after}"

    @property
    def day(self) -> date | None:
        """Return the day on which the amendment takes effect after the step, where the step says one."""
        return self.edited.on if self.edited else self.on


def step_of(row: Amendment) -> AmendmentStep | None:
    """Return the step that a proposal asks for; ``None`` for a proposal of an operation, and where it is unreadable."""
    found: AmendmentStep | None = read_fields(AmendmentStep, row.operation) if row.is_step else None
    return found


def amendment_of(step: AmendmentStep) -> Amendment | None:
    """Return the amendment that a step is about; one query."""
    return Amendment.objects.select_related("order").filter(pk=step.about).first()


def steps_proposed(row: Amendment) -> list[Amendment]:
    """Return the proposals of steps with an amendment that wait for somebody; one query."""
    rows = Amendment.objects.filter(order=row.order_id, status=AmendmentStatus.PROPOSED).order_by("number")
    return [each for each in rows if (step := step_of(each)) and step.about == row.pk]


def words_changed(step: AmendmentStep, row: Amendment) -> str:
    """Return what the edit of an amendment changes of what is written about it, as that is now; empty for no edit."""
    return " ".join(differences(snapshot_of(edited_of(row)), snapshot_of(step.edited))) if step.edited else ""


def preview_step(
    step: AmendmentStep,
    row: Amendment,
    *,
    made_by: User | None = None,
    cancels: Collection[UUID] = (),
    keeps: Collection[UUID] = (),
    lock: bool = False,
) -> Answer:
    """Return what a step would do with its amendment. Writes nothing."""
    if not row.is_pending:
        return Answer(refused=(CLOSED,))
    settles: dict[str, Any] = {"made_by": made_by, "cancels": cancels, "keeps": keeps, "lock": lock}
    if step.step == "move" and step.on:
        return preview_move(row, on=step.on, **settles)
    if step.step == "edit" and step.edited:
        return preview_edit(row, step.edited, **settles)
    if step.step == "apply":
        return preview_now(row, **settles)
    if step.step == "cancel":
        return preview_cancel(row, made_by=made_by, cancels=cancels)
    return Answer(refused=(UNREADABLE_STEP,))


def take_step(
    step: AmendmentStep, row: Amendment, *, made_by: User, cancels: Collection[UUID] = (), keeps: Collection[UUID] = ()
) -> Answer:
    """Take a step that was seen before in the same transaction. Raises ``PermissionDenied``."""
    settles: dict[str, Any] = {"made_by": made_by, "seen": None, "cancels": cancels}
    if step.step == "move" and step.on:
        return move(row, on=step.on, **settles, keeps=keeps)
    if step.step == "edit" and step.edited:
        return edit(row, step.edited, **settles, keeps=keeps)
    if step.step == "apply":
        return apply_now(row, **settles, keeps=keeps)
    if step.step == "cancel":
        return cancel(row, reason=step.reason, **settles)
    return Answer(refused=(UNREADABLE_STEP,))


def propose_step(
    step: AmendmentStep,
    *,
    made_by: User,
    seen: str | None,
    cancels: Collection[UUID] = (),
    keeps: Collection[UUID] = (),
) -> Answer:
    """Write the proposal of a step as it was seen, with its line in the log. Raises ``PermissionDenied``.

    What becomes of the others of the order is shown, and settled by whoever approves.
    """
    require(made_by)

    def job() -> Answer:
        row = locked(step.about)
        answer = preview_step(step, row, made_by=made_by, cancels=cancels, keeps=keeps, lock=True)
        if against := _against(step, row, answer):
            return replace(answer, refused=tuple(dict.fromkeys((*answer.refused, *against))))
        if seen is not None and answer.fingerprint != seen:
            return replace(answer, is_stale=True)
        proposal = _row_of(step, row, answer, made_by=made_by)
        proposal.save(force_insert=True)
        log_edit(row.order, f"Proposed: {proposal.name}.", made_by=made_by)
        return replace(answer, amendment=proposal)

    return answered(job)


def _against(step: AmendmentStep, row: Amendment, answer: Answer) -> list[Problem]:
    """Return what stands against proposing a step, but that it must be proposed."""
    edited = step.edited
    if edited:
        answer = with_problems_of_words(answer, edited.reason, edited.reference)
    found = [*answer.refused, *(answer.own.problems if answer.own else ())]
    found += problems_of_facts(row, edited) if edited else []
    found += [REASON_MISSING] if step.step == "cancel" and not step.reason.strip() else []
    return [each for each in found if each not in approval_problems(found)]


def _row_of(step: AmendmentStep, row: Amendment, answer: Answer, *, made_by: User) -> Amendment:
    """Return the row of a proposal, which nothing has written yet; one query."""
    previews = answer.own.previews if answer.own else ()
    gone = f"“{row.name}” of {show_day(row.effective_on)} is cancelled"
    return Amendment(
        order=row.order,
        number=next_number(row.order_id),
        name=step.named(row),
        description=words_changed(step, row),
        kind=row.kind,
        status=AmendmentStatus.PROPOSED,
        is_immediate=step.day is None,
        effective_on=step.day or site_today(),
        operation={"version": 1, **plain_fields(step)},
        entitlements=row.entitlements,
        outcome=answer.own.outcome if answer.own else "",
        money=money_to_keep(previews),
        effects=effects_in_words(previews) if answer.own else [gone],
        reason=step.edited.reason if step.edited else step.reason,
        requested_by=made_by,
        requested_by_name=name_of(made_by),
        requested_at=timezone.now(),
    )
