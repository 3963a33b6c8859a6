"""An order holds at most one open plan for a product: the rule, and the one query it relies on."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from entitlements.models import Entitlement
from entitlements.operations.preview import Move, Problem
from entitlements.state import State
from offerings.models import OfferingKind

TWO_PLANS = "has_plan_already"
Place = tuple[UUID, int]
"""An order and a product, by key."""


@dataclass(frozen=True, slots=True)
class OpenPlans:
    """The entitlements that are open plans in a place, and how many of the batch would come into it."""

    held: Mapping[Place, frozenset[UUID]] = field(default_factory=dict)
    coming: Mapping[Place, int] = field(default_factory=dict)


NO_PLANS = OpenPlans()


def place_of(state: State) -> Place | None:
    """Return the place that an entitlement takes up; ``None`` for add-ons and what has ended."""
    if state.revision.kind != OfferingKind.PLAN or state.ended_on is not None:
        return None
    return state.order.id, state.revision.product_id


def open_plans(places: Iterable[Place | None]) -> OpenPlans:
    """Return who holds the places that entitlements of a batch would come into; one query, none without places."""
    coming = Counter(place for place in places if place is not None)
    if not coming:
        return NO_PLANS
    orders, products = {order for order, _product in coming}, {product for _order, product in coming}
    rows = Entitlement.objects.filter(order__in=orders, product__in=products, kind=OfferingKind.PLAN, ended_on=None)
    held: dict[Place, frozenset[UUID]] = {}
    for order, product, key in rows.values_list("order_id", "product_id", "pk"):
        held[order, product] = held.get((order, product), frozenset()) | {key}
    return OpenPlans(held, coming)


def plans_among(plans: OpenPlans, states: Iterable[State]) -> OpenPlans:
    """Return who holds the places where entitlements will be as ``states`` say, which nothing has written yet."""
    known = list(states)
    moved = {state.id for state in known}
    held = {place: keys - moved for place, keys in plans.held.items()}
    for state in known:
        place = place_of(state)
        if place is not None:
            held[place] = held.get(place, frozenset()) | {state.id}
    return OpenPlans(held, plans.coming)


def plan_problems(moves: Sequence[Move], plans: OpenPlans, *, field: str) -> list[Problem]:
    """Return a problem for each move that would leave its order with two open plans for a product."""
    found = []
    leaving = {move.id for move in moves}
    places = Counter(place_of(move.after) for move in moves)
    for move in moves:
        place = place_of(move.after)
        if place is None or (move.before is not None and place_of(move.before) == place):
            continue
        others = plans.held.get(place, frozenset()) - leaving
        if others or places[place] > 1 or plans.coming.get(place, 0) > 1:
            message = (
                f"This order would hold two plans for {move.after.revision.product_name}. "
                "Change the offering of the other one, or end it first."
            )
            found.append(Problem(TWO_PLANS, message, field))
    return found
