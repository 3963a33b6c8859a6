"""The day on which a change group lets a change take effect. Pure."""

from collections.abc import Sequence
from datetime import date

from changegroups.models import Effective
from entitlements.operations.preview import Move, Preview, PreviewWarning
from offerings.rights import show_day


def day_of_group(preview: Preview, *, as_of: date) -> date | None:
    """Return the end of the term that the change group waits for; ``None`` where the change is on no earlier day."""
    before = preview.lead.compared
    waits = any(move.path.get("effective") == Effective.END_OF_TERM for move in preview.moves)
    end = before.expires_on if before and waits else None
    return end if end and as_of < end else None


def waits_too_long(move: Move, on: date) -> bool:
    """Tell whether a change group wants a move to take effect before a day: at once also where no term ends.

    A group that leaves the day to a global default of "immediately" wants nothing.
    """
    effective, end = move.path.get("effective"), move.compared.expires_on if move.compared else None
    if effective == Effective.IMMEDIATELY:
        return bool(move.path.get("binds"))
    return effective == Effective.END_OF_TERM and (end is None or end < on)


def day_warnings(preview: Preview, *, as_of: date) -> Sequence[PreviewWarning]:
    """Return the warning of a change before the day on which the change group lets it take effect."""
    day = day_of_group(preview, as_of=as_of)
    if day is None:
        return ()
    name = next(move.path["name"] for move in preview.moves if move.path.get("effective"))
    message = f"{name} lets this take effect at the end of the term, on {show_day(day)}: this is earlier."
    return (PreviewWarning("before_group_day", message, "effective_on"),)
