"""Preview and carry out operations: the only code that writes entitlements and their log."""

from entitlements.engine.apply import Outcome, OutcomeStatus, Result, System, apply, preview

__all__ = ["Outcome", "OutcomeStatus", "Result", "System", "apply", "preview"]
