"""Admin pages: customers and orders to edit, entitlements and the log to read, one action to change offerings."""

from entitlements.admin.customer_details import CustomerFieldAdmin, TagAdmin
from entitlements.admin.customers import ActivationCodeAdmin, CustomerAdmin, OrderAdmin
from entitlements.admin.entitlements import EntitlementAdmin
from entitlements.admin.holdings import FeatureUseAdmin, NoteAdmin, OverrideAdmin, SeatAdmin
from entitlements.admin.log import ActAdmin, ChangeAdmin

__all__ = [
    "ActAdmin",
    "ActivationCodeAdmin",
    "ChangeAdmin",
    "CustomerAdmin",
    "CustomerFieldAdmin",
    "EntitlementAdmin",
    "FeatureUseAdmin",
    "NoteAdmin",
    "OrderAdmin",
    "OverrideAdmin",
    "SeatAdmin",
    "TagAdmin",
]
