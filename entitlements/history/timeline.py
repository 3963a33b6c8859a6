"""The log of one entitlement as people read it: a sentence and chips for each change, and what can be undone.

``history_page`` reads in a constant number of queries; the rest is pure. Each change is told by the same difference
of two states that its preview showed: the present state is wound back, change by change.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from entitlements.models import Change
from entitlements.operations import Effect, undone_by
from entitlements.operations.previews import GRACE, OFFERING, DiffMemo, effects_of
from entitlements.state import EXPIRY, RevisionValue, State, revisions_by_id, taken_back
from offerings import rights
from offerings.rights import Direction, Kind
from offerings.tables import SIGNS as CATALOG_SIGNS

PAGE = 50
SIGNS = {**CATALOG_SIGNS, Direction.CHANGED: "~"}  # in a chip an arrow stands between two values already
SEATS_NAMED = 3
NOT_WORTH_A_CHIP = {GRACE.key, "is_disabled", "is_activated"}  # they follow from the title, or from another chip
MARKS = {
    "create_entitlement": ("plus", "quiet"),
    "change_offering": ("swap", "info"),
    "set_overrides": ("pencil", "kept"),
    "revert_overrides": ("pencil", "kept"),
    "set_quantity": ("seat", "info"),
    "activate": ("play", "ok"),
    "renew": ("renew", "ok"),
    "disable": ("disable", "stop"),
    "enable": ("enable", "ok"),
    "change_terms": ("calendar", "info"),
    "release_seats": ("seat", "warn"),
}
TITLES = {
    "create_entitlement": "Created",
    "change_offering": "Changed offering",
    "set_overrides": "Set override",
    "revert_overrides": "Removed override",
    "set_quantity": "Changed quantity",
    "activate": "Activated",
    "renew": "Renewed",
    "disable": "Disabled",
    "enable": "Enabled",
    "change_terms": "Changed terms",
    "release_seats": "Released seats",
}


@dataclass(frozen=True, slots=True)
class Chip:
    """One difference in a few words. ``tone`` colours it; ``sign`` and ``word`` say the same without colour."""

    tone: str
    sign: str
    word: str
    label: str
    before: str = ""
    after: str = ""
    is_flag: bool = False  # on or off: the sign and the label say it all


@dataclass(frozen=True, slots=True)
class Undos:
    """What was undone on one entitlement, as far as its log goes back."""

    targets: Mapping[UUID, UUID] = field(default_factory=dict)
    undone_at: Mapping[UUID, datetime] = field(default_factory=dict)
    operations: Mapping[UUID, str] = field(default_factory=dict)

    def depth(self, change: UUID) -> int:
        """Return 0 for a change of its own, 1 for an undo, 2 for a redo, 3 for the undo of a redo."""
        return len(self._path(change))

    def root_operation(self, change: UUID) -> str:
        """Return the operation that was undone or redone in the end."""
        return self.operations.get([change, *self._path(change)][-1], "")

    def _path(self, change: UUID) -> list[UUID]:
        path = []
        while change in self.targets:
            change = self.targets[change]
            path.append(change)
        return path


@dataclass(frozen=True, slots=True)
class Entry:
    """One change, told. At most one of ``may_undo`` and ``may_redo`` is true."""

    change: Change
    title: str
    icon: str
    tone: str
    chips: tuple[Chip, ...]
    is_undo: bool = False
    undone_at: datetime | None = None
    may_undo: bool = False
    may_redo: bool = False

    @property
    def act(self) -> Any:
        """Return the act: who, when, why."""
        return self.change.act


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Changes newest first. ``older`` is the sequence to go on from, ``None`` at the end."""

    entries: tuple[Entry, ...]
    older: int | None = None


