"""The seats and the use of the demo: rows in bulk, with the stored numbers that depend on them.

Clients write seats and use in transactions of their own, so no operation and no act is involved.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from entitlements.demo.run import DemoRun
from entitlements.engine import rows
from entitlements.models import Entitlement, FeatureUse, Seat, new_id
from entitlements.state import SeatValue, State, Status, active_seats, load
from offerings.periods import parse_period
from offerings.rights import UNLIMITED, Kind

PLACES = (
    "render", "lab-bench", "plant-hq", "field-tablet", "design-ws", "build", "meeting-room", "front-desk", "warehouse",
    "studio", "night-shift", "finance", "laptop", "kiosk", "test-rig",
)  # fmt: skip
DAYS_UNTIL_SEATS = 20  # between a sale and the activation of its last seat
MOST_SEATS = 60  # of one entitlement, where the limit is unlimited or large
FILL = (0.0, 0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.0)
OFFLINE_SHARE = 0.05


def activate_seats(run: DemoRun, fills: Mapping[UUID, float | None]) -> None:
    """Activate seats of new entitlements, check out from pools and count use; three statements beside ``load``.

    ``fills`` is the used share of the seats by entitlement, ``None`` for a random one.
    """
    seats: list[dict[str, Any]] = []
    uses: list[dict[str, Any]] = []
    numbers: list[dict[str, Any]] = []
    for state in load(fills):
        if state.activated_at is None:
            continue
        count = _seat_count(run, state, fills[state.id])
        new = _random_seats(run, state, count=count, from_at=state.activated_at)
        seats += new
        uses += [*_checkouts(run, state, new), *_counters(run, state)]
        numbers.append({"pk": state.id, "seats_used": count})
    rows.insert(Seat, seats)
    rows.update(Entitlement, numbers)
    rows.insert(FeatureUse, uses)


def _random_seats(run: DemoRun, state: State, *, count: int, from_at: datetime) -> list[dict[str, Any]]:
    """Return rows of seats activated within ``DAYS_UNTIL_SEATS`` of a moment and before now, the earliest first."""
    span = min(timedelta(days=DAYS_UNTIL_SEATS), run.now - from_at)
    moments = sorted(from_at + span * run.random.random() for _number in range(count))
    place = run.random.choice(PLACES)
    return [
        {
            "pk": new_id(),
            "entitlement": state.id,
            "seat_id": f"{run.random.getrandbits(48):012x}",
            "name": f"{run.random.choice((place, place, run.random.choice(PLACES)))}-{number:02}",
            "activated_at": at,
            "lease_expires_at": at + timedelta(days=14),
            "last_refresh_at": at,
            "is_offline": run.random.random() < OFFLINE_SHARE,
            "released_at": None,
        }
        for number, at in enumerate(moments, start=1)
    ]


def _seat_count(run: DemoRun, state: State, fill: float | None) -> int:
    limit = state.seat_limit
    most = MOST_SEATS if limit == UNLIMITED else min(int(limit), MOST_SEATS)
    return round(most * (run.random.choice(FILL) if fill is None else fill))


def _checkouts(run: DemoRun, state: State, seats: Sequence[Mapping[str, Any]]) -> Iterable[dict[str, Any]]:
    for key, limit in _granted(state, Kind.POOL):
        left = min(limit, len(seats) * 2)
        for seat in seats:
            amount = min(left, run.random.choice((0, 0, 1, 1, 2)))
            left -= amount
            if amount:
                yield _use(state, key, amount, seat=seat["pk"])


def _counters(run: DemoRun, state: State) -> Iterable[dict[str, Any]]:
    for key, limit in _granted(state, Kind.COUNT):
        share = run.random.choice((0.02, 0.1, 0.25, 0.4, 0.6, 0.8, 0.97))
        if amount := round(limit * share * run.random.random()):
            yield _use(state, key, amount)


def _granted(state: State, kind: Kind) -> Iterable[tuple[str, int]]:
    """Yield the rights of a kind with their amounts in force, 100,000 for "unlimited"."""
    for key in state.right_keys:
        amount = state.in_force(key)
        if state.right(key).kind is kind and amount:
            yield key, 100_000 if amount == UNLIMITED else int(amount)


def _use(state: State, key: str, amount: int, *, seat: UUID | None = None) -> dict[str, Any]:
    return {"pk": new_id(), "entitlement": state.id, "key": key, "seat": seat, "amount": amount}


def refresh_use(run: DemoRun, ids: Sequence[UUID]) -> None:
    """Refresh every active seat as of now, and count use after resets of counters; about ten statements."""
    found = load(ids)
    seats = active_seats(found)
    rows.update(Seat, [_refreshed(run, state, seat) for state in found for seat in seats.get(state.id, ())])
    in_use = [state for state in found if state.status(run.today) is Status.ACTIVE]
    counted = [use for state in in_use for use in _counters(run, state) if not state.counters.get(str(use["key"]))]
    rows.upsert(FeatureUse, counted, unique=("entitlement_id", "key"), where="seat_id IS NULL", setting="amount")


def _refreshed(run: DemoRun, state: State, seat: SeatValue) -> dict[str, Any]:
    """Return the last refresh of a seat and its lease, which never outlives the entitlement."""
    lease = parse_period(str(state.in_force("offline_lease_period" if seat.is_offline else "lease_period") or "P14D"))
    ago = timedelta(days=run.random.uniform(2, 25)) if seat.is_offline else timedelta(hours=run.random.uniform(0, 70))
    end = _end_of_use(state, run)
    refreshed_at = max(seat.activated_at, min(run.now, end) - ago)
    return {
        "pk": seat.id,
        "last_refresh_at": refreshed_at,
        "lease_expires_at": max(refreshed_at, min(refreshed_at + lease.timedelta, end)),
    }


def _end_of_use(state: State, run: DemoRun) -> datetime:
    """Return the moment (aware) from which the server refuses clients."""
    if state.disabled_at:
        return state.disabled_at
    day = state.grace_ends_on or run.today + timedelta(days=3650)
    return timezone.make_aware(datetime.combine(day, time.min))
