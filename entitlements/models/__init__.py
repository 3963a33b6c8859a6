"""The tables: customers with their contacts, tags and fields, orders, entitlements, and the log of every change."""

from entitlements.models.amendments import Amendment, AmendmentKind, AmendmentStatus
from entitlements.models.contacts import Contact, Tag
from entitlements.models.customer_fields import CustomerField, FieldKind, FieldValue
from entitlements.models.customers import Customer
from entitlements.models.holdings import Entitlement, FeatureUse, Note, NoteKind, Override, Seat
from entitlements.models.ids import derived_id, new_id
from entitlements.models.log import Act, Change, Source
from entitlements.models.merging import CustomerMerge
from entitlements.models.orders import ActivationCode, Order, code_format, generate_code
from entitlements.models.privacy import Erasure

__all__ = [
    "Act",
    "ActivationCode",
    "Amendment",
    "AmendmentKind",
    "AmendmentStatus",
    "Change",
    "Contact",
    "Customer",
    "CustomerField",
    "CustomerMerge",
    "Entitlement",
    "Erasure",
    "FeatureUse",
    "FieldKind",
    "FieldValue",
    "Note",
    "NoteKind",
    "Order",
    "Override",
    "Seat",
    "Source",
    "Tag",
    "code_format",
    "derived_id",
    "generate_code",
    "new_id",
]
