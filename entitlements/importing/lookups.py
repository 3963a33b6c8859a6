"""What the lines of a batch name: customers, orders, offerings and entitlements, each read once for the whole batch."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from entitlements.importing.staging import StagedLine
from entitlements.models import ActivationCode, Customer, Entitlement, Order
from entitlements.state import Revisions, State, load_alone, revisions_by_id
from offerings.models import Offering
from offerings.revisions import newest_revisions

Place = tuple[UUID, int]
"""An order and an offering, by key."""


@dataclass(frozen=True, slots=True)
class Found:
    """What is there. Customers, and orders with their customers, are by folded text; states by order and offering."""

    by_account: Mapping[str, list[Customer]] = field(default_factory=dict)
    by_name: Mapping[str, list[Customer]] = field(default_factory=dict)
    orders: Mapping[str, list[Order]] = field(default_factory=dict)
    codes: Mapping[UUID, set[str]] = field(default_factory=dict)
    offerings: Mapping[str, Offering] = field(default_factory=dict)
    newest: Mapping[int, int] = field(default_factory=dict)
    revisions: Revisions = field(default_factory=dict)
    states: Mapping[Place, list[State]] = field(default_factory=dict)


def look_up(lines: Iterable[StagedLine]) -> Found:
    """Return what the lines name; a constant number of queries."""
    staged = list(lines)
    cells = [line.cells for line in staged]
    accounts = {line.owner for line in staged if line.owner}
    names = {line.named for line in staged if line.named and not line.owner}
    references = {line.unit for line in staged}
    offerings = {each.sku: each for each in Offering.objects.filter(sku__in={each["sku"] for each in cells})}
    found = Order.objects.filter(order_reference_folded__in=references).select_related("customer")
    orders = _grouped(found.order_by("created_at", "pk"), "order_reference_folded")
    newest = {key: row.pk for key, row in newest_revisions(each.pk for each in offerings.values()).items()}
    keys = [order.pk for same in orders.values() for order in same]
    return Found(
        by_account=_grouped(_customers(account_reference_folded__in=accounts), "account_reference_folded"),
        by_name=_grouped(_customers(name_folded__in=names), "name_folded") if names else {},
        orders=orders,
        codes=_codes(keys) if any("activation_code" in each for each in cells) else {},
        offerings=offerings,
        newest=newest,
        revisions=revisions_by_id(newest.values()),
        states=_states(keys, offerings.values()) if keys else {},
    )


def _customers(**condition: Any) -> Any:
    return Customer.objects.current().filter(**condition).order_by("pk")


def _grouped(rows: Iterable[Any], name: str) -> dict[str, list[Any]]:
    found: defaultdict[str, list[Any]] = defaultdict(list)
    for row in rows:
        found[getattr(row, name)].append(row)
    return dict(found)


def _codes(orders: Iterable[UUID]) -> dict[UUID, set[str]]:
    found: defaultdict[UUID, set[str]] = defaultdict(set)
    for order, code in ActivationCode.objects.filter(order__in=list(orders)).values_list("order_id", "code"):
        found[order].add(code)
    return dict(found)


def _states(orders: Iterable[UUID], offerings: Iterable[Offering]) -> dict[Place, list[State]]:
    """Return the entitlements in the orders to the offerings that have not ended."""
    rows = Entitlement.objects.filter(order__in=list(orders), offering__in=list(offerings), ended_on=None)
    found: defaultdict[Place, list[State]] = defaultdict(list)
    for state in load_alone(rows.order_by().values_list("pk", flat=True)):
        found[state.order.id, state.revision.offering_id].append(state)
    return dict(found)
