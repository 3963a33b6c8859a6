"""Seats and use of the demo, as client programs would make them: rows made in bulk, with the numbers they change.

They are not in the one path of changes: clients write them in transactions of their own.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from entitlements.demo.desk import Desk
from entitlements.engine import rows
from entitlements.models import Entitlement, FeatureUse, Seat, new_id
from entitlements.state import SeatValue, State, Status, active_seats, load
from offerings.periods import parse_period
from offerings.rights import UNLIMITED, Kind

PLACES = (
    "render", "lab-bench", "plant-hq", "field-tablet", "design-ws", "build", "meeting-room", "front-desk", "warehouse",
    "studio", "night-shift", "finance", "laptop", "kiosk", "test-rig",
)  # fmt: skip
DAYS_UNTIL_SETTLED = 20  # after a sale, until its seats are activated
MOST_SEATS = 60  # of one entitlement, where the limit is unlimited or large
FILL = (0.0, 0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.0)
OFFLINE_SHARE = 0.05


def settle_in(desk: Desk, fills: Mapping[UUID, float | None]) -> None:
    """Activate seats of new entitlements, check out from pools and count use; four statements.

    ``fills`` says by entitlement which share of the seats is taken; ``None`` leaves it to chance.
    """
    seats: list[dict[str, Any]] = []
    uses: list[dict[str, Any]] = []
    numbers: list[dict[str, Any]] = []
    for state in load(fills):
        if state.activated_at is None:
            continue
        count = _seats_taken(desk, state, fills[state.id])
        made = draw_seats(desk, state, count=count, from_at=state.activated_at)
        seats += made
        uses += [*_checkouts(desk, state, made), *_counters(desk, state)]
        numbers.append({"pk": state.id, "seats_used": count})
    rows.insert(Seat, seats)
    rows.update(Entitlement, numbers)
    rows.insert(FeatureUse, uses)


def draw_seats(
    desk: Desk, state: State, *, count: int, from_at: datetime, days: int = DAYS_UNTIL_SETTLED
) -> list[dict[str, Any]]:
    """Return rows of seats activated within so many days from a moment, the earliest first, none in the future."""
    span = min(timedelta(days=days), desk.now - from_at)
    moments = sorted(from_at + span * desk.chance.random() for _number in range(count))
    place = desk.chance.choice(PLACES)
    return [
        {
            "pk": new_id(),
            "entitlement": state.id,
            "seat_id": f"{desk.chance.getrandbits(48):012x}",
            "name": f"{desk.chance.choice((place, place, desk.chance.choice(PLACES)))}-{number:02}",
            "activated_at": at,
            "lease_expires_at": at + timedelta(days=14),
            "last_refresh_at": at,
            "is_offline": desk.chance.random() < OFFLINE_SHARE,
            "released_at": None,
        }
        for number, at in enumerate(moments, start=1)
    ]


def _seats_taken(desk: Desk, state: State, fill: float | None) -> int:
    limit = state.seat_limit
    most = MOST_SEATS if limit == UNLIMITED else min(int(limit), MOST_SEATS)
    return round(most * (desk.chance.choice(FILL) if fill is None else fill))


def _checkouts(desk: Desk, state: State, seats: Sequence[Mapping[str, Any]]) -> Iterable[dict[str, Any]]:
    for key, limit in _granted(state, Kind.POOL):
        left = min(limit, len(seats) * 2)
        for seat in seats:
            amount = min(left, desk.chance.choice((0, 0, 1, 1, 2)))
            left -= amount
            if amount:
                yield _use(state, key, amount, seat=seat["pk"])


def _counters(desk: Desk, state: State) -> Iterable[dict[str, Any]]:
    for key, limit in _granted(state, Kind.COUNT):
        share = desk.chance.choice((0.02, 0.1, 0.25, 0.4, 0.6, 0.8, 0.97))
        if amount := round(limit * share * desk.chance.random()):
            yield _use(state, key, amount)


def _granted(state: State, kind: Kind) -> Iterable[tuple[str, int]]:
    """Return the rights of a kind with their amounts in force; "unlimited" counts as a large one."""
    for key in state.right_keys:
        amount = state.in_force(key)
        if state.right(key).kind is kind and amount:
            yield key, 100_000 if amount == UNLIMITED else int(amount)


def _use(state: State, key: str, amount: int, *, seat: UUID | None = None) -> dict[str, Any]:
    return {"pk": new_id(), "entitlement": state.id, "key": key, "seat": seat, "amount": amount}


def bring_up_to_date(desk: Desk, ids: Sequence[UUID]) -> None:
    """Refresh every active seat as of now, and count use since counters were reset; about ten statements."""
    found = load(ids)
    seats = active_seats(found)
    rows.update(Seat, [_refreshed(desk, state, seat) for state in found for seat in seats.get(state.id, ())])
    in_use = [state for state in found if state.status(desk.today) is Status.ACTIVE]
    counted = [use for state in in_use for use in _counters(desk, state) if not state.counters.get(str(use["key"]))]
    rows.upsert(FeatureUse, counted, unique=("entitlement_id", "key"), where="seat_id IS NULL", setting="amount")


def _refreshed(desk: Desk, state: State, seat: SeatValue) -> dict[str, Any]:
    """Return a seat as its client last saw it. A lease never outlives the entitlement."""
    lease = parse_period(str(state.in_force("offline_lease_period" if seat.is_offline else "lease_period") or "P14D"))
    ago = timedelta(days=desk.chance.uniform(2, 25)) if seat.is_offline else timedelta(hours=desk.chance.uniform(0, 70))
    end = _end_of_use(state, desk)
    refreshed_at = max(seat.activated_at, min(desk.now, end) - ago)
    return {
        "pk": seat.id,
        "last_refresh_at": refreshed_at,
        "lease_expires_at": max(refreshed_at, min(refreshed_at + lease.timedelta, end)),
    }


def _end_of_use(state: State, desk: Desk) -> datetime:
    """Return the moment from which on clients are refused."""
    if state.disabled_at:
        return state.disabled_at
    day = state.grace_ends_on or desk.today + timedelta(days=3650)
    return timezone.make_aware(datetime.combine(day, time.min))
