"""Who holds what, and the log of every change to it."""

from entitlements.models.customers import ActivationCode, Customer, EntitlementGroup, code_format, generate_code
from entitlements.models.holdings import Entitlement, FeatureUse, Note, Override, Seat
from entitlements.models.ids import new_id
from entitlements.models.log import Act, Change, Source

__all__ = [
    "Act",
    "ActivationCode",
    "Change",
    "Customer",
    "Entitlement",
    "EntitlementGroup",
    "FeatureUse",
    "Note",
    "Override",
    "Seat",
    "Source",
    "code_format",
    "generate_code",
    "new_id",
]
