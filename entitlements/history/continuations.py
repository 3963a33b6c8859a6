"""Entitlements that go on from one another: by a new term, or by a part of the quantity that became one of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import F, Q

from entitlements.models import Change, Entitlement
from entitlements.operations.undo_act.changes import undone_changes
from entitlements.state import Delta, State


@dataclass(frozen=True, slots=True)
class Continuation:
    """The other entitlement: its key, its offering, its order and its quantity where sold by it."""

    id: UUID
    offering: str
    order_reference: str
    quantity: int | None = None


@dataclass(frozen=True, slots=True)
class Continuations:
    """The entitlements on both sides of one. ``is_part``: those after it are parts of it, and it goes on as well."""

    before: tuple[Continuation, ...] = ()
    after: tuple[Continuation, ...] = ()
    is_part: bool = False

    def __bool__(self) -> bool:
        return bool(self.before or self.after)


def continuations_of(state: State) -> Continuations:
    """Return what an entitlement goes on from, and what goes on from it; one query, three where there is any.

    What an undo took back is left out.
    """
    went_over = Q(delta__has_key="took_over") | Q(delta__has_key="handed_over")
    rows = list(Change.objects.filter(went_over, entitlement=state.id, undoes=None).order_by("sequence"))
    if not rows:
        return Continuations()
    undone = undone_changes([state.id])
    deltas = [Delta.from_json(row.delta) for row in rows if row.pk not in undone]
    before = [delta.took_over.other for delta in deltas if delta.took_over]
    after = [delta.handed_over.other for delta in deltas if delta.handed_over]
    found = _named([*before, *after])
    return Continuations(
        before=tuple(found[key] for key in before if key in found),
        after=tuple(found[key] for key in after if key in found),
        is_part=state.ended_on is None,
    )


def _named(ids: Sequence[UUID]) -> dict[UUID, Continuation]:
    rows: Any = Entitlement.objects.filter(pk__in=ids).values_list(
        "pk", F("revision__offering_name"), F("order__order_reference"), "quantity"
    )
    return {row[0]: Continuation(*row) for row in rows}
