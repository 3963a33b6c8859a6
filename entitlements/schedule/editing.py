"""Edit a pending amendment: its day, and what is written about it, seen afresh before it is written."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType
from typing import Any
from uuid import UUID

from config.differences import Snapshot, Value, differences
from config.digests import digest_of_seen
from entitlements.models import Amendment
from entitlements.operations import Problem
from entitlements.schedule.answers import Answer
from entitlements.schedule.facts import NAME, Facts, code_problems, fact_problems, facts_of, write_facts
from entitlements.schedule.locking import locked
from entitlements.schedule.scheduling import (
    CLOSED,
    Actor,
    answered,
    held_back_of,
    preview_move,
    require,
    rewritten,
    with_problems_of_words,
)
from offerings.rights import show_day

NO_OTHERS: Mapping[str, str] = MappingProxyType({})
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
        found = tuple(problems_of_facts(row, edited))
        answer = replace(answer, refused=tuple(dict.fromkeys((*answer.refused, *found))))
        if (held_back := held_back_of(answer, seen)) or answer.own is None:
            return held_back or answer
        name, changed = row.name, differences(snapshot_of(edited_of(row)), snapshot_of(edited))
        write_words(row, edited)
        message = (
            f"Edited “{name}”. {' '.join(changed)}" if changed else f"Looked at “{name}” again, which stays as it is."
        )
        return rewritten(row, answer, answer.own, message, made_by=made_by)

    return answered(job)


def problems_of_facts(row: Amendment, edited: Edited) -> Iterator[Problem]:
    """Yield what is wrong with what was written; one query, where it has a code."""
    if not edited.name.strip():
        yield NAME_MISSING
    yield from fact_problems(edited.name, edited.facts, on=edited.on)
    yield from code_problems(edited.facts.code, order=row.order_id, own=row.pk)


def write_words(row: Amendment, edited: Edited) -> None:
    """Set what is written about an amendment on its row; writes nothing."""
    write_facts(row, edited.facts)
    row.name, row.reason, row.reference = edited.name, edited.reason, edited.reference


def edited_of(row: Amendment) -> Edited:
    """Return everything that may be edited, as it is."""
    return Edited(row.effective_on, row.name, facts_of(row), row.reason, row.reference)


def digest_of_words(row: Amendment) -> str:
    """Return a digest of what is written about an amendment."""
    return digest_of_seen([each.words for each in snapshot_of(edited_of(row)).values.values()])


def digest_of_row(row: Amendment) -> str:
    """Return a digest of all that people edit of an amendment, its operation included."""
    return digest_of_seen([digest_of_words(row), row.is_immediate, row.operation])


def snapshot_of(edited: Edited, others: Mapping[str, str] = NO_OTHERS) -> Snapshot:
    """Return what may be edited, and ``others`` by their label, as values with words, for the line in the log."""
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
        **others,
    }
    return Snapshot("", {label: _value(label, value) for label, value in values.items()})


def _value(label: str, value: str | date | None) -> Value:
    return Value(label, value, show_day(value) if isinstance(value, date) else value or "")
