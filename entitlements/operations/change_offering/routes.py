"""The route of a move: through a change group, outside of groups, or free where a product has none. Pure."""

from dataclasses import replace
from typing import Any, NamedTuple

from changegroups.models import QuantityMode
from changegroups.paths import ChangePath, Ladder, OfferingValue, Route
from entitlements.operations.preview import Problem
from entitlements.state import RevisionValue

TARGET_PROBLEMS = {"retired", "unpublished", "other_kind"}  # said of the target itself, whatever the route


class ChosenRoute(NamedTuple):
    """The route of a move, the problems that close it, and what the log says of it."""

    route: Route | None = None
    problems: tuple[Problem, ...] = ()
    path: dict[str, Any] | None = None

    @property
    def subscribe_mode(self) -> str:
        """Return what the group says about the term; empty without a group."""
        return self.route.group.subscribe_mode if self.route and self.route.group else ""

    @property
    def keeps_quantity(self) -> bool:
        """Tell whether the group carries the quantity over as it is."""
        group = self.route.group if self.route else None
        return group is not None and group.quantity_mode == QuantityMode.KEEP_SAME


def choose_route(
    held: RevisionValue, target: RevisionValue, ladder: Ladder, *, group_id: int | None, is_outside_group: bool
) -> ChosenRoute:
    """Return the route from one offering to another; within an offering none is needed."""
    if held.offering_id == target.offering_id:
        return ChosenRoute()
    pair = {each.offering_id: offering_value(each) for each in (held, target)}
    path = replace(ladder, offerings=pair).path(held.offering_id, target.offering_id)
    if path is None:
        message = f"{target.offering_name} is for {target.product_name}. Choose an offering of {held.product_name}."
        return ChosenRoute(problems=(Problem("other_product", message, "target"),))
    if is_outside_group:
        return _outside(path, held, target)
    if group_id is not None and path.route(group_id) is None:
        return ChosenRoute(problems=_closed(path, "That change group does not open this move any more."))
    if not path.is_open:
        return ChosenRoute(problems=_closed(path, "This move is closed."))
    route = path.route(group_id)
    if route is None:
        names = " or ".join(each.group.name for each in path.routes if each.group)
        message = f"Change groups open this move on different terms. Choose one: {names}."
        return ChosenRoute(problems=(Problem("choose_group", message, "group"),))
    return ChosenRoute(route, path=_logged(route))


def _outside(path: ChangePath, held: RevisionValue, target: RevisionValue) -> ChosenRoute:
    if path.is_open:
        message = "This move is open as it is. Choose it among the open ones: nothing has to be left."
        return ChosenRoute(problems=(Problem("group_opens_it", message, "target"),))
    if held.product_id != target.product_id:
        return ChosenRoute(problems=_closed(path, f"{target.offering_name} is for another product."))
    return ChosenRoute(path={"outside": True})


def may_leave_groups(path: ChangePath, held: RevisionValue) -> bool:
    """Tell whether a closed path can be taken outside of the groups: nothing but groups closes it."""
    return (
        not path.is_open
        and path.target.product_id == held.product_id
        and not {reason.code for reason in path.reasons} & TARGET_PROBLEMS
    )


def _closed(path: ChangePath, otherwise: str) -> tuple[Problem, ...]:
    """Return every reason of the groups as a problem on the target; the target's own problems are said anyway."""
    said = [reason for reason in path.reasons if reason.code not in TARGET_PROBLEMS]
    if said or path.reasons:
        return tuple(Problem(reason.code, reason.sentence, "target") for reason in said)
    return (Problem("group_closed", otherwise, "group"),)


def _logged(route: Route) -> dict[str, Any] | None:
    if route.group is None:
        return None
    group = route.group
    return {
        "group": group.id,
        "name": group.name,
        "rank": str(route.rank),
        "modes": [group.change_mode, group.subscribe_mode, group.quantity_mode, group.term_changes],
        "effective": str(route.effective),
        "binds": route.binds,
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
        license_type=revision.terms.license_type,
        duration=revision.terms.duration,
    )
