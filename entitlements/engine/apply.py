"""The one path for every change: permission, lock, load, preview again, compare, write, log."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from uuid import UUID

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, OperationalError, transaction
from django.utils import timezone

from config.actors import System, name_of
from config.outage import is_away
from entitlements.billing.money import NO_DAYS, Days
from entitlements.engine.approval import with_approval
from entitlements.engine.billed import with_what_was_billed
from entitlements.engine.scopes import Scope
from entitlements.engine.write import write
from entitlements.models import Act, Change, Entitlement, Source
from entitlements.models.customers import REFERENCE_LENGTH
from entitlements.models.holdings import REASON_LENGTH
from entitlements.operations import Operation, Preview, Problem, UndoAct
from entitlements.operations.add_ons import jointly_problems
from entitlements.operations.base import text_problems
from entitlements.operations.parts import OUTSIDE, not_permitted
from entitlements.state import load_with_orders

ATTEMPTS = 2
CONFLICT = Problem("conflict", "Somebody changed this at the same moment, so nothing is written. Look again.")
logger = logging.getLogger(__name__)


class OutcomeStatus(StrEnum):
    """How a preview ended: written, refused by problems, or other than the person saw."""

    CHANGED = "changed"
    REFUSED = "refused"
    STALE = "stale"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One preview, and how it ended."""

    status: OutcomeStatus
    preview: Preview


@dataclass(frozen=True, slots=True)
class Result:
    """The act, ``None`` where nothing was written, and the outcome of each preview.

    ``missing`` are unknown ids, ``outside`` those that had left the scope of the act when they were locked.
    """

    act: Act | None
    outcomes: tuple[Outcome, ...]
    missing: tuple[UUID, ...] = ()
    outside: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class _Beside:
    """What comes with an act beside its operation: days on which charges start, what is done in its transaction."""

    before_writing: Callable[[], None] | None
    after_writing: Callable[[Result], None] | None
    triggers: Days


def preview(
    operation: Operation,
    ids: Iterable[UUID] = (),
    *,
    at: datetime | None = None,
    made_by: User | System | None = None,
    scope: Scope | None = None,
    triggers: Days = NO_DAYS,
) -> list[Preview]:
    """Return a preview of ``operation`` for each unit of entitlements. Writes nothing; constant queries.

    ``at`` is the moment of the act (aware UTC), by default now; ``triggers`` as ``apply`` says. A problem is what the
    person ``made_by`` may not do, or must propose; ``scope`` says whom the whole act is for, of which these are a part.
    """
    at = at or timezone.now()
    return _previews(operation, list(ids), at=at, made_by=made_by, lock=False, scope=scope, triggers=triggers)


def apply(  # noqa: PLR0913 (the one way to write, so it takes every fact of an act)
    operation: Operation,
    ids: Iterable[UUID] = (),
    *,
    made_by: User | System,
    source: Source,
    expected: Mapping[UUID, str] | None = None,
    reason: str = "",
    reference: str = "",
    at: datetime | None = None,
    triggers: Days = NO_DAYS,
    part_of: Act | None = None,
    scope: Scope | None = None,
    act_id: UUID | None = None,
    before_writing: Callable[[], None] | None = None,
    after_writing: Callable[[Result], None] | None = None,
) -> Result:
    """Carry out ``operation`` on each unit of entitlements that no problem blocks, in one transaction.

    ``expected`` holds the fingerprints that the person saw, each by an entitlement of its preview. Where one differs
    from the fresh preview, nothing is written and the outcomes are stale. ``None`` is for callers without a preview.
    ``triggers`` are the days of an amendment on which charges start, by trigger. ``part_of`` is an earlier act to add
    to. The act keeps the ``scope``: an entitlement that has left it before it is locked stays as it is, and so does one
    that the act has changed before. Where other transactions are ahead twice, every outcome is refused with the problem
    ``conflict``. ``act_id`` is the key of the act where it was chosen before: who comes second with it adds to the act
    of the first. ``before_writing`` is called once all is locked and something is to be written; what it raises ends
    the transaction. ``after_writing`` is called in it with what was written.
    Raises ``PermissionDenied``.
    """
    if not isinstance(made_by, System) and not made_by.has_perms(operation.permissions):
        raise PermissionDenied(f"This needs the permission {' and '.join(operation.permissions)}.")
    act = _unsaved_act(operation, made_by, source=source, reason=reason, reference=reference, at=at or timezone.now())
    act.scope, act.pk = scope.to_json() if scope else None, act_id or act.pk
    wanted = list(ids)
    beside = _Beside(before_writing, after_writing, triggers)
    write_once = partial(_apply, made_by=made_by, expected=expected, scope=scope, beside=beside)
    for _attempt in range(ATTEMPTS):
        begun = part_of or (Act.objects.filter(pk=act_id).first() if act_id else None)
        try:
            return write_once(operation, wanted, copy(act), part_of=begun)
        except (IntegrityError, OperationalError) as error:
            if is_away(error):
                raise
            # Another transaction took the code or the place in the order after the preview, or waits for this one as
            # this one waits for it; a fresh preview shows what became of it.
            logger.warning("The database refuses %s.", operation.name, exc_info=True)
    previews = _previews(operation, wanted, at=act.made_at, made_by=made_by, lock=False, triggers=triggers)
    refused = tuple(Outcome(OutcomeStatus.REFUSED, each.with_problems([CONFLICT])) for each in previews)
    return Result(None, refused, _missing(operation, wanted, previews))


