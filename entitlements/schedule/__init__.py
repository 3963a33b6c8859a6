"""What waits for its day: amendments of orders, scheduled, simulated one after the other, and applied when due."""

from entitlements.schedule.answers import Answer, Later
from entitlements.schedule.approving import approve, decline, preview_approval
from entitlements.schedule.due import apply_due, apply_now, preview_due, preview_now
from entitlements.schedule.edited_proposals import EditedProposal, edit_proposal, preview_proposal
from entitlements.schedule.editing import Edited, edit, preview_edit
from entitlements.schedule.facts import Facts
from entitlements.schedule.fold import fold_order
from entitlements.schedule.now import (
    NowAnswer,
    carry_out,
    carry_out_many,
    later_after,
    preview_many,
    seen_later,
    with_blocking,
)
from entitlements.schedule.planned import Folded, Planned
from entitlements.schedule.proposed_steps import (
    AmendmentStep,
    amendment_of,
    propose_step,
    step_of,
    steps_proposed,
    words_changed,
)
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
from entitlements.schedule.whole_undos import agree_to_whole_undo, propose_whole_undo, undo_proposed_by

__all__ = [
    "PERMISSION",
    "AmendmentStep",
    "Answer",
    "Edited",
    "EditedProposal",
    "Facts",
    "Folded",
    "Later",
    "NowAnswer",
    "Planned",
    "Proposed",
    "Request",
    "agree_to_whole_undo",
    "amendment_of",
    "apply_due",
    "apply_now",
    "approve",
    "cancel",
    "carry_out",
    "carry_out_many",
    "decline",
    "edit",
    "edit_proposal",
    "fold_order",
    "later_after",
    "move",
    "preview_approval",
    "preview_cancel",
    "preview_due",
    "preview_edit",
    "preview_many",
    "preview_move",
    "preview_now",
    "preview_proposal",
    "preview_scheduled",
    "propose",
    "propose_step",
    "propose_whole_undo",
    "schedule",
    "seen_later",
    "step_of",
    "steps_proposed",
    "undo_proposed_by",
    "with_blocking",
    "words_changed",
]
