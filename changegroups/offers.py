"""What staff and what customers would be offered from one offering, side by side. Pure."""

from dataclasses import dataclass

from changegroups.models import MODES, QuantityMode
from changegroups.paths import ChangePath, Ladder, OfferingValue, Rank, Reason, Route

ORDER = (Rank.UPGRADE, Rank.SAME_LEVEL, Rank.DOWNGRADE, Rank.UNRANKED)
TONES = {Rank.UPGRADE: "ok", Rank.SAME_LEVEL: "info", Rank.DOWNGRADE: "warn", Rank.UNRANKED: "quiet"}
SIGNS = {Rank.UPGRADE: "↑", Rank.SAME_LEVEL: "=", Rank.DOWNGRADE: "↓", Rank.UNRANKED: "·"}


@dataclass(frozen=True, slots=True)
class OpenRoute:
    """One open route in words."""

    rank: str
    tone: str
    sign: str
    group_id: int | None
    group: str
    terms: str


@dataclass(frozen=True, slots=True)
class Offer:
    """One target: what staff and what customers are offered, or all reasons why not."""

    target: OfferingValue
    is_elsewhere: bool
    staff: tuple[OpenRoute, ...]
    staff_reasons: tuple[Reason, ...]
    customer: tuple[OpenRoute, ...]
    customer_reasons: tuple[Reason, ...]
    needs_choice: bool = False

    @property
    def is_open(self) -> bool:
        """Tell whether staff are offered the target."""
        return bool(self.staff)


def offers(ladder: Ladder, held_id: int) -> list[Offer]:
    """Return every target of an offering: open ones first, upgrades on top. Pure."""
    product_id = ladder.offerings[held_id].product_id
    pairs = zip(ladder.paths(held_id), ladder.paths(held_id, by_customer=True), strict=True)
    return [_offer(staff, customer, product_id) for staff, customer in sorted(pairs, key=lambda pair: _place(pair[0]))]


def _place(path: ChangePath) -> int:
    return min((ORDER.index(route.rank) for route in path.routes), default=len(ORDER))


def _offer(staff: ChangePath, customer: ChangePath, product_id: int) -> Offer:
    return Offer(
        target=staff.target,
        is_elsewhere=staff.target.product_id != product_id,
        staff=tuple(map(_open_route, staff.routes)),
        staff_reasons=_once(staff.reasons),
        customer=tuple(map(_open_route, customer.routes)),
        customer_reasons=_once(customer.reasons),
        needs_choice=staff.needs_choice,
    )


def _once(reasons: tuple[Reason, ...]) -> tuple[Reason, ...]:
    """Leave out a sentence that was said already: several groups may close a target for one reason."""
    return tuple({reason.sentence: reason for reason in reasons}.values())


def _open_route(route: Route) -> OpenRoute:
    group = route.group
    return OpenRoute(
        rank=route.rank.value,
        tone=TONES[route.rank],
        sign=SIGNS[route.rank],
        group_id=group.id if group else None,
        group=group.name if group else "",
        terms=terms_of(route),
    )


def terms_of(route: Route) -> str:
    """Return the terms of a route in words; those of a product without groups are chosen each time."""
    if route.group is None:
        return "the term is chosen with the change"
    may_change = route.group.quantity_mode.value == QuantityMode.ALLOW_CHANGE
    subscribe = MODES["subscribe_mode"](route.group.subscribe_mode.value).label
    return f"{subscribe}; {'quantity may change' if may_change else 'same quantity'}"
