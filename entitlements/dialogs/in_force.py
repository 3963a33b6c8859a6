"""What a move means for the customer: values with the add-ons beside the plan, and usage that comes back. Pure."""

from dataclasses import dataclass

from entitlements.operations import Effect, Move
from entitlements.operations.effects import Cause
from entitlements.state import State
from offerings import rights
from offerings.rights import Direction


@dataclass(frozen=True, slots=True)
class CounterBack:
    """A usage counter that comes back, with its values now and after."""

    label: str
    before: str
    after: str


def effects_in_force(move: Move) -> list[Effect]:
    """Return the effects of a move on what the customer has, as the entitlement's page says it.

    A right that add-ons replace or extend, before or after, is compared with them; the other effects are the move's.
    """
    before, after = move.compared, move.after
    if before is None or not (before.added or after.added):
        return list(move.effects)
    own = {effect.right.key: effect for effect in move.effects}
    touched = {
        key: None for state in (before, after) for each in state.added for key in (*each.replaced, *each.extended)
    }
    found = [
        _with_add_ons(key, before, after, own.get(key)) if key in touched else own[key]
        for key in dict.fromkeys((*own, *touched))
    ]
    effects = [effect for effect in found if effect is not None]
    return sorted(effects, key=lambda effect: effect.right.group == "Term")


def _with_add_ons(key: str, before: State, after: State, own: Effect | None) -> Effect | None:
    was, now = before.granted(key), after.granted(key)
    if was == now and type(was) is type(now):
        return None
    right, right_before = after.right(key) if now is not None else before.right(key), before.right(key)
    fits = all(value is None or rights.is_valid(right, value) for value in (was, now))
    direction = rights.compare(right, was, now) if fits else Direction.CHANGED
    if direction is Direction.SAME:
        return None
    return Effect(right, was, now, direction, own.cause if own else Cause.RECALCULATED, right_before)


def counters_back(move: Move) -> list[CounterBack]:
    """Return the usage counters that a move brings back, such as those that the act to undo had put to 0."""
    before = move.compared.counters if move.compared else {}
    return [
        CounterBack(move.after.right(key).label, f"{before.get(key, 0):,}", f"{used:,}")
        for key, used in move.after.counters.items()
        if used > before.get(key, 0)
    ]
