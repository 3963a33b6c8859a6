"""The effects of a move: one generic difference of two states. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from entitlements.operations.effect_words import effect_words
from entitlements.state import EXPIRY, MAINTENANCE_EXPIRY, NOTHING, RevisionValue, State, fields
from offerings import rights
from offerings.change_words import ChangeWords
from offerings.rights import Direction, Right, RightChange, Value

DiffMemo = dict[tuple[int, int], tuple[RightChange, ...]]


class Cause(StrEnum):
    """Why a value moves."""

    OFFERING = "offering"
    OVERRIDE_SET = "override set"
    OVERRIDE_DROPPED = "override dropped"
    ASKED = "asked for"
    RECALCULATED = "recalculated"


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
        return rights.show_stored(self.right_before or self.right, self.before)

    @property
    def shown_after(self) -> str:
        """Return the later value in words; a value its right cannot hold is shown as it is stored."""
        return rights.show_stored(self.right, self.after)

    @property
    def words(self) -> ChangeWords:
        """Return the word, sign and tone of the move, by the field or the kind of the right."""
        return effect_words(self.right, self.before, self.direction)


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
    is_floor: bool = False
    right_before: Right | None = None
    until: date | None = None

    @property
    def seen(self) -> list[Any]:
        """Return what a person sees of it, as JSON."""
        seen = [self.right.key, self.value, self.is_floor, self.standard_after, self.outcome]
        return [*seen, self.until.isoformat()] if self.until else seen

    @property
    def shown_standard_before(self) -> str:
        """Return the standard value before, in words."""
        return rights.show_stored(self.right_before or self.right, self.standard_before)


def effects_of(before: State | None, after: State, *, memo: DiffMemo) -> tuple[Effect, ...]:
    """Return every value that moves between two states: order and offering first, then rights, then the term."""
    found = {effect.right.key: effect for effect in _field_effects(before, after)}
    early = [effect for key, effect in found.items() if effect.right.group != "Term"]
    late = [effect for key, effect in found.items() if effect.right.group == "Term"]
    if before is None:
        return (*early, *late)
    return (*early, *_rights(before, after, memo=memo), *late)


def _field_effects(before: State | None, after: State) -> Iterator[Effect]:
    """Yield the fields of a state that move and are shown, in the order of their table."""
    for field in fields.FIELDS:
        if field.right is None:
            continue
        was = None if before is None else field.show(field.get(before))
        now = field.show(field.get(after))
        if before is None:
            if now not in (None, "", False):
                yield Effect(field.right, None, now, Direction.ADDED, _cause_at_creation(field.right))
        elif was != now or _is_another(field, before, after):
            direction = rights.compare(field.right, was, now)
            if direction is Direction.SAME:
                direction = Direction.CHANGED
            yield Effect(field.right, was, now, direction, _field_cause(field.right, before, after))


def _is_another(field: fields.Field, before: State, after: State) -> bool:
    """Tell whether another order or customer reads like the one before: two may have the same words."""
    is_named = field.right is not None and field.right.group == fields.ORDER.group
    return is_named and field.to_column(field.get(before)) != field.to_column(field.get(after))


def _cause_at_creation(right: Right) -> Cause:
    return Cause.RECALCULATED if right.group == "Term" else Cause.ASKED


def _field_cause(right: Right, before: State, after: State) -> Cause:
    if right.key == fields.OFFERING.key:
        return Cause.OFFERING
    if right.group != "Term":
        return Cause.ASKED
    cause = _cause(right.key, before, after)
    return Cause.RECALCULATED if cause is Cause.OFFERING else cause


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
    return tuple(_override_effect(key, earlier, after) for key in {**earlier.overrides, **after.overrides})


def _override_effect(key: str, before: State, after: State) -> OverrideEffect:
    override = after.overrides.get(key) or before.overrides[key]
    return OverrideEffect(
        right=after.revision.right(key) or before.right(key),
        value=override.value,
        standard_before=before.standard(key),
        standard_after=after.standard(key),
        in_force_after=after.in_force(key),
        outcome=_outcome(key, before, after),
        is_floor=override.is_floor,
        right_before=before.revision.right(key),
        until=override.until,
    )


def _outcome(key: str, before: State, after: State) -> OverrideOutcome:
    if key not in after.overrides:
        return OverrideOutcome.DROPPED
    return OverrideOutcome.KEPT if after.overrides[key] == before.overrides.get(key) else OverrideOutcome.SET


def counters_reset(before: State | None, after: State) -> tuple[Right, ...]:
    """Return the rights whose usage counters go back to 0."""
    earlier: Mapping[str, int] = before.counters if before else NOTHING
    return tuple(after.right(key) for key, used in earlier.items() if used and not after.counters.get(key, 0))
