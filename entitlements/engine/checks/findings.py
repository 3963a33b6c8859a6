"""What a check can find, and what to do about each. Pure."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID


class Code(StrEnum):
    """The kind of a difference."""

    COUNTED_NUMBER = "counted_number"
    STATE_UNLIKE_LOG = "state_unlike_log"
    MOVED_PAST_LOG = "moved_past_log"
    MOMENT_UNLIKE_LOG = "moment_unlike_log"
    STANDARD_WRONG = "standard_wrong"
    QUANTITY_WRONG = "quantity_wrong"
    OVERRIDE_NEEDLESS = "override_needless"
    ENDED_WITH_SEATS = "ended_with_seats"
    SEAT_UNLIKE_LOG = "seat_unlike_log"
    CHECKOUT_MISPLACED = "checkout_misplaced"
    USE_WITHOUT_RIGHT = "use_without_right"
    COUNTER_BELOW_LOG = "counter_below_log"
    NO_LOG = "no_log"
    LOG_BROKEN = "log_broken"
    LOG_TAIL_GONE = "log_tail_gone"
    CHANGE_WITHOUT_ACT = "change_without_act"
    CHANGE_WITHOUT_ENTITLEMENT = "change_without_entitlement"
    ACT_WITHOUT_CHANGES = "act_without_changes"
    ACT_REWRITTEN = "act_rewritten"
    REVISION_REWRITTEN = "revision_rewritten"
    REVISION_GONE = "revision_gone"
    NOT_READABLE = "not_readable"
    TRIGGER_MISSING = "trigger_missing"
    ERASURE_OPEN = "erasure_open"
    NAME_STALE = "name_stale"
    AMENDMENT_WRONG = "amendment_wrong"
    AMENDMENT_ELSEWHERE = "amendment_elsewhere"
    AMENDMENT_MISSING = "amendment_missing"


ADVICE = {
    Code.COUNTED_NUMBER: "A stored number differs from the rows it counts. Mend it with --repair.",
    Code.STATE_UNLIKE_LOG: "A value was written past the log. Find out who agreed to it; set it right by an operation.",
    Code.MOVED_PAST_LOG: "An entitlement is in another order, or its order is another customer's, without an act. "
    "Put the row back, and transfer the entitlement.",
    Code.MOMENT_UNLIKE_LOG: "The moment of the creation or of the last change is not that of an act: a row was written "
    "past the log, or the newest acts are gone. Compare with a backup.",
    Code.STANDARD_WRONG: "A standard day does not follow from revision and term. Renew, or change the terms.",
    Code.QUANTITY_WRONG: "A quantity is there where none is sold, or missing. Change the offering, or set a quantity.",
    Code.OVERRIDE_NEEDLESS: "A day counts as set by hand and says what the standard says. Revert the override.",
    Code.ENDED_WITH_SEATS: "An ended entitlement has seats in use. Look in History why it ended; release the seats.",
    Code.SEAT_UNLIKE_LOG: "A seat is not where, or not as, the log left it. Release it, or compare with a backup.",
    Code.CHECKOUT_MISPLACED: "A seat that is not active here has something checked out. Delete the row of the use.",
    Code.USE_WITHOUT_RIGHT: "Use is counted on a right that the revision lacks, or that is of another kind there. "
    "Let clients return it, or update the entitlement to a revision that has the right.",
    Code.COUNTER_BELOW_LOG: "A counter is lower than the last change left it. Clients only count up: compare with a "
    "backup.",
    Code.NO_LOG: "An entitlement has no log: it was written past the log, or its log is gone. Compare with a backup.",
    Code.LOG_BROKEN: "A change does not fit the one before it, or says what cannot be. Compare with a backup.",
    Code.LOG_TAIL_GONE: "The newest changes of an entitlement are gone from the log. Bring them back from a backup.",
    Code.CHANGE_WITHOUT_ACT: "A change belongs to an act that is gone. Bring the act back from a backup.",
    Code.CHANGE_WITHOUT_ENTITLEMENT: "A change is about an entitlement that is gone. Bring it back from a backup.",
    Code.ACT_WITHOUT_CHANGES: "An act has changed nothing: its changes are gone, or it was written by hand.",
    Code.ACT_REWRITTEN: "An act does not fit its digest: it was rewritten. Compare with a backup.",
    Code.REVISION_REWRITTEN: "A revision does not fit its digest: it was rewritten. Compare with a backup.",
    Code.REVISION_GONE: "A revision is gone: the numbers of an offering have a gap. Bring it back from a backup.",
    Code.NOT_READABLE: "A row cannot be read, so that nothing more is known of it. Compare with a backup.",
    Code.TRIGGER_MISSING: "The database lets rows be changed that are written once. Create the triggers again: see the "
    "README, and look for what was rewritten meanwhile.",
    Code.ERASURE_OPEN: "An erasure was written by hand and never finished: meanwhile texts in the log of its customer "
    "can be replaced. Set its finished_at, and look for what was rewritten meanwhile.",
    Code.AMENDMENT_WRONG: "An amendment does not fit its act, or cannot be read. Compare with a backup.",
    Code.AMENDMENT_ELSEWHERE: "An amendment waits in an order that its entitlements have left. Cancel it, and schedule "
    "it anew in their order.",
    Code.AMENDMENT_MISSING: "An act has taken back what an amendment did, and is no amendment itself: it was written "
    "past pages and commands, or its amendment is gone. Compare with a backup.",
    Code.NAME_STALE: "A name was written past the code, so that searches miss it. Save the row again, in the admin.",
}
LEAVE_TO_PEOPLE = frozenset(Code) - {
    Code.COUNTED_NUMBER,
    Code.CHECKOUT_MISPLACED,
    Code.ENDED_WITH_SEATS,
    Code.USE_WITHOUT_RIGHT,
    Code.COUNTER_BELOW_LOG,
    Code.SEAT_UNLIKE_LOG,
}
"""What must be settled before numbers are counted from it: --repair leaves such an entitlement as it is."""


class Mismatch(NamedTuple):
    """The kind and the name of a value, the stored value and the expected one."""

    code: Code
    name: str
    stored: object
    expected: object


@dataclass(frozen=True, slots=True)
class Difference:
    """One stored value that differs from what it should be. ``subject`` names its row; most are of an entitlement."""

    subject: str
    code: Code
    name: str
    stored: object
    recounted: object
    entitlement_id: UUID | None = None

    def __str__(self) -> str:
        word = "recounted" if self.code is Code.COUNTED_NUMBER else "expected"
        return f"{self.subject}  {self.name}: stored {self.stored}, {word} {self.recounted}"
