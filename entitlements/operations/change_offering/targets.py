"""What an offering can be changed to at all, whatever change groups and seats say: one query, and one rule."""

from collections.abc import Iterable
from dataclasses import replace

from changegroups.paths import ChangePath, Ladder, Reason, load
from entitlements.operations.change_offering.routes import TARGET_PROBLEMS, offering_value
from entitlements.state import RevisionValue


def ladder_around(held: RevisionValue) -> Ladder:
    """Return every offering within reach of a revision that is held, judged by that revision; four queries."""
    found = load([held.offering_id])
    return replace(found, offerings={**found.offerings, held.offering_id: offering_value(held)})


def targets_within_reach(ladder: Ladder, held: int) -> tuple[ChangePath, ...]:
    """Return the change paths to offerings of the same kind, the closed ones with their reasons. Pure."""
    kind = ladder.offerings[held].kind
    return tuple(path for path in ladder.paths(held) if path.target.kind == kind)


def standing_reasons(ladder: Ladder, held: int, target: int) -> list[Reason]:
    """Return why an offering is no target of another, whatever the change groups say; empty where it is one. Pure.

    An offering is a target of itself as soon as it is published, also when it is retired.
    """
    wanted = ladder.offerings[target]
    if held == target:
        unpublished = Reason("unpublished", f"{wanted.name} has never been published.")
        return [] if wanted.revision_id else [unpublished]
    path = ladder.path(held, target)
    if path is None:
        holder = ladder.offerings[held]
        sentence = f"{wanted.sku} is for {wanted.product_name}, {holder.sku} for {holder.product_name}."
        return [Reason("other_product", sentence)]
    return [reason for reason in path.reasons if reason.code in TARGET_PROBLEMS]


def targets_of(held: Iterable[int]) -> list[int]:
    """Return the offerings that holders of any of these may be changed to, these included, by product; four queries."""
    holders = sorted(set(held))
    ladder = load(holders)
    found = {key for key in holders if ladder.offerings[key].revision_id}
    for key in holders:
        paths = targets_within_reach(ladder, key)
        found |= {path.target.id for path in paths if not TARGET_PROBLEMS & {each.code for each in path.reasons}}
    return [key for key in ladder.offerings if key in found]
