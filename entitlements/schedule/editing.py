"""Edit a pending amendment: its day, and what is written about it, seen afresh before it is written."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from config.differences import Snapshot, Value, differences
from entitlements.models import Amendment
from entitlements.operations import Problem
from entitlements.schedule.answers import Answer
from entitlements.schedule.facts import NAME, Facts, code_problems, fact_problems, facts_of, write_facts
from entitlements.schedule.scheduling import (
    CLOSED,
    Actor,
    answered,
    held_back_of,
    locked,
    preview_move,
    require,
    rewritten,
    with_problems_of_words,
)
from offerings.rights import show_day

NAME_MISSING = Problem("name_missing", "Give it a name.", NAME)


@dataclass(frozen=True, slots=True)
class Edited:
    """Everything that people may edit of a pending amendment."""

    on: date
    name: str
    facts: Facts
    reason: str = ""
    reference: str = ""


def preview_edit(
    amendment: Amendment,
    edited: Edited,
    *,
    made_by: Actor | None = None,
    cancels: Collection[UUID] = (),
    keeps: Collection[UUID] = (),
    lock: bool = False,
) -> Answer:
    """Return what an edited amendment would do on its day. Its words change nothing of that."""
    settles: dict[str, Any] = {"cancels": cancels, "keeps": keeps}
    return preview_move(amendment, on=edited.on, made_by=made_by, **settles, facts=edited.facts, lock=lock)


def edit(
    amendment: Amendment,
    edited: Edited,
    *,
    made_by: Actor,
    seen: str | None,
    cancels: Collection[UUID] = (),
    keeps: Collection[UUID] = (),
) -> Answer:
    """Write what was edited of a pending amendment; what ``schedule`` says holds here too."""
    require(made_by)

    def job() -> Answer:
        row = locked(amendment.pk)
        if not row.is_pending:
            return Answer(refused=(CLOSED,))
        answer = preview_edit(row, edited, made_by=made_by, cancels=cancels, keeps=keeps, lock=True)
        answer = with_problems_of_words(answer, edited.reason, edited.reference)
        found = tuple(_problems_of_facts(row, edited))
        answer = replace(answer, refused=tuple(dict.fromkeys((*answer.refused, *found))))
        if (held_back := held_back_of(answer, seen)) or answer.own is None:
            return held_back or answer
        name, changed = row.name, differences(_snapshot(_edited_of(row)), _snapshot(edited))
        write_facts(row, edited.facts)
        row.name, row.reason, row.reference = edited.name, edited.reason, edited.reference
        message = (
            f"Edited “{name}”. {' '.join(changed)}" if changed else f"Looked at “{name}” again, which stays as it is."
        )
        return rewritten(row, answer, answer.own, message, made_by=made_by)

    return answered(job)


def _problems_of_facts(row: Amendment, edited: Edited) -> Iterator[Problem]:
    if not edited.name.strip():
        yield NAME_MISSING
    yield from fact_problems(edited.name, edited.facts, on=edited.on)
    yield from code_problems(edited.facts.code, order=row.order_id, own=row.pk)


def _edited_of(row: Amendment) -> Edited:
    return Edited(row.effective_on, row.name, facts_of(row), row.reason, row.reference)


def _snapshot(edited: Edited) -> Snapshot:
    """Return what may be edited as values with words, for the line in the log."""
    facts = edited.facts
    values: dict[str, str | date | None] = {
        "name": edited.name,
        "description": facts.description,
        "code": facts.code,
        "takes effect": edited.on,
        "service activation": facts.service_activation_on,
        "customer acceptance": facts.customer_acceptance_on,
        "reason": edited.reason,
        "reference": edited.reference,
    }
    return Snapshot("", {label: _value(label, value) for label, value in values.items()})


def _value(label: str, value: str | date | None) -> Value:
    return Value(label, value, show_day(value) if isinstance(value, date) else value or "")
