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
from entitlements.operations import Operation, Preview, Remark, UndoAct
from entitlements.operations.base import text_problems
from entitlements.state import loading


@dataclass(frozen=True, slots=True)
class System:
    """A trusted process on the server, such as a management command. It needs no permission."""

    name: str


class Status(StrEnum):
    """What became of one entitlement."""

    CHANGED = "changed"
    REFUSED = "refused"
    STALE = "stale"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one entitlement, with the preview that decided it."""

    status: Status
    preview: Preview


@dataclass(frozen=True, slots=True)
class Result:
    """An act with an outcome per entitlement. ``act`` is ``None`` where nothing was written."""

    act: Act | None
    outcomes: tuple[Outcome, ...]
    missing: tuple[UUID, ...] = ()

    @property
    def is_done(self) -> bool:
        """Tell whether every entitlement was changed."""
        return bool(self.outcomes) and all(outcome.status is Status.CHANGED for outcome in self.outcomes)


def preview(operation: Operation, ids: Iterable[UUID] = (), *, at: datetime | None = None) -> list[Preview]:
    """Return what ``operation`` would do to each entitlement, in order of id. Writes nothing.

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
    """Carry out ``operation`` on each entitlement where nothing stands against it, in one transaction.

    ``expected`` holds the fingerprint the person saw for each entitlement; where the world has moved on, the outcome
    is stale, with the fresh preview. Leave it out only where nobody looked first. ``part_of`` adds to an act written
    before. Raises ``PermissionDenied``.
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
    words, seen = _word_problems(stamp), _seen(previews, ids, expected)
    decided = [_decided(each, seen, [*_reason_problems(each, operation, stamp), *words]) for each in previews]
    decided = _together(decided)
    missing = () if operation.creates else tuple(set(ids) - {each.id for each in previews})
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
    """Return the previews, also of entitlements that can only change together with those asked for."""
    found, shelf = loading.load_with_revisions(operation.with_partners(ids), operation.revision_ids(), lock=lock)
    world = operation.load(found, at=at, shelf=shelf)
    if operation.creates:
        return [operation.preview(None, world)]
    return [operation.preview(state, world) for state in found]


def _seen(
    previews: Sequence[Preview], ids: Sequence[UUID], expected: Mapping[UUID, str] | None
) -> Mapping[UUID, str] | None:
    """Return what was expected, and what nobody asked for as seen: it is part of its partner's fingerprint."""
    if expected is None:
        return None
    asked = set(ids)
    return {each.id: each.fingerprint for each in previews if each.partner and each.id not in asked} | dict(expected)


def _together(decided: Sequence[Outcome]) -> list[Outcome]:
    """Return the outcomes with partners treated alike: none changes unless both do."""
    by_id = {outcome.preview.id: outcome for outcome in decided}
    return [_with_partner(outcome, by_id) for outcome in decided]


def _with_partner(outcome: Outcome, by_id: Mapping[UUID, Outcome]) -> Outcome:
    key = outcome.preview.partner
    if key is None or outcome.status is not Status.CHANGED:
        return outcome
    partner = by_id.get(key)
    return replace(outcome, status=partner.status if partner else Status.REFUSED)


def _decided(preview: Preview, expected: Mapping[UUID, str] | None, found: Sequence[Remark]) -> Outcome:
    is_stale = expected is not None and expected.get(preview.id) != preview.fingerprint
    if found:
        preview = replace(preview, problems=(*preview.problems, *found))
    if is_stale:
        return Outcome(Status.STALE, preview)
    return Outcome(Status.REFUSED if preview.is_blocked else Status.CHANGED, preview)


def _reason_problems(preview: Preview, operation: Operation, stamp: Act) -> list[Remark]:
    """Return a problem where a value is set by hand and nobody says why."""
    is_by_hand = any(override.set_at is None for override in preview.after.overrides.values())
    if stamp.reason.strip() or not (operation.needs_reason or is_by_hand):
        return []
    return [Remark("reason_missing", "Give a reason: it is shown beside the value.", "reason")]


def _word_problems(stamp: Act) -> list[Remark]:
    """Return what is wrong with the words that go with an act."""
    return [
        *text_problems(stamp.reason, field="reason", longest=REASON_LENGTH),
        *text_problems(stamp.reference, field="reference", longest=REFERENCE_LENGTH),
    ]
