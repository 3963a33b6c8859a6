"""What operations on their day need to know beside the states: read once for those that ask for the same."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.conf import settings

from entitlements.operations import Together
from entitlements.operations.base import World
from entitlements.operations.together import Asked, worlds_of
from entitlements.state import Held, State

if TYPE_CHECKING:
    from entitlements.schedule.fold import Step


def moment_of(day: date) -> datetime:
    """Return the first moment of a day of the site."""
    return datetime.combine(day, time(), ZoneInfo(settings.TIME_ZONE))


def worlds_by_step(steps: "Sequence[Step]") -> list[World | None]:
    """Return the world of each step, ``None`` of what this version cannot read.

    The number of queries is that of different requests, whatever the day and for any number of orders. The active seats
    are known, so that the states given to what reads have none.
    """
    found: list[World | None] = [None] * len(steps)
    asking: dict[str, list[int]] = {}
    together: list[tuple[int, Asked]] = []
    for number, step in enumerate(steps):
        operation = step.planned.operation
        if isinstance(operation, Together):
            at = moment_of(step.planned.effective_on)
            together.append((number, Asked(operation, _without_seats([step]), at, _held([step]))))
        elif operation is not None:
            asking.setdefault(operation.question, []).append(number)
    for numbers in asking.values():
        world = _world([steps[number] for number in numbers])
        for number in numbers:
            found[number] = world
    if together:
        revisions = steps[0].simulation.revisions
        worlds = worlds_of([asked for _number, asked in together], revisions=revisions)
        for (number, _asked), each in zip(together, worlds, strict=True):
            found[number] = each
    return found


def _world(same: "Sequence[Step]") -> World | None:
    """Return what steps that ask for the same need to know."""
    first = same[0]
    operation, revisions = first.planned.operation, first.simulation.revisions
    if operation is None:
        return None
    at = moment_of(first.planned.effective_on)
    return operation.world(_without_seats(same), at=at, revisions=revisions, held=_held(same))


def _without_seats(steps: "Sequence[Step]") -> list[State]:
    return [replace(state, seats_used=0, seat_uses={}) for step in steps for state in step.states]


def _held(steps: "Sequence[Step]") -> Held:
    return {place: members for step in steps for place, members in step.simulation.course.all_held().items()}
