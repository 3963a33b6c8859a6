"""Edit a proposal: when it takes effect, what it asks for, and what is written about it. It stays a proposal.

Who edits it becomes one of those whose proposal it is, and does not approve it: what is carried out in the end is what
one person asked for and another one agreed to.
"""

from collections.abc import Collection
from copy import copy
from dataclasses import dataclass, replace
from datetime import date
from typing import Self

from django.contrib.auth.models import User

from config.actors import name_of
from config.clock import site_today
from config.differences import differences
from config.digests import digest_of_seen
from config.edit_log import log_edit
from entitlements.models import Amendment
from entitlements.operations import Operation, Problem
from entitlements.schedule.answers import Answer
from entitlements.schedule.approving import (
    DAY_PASSED,
    locked_proposal,
    parts_not_permitted,
    preview_approval,
    require_part,
    when_in_words,
)
from entitlements.schedule.days import NOT_LATER
from entitlements.schedule.editing import (
    Edited,
    digest_of_words,
    edited_of,
    problems_of_facts,
    snapshot_of,
    write_words,
)
from entitlements.schedule.planned import planned_of
from entitlements.schedule.scheduling import PERMISSION, answered, fill, with_problems_of_words

MAY_NOT_GIVE_A_DAY = Problem(
    "not_permitted", "You may not schedule anything. Leave its day as it is, or ask somebody who may.", "effective_on"
)

STEP_STAYS = Problem("step_stays", "This proposal is not edited. Decline it, and propose another one.")


@dataclass(frozen=True, slots=True)
class EditedProposal:
    """Everything that people may edit of a proposal.

    ``operation`` is what it asks for now, ``None`` for the same as before; its kind is no matter of editing. What
    ``is_immediate`` takes effect when somebody agrees.
    """

    words: Edited
    is_immediate: bool
    operation: Operation | None = None

    @classmethod
    def of(cls, row: Amendment) -> Self:
        """Return a proposal as it is."""
        return cls(edited_of(row), row.is_immediate)

    def on(self, day: date | None) -> Self:
        """Return the same for another day, or for when somebody agrees."""
        return replace(self, words=replace(self.words, on=day or site_today()), is_immediate=day is None)


def preview_proposal(amendment: Amendment, edited: EditedProposal, *, made_by: User | None = None) -> Answer:
    """Return what a proposal would do once it is edited. Writes nothing.

    With ``made_by`` it says too which parts of that the person may not ask for, another day among them. Part of what
    the person sees is the proposal as it was before, so that nobody takes back unseen what another person edited.
    """
    answer = preview_approval(_edited_row(amendment, edited))
    refused = [NOT_LATER if each == DAY_PASSED else each for each in answer.refused]
    if made_by is not None:
        refused += [*_of_its_day(amendment, edited, made_by), *parts_not_permitted(answer, (), made_by)]
    return replace(answer, refused=tuple(dict.fromkeys(refused)), words=_digest_of_all(amendment))


def _of_its_day(row: Amendment, edited: EditedProposal, made_by: User) -> list[Problem]:
    """Return the problem of somebody who may not schedule, and gives it another day to wait for."""
    is_as_before = edited.is_immediate or (not row.is_immediate and edited.words.on == row.effective_on)
    return [] if is_as_before or made_by.has_perm(PERMISSION) else [MAY_NOT_GIVE_A_DAY]


def _digest_of_all(row: Amendment) -> str:
    """Return a digest of everything that may be edited of a proposal, as it stands."""
    return digest_of_seen([digest_of_words(row), row.is_immediate, _asked(row)])


def _edited_row(row: Amendment, edited: EditedProposal) -> Amendment:
    """Return a copy of the row as it is once it is edited, but for what it then does."""
    found = copy(row)
    found.is_immediate, found.effective_on = edited.is_immediate, edited.words.on
    if edited.operation is not None:
        found.operation = edited.operation.asked()
    write_words(found, edited.words)
    return found


def edit_proposal(amendment: Amendment, edited: EditedProposal, *, made_by: User, seen: str | None) -> Answer:
    """Write what was edited of a proposal, with a line in the log that says who made what of it.

    What no longer fits of what is scheduled is for whoever approves. Raises ``PermissionDenied``.
    """
    require_part(amendment, made_by)

    def job() -> Answer:
        before = locked_proposal(amendment)
        if before.is_step or before.is_whole_undo:
            return Answer(refused=(STEP_STAYS,))
        answer = preview_proposal(before, edited, made_by=made_by)
        answer = with_problems_of_words(answer, edited.words.reason, edited.words.reference)
        answer = replace(answer, refused=(*answer.refused, *problems_of_facts(before, edited.words)))
        standing = (*answer.refused, *(answer.own.problems if answer.own else ()))
        if standing or answer.own is None:
            return replace(answer, refused=tuple(dict.fromkeys(answer.refused)))
        if seen is not None and answer.fingerprint != seen:
            return replace(answer, is_stale=True)
        row = _edited_row(before, edited)
        fill(row, answer.own)
        _write(before, row, made_by=made_by)
        return replace(answer, amendment=row)

    return answered(job)


def _write(before: Amendment, row: Amendment, *, made_by: User) -> None:
    """Write an edited row; who changed something of it is one of its authors from now on."""
    changed = _changed(before, row)
    if changed and made_by.pk not in row.authors:
        row.editors = [*(row.editors or []), {"key": made_by.pk, "name": name_of(made_by)}]
    row.save()
    words = " ".join(changed)
    message = (
        f"Edited the proposal “{before.name}”. {words}"
        if changed
        else f"Looked at the proposal “{row.name}” again, which stays as it is."
    )
    log_edit(row.order, message, made_by=made_by)


def _changed(before: Amendment, after: Amendment) -> Collection[str]:
    """Return what differs in sentences. What it does counts only where it asks for something else."""
    was, now = (snapshot_of(edited_of(row), {"takes effect": when_in_words(row)}) for row in (before, after))
    found = differences(was, now)
    if _asked(before) == _asked(after):
        return found
    does, did = ("; ".join(row.effects) or "nothing that can be seen" for row in (after, before))
    return (*found, f"Now it does: {does}. Before: {did}.")


def _asked(row: Amendment) -> dict[str, object]:
    """Return what an amendment asks for, whatever its day."""
    operation = planned_of(row).operation
    return operation.on_day(date.min).asked() if operation else {}
