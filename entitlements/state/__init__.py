"""What is known about entitlements at one moment: pure values, and how they are read from the database."""

from entitlements.state.delta import Delta, SeatRecord, SeatsOver
from entitlements.state.fields import FIELDS, Field, Orders, columns_of, version_key
from entitlements.state.loading import (
    Revisions,
    active_seats,
    load,
    load_with_revisions,
    orders_by_id,
    revisions_by_id,
    seat_value,
)
from entitlements.state.values import (
    EXPIRY,
    MAINTENANCE_EXPIRY,
    NEVER,
    NOTHING,
    TERM_RIGHTS,
    OrderValue,
    OverrideValue,
    RevisionValue,
    SeatValue,
    State,
    Status,
    is_same,
    status_of,
)

__all__ = [
    "EXPIRY",
    "FIELDS",
    "MAINTENANCE_EXPIRY",
    "NEVER",
    "NOTHING",
    "TERM_RIGHTS",
    "Delta",
    "Field",
    "OrderValue",
    "Orders",
    "OverrideValue",
    "RevisionValue",
    "Revisions",
    "SeatRecord",
    "SeatValue",
    "SeatsOver",
    "State",
    "Status",
    "active_seats",
    "columns_of",
    "is_same",
    "load",
    "load_with_revisions",
    "orders_by_id",
    "revisions_by_id",
    "seat_value",
    "status_of",
    "version_key",
]
