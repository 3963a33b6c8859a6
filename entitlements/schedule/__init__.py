"""What waits for its day: amendments of orders, scheduled, simulated one after the other, and applied when due."""

from entitlements.schedule.answers import Answer, Later
from entitlements.schedule.approving import approve, decline, edit, preview_approval, preview_edit
from entitlements.schedule.due import apply_due, apply_now, preview_due, preview_now
from entitlements.schedule.fold import Folded, Planned, fold_order
from entitlements.schedule.now import NowAnswer, carry_out, later_after, seen_later, with_blocking
from entitlements.schedule.proposing import Proposed, Request, propose
from entitlements.schedule.scheduling import (
    PERMISSION,
    cancel,
    move,
    preview_cancel,
    preview_move,
    preview_scheduled,
    schedule,
)

__all__ = [
    "PERMISSION",
    "Answer",
    "Folded",
    "Later",
    "NowAnswer",
    "Planned",
    "Proposed",
    "Request",
    "apply_due",
    "apply_now",
    "approve",
    "cancel",
    "carry_out",
    "decline",
    "edit",
    "fold_order",
    "later_after",
    "move",
    "preview_approval",
    "preview_cancel",
    "preview_due",
    "preview_edit",
    "preview_move",
    "preview_now",
    "preview_scheduled",
    "propose",
    "schedule",
    "seen_later",
    "with_blocking",
]
