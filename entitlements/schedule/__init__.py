"""What waits for its day: amendments of orders, scheduled, simulated one after the other, and applied when due."""

from entitlements.schedule.due import apply_due, preview_due
from entitlements.schedule.fold import Folded, Planned, fold_order
from entitlements.schedule.scheduling import Answer, cancel, move, preview_scheduled, schedule

__all__ = [
    "Answer",
    "Folded",
    "Planned",
    "apply_due",
    "cancel",
    "fold_order",
    "move",
    "preview_due",
    "preview_scheduled",
    "schedule",
]
