"""The add-ons beside a plan that changes: carried where they fit, dropped where a person says so. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID

from entitlements.operations.add_ons import Conflict, conflicts, is_add_on, unfitting
from entitlements.operations.effects import DiffMemo
from entitlements.operations.preview import Move, PreviewWarning, Problem
from entitlements.operations.seats import without_seats
from entitlements.state import RevisionValue, SeatValue, State

ENDS = "entitlements.create_entitlement"
"""The permission to end what was sold: that of selling it."""
PART_KEEPS_ADD_ONS = Problem(
    "part_keeps_add_ons", "A part leaves the add-ons with the rest. Drop them without a part.", "add_ons"
)
ADD_ON_GONE = Problem(
    "add_on_gone", "An add-on to drop is not open beside this plan any more. Choose from those listed.", "add_ons"
)


def reasons_against(plan: State, add_ons: Sequence[State], target: RevisionValue) -> dict[UUID, Conflict]:
    """Return by key why add-ons cannot stay beside a plan that changes to ``target``: the first reason of each."""
    members = [state for state in add_ons if is_add_on(state)]
    if target.product_id != plan.revision.product_id:
        return {each.add_on.id: each for each in reversed(list(conflicts(members)))}
    after = replace(plan, revision=target)
    gone = {each.id for each in unfitting(after, members)}
    staying = [each for each in members if each.id not in gone]
    found = [conflict for each in members if each.id in gone for conflict in conflicts([after, *staying, each])]
    return {conflict.add_on.id: conflict for conflict in reversed(found) if conflict.add_on.id in gone}


def moves_of(
    dropped: Sequence[State], *, seats: Mapping[UUID, tuple[SeatValue, ...]], today: date, memo: DiffMemo
) -> tuple[Move, ...]:
    """Return the end of each entitlement, a dropped add-on or what is removed, with the release of its own seats."""
    found = []
    for state in dropped:
        released = seats.get(state.id, ())
        ended = without_seats(replace(state, ended_on=today, added=()), released)
        found.append(Move(state, ended, released=released, memo=memo))
    return tuple(found)


def without_dropped(plan: State, dropped: Sequence[State]) -> State:
    """Return a plan without what the dropped add-ons add to it."""
    gone = {state.id for state in dropped}
    return replace(plan, added=tuple(each for each in plan.added if each.entitlement not in gone))


def drop_warnings(dropped: Sequence[State]) -> list[PreviewWarning]:
    """Return what to know of dropped add-ons: they end, and are named."""
    if not dropped:
        return []
    names = ", ".join(each.revision.offering_name for each in dropped)
    message = (
        f"Ends today, with what it gives: {names}."
        if len(dropped) == 1
        else f"End today, with what they give: {names}."
    )
    return [PreviewWarning("add_ons_dropped", message, "add_ons")]
