"""The parts of a change that need a permission of their own, whichever operation makes them. Pure.

Source: design, section 4, "Permission is the union of the parts".
"""

from collections.abc import Iterator, Sequence

from entitlements.operations.preview import Move, Problem
from entitlements.state import TERM_RIGHTS
from offerings.models import OfferingKind

OVERRIDES = "entitlements.override_rights"
RELEASE = "entitlements.release_seats"
RENEW = "entitlements.renew_entitlement"
TERMS = "entitlements.change_terms"
QUANTITY = "entitlements.set_quantity"
CREATE, CHANGE = "entitlements.create_entitlement", "entitlements.change_offering"
REMOVE = "entitlements.remove_product"
OUTSIDE = "changegroups.change_outside_group"

PARTS = {
    OVERRIDES: ("set or drop overrides", "drop"),
    RELEASE: ("release seats that may stay", "seats"),
    RENEW: ("start another term of the same offering", "term"),
    TERMS: ("set the day a term ends", "term"),
    QUANTITY: ("change the quantity", "quantity"),
    CREATE: ("end add-ons", "add_ons"),
    CHANGE: ("move to a newer revision", "onto"),
    REMOVE: ("end what was sold, or bring it back", ""),
    OUTSIDE: ("leave the change groups, or choose another day than they say", "target"),
}
"""What a permission allows, in words, and the field of a form where a person chose it."""


def permissions_to_take_back(moves: Sequence[Move]) -> set[str]:
    """Return the permissions of what an undo takes back: those of the operations that do the like.

    What was created alone was created by itself, what belongs to a unit by a change of offering; an add-on that a
    change of its plan ended was ended by itself.
    """
    plans = [move for move in moves if move.after.revision.kind != OfferingKind.ADD_ON]

    def created(move: Move) -> str:
        return CREATE if len(moves) == 1 or (plans and move not in plans) else CHANGE

    return {permission for move in moves for permission in _to_take_back(move, created=created(move))}


def _to_take_back(move: Move, *, created: str) -> set[str]:
    before, after = move.before, move.after
    if before is None or move.is_unchanged:
        return set()
    is_other = before.revision.id != after.revision.id
    is_same_offering = before.revision.offering_id == after.revision.offering_id
    is_renewed = is_same_offering and before.standard_expires_on != after.standard_expires_on
    by_hand = {key for key in {**before.overrides, **after.overrides} if _override_moves(move, key)}
    moved = [
        (CHANGE, is_other),
        ("entitlements.transfer_entitlement", before.order.id != after.order.id),
        ("entitlements.disable_entitlement", before.disabled_at != after.disabled_at),
        ("entitlements.activate_entitlement", before.activated_at != after.activated_at),
        (created, before.ended_on != after.ended_on),
        (OVERRIDES, bool(by_hand - set(TERM_RIGHTS))),
        (QUANTITY, not is_other and before.quantity != after.quantity),
        (RENEW, is_renewed),
        (TERMS, not is_renewed and bool(by_hand & set(TERM_RIGHTS) or before.starts_on != after.starts_on)),
        (RELEASE, not move.changes_version()),
    ]
    return {permission for permission, is_needed in moved if is_needed}


def _override_moves(move: Move, key: str) -> bool:
    before = move.before.overrides.get(key) if move.before else None
    return before != move.after.overrides.get(key)


def releases_beyond_need(move: Move) -> bool:
    """Tell whether seats are released that would have room after the move; of what ends, all must go."""
    capacity = move.after.seat_capacity
    if not move.released or move.after.ended_on is not None:
        return False
    needed = 0 if capacity is None else max(0, move.after.seats_used + len(move.released) - capacity)
    return len(move.released) > needed


def not_permitted(missing: Sequence[str]) -> Iterator[Problem]:
    """Yield a problem for each permission that a person lacks for a part of a change."""
    for permission in missing:
        words, field = PARTS.get(permission, ("do all that this does", ""))
        message = f"You may not {words}. Leave that out, or ask somebody who may."
        yield Problem("not_permitted", message, field)
