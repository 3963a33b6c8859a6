"""What stands against the day of an amendment: it is over, before the start, or after what removes the product."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID

from entitlements.models import Amendment, AmendmentStatus
from entitlements.operations import Problem
from entitlements.schedule.planned import Folded
from offerings.rights import show_day

NOT_LATER = Problem("not_later", "Choose a day after today, or make the change now.", "effective_on")
DAY_OVER = {NOT_LATER.code, "inside_applied"}
OF_THE_DAY = {*DAY_OVER, "before_start"}  # the codes below: none counts where it is applied now


def day_problems(own: Folded, *, order: UUID, on: date, today: date) -> Iterator[Problem]:
    """Yield what stands against the day ``on``; one query for a day that is over, else none."""
    if on <= today:
        yield _inside_applied(order, on) or NOT_LATER
    for preview in own.previews:
        for move in preview.moves:
            starts = move.before.starts_on if move.before else None
            if starts and on < starts:
                name = move.after.revision.offering_name
                message = f"{name} starts on {show_day(starts)}. Choose that day or a later one."
                yield Problem("before_start", message, "effective_on")


def _inside_applied(order: UUID, on: date) -> Problem | None:
    """Return a problem for a day on or before that of an amendment of the order that was applied."""
    applied = Amendment.objects.filter(order=order, status=AmendmentStatus.APPLIED, effective_on__gte=on)
    last = applied.order_by("-effective_on", "-number").first()
    if last is None:
        return None
    message = f"“{last.name}” was applied on {show_day(last.effective_on)}. Choose a day after today."
    return Problem("inside_applied", message, "effective_on")


def clearly(own: Folded, folded: Sequence[Folded]) -> Folded:
    """Return what is planned with a problem that names what removes its product before, instead of a general one."""
    gone = {key: each.planned for each in folded if each.planned.place < own.planned.place for key in each.removes}
    concerned = [gone[move.id] for preview in own.previews for move in preview.moves if move.id in gone]
    if not concerned:
        return own
    first = concerned[0]
    message = f"“{first.name}” ends it on {show_day(first.effective_on)} already. Choose an earlier day, or cancel it."
    found = Problem("removed_already", message, "effective_on")
    previews = tuple(
        replace(preview, problems=tuple(each for each in preview.problems if each.code != "ended"))
        for preview in own.previews
    )
    return replace(own, previews=previews, unmet=(*own.unmet, found))