def _unsaved_act(
    operation: Operation, made_by: User | System, *, source: Source, reason: str, reference: str, at: datetime
) -> Act:
    return Act(
        made_at=at,
        made_by=None if isinstance(made_by, System) else made_by,
        made_by_name=name_of(made_by),
        source=source,
        operation=operation.name,
        asked=operation.asked(),
        reason=reason,
        reference=reference,
        undoes_id=operation.act_id if isinstance(operation, UndoAct) else None,
    )


@transaction.atomic
def _apply(
    operation: Operation,
    ids: Sequence[UUID],
    act: Act,
    *,
    made_by: User | System,
    expected: Mapping[UUID, str] | None,
    part_of: Act | None,
    scope: Scope | None,
    beside: _Beside,
) -> Result:
    inside, outside = (ids, ()) if scope is None else _locked_inside(operation, ids, scope, part_of=part_of)
    previews = _previews(
        operation, inside, at=act.made_at, made_by=made_by, lock=True, scope=scope, triggers=beside.triggers
    )
    problems = [
        *text_problems(act.reason, field="reason", longest=REASON_LENGTH),
        *text_problems(act.reference, field="reference", longest=REFERENCE_LENGTH),
    ]
    outcomes = [_outcome(each, expected, [*_reason_problems(each, act), *problems]) for each in previews]
    if any(outcome.status is OutcomeStatus.STALE for outcome in outcomes):  # a person confirms all previews, or none
        outcomes = [
            replace(each, status=OutcomeStatus.STALE) if each.status is OutcomeStatus.CHANGED else each
            for each in outcomes
        ]
    missing = _missing(operation, inside, previews)
    accepted = [outcome.preview for outcome in outcomes if outcome.status is OutcomeStatus.CHANGED]
    if not accepted:
        return Result(None, tuple(outcomes), missing, outside)
    if beside.before_writing is not None:
        beside.before_writing()
    if part_of is None:
        act.made_at = _not_before(accepted, act.made_at)
        act.save(force_insert=True)
    written = iter(write(accepted, part_of or act))
    outcomes = [
        replace(each, preview=next(written)) if each.status is OutcomeStatus.CHANGED else each for each in outcomes
    ]
    result = Result(part_of or act, tuple(outcomes), missing, outside)
    if beside.after_writing is not None:
        beside.after_writing(result)
    return result


def _not_before(previews: Sequence[Preview], at: datetime) -> datetime:
    """Return the moment of an act, never before the acts it follows: the clock may have gone back in between."""
    known = (move.before.changed_at for preview in previews for move in preview.moves if move.before)
    newest = max((moment for moment in known if moment), default=at)
    return at if newest <= at else newest + timedelta(microseconds=1)


