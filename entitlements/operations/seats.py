"""What happens to seats when there are more in use than allowed. Pure rules, and the query they rely on."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from django.utils.translation import ngettext

from entitlements.operations.preview import Move, PreviewWarning, Problem
from entitlements.state import SeatValue, State, active_seats


class SeatMode(StrEnum):
    """What to do about seats in use."""

    REFUSE = "refuse"
    RELEASE_OLDEST = "release_oldest"
    RELEASE_CHOSEN = "release_chosen"
    RELEASE_ALL = "release_all"
    KEEP = "keep"


SEAT_MODES = {
    SeatMode.REFUSE: "Refuse if over the limit",
    SeatMode.RELEASE_OLDEST: "Release oldest",
    SeatMode.RELEASE_CHOSEN: "Release chosen",
    SeatMode.RELEASE_ALL: "Release all",
    SeatMode.KEEP: "Keep over the limit",
}


@dataclass(frozen=True, slots=True)
class SeatChoice:
    """What to do about seats in use, and with ``release_chosen`` which seats go."""

    mode: SeatMode = SeatMode.REFUSE
    chosen: tuple[UUID, ...] = ()


REFUSE = SeatChoice()
KEEP = SeatChoice(SeatMode.KEEP)
RELEASE_ALL = SeatChoice(SeatMode.RELEASE_ALL)


class Settlement(NamedTuple):
    """Which seats go, what stands against it, and what to know."""

    released: tuple[SeatValue, ...] = ()
    problems: tuple[Problem, ...] = ()
    warnings: tuple[PreviewWarning, ...] = ()


def settle(
    after: State, seats: Sequence[SeatValue], choice: SeatChoice, *, in_use: int, must_fit: bool = True
) -> Settlement:
    """Return which of ``seats`` go so that ``in_use`` seats fit the capacity after a change.

    ``seats`` are the active ones, earliest activated first; they may be left out where none can go. Without
    ``must_fit`` (the capacity does not sink) being over the limit already is nobody's fault and asks nothing.
    """
    capacity = after.seat_capacity
    overflow = max(0, in_use - capacity) if capacity is not None and must_fit else 0
    match choice.mode:
        case SeatMode.RELEASE_OLDEST:
            return Settlement(tuple(seats[:overflow]))
        case SeatMode.RELEASE_ALL:
            return Settlement(tuple(seats))
        case SeatMode.RELEASE_CHOSEN:
            return _release_chosen(seats, choice, in_use=in_use, overflow=overflow, capacity=capacity)
        case SeatMode.KEEP if overflow:
            return Settlement(warnings=(over_limit(in_use, capacity),))
        case SeatMode.REFUSE if overflow:
            message = (
                f"{_seats(in_use)} in use and {capacity:,} allowed after this change. "
                f"Release {overflow:,}, or keep them over the limit."
            )
            return Settlement(problems=(Problem("seats_over_limit", message, "seats"),))
    return Settlement()


def _release_chosen(
    seats: Sequence[SeatValue], choice: SeatChoice, *, in_use: int, overflow: int, capacity: int | None
) -> Settlement:
    wanted = set(choice.chosen)
    released = tuple(seat for seat in seats if seat.id in wanted)
    problems = []
    if len(released) < len(wanted):
        problems.append(unknown_seats(len(wanted) - len(released)))
    if len(released) < overflow:
        missing = overflow - len(released)
        message = (
            f"Choose {missing:,} more {'seat' if missing == 1 else 'seats'}. {count_are(in_use)} in use and "
            f"{capacity:,} allowed after this change: {overflow:,} must go, {count_are(len(released))} chosen."
        )
        problems.append(Problem("choose_more_seats", message, "seats"))
    return Settlement(released, tuple(problems))


def count_are(count: int) -> str:
    """Return a number with the verb that fits it: ``1 is``, ``2 are``."""
    return f"{count:,} is" if count == 1 else f"{count:,} are"


def unknown_seats(count: int) -> Problem:
    """Return the problem of so many chosen seats that are not there to choose."""
    verb = "is" if count == 1 else "are"
    message = f"{count:,} of the seats chosen {verb} not active here. Choose from those listed."
    return Problem("seat_unknown", message, "seats")


def over_limit(in_use: int, capacity: int | None, *, of: str = "") -> PreviewWarning:
    """Return the warning of more seats in use than allowed, of the entitlement asked about or of the plan named."""
    whose = f"{of}: " if of else ""
    message = (
        f"{whose}{_seats(in_use)} in use and {capacity:,} allowed: "
        "no seat can be activated until use is below the limit."
    )
    return PreviewWarning("over_limit", message, "seats")


def _seats(count: int) -> str:
    return ngettext("%(count)s seat is", "%(count)s seats are", count) % {"count": f"{count:,}"}


def count_problems(moves: Iterable[Move]) -> list[Problem]:
    """Return a problem where more seats would go than are counted as in use: the stored count is too low."""
    counted = [move.before.seats_used for move in moves if move.before and move.after.seats_used < 0]
    if not counted:
        return []
    message = (
        f"{_seats(counted[0])} counted as in use, and more would go: the stored count is wrong. "
        "Have it mended by manage.py check_entitlements --repair, then try again."
    )
    return [Problem("seats_miscounted", message, "seats")]


def may_overflow(before: State, after: State) -> bool:
    """Tell whether a change lowers the capacity below the seats in use."""
    capacity, earlier = after.seat_capacity, before.seat_capacity
    if capacity is None or before.seats_used <= capacity:
        return False
    return earlier is None or capacity < earlier


def seats_to_choose_from(
    pairs: Iterable[tuple[State, bool]], choice: SeatChoice
) -> Mapping[UUID, tuple[SeatValue, ...]]:
    """Return the active seats of entitlements where some may go, by entitlement; one query at most.

    ``pairs`` are states with whether their seats would not fit. With ``release_chosen`` and ``release_all`` seats
    may go without need, so all are read; otherwise none is read where all fit.
    """
    if choice.mode in (SeatMode.REFUSE, SeatMode.KEEP):
        return {}
    eager = choice.mode in (SeatMode.RELEASE_CHOSEN, SeatMode.RELEASE_ALL)
    return active_seats(state for state, overflows in pairs if (eager or overflows) and state.seats_used)


def without_seats(state: State, released: Sequence[SeatValue]) -> State:
    """Return the state without the seats released, and without what they had checked out."""
    gone = {seat.id for seat in released}
    left = {seat: uses for seat, uses in state.seat_uses.items() if seat not in gone}
    return replace(state, seats_used=state.seats_used - len(released), seat_uses=left)


def with_seats(state: State, restored: Sequence[SeatValue]) -> State:
    """Return the state with seats brought back, and with what they had checked out."""
    back = {seat.id: seat.checked_out for seat in restored if seat.checked_out}
    return replace(state, seats_used=state.seats_used + len(restored), seat_uses={**state.seat_uses, **back})
