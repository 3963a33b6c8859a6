"""What waits for its day: amendments of orders, scheduled, simulated one after the other, and applied when due."""

from entitlements.schedule.due import apply_due, apply_now, preview_now
from entitlements.schedule.fold import Folded, Planned, fold_order
from entitlements.schedule.scheduling import (
    Answer,
    cancel,
    move,
    preview_cancel,
    preview_move,
    preview_scheduled,
    schedule,
)

__all__ = [
    "Answer",
    "Folded",
    "Planned",
    "apply_due",
    "apply_now",
    "cancel",
    "fold_order",
    "move",
    "preview_cancel",
    "preview_move",
    "preview_now",
    "preview_scheduled",
    "schedule",
]
