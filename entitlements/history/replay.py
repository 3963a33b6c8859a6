"""The states around changes, rebuilt from the log: the present state goes back change by change."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from itertools import groupby
from operator import or_
from uuid import UUID

from django.db.models import Q

from entitlements.models import Change
from entitlements.operations import Effect, OverrideEffect
from entitlements.operations.effects import DiffMemo, effects_of, override_effects
from entitlements.operations.undo_act.changes import undone_changes
from entitlements.state import Delta, Orders, RevisionValue, State, load_alone, orders_by_id, revisions_by_id
from offerings.rights import Right


@dataclass(frozen=True, slots=True)
class Catalog:
    """The revisions and orders that changes name."""

    revisions: Mapping[int, RevisionValue]
    orders: Orders

    @classmethod
    def of(cls, rows: Iterable[Change]) -> "Catalog":
        """Read the revisions and orders that changes name; two queries at most."""
        rows = list(rows)
        named = {key for row in rows for key in Delta.from_json(row.delta).order_ids}
        revision_ids = {key for row in rows for key in (row.from_revision_id, row.to_revision_id) if key}
        return cls(revisions_by_id(revision_ids), Orders(orders_by_id(named) if named else {}))

    def before(self, state: State, row: Change) -> State | None:
        """Return the state before a change, seats apart; ``None`` where the change created the entitlement."""
        if row.from_revision_id is None:
            return None
        delta = Delta.from_json(row.delta)
        return delta.taken_back(state, revision=self.revisions[row.from_revision_id], orders=self.orders)


@dataclass(frozen=True, slots=True)
class ReplayedChange:
    """One change with the states around it. ``before`` is ``None`` where it created the entitlement."""

    change: Change
    before: State | None
    after: State
    is_undone: bool = False
    memo: DiffMemo = field(default_factory=dict, repr=False, compare=False)

    @property
    def delta(self) -> Delta:
        """Return the delta that the log stores."""
        return Delta.from_json(self.change.delta)

    @property
    def effects(self) -> tuple[Effect, ...]:
        """Return every value that moved, the offering first."""
        return effects_of(self.before, self.after, memo=self.memo)

    @property
    def overrides(self) -> tuple[OverrideEffect, ...]:
        """Return the outcome of each value that was or is set by hand."""
        return override_effects(self.before, self.after)

    @property
    def counters(self) -> list[tuple[Right, int, int]]:
        """Return the usage counters that moved, with both amounts."""
        return [(self.after.right(key), was, now) for key, (was, now) in self.delta.counters_moved.items()]


def replay(changes: Sequence[Change]) -> list[ReplayedChange]:
    """Return changes of one act, each of another entitlement, with the states around them; nine queries at most."""
    if not changes:
        return []
    present = {state.id: state for state in load_alone({row.entitlement_id for row in changes})}
    later = _later_than(changes)
    catalog = Catalog.of([*changes, *(row for rows in later.values() for row in rows)])
    undone = undone_changes([row.entitlement_id for row in changes])
    memo: DiffMemo = {}
    found = []
    for row in changes:
        after = present[row.entitlement_id]
        for each in later.get(row.entitlement_id, ()):
            after = catalog.before(after, each) or after
        found.append(ReplayedChange(row, catalog.before(after, row), after, row.pk in undone, memo))
    return found


def _later_than(changes: Sequence[Change]) -> dict[UUID, list[Change]]:
    """Return the later changes of each entitlement, newest first; one query."""
    since = reduce(or_, (Q(entitlement=row.entitlement_id, sequence__gt=row.sequence) for row in changes))
    rows = Change.objects.filter(since).order_by("entitlement", "-sequence")
    return {key: list(found) for key, found in groupby(rows, lambda row: row.entitlement_id)}
