"""What staff and what customers would be offered from one offering, side by side. Pure."""

from dataclasses import dataclass

from changegroups.models import MODES, QuantityMode
from changegroups.paths import Ladder, Move, OfferingValue, Rank, Reason, Way

ORDER = (Rank.UPGRADE, Rank.SAME_LEVEL, Rank.DOWNGRADE, Rank.UNRANKED)
TONES = {Rank.UPGRADE: "ok", Rank.SAME_LEVEL: "info", Rank.DOWNGRADE: "warn", Rank.UNRANKED: "quiet"}
SIGNS = {Rank.UPGRADE: "↑", Rank.SAME_LEVEL: "=", Rank.DOWNGRADE: "↓", Rank.UNRANKED: "·"}


@dataclass(frozen=True, slots=True)
class OpenWay:
    """One open way in words."""

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
    staff: tuple[OpenWay, ...]
    staff_reasons: tuple[Reason, ...]
    customer: tuple[OpenWay, ...]
    customer_reasons: tuple[Reason, ...]
    needs_choice: bool = False

    @property
    def is_open(self) -> bool:
        """Tell whether staff are offered the target."""
        return bool(self.staff)


def offers(ladder: Ladder, held_id: int) -> list[Offer]:
    """Return every target of an offering: open ones first, upgrades on top. Pure."""
    product_id = ladder.offerings[held_id].product_id
    pairs = zip(ladder.moves(held_id), ladder.moves(held_id, by_customer=True), strict=True)
    return [_offer(staff, customer, product_id) for staff, customer in sorted(pairs, key=lambda pair: _place(pair[0]))]


def _place(move: Move) -> int:
    return min((ORDER.index(way.rank) for way in move.ways), default=len(ORDER))


def _offer(staff: Move, customer: Move, product_id: int) -> Offer:
    return Offer(
        target=staff.target,
        is_elsewhere=staff.target.product_id != product_id,
        staff=tuple(map(_open_way, staff.ways)),
        staff_reasons=_once(staff.reasons),
        customer=tuple(map(_open_way, customer.ways)),
        customer_reasons=_once(customer.reasons),
        needs_choice=staff.needs_choice,
    )


def _once(reasons: tuple[Reason, ...]) -> tuple[Reason, ...]:
    """Leave out a sentence that was said already: several groups may close a target for one reason."""
    return tuple({reason.sentence: reason for reason in reasons}.values())


def _open_way(way: Way) -> OpenWay:
    group = way.group
    return OpenWay(
        rank=way.rank.value,
        tone=TONES[way.rank],
        sign=SIGNS[way.rank],
        group_id=group.id if group else None,
        group=group.name if group else "",
        terms=terms_of(way),
    )


def terms_of(way: Way) -> str:
    """Return the terms of a way in words; those of a product without groups are chosen each time."""
    if way.group is None:
        return "the term is chosen with the change"
    may_change = way.group.quantity_mode.value == QuantityMode.ALLOW_CHANGE
    subscribe = MODES["subscribe_mode"](way.group.subscribe_mode.value).label
    return f"{subscribe}; {'quantity may change' if may_change else 'same quantity'}"
