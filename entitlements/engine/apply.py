"""The one path for every change: permission, lock, load, preview again, compare, write, log."""

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone

from entitlements.engine.write import write
from entitlements.models import Act, Source
from entitlements.models.customers import REFERENCE_LENGTH
from entitlements.models.holdings import REASON_LENGTH
from entitlements.operations import Operation, Preview, Problem, UndoAct
from entitlements.operations.base import text_problems
from entitlements.state import load_with_revisions


@dataclass(frozen=True, slots=True)
class System:
    """A trusted process on the server, such as a management command. It needs no permission."""

    name: str


class Status(StrEnum):
    """What became of one preview."""

    CHANGED = "changed"
    REFUSED = "refused"
    STALE = "stale"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one preview, and that preview."""

    status: Status
    preview: Preview


@dataclass(frozen=True, slots=True)
class Result:
    """An act with an outcome per preview: no act where nothing was written. ``missing`` are ids that are not there."""

    act: Act | None
    outcomes: tuple[Outcome, ...]
    missing: tuple[UUID, ...] = ()


def preview(operation: Operation, ids: Iterable[UUID] = (), *, at: datetime | None = None) -> list[Preview]:
    """Return what ``operation`` would do, a preview for each unit of entitlements. Writes nothing.

    A constant number of queries. ``at`` is the moment of the act, now where not given.
    """
    return _previews(operation, list(ids), at=at or timezone.now(), lock=False)


def apply(  # noqa: PLR0913 (one door, so every fact of an act is named here)
    operation: Operation,
    ids: Iterable[UUID] = (),
    *,
    made_by: User | System,
    source: Source,
    expected: Mapping[UUID, str] | None = None,
    reason: str = "",
    reference: str = "",
    at: datetime | None = None,
    part_of: Act | None = None,
) -> Result:
    """Carry out ``operation`` on each unit of entitlements that no problem blocks, in one transaction.

    ``expected`` holds the fingerprint the person saw, by any entitlement of its preview; where the world has moved on
    for any of them, nothing is written and the outcomes are stale, with the fresh previews. Leave it out only where
    nobody looked first. ``part_of`` adds to an
    act written before. Raises ``PermissionDenied``.
    """
    if not isinstance(made_by, System) and not made_by.has_perms(operation.permissions):
        raise PermissionDenied(f"This needs the permission {' and '.join(operation.permissions)}.")
    stamp = Act(
        made_at=at or timezone.now(),
        made_by=None if isinstance(made_by, System) else made_by,
        made_by_name=made_by.name if isinstance(made_by, System) else made_by.get_username(),
        source=source,
        operation=operation.name,
        asked=operation.asked(),
        reason=reason,
        reference=reference,
        undoes_id=operation.act_id if isinstance(operation, UndoAct) else None,
    )
    wanted = list(ids)
    try:
        return _apply(operation, wanted, copy(stamp), expected=expected, part_of=part_of)
    except IntegrityError:
        # Somebody took the code or the place in the order between preview and write: now the preview says so.
        return _apply(operation, wanted, stamp, expected=expected, part_of=part_of)


@transaction.atomic
def _apply(
    operation: Operation,
    ids: Sequence[UUID],
    stamp: Act,
    *,
    expected: Mapping[UUID, str] | None,
    part_of: Act | None,
) -> Result:
    previews = _previews(operation, ids, at=stamp.made_at, lock=True)
    words = _word_problems(stamp)
    decided = [_decided(each, expected, [*_reason_problems(each, operation, stamp), *words]) for each in previews]
    decided = _all_as_seen(decided)
    missing = () if operation.creates else tuple(set(ids) - {key for each in previews for key in each.ids})
    going = [outcome.preview for outcome in decided if outcome.status is Status.CHANGED]
    if not going:
        return Result(None, tuple(decided), missing)
    act = part_of or stamp
    if part_of is None:
        act.save(force_insert=True)
    written = iter(write(going, act))
    outcomes = [
        replace(outcome, preview=next(written)) if outcome.status is Status.CHANGED else outcome for outcome in decided
    ]
    return Result(act, tuple(outcomes), missing)


def _previews(operation: Operation, ids: Sequence[UUID], *, at: datetime, lock: bool) -> list[Preview]:
    """Return the preview of each unit, in order of the ids; units with a missing entitlement are left out."""
    units = sorted(operation.units(list(dict.fromkeys(ids))))
    wanted = [key for unit in units for key in unit]
    states, revisions = load_with_revisions(wanted, operation.revision_ids(), lock=lock)
    world = operation.load(states, at=at, revisions=revisions)
    by_id = {state.id: state for state in states}
    return [
        operation.preview([by_id[key] for key in unit], world) for unit in units if all(key in by_id for key in unit)
    ]


def _all_as_seen(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Return the outcomes, none to be written where any is stale: a person confirms all that was shown, or none."""
    if all(outcome.status is not Status.STALE for outcome in outcomes):
        return list(outcomes)
    changed = Status.CHANGED
    return [replace(each, status=Status.STALE) if each.status is changed else each for each in outcomes]


def _decided(preview: Preview, expected: Mapping[UUID, str] | None, found: Sequence[Problem]) -> Outcome:
    is_stale = expected is not None and preview.fingerprint not in _seen(preview, expected)
    preview = preview.with_problems(found)
    if is_stale:
        return Outcome(Status.STALE, preview)
    return Outcome(Status.REFUSED if preview.is_blocked else Status.CHANGED, preview)


def _seen(preview: Preview, expected: Mapping[UUID, str]) -> list[str]:
    """Return the fingerprints a person saw of the preview: it is known by any of its entitlements."""
    return [expected[key] for key in preview.ids if key in expected]


def _reason_problems(preview: Preview, operation: Operation, stamp: Act) -> list[Problem]:
    """Return a problem where a value is set by hand and nobody says why."""
    after = (override for move in preview.moves for override in move.after.overrides.values())
    is_by_hand = any(override.set_at is None for override in after)
    if stamp.reason.strip() or not (operation.needs_reason or is_by_hand):
        return []
    return [Problem("reason_missing", "Give a reason: it is shown beside the value.", "reason")]


def _word_problems(stamp: Act) -> list[Problem]:
    """Return what is wrong with the words that go with an act."""
    return [
        *text_problems(stamp.reason, field="reason", longest=REASON_LENGTH),
        *text_problems(stamp.reference, field="reference", longest=REFERENCE_LENGTH),
    ]
