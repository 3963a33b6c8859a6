"""The end of what is sold: of add-ons dropped with a change of their plan, and of what is removed. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID

from entitlements.operations.effects import DiffMemo
from entitlements.operations.preview import Move, PreviewWarning
from entitlements.operations.seats import without_seats
from entitlements.state import SeatValue, State
from offerings.rights import show_day


def ends_of(
    ending: Sequence[State], *, seats: Mapping[UUID, tuple[SeatValue, ...]], today: date, memo: DiffMemo
) -> tuple[Move, ...]:
    """Return the end of each entitlement, a dropped add-on or what is removed, with the release of its own seats."""
    found = []
    for state in ending:
        released = seats.get(state.id, ())
        ended = without_seats(replace(state, ended_on=today, added=()), released)
        found.append(Move(state, ended, released=released, memo=memo))
    return tuple(found)


def drop_warnings(dropped: Sequence[State], *, on: date) -> list[PreviewWarning]:
    """Return what to know of dropped add-ons: they are named, with the day on which they end."""
    if not dropped:
        return []
    names = ", ".join(each.revision.offering_name for each in dropped)
    message = (
        f"Ends on {show_day(on)}, with what it gives: {names}."
        if len(dropped) == 1
        else f"End on {show_day(on)}, with what they give: {names}."
    )
    return [PreviewWarning("add_ons_dropped", message, "add_ons")]
