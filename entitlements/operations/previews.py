"""What an operation would do to one entitlement, as a value. Pure: no query, no clock, no settings."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any, Protocol
from uuid import UUID

from entitlements.state import EXPIRY, MAINTENANCE_EXPIRY, NOTHING, RevisionValue, SeatValue, State, override_to_json
from offerings import rights
from offerings.rights import Direction, Kind, Right, RightChange, Value

WORDS_OF_ACT = ("reason", "reference")  # they say why, and are no part of what would happen
DiffMemo = dict[tuple[int, int], tuple[RightChange, ...]]
QUANTITY = Right("quantity", Kind.LIMIT, "Quantity", group="Offering")
OFFERING = Right("offering", Kind.TEXT, "Offering", group="Offering")
STARTS = Right("starts_on", Kind.DATE, "Starts", group="Term")
GRACE = Right("grace_ends_on", Kind.DATE, "Grace period ends", group="Term")
ENDED = Right("ended_on", Kind.DATE, "Ended", group="Term")
ACTIVATED = Right("is_activated", Kind.FLAG, "Activated", group="Term")
DISABLED = Right("is_disabled", Kind.FLAG, "Disabled", group="Term")


class Cause(StrEnum):
    """Why a value moves."""

    OFFERING = "offering"
    OVERRIDE_SET = "override set"
    OVERRIDE_DROPPED = "override dropped"
    ASKED = "asked for"
    RECALCULATED = "recalculated"


@dataclass(frozen=True, slots=True)
class Remark:
    """Something to say about a preview: a stable ``code``, a sentence that says what to do, the field it belongs to.

    Among a preview's ``problems`` it blocks; among its ``warnings`` it does not.
    """

    code: str
    message: str
    field: str = ""


@dataclass(frozen=True, slots=True)
class Effect:
    """One value that moves, with both sides as stored values and in words."""

    right: Right
    before: Value | None
    after: Value | None
    direction: Direction
    cause: Cause
    right_before: Right | None = None

    @property
    def shown_before(self) -> str:
        """Return the earlier value in words."""
        return _show_any(self.right_before or self.right, self.before)

    @property
    def shown_after(self) -> str:
        """Return the later value in words; a value its right cannot hold is shown as it is stored."""
        return _show_any(self.right, self.after)


class OverrideOutcome(StrEnum):
    """What happens to a value set by hand."""

    KEPT = "kept"
    SET = "set"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class OverrideEffect:
    """One override of the entitlement, and what the change means for it."""

    right: Right
    value: Value
    standard_before: Value | None
    standard_after: Value | None
    in_force_after: Value | None
    outcome: OverrideOutcome
    right_before: Right | None = None

    @property
    def shown_value(self) -> str:
        """Return the value set by hand, in words; a value its right cannot hold is shown as it is stored."""
        return _show_any(self.right, self.value)

    @property
    def shown_standard_before(self) -> str:
        """Return the standard value before, in words."""
        return rights.show(self.right_before or self.right, self.standard_before)

    @property
    def shown_standard_after(self) -> str:
        """Return the standard value after, in words."""
        return rights.show(self.right, self.standard_after)

    @property
    def shown_after(self) -> str:
        """Return the value in force after the change, in words."""
        return _show_any(self.right, self.in_force_after)


class Describable(Protocol):
    """An operation, as far as its previews need to know it."""

    def asked(self) -> dict[str, Any]:
        """Return the operation as versioned JSON."""


@dataclass(frozen=True)
class Preview:
    """Two states, and everything that follows from their difference, worked out when somebody asks for it.

    ``before`` is ``None`` where an entitlement is to be created. ``release`` and ``restore`` are seats by name;
    ``memo`` shares the differences of revisions among the previews of a batch. Where the entitlement ends and a new
    one takes its place, ``successor`` is the preview of that one. Seats that go over to another entitlement are
    ``handed``, to ``handed_to`` or to the successor; ``received_from`` is the entitlement they come from, and
    ``partner_seats`` are those that go or come back at the partner. ``path`` says in JSON which change group opened
    a move.
    """

    operation: Describable
    before: State | None
    after: State
    release: tuple[SeatValue, ...] = ()
    restore: tuple[SeatValue, ...] = ()
    problems: tuple[Remark, ...] = ()
    warnings: tuple[Remark, ...] = ()
    to_version: int | None = None
    undoes: UUID | None = None
    successor: "Preview | None" = None
    handed: tuple[SeatValue, ...] = ()
    handed_to: UUID | None = None
    received_from: UUID | None = None
    partner_seats: tuple[SeatValue, ...] = ()
    path: Mapping[str, Any] | None = None
    memo: DiffMemo = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def asked(self) -> dict[str, Any]:
        """Return the operation as versioned JSON."""
        return self.operation.asked()

    @cached_property
    def effects(self) -> tuple[Effect, ...]:
        """Return every value that moves, the offering first."""
        return effects_of(self.before, self.outcome, memo=self.memo)

    @cached_property
    def overrides(self) -> tuple[OverrideEffect, ...]:
        """Return what happens to each value that is or was set by hand."""
        return override_effects(self.before, self.outcome)

    @cached_property
    def counters_reset(self) -> tuple[Right, ...]:
        """Return the rights whose usage counters go back to 0."""
        return counters_reset(self.before, self.outcome)

    @property
    def id(self) -> UUID:
        """Return the key of the entitlement; ``UNBORN`` until it is created."""
        return self.after.id

    @property
    def outcome(self) -> State:
        """Return the state the customer ends with: that of the successor where there is one."""
        return self.successor.after if self.successor else self.after

    @property
    def partner(self) -> UUID | None:
        """Return the entitlement that must change together with this one; ``None`` for most."""
        return None if self.successor else (self.handed_to or self.received_from)

    @property
    def is_blocked(self) -> bool:
        """Tell whether anything stands against the operation."""
        return bool(self.problems)

    @cached_property
    def fingerprint(self) -> str:
        """Return a digest of what would happen: another fingerprint means the person saw something else.

        Holds the operation, the version, effects, seats to release and codes; never leases, use or moments.
        """
        seen = [
            self.asked,
            self.before.version if self.before else 0,
            [[e.right.key, e.before, e.after, e.cause] for e in self.effects],
            [[o.right.key, o.value, o.standard_after, o.outcome] for o in self.overrides],
            sorted(str(seat.id) for seat in self.release),
            sorted(str(seat.id) for seat in self.restore),
            self.path,
            str(self.partner),
            sorted(str(seat.id) for seat in self.partner_seats),
            sorted(
                [remark.code, remark.field]
                for remark in (*self.problems, *self.warnings)
                if remark.field not in WORDS_OF_ACT
            ),
        ]
        text = json.dumps(seen, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    def changes_version(self) -> bool:
        """Tell whether anything moves that a version names: everything but seats and use."""
        return self.before is None or _versioned(self.before) != _versioned(self.after)


def _versioned(state: State) -> tuple[object, ...]:
    return (
        state.revision.id,
        state.quantity,
        {key: override_to_json(override) for key, override in state.overrides.items()},
        state.starts_on,
        state.standard_expires_on,
        state.standard_maintenance_expires_on,
        state.ended_on,
        state.activated_at,
        state.disabled_at,
    )


def _show_any(right: Right, value: Value | None) -> str:
    if value is None or rights.is_valid(right, value):
        return rights.show(right, value)
    return str(value)


# --- effects: one generic difference of two states --------------------------------------------------------------------


def effects_of(before: State | None, after: State, *, memo: DiffMemo) -> tuple[Effect, ...]:
    """Return every value that moves between two states of one entitlement, the offering first."""
    if before is None:
        return tuple(_creation(after))
    return (*_offering(before, after), *_rights(before, after, memo=memo), *_term(before, after))


def _creation(after: State) -> Iterator[Effect]:
    yield Effect(OFFERING, None, str(after.revision), Direction.ADDED, Cause.ASKED)
    if after.quantity is not None:
        yield Effect(QUANTITY, None, after.quantity, Direction.ADDED, Cause.ASKED)
    for right, _before, now in _term_values(None, after):
        if now not in (None, "", False):
            yield Effect(right, None, now, Direction.ADDED, Cause.RECALCULATED)


def _offering(before: State, after: State) -> Iterator[Effect]:
    if before.revision.id != after.revision.id:
        yield Effect(OFFERING, str(before.revision), str(after.revision), Direction.CHANGED, Cause.OFFERING)
    if before.quantity != after.quantity:
        direction = rights.compare(QUANTITY, before.quantity, after.quantity)
        yield Effect(QUANTITY, before.quantity, after.quantity, direction, Cause.ASKED)


def _rights(before: State, after: State, *, memo: DiffMemo) -> Iterator[Effect]:
    moved = [change.right.key for change in revision_changes(before.revision, after.revision, memo=memo)]
    for key in dict.fromkeys(("seat_limit", *moved, *before.overrides, *after.overrides)):
        if key in (EXPIRY.key, MAINTENANCE_EXPIRY.key):
            continue
        effect = _right_effect(key, before, after)
        if effect is not None:
            yield effect


def _right_effect(key: str, before: State, after: State) -> Effect | None:
    was, now = before.in_force(key), after.in_force(key)
    right_before, right = before.revision.right(key), after.revision.right(key)
    known = right or right_before
    if known is None or (was == now and type(was) is type(now) and right_before == right):
        return None
    if not all(value is None or rights.is_valid(known, value) for value in (was, now)):
        return Effect(known, was, now, Direction.CHANGED, _cause(key, before, after), right_before)
    direction = rights.compare(known, was, now)
    if direction is Direction.SAME:
        return None
    return Effect(known, was, now, direction, _cause(key, before, after), right_before)


def _cause(key: str, before: State, after: State) -> Cause:
    if key in after.overrides and after.overrides[key] != before.overrides.get(key):
        return Cause.OVERRIDE_SET
    if key in before.overrides and key not in after.overrides:
        return Cause.OVERRIDE_DROPPED
    return Cause.RECALCULATED if before.revision.id == after.revision.id else Cause.OFFERING


def _term(before: State, after: State) -> Iterator[Effect]:
    for right, was, now in _term_values(before, after):
        if was != now:
            cause = _cause(right.key, before, after)
            yield Effect(
                right,
                was,
                now,
                rights.compare(right, was, now),
                Cause.RECALCULATED if cause is Cause.OFFERING else cause,
            )


def _term_values(before: State | None, after: State) -> Iterator[tuple[Right, Value, Value]]:
    for right in (STARTS, EXPIRY, MAINTENANCE_EXPIRY, GRACE, ENDED):
        yield right, _day_of(before, right.key), _day_of(after, right.key)
    yield ACTIVATED, before is not None and before.is_activated, after.is_activated
    yield DISABLED, before is not None and before.disabled_at is not None, after.disabled_at is not None


def _day_of(state: State | None, name: str) -> str:
    day = getattr(state, name, None)
    return day.isoformat() if day else ""


def revision_changes(before: RevisionValue, after: RevisionValue, *, memo: DiffMemo) -> tuple[RightChange, ...]:
    """Return the difference of two revisions; computed once for each pair in ``memo``."""
    if before.id == after.id:
        return ()
    pair = before.id, after.id
    if pair not in memo:
        memo[pair] = rights.diff(before.sheet, after.sheet)
    return memo[pair]


def override_effects(before: State | None, after: State) -> tuple[OverrideEffect, ...]:
    """Return what happens to each value that is or was set by hand."""
    earlier = before or after
    rows = []
    for key in {**earlier.overrides, **after.overrides}:
        right = after.revision.right(key) or earlier.right(key)
        override = after.overrides.get(key) or earlier.overrides[key]
        rows.append(
            OverrideEffect(
                right=right,
                value=override.value,
                standard_before=earlier.standard(key),
                standard_after=after.standard(key),
                in_force_after=after.in_force(key),
                outcome=_outcome(key, earlier, after),
                right_before=earlier.revision.right(key),
            )
        )
    return tuple(rows)


def _outcome(key: str, before: State, after: State) -> OverrideOutcome:
    if key not in after.overrides:
        return OverrideOutcome.DROPPED
    return OverrideOutcome.KEPT if after.overrides[key] == before.overrides.get(key) else OverrideOutcome.SET


def counters_reset(before: State | None, after: State) -> tuple[Right, ...]:
    """Return the rights whose usage counters go back to 0."""
    earlier = before.counters if before else NOTHING
    return tuple(after.right(key) for key, used in earlier.items() if used and not after.counters.get(key, 0))


def conclude(
    operation: Describable,
    before: State | None,
    after: State,
    *,
    memo: DiffMemo | None = None,
    release: Iterable[SeatValue] = (),
    problems: Iterable[Remark] = (),
    warnings: Iterable[Remark] = (),
) -> Preview:
    """Return the preview that follows from two states."""
    return Preview(
        operation=operation,
        before=before,
        after=after,
        release=tuple(release),
        problems=tuple(problems),
        warnings=tuple(warnings),
        memo={} if memo is None else memo,
    )
