"""What stands against a move to another revision, and what to know of kept overrides. Pure."""

from collections.abc import Mapping, Sequence

from entitlements.operations.preview import PreviewWarning, Problem
from entitlements.state import TERM_RIGHTS, RevisionValue, State
from offerings import rights
from offerings.rights import LARGEST, Direction, Kind


def quantity_problems(quantity: int | None) -> list[Problem]:
    """Return what is wrong with a quantity: missing, under 1, over 64 bits."""
    if quantity is None:
        return [Problem("quantity_missing", "Give the quantity: this offering is sold per seat.", "quantity")]
    if not 1 <= quantity <= LARGEST:
        return [Problem("quantity_out_of_range", f"Give a quantity from 1 to {LARGEST:,}.", "quantity")]
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


def override_problems(after: State, dropped: Sequence[str], *, known: Mapping[str, object]) -> list[Problem]:
    """Return why overrides cannot be kept under the target, and which of those to drop are not there."""
    found = []
    for key, override in after.overrides.items():
        right = after.revision.right(key)
        if key in TERM_RIGHTS:
            continue
        if right is None:
            message = f"{after.revision.offering_name} has no right {key}. Drop this override."
            found.append(Problem("override_without_right", message, key))
        elif not rights.is_valid(right, override.value):
            message = (
                f"{right.label}: {override.value} does not fit {after.revision.offering_name}. Drop this override."
            )
            found.append(Problem("override_invalid", message, key))
    for key in dropped:
        if key not in known:
            message = f"{after.right(key).label} is not overridden any more. Leave it as it is."
            found.append(Problem("override_gone", message, key))
    return found


def override_warnings(before: State, after: State) -> list[PreviewWarning]:
    """Return what to know of kept overrides: they outlive a downgrade, or say what the target says anyway."""
    found = []
    for key, override in after.overrides.items():
        right, standard = after.revision.right(key), after.standard(key)
        if right is None or key in TERM_RIGHTS or not rights.is_valid(right, override.value):
            continue
        name = after.revision.offering_name
        if rights.compare(right, standard, override.value) is Direction.SAME:
            message = f"{right.label} is standard in {name}. Drop its override to follow {name}."
            found.append(PreviewWarning("override_equals_standard", message, key))
        elif _outlives_downgrade(key, before, after):
            kept, low = rights.show(right, override.value), rights.show(right, standard) or "nothing"
            message = f"{right.label}: {kept} stays although {name} grants {low}: a kept override."
            found.append(PreviewWarning("override_outlives_downgrade", message, key))
    return found


def _outlives_downgrade(key: str, before: State, after: State) -> bool:
    right = after.right(key)
    if rights.compare(right, after.standard(key), after.in_force(key)) not in (Direction.RAISED, Direction.ADDED):
        return False
    if right.kind is Kind.FLAG:
        return True
    earlier = before.standard(key)
    if earlier is not None and not rights.is_valid(right, earlier):
        return False
    return rights.compare(right, earlier, after.standard(key)) in (Direction.LOWERED, Direction.REMOVED)