def history_page(state: State, *, before: int | None = None, size: int = PAGE) -> HistoryPage:
    """Return the changes of an entitlement with a sequence under ``before``; five queries at most."""
    newest = Change.objects.filter(entitlement=state.id).order_by("-sequence")
    rows = list(newest.select_related("act").filter(**({"sequence__lt": before} if before else {}))[: size + 1])
    later = list(newest.filter(sequence__gte=before)) if before else []
    older = rows[size - 1].sequence if len(rows) > size else None
    rows = rows[:size]
    revisions = _revisions([*later, *rows])
    for row in later:
        state = wound_back(state, row, revisions) or state
    told = list(_told(state, rows, revisions, undos_of(state.id)))
    return HistoryPage(tuple(_with_buttons(told, version=state.version) if before is None else told), older)


def _revisions(rows: Iterable[Change]) -> dict[int, RevisionValue]:
    return revisions_by_id({key for row in rows for key in (row.from_revision_id, row.to_revision_id) if key})


def undos_of(entitlement_id: UUID) -> Undos:
    """Return what was undone; two queries, one where nothing ever was."""
    found = Change.objects.filter(entitlement=entitlement_id, undoes__isnull=False).order_by("-sequence")
    rows = list(found.values_list("pk", "undoes", "act__made_at"))
    undone = undone_by((undo, target) for undo, target, _at in rows)
    targets = {undo: target for undo, target, _at in rows if target is not None}
    moments = {target: at for _undo, target, at in reversed(rows) if target is not None and target in undone}
    roots = {target for target in targets.values() if target not in targets}
    operations = Change.objects.filter(pk__in=roots).values_list("pk", "act__operation") if roots else []
    return Undos(targets, moments, dict(operations))


def wound_back(state: State, row: Change, revisions: Mapping[int, RevisionValue]) -> State | None:
    """Return the state before a change; ``None`` where the change made the entitlement."""
    if row.from_revision_id is None:
        return None
    return taken_back(state, row.delta, revision=revisions[row.from_revision_id])


def _told(
    state: State, rows: Sequence[Change], revisions: Mapping[int, RevisionValue], undos: Undos
) -> Iterator[Entry]:
    memo: DiffMemo = {}
    for row in rows:
        before = wound_back(state, row, revisions)
        yield _entry(row, before, state, undos, memo)
        if before is None:
            return
        state = before


def _entry(row: Change, before: State | None, after: State, undos: Undos, memo: DiffMemo) -> Entry:
    depth = undos.depth(row.pk)
    operation = undos.root_operation(row.pk) if depth else row.act.operation
    icon, tone = MARKS.get(operation, ("log", "quiet"))
    title = _title(operation, row, before, after)
    if depth:
        icon, tone = ("undo", "quiet") if depth % 2 else ("redo", "quiet")
        title = f"{'Undid' if depth % 2 else 'Redid'}: {TITLES.get(operation, operation)}"
    chips = tuple(chips_of(row.delta, before, after, memo))
    return Entry(row, title, icon, tone, chips, is_undo=depth % 2 == 1, undone_at=undos.undone_at.get(row.pk))


def _title(operation: str, row: Change, before: State | None, after: State) -> str:
    if operation == "release_seats":
        count = len(row.delta.get("released", ()))
        return f"Released {count} {'seat' if count == 1 else 'seats'}"
    if operation == "change_offering" and "handed" in row.delta:
        return "Ended for a new entitlement"
    if operation == "change_offering" and "received" in row.delta:
        return "Created in place of another"
    if operation == "change_offering" and _is_update(before, after):
        return f"Updated to revision {after.revision.number}"
    return TITLES.get(operation, operation)


def _is_update(before: State | None, after: State) -> bool:
    """Tell whether a change went to another revision of the same offering."""
    if before is None or before.revision.offering_id != after.revision.offering_id:
        return False
    return before.revision.id != after.revision.id


