"""Preview and carry out operations: the only code that writes entitlements and their log."""

from config.actors import System
from entitlements.engine.apply import Outcome, OutcomeStatus, Result, apply, preview, reason_problem

__all__ = ["Outcome", "OutcomeStatus", "Result", "System", "apply", "preview", "reason_problem"]
