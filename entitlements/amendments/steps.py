"""What can be done with a pending amendment: each step has a preview, and is carried out as it was seen."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User

from entitlements.amendments.forms import ApplyForm, CancelForm, EditForm, MoveForm, StepForm
from entitlements.models import Amendment
from entitlements.schedule import (
    AmendmentStep,
    Answer,
    apply_now,
    cancel,
    edit,
    move,
    preview_cancel,
    preview_edit,
    preview_move,
    preview_now,
)


@dataclass(frozen=True, slots=True)
class Step:
    """One step. ``preview`` and ``carry_out`` take the amendment, the form and the person.

    ``preview`` returns ``None`` while the form lacks what it depends on. ``done`` is the message, with the name.
    ``is_open`` tells whether the step can be taken with an amendment as it stands. ``proposal`` returns the step as it
    can be proposed instead, from the amendment and its valid form; ``None`` where it cannot.
    """

    name: str
    title: str
    submit: str
    done: str
    form: type[StepForm]
    preview: Callable[[Amendment, Any, User], Answer | None]
    carry_out: Callable[[Amendment, Any, User], Answer]
    is_dangerous: bool = False
    close_label: str = ""
    is_open: Callable[[Amendment], bool] = lambda row: row.is_pending
    has_preview: bool = True
    proposal: Callable[[Amendment, Any], AmendmentStep] | None = None


def _preview_move(row: Amendment, form: MoveForm, person: User) -> Answer | None:
    return preview_move(row, on=form.day, made_by=person, **form.settles) if form.day else None


def _move(row: Amendment, form: MoveForm, person: User) -> Answer:
    day = form.cleaned_data["effective_on"]
    return move(row, on=day, made_by=person, seen=form.seen, **form.settles)


def _preview_edit(row: Amendment, form: EditForm, person: User) -> Answer | None:
    return preview_edit(row, form.edited, made_by=person, **form.settles) if form.edited else None


def _edit(row: Amendment, form: EditForm, person: User) -> Answer:
    edited = form.edited
    if edited is None:
        raise LookupError("The form is not valid: it names no day.")
    return edit(row, edited, made_by=person, seen=form.seen, **form.settles)


def _preview_cancel(row: Amendment, form: CancelForm, person: User) -> Answer:
    return preview_cancel(row, made_by=person, cancels=form.cancels)


def _cancel(row: Amendment, form: CancelForm, person: User) -> Answer:
    reason = form.cleaned_data["reason"]
    return cancel(row, made_by=person, reason=reason, seen=form.seen, cancels=form.cancels)


def _preview_apply(row: Amendment, form: ApplyForm, person: User) -> Answer:
    return preview_now(row, made_by=person, **form.settles)


def _apply(row: Amendment, form: ApplyForm, person: User) -> Answer:
    return apply_now(row, made_by=person, seen=form.seen, **form.settles)


def _proposed_move(row: Amendment, form: MoveForm) -> AmendmentStep:
    return AmendmentStep("move", row.pk, on=form.cleaned_data["effective_on"])


def _proposed_edit(row: Amendment, form: EditForm) -> AmendmentStep:
    return AmendmentStep("edit", row.pk, edited=form.edited)


def _proposed_cancel(row: Amendment, form: CancelForm) -> AmendmentStep:
    return AmendmentStep("cancel", row.pk, reason=form.cleaned_data["reason"])


def _proposed_apply(row: Amendment, _form: ApplyForm) -> AmendmentStep:
    return AmendmentStep("apply", row.pk)


MOVE = Step(
    name="move_amendment",
    title="Move to another day",
    submit="Move",
    done="“{name}” takes effect on {day} now.",
    form=MoveForm,
    preview=_preview_move,
    carry_out=_move,
    proposal=_proposed_move,
)
EDIT = Step(
    name="edit_amendment",
    title="Edit amendment",
    submit="Save",
    done="“{name}” is saved: it takes effect on {day}.",
    form=EditForm,
    preview=_preview_edit,
    carry_out=_edit,
    proposal=_proposed_edit,
)
CANCEL = Step(
    name="cancel_amendment",
    title="Cancel amendment",
    submit="Cancel amendment",
    done="“{name}” is cancelled.",
    form=CancelForm,
    preview=_preview_cancel,
    carry_out=_cancel,
    proposal=_proposed_cancel,
    is_dangerous=True,
    close_label="Keep it",
)
APPLY = Step(
    name="apply_amendment",
    title="Apply now",
    submit="Apply now",
    done="“{name}” is applied.",
    form=ApplyForm,
    preview=_preview_apply,
    carry_out=_apply,
    proposal=_proposed_apply,
)
