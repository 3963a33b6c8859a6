"""Move entitlements to another offering, or to a newer revision of the same one (design, section 5)."""

from entitlements.operations.change_offering.operation import ChangeOffering, TargetWorld

__all__ = ["ChangeOffering", "TargetWorld"]