def _with_buttons(told: Sequence[Entry], *, version: int) -> list[Entry]:
    """Mark the newest change that stands as one to undo, and the newest undo above it as one to redo."""
    found: list[Entry] = []
    is_open, has_undo, has_redo = True, False, False
    for entry in told:
        fits = is_open and entry.undone_at is None and entry.change.to_version == version
        may_redo = fits and entry.is_undo and not has_redo
        may_undo = fits and not entry.is_undo and not has_undo
        has_redo, has_undo = has_redo or may_redo, has_undo or may_undo
        if entry.undone_at is None and entry.change.undoes_id is None:
            is_open = False
        found.append(replace(entry, may_undo=may_undo, may_redo=may_redo))
    return found


# --- chips -----------------------------------------------------------------------------------------------------------


def chips_of(delta: Mapping[str, Any], before: State | None, after: State, memo: DiffMemo) -> Iterator[Chip]:
    """Yield what a change did, in chips: ``delta`` is its own, ``before`` is ``None`` where it made the entitlement."""
    effects = effects_of(before, after, memo=memo)
    yield from (chip_of(effect) for effect in effects if effect.right.key not in NOT_WORTH_A_CHIP)
    moved = {effect.right.key for effect in effects}
    yield from _override_chips(delta.get("overrides", {}), after, moved)
    yield from _seat_chips(delta.get("released", ()), Direction.REMOVED)
    yield from _seat_chips(delta.get("restored", ()), Direction.ADDED)
    if way := way_in_words(delta):
        yield Chip(Direction.CHANGED, SIGNS[Direction.CHANGED], "changed", way)
    if handed := delta.get("handed", {}).get("seats", ()):
        words = f"{len(handed):,} {'seat' if len(handed) == 1 else 'seats'} handed over"
        yield Chip(Direction.CHANGED, SIGNS[Direction.CHANGED], "changed", words)
    for key, (was, now) in delta.get("counters", {}).items():
        label = f"{after.right(key).label} used"
        yield Chip(Direction.CHANGED, SIGNS[Direction.CHANGED], "changed", label, f"{was:,}", f"{now:,}")


def way_in_words(delta: Mapping[str, Any]) -> str:
    """Return which change group opened a move, or that none did; empty where groups had no say."""
    path = delta.get("path", {})
    return "outside change groups" if path.get("outside") else f"through {path['name']}" if path else ""


def chip_of(effect: Effect) -> Chip:
    """Return one value that moved as a chip."""
    sign, word = SIGNS[effect.direction], str(effect.direction)
    if effect.right.key == OFFERING.key:
        return Chip(effect.direction, sign, word, "", effect.shown_before, effect.shown_after)
    is_flag = effect.right.kind is Kind.FLAG and effect.direction in (Direction.ADDED, Direction.REMOVED)
    nothing = "off" if effect.right.kind is Kind.FLAG else "none"
    before = "" if effect.before is None and not is_flag else effect.shown_before or nothing
    after = effect.shown_after or ("never" if effect.right.key == EXPIRY.key else nothing)
    return Chip(effect.direction, sign, word, effect.right.label, before, after, is_flag)


def _override_chips(overrides: Mapping[str, Any], after: State, moved: set[str]) -> Iterator[Chip]:
    """Tell of overrides that came or went without moving the value in force."""
    for key, (_was, now) in overrides.items():
        if key in moved:
            continue
        right, value = after.right(key), after.in_force(key)
        shown = rights.show(right, value) if value is not None and rights.is_valid(right, value) else str(value or "")
        words = "set by hand" if now else "standard"
        yield Chip("kept", "=", "kept", right.label, "", f"{shown or 'none'}, {words}")


def _seat_chips(seats: Sequence[Mapping[str, Any]], direction: Direction) -> Iterator[Chip]:
    for seat in seats[:SEATS_NAMED]:
        yield Chip(direction, SIGNS[direction], str(direction), f"Seat {seat['name'] or seat['seat_id']}")
    if len(seats) > SEATS_NAMED:
        yield Chip(direction, SIGNS[direction], str(direction), f"{len(seats) - SEATS_NAMED} more seats")
