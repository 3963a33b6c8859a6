"""Which way a move takes: through a change group, outside of groups, or free where a product has none. Pure."""

from dataclasses import replace
from typing import Any, NamedTuple

from changegroups.models import QuantityMode
from changegroups.paths import ChangePath, Ladder, OfferingValue, Route
from entitlements.operations.previews import Remark
from entitlements.state import RevisionValue

SAID_ANYWAY = {"retired", "unpublished", "other_kind"}  # the target's own problems, whatever the way


class Taken(NamedTuple):
    """The way a move takes, what stands against it, and what the log says of it."""

    way: Route | None = None
    problems: tuple[Remark, ...] = ()
    path: dict[str, Any] | None = None

    @property
    def subscribe_mode(self) -> str:
        """Return what the group says about the term; empty without a group."""
        return self.way.group.subscribe_mode.value if self.way and self.way.group else ""

    @property
    def keeps_quantity(self) -> bool:
        """Tell whether the group carries the quantity over as it is."""
        group = self.way.group if self.way else None
        return group is not None and group.quantity_mode.value == QuantityMode.KEEP_SAME


def way_of(
    held: RevisionValue, target: RevisionValue, ladder: Ladder, *, group_id: int | None, is_outside_group: bool
) -> Taken:
    """Return the way from one offering to another; within an offering none is needed."""
    if held.offering_id == target.offering_id:
        return Taken()
    pair = {each.offering_id: offering_value(each) for each in (held, target)}
    move = replace(ladder, offerings=pair).path(held.offering_id, target.offering_id)
    if move is None:
        message = f"{target.offering_name} is for {target.product_name}. Choose an offering of {held.product_name}."
        return Taken(problems=(Remark("other_product", message, "target"),))
    if is_outside_group:
        return _outside(move, held, target)
    if group_id is not None and move.route(group_id) is None:
        return Taken(problems=_why_not(move, "That change group does not open this move any more."))
    if not move.is_open:
        return Taken(problems=_why_not(move, "This move is closed."))
    way = move.route(group_id)
    if way is None:
        names = " or ".join(each.group.name for each in move.routes if each.group)
        message = f"Change groups open this move on different terms. Choose one: {names}."
        return Taken(problems=(Remark("choose_group", message, "group"),))
    return Taken(way, path=_path(way))


def _outside(move: ChangePath, held: RevisionValue, target: RevisionValue) -> Taken:
    if move.is_open:
        message = "This move is open as it is. Choose it among the open ones: nothing has to be left."
        return Taken(problems=(Remark("group_opens_it", message, "target"),))
    if held.product_id != target.product_id:
        return Taken(problems=_why_not(move, f"{target.offering_name} is for another product."))
    return Taken(path={"outside": True})


def _why_not(move: ChangePath, otherwise: str) -> tuple[Remark, ...]:
    """Return every reason of the groups as a problem on the target; the target's own are said anyway."""
    said = [reason for reason in move.reasons if reason.code not in SAID_ANYWAY]
    if said or move.reasons:
        return tuple(Remark(reason.code, reason.sentence, "target") for reason in said)
    return (Remark("group_closed", otherwise, "group"),)


def _path(way: Route) -> dict[str, Any] | None:
    if way.group is None:
        return None
    group = way.group
    modes = [group.change_mode, group.subscribe_mode, group.quantity_mode, group.term_changes]
    return {
        "group": group.id,
        "name": group.name,
        "rank": str(way.rank),
        "modes": [mode.value for mode in modes],
    }


def offering_value(revision: RevisionValue) -> OfferingValue:
    """Return the offering of a revision as moves know it; a target is always on its newest revision."""
    return OfferingValue(
        id=revision.offering_id,
        sku=revision.sku,
        name=revision.offering_name,
        kind=revision.kind,
        product_id=revision.product_id,
        product_name=revision.product_name,
        allowed_changes=revision.allowed_changes,
        is_retired=revision.is_retired,
        revision_id=revision.id,
        license_type=revision.terms["license_type"],
        duration=revision.terms["duration"],
    )
