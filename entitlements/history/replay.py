"""What an act did to entitlements, told as its preview told it: the states before and after, rebuilt from the log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from itertools import groupby
from operator import or_
from typing import Any
from uuid import UUID

from django.db.models import Q

from entitlements.history.timeline import Chip, chips_of, wound_back
from entitlements.models import Change
from entitlements.operations import Effect, OverrideEffect, undone_by
from entitlements.operations.previews import DiffMemo, effects_of, override_effects
from entitlements.state import RevisionValue, State, loading, revisions_by_id
from offerings.rights import Right


@dataclass(frozen=True, slots=True)
class Retold:
    """One change with the states around it. ``before`` is ``None`` where it made the entitlement."""

    change: Change
    before: State | None
    after: State
    is_undone: bool = False
    memo: DiffMemo = field(default_factory=dict, repr=False, compare=False)

    @property
    def effects(self) -> tuple[Effect, ...]:
        """Return every value that moved, the offering first."""
        return effects_of(self.before, self.after, memo=self.memo)

    @property
    def overrides(self) -> tuple[OverrideEffect, ...]:
        """Return what happened to each value that was or is set by hand."""
        return override_effects(self.before, self.after)

    @property
    def chips(self) -> tuple[Chip, ...]:
        """Return what was done, in chips."""
        return tuple(chips_of(self.change.delta, self.before, self.after, self.memo))

    @property
    def released(self) -> list[Mapping[str, Any]]:
        """Return the seats that were released, as the log names them."""
        return list(self.change.delta.get("released", ()))

    @property
    def restored(self) -> list[Mapping[str, Any]]:
        """Return the seats that were brought back, as the log names them."""
        return list(self.change.delta.get("restored", ()))

    @property
    def counters(self) -> list[tuple[Right, int, int]]:
        """Return the usage counters that moved, with both amounts."""
        moved = self.change.delta.get("counters", {})
        return [(self.after.right(key), was, now) for key, (was, now) in moved.items()]


def retell(changes: Sequence[Change]) -> list[Retold]:
    """Return changes of one act, each of another entitlement, with the states around them; eight queries at most.

    The present state of each entitlement is wound back through all that was done to it since.
    """
    if not changes:
        return []
    present = {state.id: state for state in loading.load({row.entitlement_id for row in changes})}
    later = _later_than(changes)
    revisions = _revisions([*changes, *(row for rows in later.values() for row in rows)])
    undone = _undone(changes)
    memo: DiffMemo = {}
    told = []
    for row in changes:
        after = present[row.entitlement_id]
        for each in later.get(row.entitlement_id, ()):
            after = wound_back(after, each, revisions) or after
        told.append(Retold(row, wound_back(after, row, revisions), after, row.pk in undone, memo))
    return told


def _later_than(changes: Sequence[Change]) -> dict[UUID, list[Change]]:
    """Return what was done to each entitlement since, newest first."""
    since = reduce(or_, (Q(entitlement=row.entitlement_id, sequence__gt=row.sequence) for row in changes))
    rows = Change.objects.filter(since).order_by("entitlement", "-sequence")
    return {key: list(found) for key, found in groupby(rows, lambda row: row.entitlement_id)}


def _revisions(rows: Sequence[Change]) -> dict[int, RevisionValue]:
    return revisions_by_id({key for row in rows for key in (row.from_revision_id, row.to_revision_id) if key})


def _undone(changes: Sequence[Change]) -> set[UUID]:
    undos = Change.objects.filter(entitlement__in=[row.entitlement_id for row in changes], undoes__isnull=False)
    return undone_by(undos.order_by("-sequence").values_list("pk", "undoes_id"))
