"""The targets that staff and customers are offered from one offering, side by side. Pure."""

from dataclasses import dataclass

from changegroups.models import MODES, Effective, QuantityMode
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
    """One target: the routes open to staff and to customers, or all reasons why none is open."""

    target: OfferingValue
    is_of_other_product: bool
    staff: tuple[OpenRoute, ...]
    staff_reasons: tuple[Reason, ...]
    customer: tuple[OpenRoute, ...]
    customer_reasons: tuple[Reason, ...]
    needs_choice: bool = False

    @property
    def is_open(self) -> bool:
        """Tell whether staff are offered the target."""
        return bool(self.staff)


def offers(ladder: Ladder, current_id: int) -> list[Offer]:
    """Return every target of an offering: open ones first, upgrades on top. Pure."""
    current = ladder.offerings[current_id]
    pairs = zip(ladder.paths(current_id), ladder.paths(current_id, by_customer=True), strict=True)
    return [
        Offer(
            target=staff.target,
            is_of_other_product=staff.target.product_id != current.product_id,
            staff=tuple(map(_open_route, staff.routes)),
            staff_reasons=_distinct(staff.reasons),
            customer=tuple(map(_open_route, customer.routes)),
            customer_reasons=_distinct(customer.reasons),
            needs_choice=staff.needs_choice,
        )
        for staff, customer in sorted(pairs, key=lambda pair: _best_rank(pair[0]))
    ]


def _best_rank(path: ChangePath) -> int:
    return min((ORDER.index(route.rank) for route in path.routes), default=len(ORDER))


def _distinct(reasons: tuple[Reason, ...]) -> tuple[Reason, ...]:
    """Return each sentence once: several groups may close a target for the same reason."""
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
    """Return the terms of a route in words; without a group, each change chooses its term."""
    if route.group is None:
        return "the term is chosen with the change"
    may_change = route.group.quantity_mode == QuantityMode.ALLOW_CHANGE
    subscribe = MODES["subscribe_mode"](route.group.subscribe_mode).label
    effective = f"; {Effective.END_OF_TERM.label}" if route.effective == Effective.END_OF_TERM else ""
    return f"{subscribe}; {'quantity may change' if may_change else 'same quantity'}{effective}"
