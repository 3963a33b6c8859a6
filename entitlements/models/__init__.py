"""The tables: customers, orders, entitlements, and the log of every change."""

from entitlements.models.customers import Customer
from entitlements.models.holdings import Entitlement, FeatureUse, Note, NoteKind, Override, Seat
from entitlements.models.ids import derived_id, new_id
from entitlements.models.log import Act, Change, Source
from entitlements.models.orders import ActivationCode, Order, code_format, generate_code

__all__ = [
    "Act",
    "ActivationCode",
    "Change",
    "Customer",
    "Entitlement",
    "FeatureUse",
    "Note",
    "NoteKind",
    "Order",
    "Override",
    "Seat",
    "Source",
    "code_format",
    "derived_id",
    "generate_code",
    "new_id",
]
