"""Check amendments against the acts that applied them, and what waits against its order. Writes nothing."""

from collections.abc import Iterator, Mapping, Sequence
from uuid import UUID

from entitlements.engine.checks.findings import Code, Difference
from entitlements.models import Amendment, Change, Entitlement
from entitlements.models.amendments import OPEN, PENDING
from entitlements.operations import Operation, read

BATCH_SIZE = 2000


def amendment_differences(*, batch_size: int = BATCH_SIZE) -> Iterator[Difference]:
    """Yield amendments that do not fit their act or their order, in order of keys; three queries for each batch."""
    rows = Amendment.objects.select_related("act").order_by("pk")
    page = list(rows[:batch_size])
    while page:
        changed = _changed_by([row.act_id for row in page if row.act_id])
        orders = _orders_of([row for row in page if row.status in PENDING])
        for row in page:
            for found in _mismatches(row, changed, orders):
                yield Difference(f"amendment {row.pk}", *found)
        page = list(rows.filter(pk__gt=page[-1].pk)[:batch_size])


def _mismatches(
    row: Amendment, changed: Mapping[UUID, set[UUID]], orders: Mapping[UUID, UUID]
) -> Iterator[tuple[Code, str, object, object]]:
    """Yield what of an amendment differs: code, name, what is stored and what is expected. Queries nothing."""
    is_pending, is_open = row.status in PENDING, row.status in OPEN
    if is_open == (row.closed_at is not None):
        yield Code.AMENDMENT_WRONG, "closed_at", row.closed_at or "none", "none" if is_open else "a moment"
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


def _orders_of(rows: Sequence[Amendment]) -> dict[UUID, UUID]:
    """Return the orders of the entitlements that amendments name; one query."""
    named = {key for row in rows if (found := _named(row)) for key in found[1]}
    return dict(Entitlement.objects.filter(pk__in=named).order_by().values_list("pk", "order"))
