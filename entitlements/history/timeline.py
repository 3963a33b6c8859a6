"""The timeline of one entitlement: a title and chips for each change, and the buttons to undo and redo.

``history_page`` reads in a constant number of queries; the rest is pure. Each change is shown by the same difference
of two states as its preview: the present state goes back change by change.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from entitlements.billing.money import Money
from entitlements.history.chips import Chip, chips_of
from entitlements.history.money import money_line
from entitlements.history.replay import Catalog
from entitlements.history.titles import Title, title_of_change
from entitlements.models import Change
from entitlements.operations import undone_by
from entitlements.operations.effects import DiffMemo
from entitlements.state import Delta, State

PAGE = 50


@dataclass(frozen=True, slots=True)
class Undos:
    """The undone changes of one entitlement: targets of undos, moments, and the operations at the roots."""

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


MOST_CHIPS = 6


@dataclass(frozen=True, slots=True)
class Entry:
    """One change as people read it. At most one of ``may_undo`` and ``may_redo`` is true."""

    change: Change
    heading: Title
    chips: tuple[Chip, ...]
    undone_at: datetime | None = None
    may_undo: bool = False
    may_redo: bool = False

    @property
    def first_chips(self) -> tuple[Chip, ...]:
        """Return the chips that are shown at once; a single one more is shown, too, as "+1 more" is as long."""
        return self.chips if len(self.chips) == MOST_CHIPS + 1 else self.chips[:MOST_CHIPS]

    @property
    def more_chips(self) -> tuple[Chip, ...]:
        """Return the chips that are shown when asked for."""
        return self.chips[len(self.first_chips) :]

    @property
    def money(self) -> str:
        """Return what the change made due, in one line; empty for nothing."""
        return money_line([Money.read(self.change.money)])

    @property
    def act(self) -> Any:
        """Return the act: who, when, why."""
        return self.change.act

    @property
    def title(self) -> str:
        """Return the title in words."""
        return self.heading.text

    @property
    def icon(self) -> str:
        """Return the icon of the title."""
        return self.heading.icon

    @property
    def tone(self) -> str:
        """Return the tone of the title."""
        return self.heading.tone

    @property
    def is_undo(self) -> bool:
        """Tell whether the change is an undo."""
        return self.heading.is_undo


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Changes newest first. ``older`` is the sequence to go on from, ``None`` at the end."""

    entries: tuple[Entry, ...]
    older: int | None = None


def history_page(state: State, *, before: int | None = None, size: int = PAGE) -> HistoryPage:
    """Return the changes of an entitlement with a sequence under ``before``; seven queries at most."""
    newest = Change.objects.filter(entitlement=state.id).order_by("-sequence")
    rows = list(newest.select_related("act").filter(**({"sequence__lt": before} if before else {}))[: size + 1])
    later = list(newest.filter(sequence__gte=before)) if before else []
    older = rows[size - 1].sequence if len(rows) > size else None
    rows = rows[:size]
    catalog = Catalog.of([*later, *rows])
    for row in later:
        state = catalog.before(state, row) or state
    entries = list(_entries(state, rows, catalog, undos_of(state.id), origin=_origin_of(rows)))
    return HistoryPage(tuple(_with_buttons(entries, version=state.version) if before is None else entries), older)


def undos_of(entitlement_id: UUID) -> Undos:
    """Return the undone changes of an entitlement; two queries, one where none was ever undone."""
    found = Change.objects.filter(entitlement=entitlement_id, undoes__isnull=False).order_by("-sequence")
    rows = list(found.values_list("pk", "undoes", "act__made_at"))
    undone = undone_by((undo, target) for undo, target, _at in rows)
    targets = {undo: target for undo, target, _at in rows if target is not None}
    moments = {target: at for _undo, target, at in reversed(rows) if target is not None and target in undone}
    roots = {target for target in targets.values() if target not in targets}
    operations = Change.objects.filter(pk__in=roots).values_list("pk", "act__operation") if roots else []
    return Undos(targets, moments, dict(operations))


def _origin_of(rows: Sequence[Change]) -> str | None:
    """Return the key of the order that the entitlement came from, where the last row created it from another one.

    One query, none for any other row. Only a part has another order than the one it came from.
    """
    created = rows[-1] if rows and rows[-1].from_revision_id is None else None
    source = Delta.from_json(created.delta).took_over if created else None
    if created is None or source is None:
        return None
    keys = Change.objects.filter(act=created.act_id, entitlement=source.other).values_list("order", flat=True)
    return next((str(key) for key in keys), None)


def _entries(
    state: State, rows: Sequence[Change], catalog: Catalog, undos: Undos, *, origin: str | None
) -> Iterator[Entry]:
    memo: DiffMemo = {}
    for row in rows:
        before = catalog.before(state, row)
        yield _entry(row, before, state, undos, memo, origin=origin)
        if before is None:
            return
        state = before


def _entry(
    row: Change, before: State | None, after: State, undos: Undos, memo: DiffMemo, *, origin: str | None
) -> Entry:
    depth, delta = undos.depth(row.pk), Delta.from_json(row.delta)
    operation = undos.root_operation(row.pk) if depth else row.act.operation
    done = replace(delta, fields={**delta.fields, "order": (origin, str(after.order.id))}) if before is None else delta
    heading = title_of_change(operation, before, after, done, depth=depth)
    chips = tuple(chips_of(delta, before, after, operation="" if depth else operation, memo=memo))
    return Entry(row, heading, chips, undone_at=undos.undone_at.get(row.pk))


def _with_buttons(entries: Sequence[Entry], *, version: int) -> list[Entry]:
    """Give the newest change in force the button to undo, and the newest undo above it the button to redo."""
    found: list[Entry] = []
    is_open, has_undo, has_redo = True, False, False
    for entry in entries:
        fits = is_open and entry.undone_at is None and entry.change.to_version == version
        may_redo = fits and entry.is_undo and not has_redo
        may_undo = fits and not entry.is_undo and not has_undo
        has_redo, has_undo = has_redo or may_redo, has_undo or may_undo
        if entry.undone_at is None and entry.change.undoes_id is None:
            is_open = False
        found.append(replace(entry, may_undo=may_undo, may_redo=may_redo))
    return found
