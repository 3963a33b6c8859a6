"""Take steps in the world of the model, and keep its log."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.model import rules, steps
from tests.model.steps import Step, Undo
from tests.model.undoing import undo
from tests.model.world import NOT_CREATED, Act, Change, Entitlement, Refused, Seat, World, without


@dataclass(frozen=True, slots=True)
class Outcome:
    """Whether a step was accepted, with the number of the act it wrote, or why it was refused."""

    is_accepted: bool
    act: int | None = None
    why: str = ""


DIRECT: dict[type, Callable[[World, Any], None]] = {
    steps.Wait: rules.wait,
    steps.OpenOrder: rules.open_order,
    steps.Publish: rules.publish,
    steps.ActivateSeats: rules.activate_seats,
    steps.CountCalls: rules.count_calls,
    steps.CheckOut: rules.check_out,
}
OPERATIONS: dict[type, Callable[[World, Any], None]] = {
    steps.Create: rules.create,
    steps.SetOverrides: rules.set_overrides,
    steps.RevertOverrides: rules.revert_overrides,
    steps.ChangeOffering: rules.change_offering,
    steps.ChangePart: rules.change_part,
    steps.SetQuantity: rules.set_quantity,
    steps.Transfer: rules.transfer,
    steps.Renew: rules.renew,
    steps.Disable: rules.disable,
    steps.Enable: rules.enable,
    steps.Remove: rules.remove,
    steps.ReleaseSeats: rules.release_seats,
    steps.Undo: undo,
}


def carry_out(world: World, step: Step) -> tuple[World, Outcome]:
    """Return the world after a step, and its outcome; the world given is left as it was."""
    after = world.copy()
    try:
        if type(step) in DIRECT:
            DIRECT[type(step)](after, step)
            return after, Outcome(is_accepted=True)
        OPERATIONS[type(step)](after, step)
        undoes = step.act if isinstance(step, Undo) else None
        return after, Outcome(is_accepted=True, act=_record(world, after, undoes=undoes))
    except Refused as refusal:
        return world, Outcome(is_accepted=False, why=str(refusal))


def can_undo(world: World, act: int) -> bool:
    """Return whether an act can be undone now without a choice of seats."""
    return carry_out(world, Undo(act))[1].is_accepted


def _record(before: World, after: World, *, undoes: int | None) -> int:
    """Give what changed its new versions, append the act and return its number; an act that changes nothing is refused.

    A new state has the sequence of its change as version, so that no version comes twice but by undo.
    """
    changes = []
    for key in list(after.entitlements):
        old, new = before.entitlements.get(key), after.entitlements[key]
        if old is None or _differ(old, new):
            changes.append(_change(before, after, key))
    if not changes:
        raise Refused("nothing changes")
    after.acts.append(Act(tuple(changes), undoes))
    return len(after.acts) - 1


def _differ(old: Entitlement, new: Entitlement) -> bool:
    return (old.state, old.calls, _serials(old.seats)) != (new.state, new.calls, _serials(new.seats))


def _change(before: World, after: World, key: int) -> Change:
    old = before.entitlements.get(key)
    new = after.entitlements[key]
    sequence = new.sequence + 1
    is_new_state = old is None or (old.state != new.state and old.version == new.version)
    new = after.update(key, sequence=sequence, version=sequence if is_new_state else new.version)
    had, has = (old.seats if old else ()), new.seats
    used_before, used_after = _all_seats(before), _all_seats(after)
    gained = without(has, had)
    return Change(
        entitlement=key,
        before=old.state if old else None,
        after=new.state,
        from_version=old.version if old else NOT_CREATED,
        to_version=new.version,
        released=without(without(had, has), used_after),
        restored=without(gained, used_before),
        came=tuple(seat for seat in gained if seat.serial in _serials(used_before)),
        calls_before=old.calls if old else 0,
        calls_after=new.calls,
    )


def _all_seats(world: World) -> tuple[Seat, ...]:
    return tuple(seat for each in world.entitlements.values() for seat in each.seats)


def _serials(seats: tuple[Seat, ...]) -> set[int]:
    return {seat.serial for seat in seats}
