"""The problems of a move to another revision. Pure."""

from collections.abc import Sequence

from entitlements.operations.add_ons import is_add_on
from entitlements.operations.preview import PreviewWarning, Problem
from entitlements.state import TERM_RIGHTS, RevisionValue, State
from offerings import rights
from offerings.relations import ANY_NUMBER, Bought
from offerings.rights import LARGEST, Kind, Right

NOT_NEW = Problem(
    "same_offering", "A new entitlement takes another offering. Choose to keep or restart the term instead.", "term"
)
PART_IS_NEW = Problem(
    "part_is_new",
    "A part becomes an entitlement of its own anyway. Choose to keep or restart the term.",
    "term",
)
PART_HAS_COUNT = Problem(
    "part_has_count", "A part has as many seats as go along with it. Leave the quantity empty.", "quantity"
)
COUNTERS_START_AT_0 = Problem(
    "counters_start_at_0", "A new entitlement counts from 0. Do not keep what is used.", "keep_counters"
)
UNKNOWN = Problem("unknown_offering", "There is no such offering. Choose one from the list.", "target")


def quantity_problems(quantity: int | None, *, limits: Bought = ANY_NUMBER) -> list[Problem]:
    """Return what is wrong with a quantity: missing, under 1, over 64 bits, outside the limits of the price list."""
    if quantity is None:
        return [Problem("quantity_missing", "Give the quantity: this offering is sold per seat.", "quantity")]
    if not 1 <= quantity <= LARGEST:
        return [Problem("quantity_out_of_range", f"Give a quantity from 1 to {LARGEST:,}.", "quantity")]
    if not limits.allows(quantity):
        return [Problem("quantity_not_allowed", f"This can be bought {limits}. Give such a quantity.", "quantity")]
    return []


def target_problems(state: State, target: RevisionValue) -> list[Problem]:
    """Return why an entitlement may not move to ``target``: all reasons, empty where it may."""
    found = []
    stays = target.offering_id == state.revision.offering_id
    if target.kind != state.revision.kind:
        message = f"{target.offering_name} is of another kind. A plan can only become a plan, an add-on an add-on."
        found.append(Problem("other_kind", message, "target"))
    if target.is_retired and not stays:
        found.append(Problem("retired", f"{target.offering_name} is retired. Choose an offering on sale.", "target"))
    if target.number != target.newest_number:
        message = f"{target} is no longer the newest. Choose revision {target.newest_number}."
        found.append(Problem("not_newest_revision", message, "target"))
    return found


def override_problems(before: State, after: State) -> list[Problem]:
    """Return why overrides cannot be kept under the target."""
    found = []
    for key, override in after.overrides.items():
        right, earlier = after.revision.right(key), before.revision.right(key)
        if key in TERM_RIGHTS:
            continue
        if earlier is not None and earlier.kind is Kind.PRICE:
            found += _price_problems(earlier, right, after.revision.offering_name)
        elif right is None:
            message = f"{after.revision.offering_name} has no right {key}. Drop this override."
            found.append(Problem("override_without_right", message, key))
        elif not rights.is_valid(right, override.value):
            message = (
                f"{right.label}: {override.value} does not fit {after.revision.offering_name}. Drop this override."
            )
            found.append(Problem("override_invalid", message, key))
        elif earlier is not None and earlier.kind is not right.kind:
            was = f"{right.label} was a {earlier.kind} when it was set by hand"
            message = f"{was}, and is a {right.kind} in {after.revision.offering_name}. Drop this override."
            found.append(Problem("override_other_kind", message, key))
    return found


def _price_problems(earlier: Right, right: Right | None, name: str) -> list[Problem]:
    """Return why a price that was agreed cannot be kept: no such charge, or one in another currency."""
    if right is None:
        message = f"{name} has no charge for the {earlier.label.lower()} that was agreed. Drop this override."
        return [Problem("override_without_right", message, earlier.key)]
    if right.unit != earlier.unit:
        message = f"{earlier.label} was agreed in {earlier.unit}; {name} costs {right.unit}. Drop this override."
        return [Problem("override_other_currency", message, earlier.key)]
    return []


def missing_overrides(state: State, dropped: Sequence[str]) -> list[PreviewWarning]:
    """Return which overrides to drop are not there: somebody dropped them already, or one of many has none."""
    return [
        PreviewWarning("override_gone", f"{state.right(key).label} is not overridden, so nothing is dropped.", key)
        for key in dropped
        if key not in state.overrides
    ]


def kept_quantity(state: State, target: RevisionValue) -> int | None:
    """Return the quantity without a choice: its own, else its seats; what extends a plan was bought once."""
    seats = None if target.extensions else _seats_as_quantity(state)
    return state.quantity or seats or (1 if is_add_on(state) else None)


def _seats_as_quantity(state: State) -> int | None:
    limit = state.standard("seat_limit")
    return limit if isinstance(limit, int) and limit else None
