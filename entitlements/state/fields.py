"""The one table of what a state holds in columns: how each field is read, written, logged, shown and versioned.

Loading, the difference of two states, effects, version, delta, undo, the writer and ``check_entitlements`` are made
from it. Overrides, seats and use have tables of their own.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from operator import attrgetter
from typing import Any
from uuid import UUID

from entitlements.state.values import EXPIRY, MAINTENANCE_EXPIRY, OrderValue, State
from offerings.rights import UNLIMITED, Kind, Right, Value

CUSTOMER = Right("customer", Kind.TEXT, "Customer", group="Order")
ORDER = Right("order", Kind.TEXT, "Order", group="Order")
OFFERING = Right("offering", Kind.TEXT, "Offering", group="Offering")
QUANTITY = Right("quantity", Kind.LIMIT, "Quantity", group="Offering")
STARTS = Right("starts_on", Kind.DATE, "Starts", group="Term")
GRACE = Right("grace_ends_on", Kind.DATE, "Grace period ends", group="Term")
CONDITIONS = Right("conditions", Kind.TEXT, "Terms and conditions", group="Term")
ENDED = Right("ended_on", Kind.DATE, "Ended", group="Term")
ACTIVATED = Right("is_activated", Kind.FLAG, "Activated", group="Term")
DISABLED = Right("is_disabled", Kind.FLAG, "Disabled", group="Term")


def _same(value: Any) -> Any:
    return value


def _day(value: date | None) -> Value:
    return value.isoformat() if value else ""


def _iso(value: date | datetime | None) -> str | None:
    return value.isoformat() if value else None


@dataclass(frozen=True, slots=True)
class Orders:
    """The orders that a log names, for reading a field back."""

    by_id: Mapping[UUID, OrderValue]

    def find(self, key: str) -> OrderValue:
        """Return the order of a key as the log stores it."""
        return self.by_id[UUID(key)]


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a state.

    ``column`` is its name in ``Entitlement``, empty where it has none; ``get`` reads it from a state, ``to_column``
    makes it what the column holds. ``is_own`` fields are attributes of a state, the others follow from them.
    ``is_logged`` fields are in a delta, as ``to_json`` writes and ``from_json`` reads them. ``is_versioned`` fields
    count the version up when they move. ``right`` shows the field among the effects, with the value of ``show``.
    """

    name: str
    column: str
    get: Callable[[Any], Any]
    to_column: Callable[[Any], Any] = _same
    is_own: bool = True
    is_logged: bool = True
    is_versioned: bool = True
    to_json: Callable[[Any], Any] = _same
    from_json: Callable[[Any, Orders], Any] = lambda stored, _orders: stored
    right: Right | None = None
    show: Callable[[Any], Value | None] = _same


def name_of_text(text: str | None) -> Value:
    """Return what a long text is called where it is only named: other texts have other names. Empty for none."""
    if not text:
        return ""
    return f"text {sha256(text.encode()).hexdigest()[:8]} ({len(text):,} characters)"


def _own(name: str, **facts: Any) -> Field:
    return Field(name, name, attrgetter(name), **facts)


def _own_day(name: str, right: Right | None = None) -> Field:
    return _own(
        name, right=right, show=_day, to_json=_iso, from_json=lambda stored, _orders: date.fromisoformat(stored)
    )


def _own_moment(name: str, right: Right) -> Field:
    return _own(
        name, right=right, show=bool, to_json=_iso, from_json=lambda stored, _orders: datetime.fromisoformat(stored)
    )


def _derived(column: str, path: str, **facts: Any) -> Field:
    return Field(column, column, attrgetter(path), is_own=False, is_logged=False, is_versioned=False, **facts)


FIELDS: tuple[Field, ...] = (
    Field(
        "customer",
        "",
        attrgetter("order"),
        to_column=attrgetter("customer_id"),
        is_own=False,
        is_logged=False,
        is_versioned=False,
        right=CUSTOMER,
        show=attrgetter("customer_name"),
    ),
    _own(
        "order",
        to_column=attrgetter("id"),
        to_json=lambda order: str(order.id),
        from_json=lambda stored, orders: orders.find(stored),
        right=ORDER,
        show=lambda order: order.order_reference or ("a new order" if order.is_new else "an order without reference"),
    ),
    _own("revision", to_column=attrgetter("id"), is_logged=False, right=OFFERING, show=str),
    _derived("offering", "revision.offering_id"),
    _derived("product", "revision.product_id"),
    _derived("kind", "revision.kind"),
    _own("quantity", right=QUANTITY),
    _own_day("starts_on", STARTS),
    _own_day("anchor_on"),
    _own_day("standard_expires_on"),
    _derived("expires_on", "expires_on", right=EXPIRY, show=_day),
    _own_day("standard_maintenance_expires_on"),
    _derived("maintenance_expires_on", "maintenance_expires_on", right=MAINTENANCE_EXPIRY, show=_day),
    _derived("grace_ends_on", "grace_ends_on", right=GRACE, show=_day),
    _own("conditions", right=CONDITIONS, show=name_of_text),
    _own_day("ended_on", ENDED),
    _own_moment("activated_at", ACTIVATED),
    _own_moment("disabled_at", DISABLED),
    _derived("seat_limit", "own_seat_limit", to_column=lambda limit: None if limit == UNLIMITED else limit),
    _derived("seat_capacity", "own_seat_capacity"),
    _own("seats_used", is_logged=False, is_versioned=False),
    _derived("override_count", "override_count"),
)


def columns_of(state: State) -> dict[str, Any]:
    """Return every column of an entitlement that follows from its state, by field name of ``Entitlement``."""
    return {field.column: field.to_column(field.get(state)) for field in FIELDS if field.column}


def version_key(state: State) -> tuple[Any, ...]:
    """Return what a version names: another key is another version. Seats and use are no part of it."""
    overrides = {key: (type(each.value), each) for key, each in state.overrides.items()}
    return (*(field.to_column(field.get(state)) for field in FIELDS if field.is_versioned), overrides)
