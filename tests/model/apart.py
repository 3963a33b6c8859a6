"""What is kept apart until the product does it: each function names sequences that it does not do yet."""

from tests.model.world import Entitlement, World


def names_seats_released_elsewhere(world: World, act: int) -> bool:
    """Return whether a seat that an act released came back, went to another entitlement and was released there.

    The product fails to look at such an act with a view to its undo.
    """
    active = {seat.serial for each in world.entitlements.values() for seat in each.seats}
    last = {seat.serial: each.entitlement for act in world.acts for each in act.changes for seat in each.released}
    changes = world.acts[act].changes
    released = {seat.serial for each in changes for seat in each.released} - active
    return not {last[serial] for serial in released} <= {each.entitlement for each in changes}


def counts_use_twice(world: World, act: int) -> bool:
    """Return whether an act that ended one entitlement for another was undone, and came into force again by a redo.

    Where use was counted between, the product counts it twice when the act itself is undone, and not the redo.
    """
    ends = any(change.after.ended_on is not None for change in world.acts[act].changes)
    return ends and any(each.undoes == act for each in world.acts)


def is_renewed_late(entitlement: Entitlement) -> bool:
    """Return whether a renewal after the grace gave the term a new anchor.

    The product counts the terms after the next from the day the entitlement started on.
    """
    return entitlement.state.anchor_on != entitlement.state.starts_on