def _locked_inside(
    operation: Operation, ids: Sequence[UUID], scope: Scope, *, part_of: Act | None
) -> tuple[list[UUID], tuple[UUID, ...]]:
    """Lock the units of entitlements in order of ids; return those in scope that are still to do, and those outside.

    What the act has changed already is neither.
    """
    units = {key for unit in operation.units(ids) for key in unit}
    bare = Entitlement.objects.select_for_update(no_key=True).filter(pk__in=units).order_by("pk")
    locked = set(bare.values_list("pk", flat=True))
    done = Change.objects.filter(act=part_of, entitlement__in=ids).values_list("entitlement", flat=True)
    to_do = locked & set(ids) - (set(done) if part_of else set())
    inside = set(scope.rows().filter(pk__in=to_do).order_by().values_list("pk", flat=True))
    return [key for key in ids if key in inside], tuple(to_do - inside)


def _missing(operation: Operation, ids: Sequence[UUID], previews: Sequence[Preview]) -> tuple[UUID, ...]:
    """Return the ids without a preview; none where the operation creates what they name."""
    return () if operation.creates else tuple(set(ids) - {key for each in previews for key in each.ids})


def _previews(
    operation: Operation,
    ids: Sequence[UUID],
    *,
    at: datetime,
    made_by: User | System | None,
    lock: bool,
    scope: Scope | None = None,
    triggers: Days = NO_DAYS,
) -> list[Preview]:
    """Return the preview of each unit, in order of the ids, without units that have an unknown entitlement.

    An operation that creates entitlements is previewed all the same, and says itself which ones are unknown.
    """
    units = sorted(operation.units(list(dict.fromkeys(ids))))
    wanted = [key for unit in units for key in unit]
    loaded = load_with_orders(
        wanted,
        on=operation.as_of,
        revision_ids=operation.revision_ids(),
        order_ids=operation.order_ids(ids),
        lock=lock,
    )
    world = operation.world(loaded.states, at=at, revisions=loaded.revisions, held=loaded.held)
    world = replace(world, triggers=triggers) if triggers else world
    by_id = {state.id: state for state in loaded.states}
    known = [[by_id[key] for key in unit if key in by_id] for unit in units]
    whole = [pair for pair in zip(units, known, strict=True) if operation.creates or len(pair[0]) == len(pair[1])]
    previews = jointly_problems([operation.preview_unit(unit, found, world) for unit, found in whole], loaded.held)
    previews = with_what_was_billed(operation, previews, world)
    return with_approval([_permitted(each, made_by) for each in previews], made_by, scope=scope)


def _permitted(preview: Preview, made_by: User | System | None) -> Preview:
    """Return the preview with a problem for each part that the person may not do."""
    if made_by is None or isinstance(made_by, System):
        return preview
    missing = [permission for permission in preview.permissions if not made_by.has_perm(permission)]
    return preview.with_problems(not_permitted(missing))


def _outcome(preview: Preview, expected: Mapping[UUID, str] | None, problems: Sequence[Problem]) -> Outcome:
    """Return a preview with ``problems`` and its outcome, stale where ``expected`` lacks its fingerprint."""
    seen = None if expected is None else [expected[key] for key in preview.ids if key in expected]
    is_stale = seen is not None and preview.fingerprint not in seen
    preview = preview.with_problems(problems)
    if is_stale:
        return Outcome(OutcomeStatus.STALE, preview)
    return Outcome(OutcomeStatus.REFUSED if preview.is_blocked else OutcomeStatus.CHANGED, preview)


def reason_problem(previews: Iterable[Preview]) -> Problem | None:
    """Return the problem of an act without a reason; ``None`` where no preview needs one. Pure.

    A value set by hand needs a reason, and so does whatever the operation says.
    """
    for preview in previews:
        if any(override.set_at is None for move in preview.moves for override in move.after.overrides.values()):
            return Problem("reason_missing", "Give a reason: it is shown beside the value.", "reason")
        if preview.operation.needs_reason or OUTSIDE in preview.permissions:
            return Problem("reason_missing", "Give a reason: it is kept in History.", "reason")
    return None


def _reason_problems(preview: Preview, act: Act) -> list[Problem]:
    problem = None if act.reason.strip() else reason_problem([preview])
    return [problem] if problem else []
