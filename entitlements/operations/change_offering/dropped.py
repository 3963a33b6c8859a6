"""The add-ons beside a plan that changes: carried where they fit, dropped where a person says so. Pure."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from entitlements.operations.add_ons import Conflict, conflicts, is_add_on, unfitting
from entitlements.operations.preview import Problem
from entitlements.state import RevisionValue, State

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


def without_dropped(plan: State, dropped: Sequence[State]) -> State:
    """Return a plan without what the dropped add-ons add to it."""
    gone = {state.id for state in dropped}
    return replace(plan, added=tuple(each for each in plan.added if each.entitlement not in gone))
