"""Check amendments against the acts that applied them, and what waits against its order. Writes nothing."""

from collections.abc import Iterator, Mapping, Sequence
from uuid import UUID

from entitlements.engine.checks.findings import Code, Difference
from entitlements.models import Act, Amendment, Change, Entitlement
from entitlements.models.amendments import OPEN, PENDING
from entitlements.operations import Operation, UndoAct, read

BATCH_SIZE = 2000


def amendment_differences(*, batch_size: int = BATCH_SIZE) -> Iterator[Difference]:
    """Yield amendments that do not fit their act or their order, in order of keys; four queries for each batch.

    What was taken back must have been taken back by an amendment.
    """
    rows = Amendment.objects.select_related("act").order_by("pk")
    page = list(rows[:batch_size])
    while page:
        acts = [row.act_id for row in page if row.act_id]
        changed, untold = _changed_by(acts), _undone_without_amendment(acts)
        orders = _orders_of([row for row in page if row.status in PENDING])
        for row in page:
            for found in _mismatches(row, changed, orders):
                yield Difference(f"amendment {row.pk}", *found)
            for act in untold.get(row.act_id, ()) if row.act_id else ():
                yield Difference(f"act {act}", Code.AMENDMENT_MISSING, "amendment", "none", f"undo of {row.pk}")
        page = list(rows.filter(pk__gt=page[-1].pk)[:batch_size])


def _mismatches(
    row: Amendment, changed: Mapping[UUID, set[UUID]], orders: Mapping[UUID, UUID]
) -> Iterator[tuple[Code, str, object, object]]:
    """Yield what of an amendment differs: code, name, what is stored and what is expected. Queries nothing."""
    is_pending, is_open = row.status in PENDING, row.status in OPEN
    if is_open == (row.closed_at is not None):
        yield Code.AMENDMENT_WRONG, "closed_at", row.closed_at or "none", "none" if is_open else "a moment"
    if row.is_step:
        return
    named = _named(row)
    if named is None:
        yield Code.AMENDMENT_WRONG, "operation", "unreadable", "an operation on entitlements"
        return
    operation, ids = named
    if is_pending:
        left = {orders[key] for key in ids if key in orders} - {row.order_id}  # others are yet to be created
        yield from ((Code.AMENDMENT_ELSEWHERE, "order", row.order_id, order) for order in sorted(left))
    elif row.act is not None and row.act.operation != operation.name:
        yield Code.AMENDMENT_WRONG, "act", row.act.operation, operation.name
    elif row.act is not None and (missing := set(ids) - changed.get(row.act.pk, set())):
        yield Code.AMENDMENT_WRONG, "act", "without a change", ", ".join(map(str, sorted(missing)))
    elif row.act is not None and isinstance(operation, UndoAct) and (left := changed[row.act.pk] - set(ids)):
        yield Code.AMENDMENT_WRONG, "entitlements", "left out", ", ".join(map(str, sorted(left)))


def _named(row: Amendment) -> tuple[Operation, tuple[UUID, ...]] | None:
    """Return the operation of an amendment and the entitlements that it names; ``None`` where either is unreadable."""
    try:
        ids = tuple(UUID(key) for key in row.entitlements)
    except (AttributeError, TypeError, ValueError):
        return None
    operation = read(row.operation)
    if operation is None:
        return None
    return operation, tuple(dict.fromkeys(operation.named(ids)))


def _changed_by(acts: Sequence[UUID]) -> dict[UUID, set[UUID]]:
    """Return the entitlements that acts changed; one query."""
    found: dict[UUID, set[UUID]] = {}
    for act, key in Change.objects.filter(act__in=acts).order_by().values_list("act", "entitlement"):
        found.setdefault(act, set()).add(key)
    return found


def _undone_without_amendment(acts: Sequence[UUID]) -> dict[UUID, list[UUID]]:
    """Return the acts that took acts back without an amendment of their own, by what they took back; one query."""
    found: dict[UUID, list[UUID]] = {}
    rows = Act.objects.filter(undoes__in=acts, amendment=None).order_by("pk")
    for act, undone in rows.values_list("pk", "undoes"):
        if undone is not None:
            found.setdefault(undone, []).append(act)
    return found


def _orders_of(rows: Sequence[Amendment]) -> dict[UUID, UUID]:
    """Return the orders of the entitlements that amendments name; one query."""
    named = {key for row in rows if (found := _named(row)) for key in found[1]}
    return dict(Entitlement.objects.filter(pk__in=named).order_by().values_list("pk", "order"))
