"""Recount the stored numbers of entitlements and check the version chain of their log. Writes nothing."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count, F, Q

from entitlements.engine.log_chain import Link, Mismatch, Undone, broken_links
from entitlements.models import Change, Entitlement, FeatureUse, Override, Seat
from entitlements.state import Delta, OverrideValue, State, columns_of, load_alone

BATCH_SIZE = 2000


@dataclass(frozen=True, slots=True)
class Difference:
    """One stored value that differs from its recount."""

    entitlement_id: UUID
    name: str
    stored: object
    recounted: object

    def __str__(self) -> str:
        return f"{self.entitlement_id}  {self.name}: stored {self.stored}, recounted {self.recounted}"


def differences(*, batch_size: int = BATCH_SIZE) -> Iterator[Difference]:
    """Recount every entitlement, in order of id, and yield the differences. Writes nothing.

    Reads in batches, so memory stays flat. An entitlement with a difference is locked and counted once more: a change
    made between two reads is no difference.
    """
    for ids in batches_of_ids(Entitlement.objects.all(), size=batch_size):
        suspects = sorted({difference.entitlement_id for difference in _recounted(ids)})
        if suspects:
            with transaction.atomic():
                load_alone(suspects, lock=True)
                confirmed = list(_recounted(suspects))
            yield from confirmed


def batches_of_ids(rows: Any, *, size: int) -> Iterator[list[UUID]]:
    """Yield the keys of a queryset of entitlements in order, in lists of at most ``size``; one query for each list.

    Each list is read on demand, so it leaves out rows that left the queryset since the list before.
    """
    page = list(rows.order_by("pk").values_list("pk", flat=True)[:size])
    while page:
        yield page
        page = list(rows.filter(pk__gt=page[-1]).order_by("pk").values_list("pk", flat=True)[:size])


def _recounted(ids: Sequence[UUID]) -> Iterator[Difference]:
    rows = Entitlement.objects.in_bulk(ids)
    links, uses = _links(ids), _misplaced_uses(ids)
    for state in _recounted_states(ids):
        mismatches = [
            *_row_mismatches(rows[state.id], state, misplaced_uses=uses[state.id]),
            *broken_links(links.get(state.id, ()), state),
        ]
        yield from (Difference(state.id, *each) for each in mismatches)


def _recounted_states(ids: Sequence[UUID]) -> list[State]:
    """Return the states with seats and overrides counted from their rows; seven queries."""
    active = Seat.objects.filter(entitlement__in=ids, released_at=None).order_by()
    seats = dict(active.values_list("entitlement_id").annotate(Count("pk")))
    overrides: dict[UUID, dict[str, OverrideValue]] = {}
    for row in Override.objects.filter(entitlement__in=ids).order_by("key"):
        value = OverrideValue(row.value, row.set_at, row.set_by_id, row.set_by_name, row.reason, is_floor=row.is_floor)
        overrides.setdefault(row.entitlement_id, {})[row.key] = value
    return [
        replace(state, overrides=overrides.get(state.id, {}), seats_used=seats.get(state.id, 0))
        for state in load_alone(ids)
    ]


def _misplaced_uses(ids: Sequence[UUID]) -> Counter[UUID]:
    """Count checkouts of released seats and of seats of other entitlements, by entitlement; one query."""
    uses = FeatureUse.objects.filter(entitlement__in=ids, seat__isnull=False)
    wrong = uses.filter(Q(seat__released_at__isnull=False) | ~Q(seat__entitlement=F("entitlement")))
    return Counter(wrong.values_list("entitlement_id", flat=True))


def _row_mismatches(row: Entitlement, state: State, *, misplaced_uses: int) -> Iterator[Mismatch]:
    for name, recounted in columns_of(state).items():
        stored = row.serializable_value(name)
        if stored != recounted:
            yield name, stored, recounted
    if (state.quantity is not None) != state.revision.is_per_quantity:
        yield "quantity", state.quantity, "a number" if state.revision.is_per_quantity else None
    for key in sorted(set(state.overrides) - set(state.settled().overrides)):
        yield f"override of {key}", state.overrides[key].value, "none, as it is the standard"
    if misplaced_uses:
        yield "checkouts of seats that are not active here", misplaced_uses, 0


def _links(ids: Sequence[UUID]) -> dict[UUID, list[Link]]:
    """Return the log of each entitlement, oldest change first; one query."""
    changes = Change.objects.filter(entitlement__in=ids).order_by("entitlement_id", "sequence")
    rows = changes.select_related("act", "undoes").defer("act__asked", "undoes__delta")
    found: dict[UUID, list[Link]] = {}
    for row in rows.iterator():
        found.setdefault(row.entitlement_id, []).append(_link(row))
    return found


def _link(row: Change) -> Link:
    undone = row.undoes
    return Link(
        entitlement_id=row.entitlement_id,
        sequence=row.sequence,
        from_version=row.from_version,
        to_version=row.to_version,
        from_revision=row.from_revision_id,
        to_revision=row.to_revision_id,
        delta=Delta.from_json(row.delta),
        order_id=row.order_id,
        customer_id=row.customer_id,
        act_undoes=row.act.undoes_id,
        undone=Undone(undone.entitlement_id, undone.act_id, undone.from_version, undone.to_version) if undone else None,
    )
