"""Preview and carry out operations: the only code that writes entitlements and their log."""

from entitlements.engine.apply import Outcome, Result, Status, System, apply, preview

__all__ = ["Outcome", "Result", "Status", "System", "apply", "preview"]
