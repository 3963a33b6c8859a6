"""What the renewals and the pictures of the demo show: customers who were contacted, and seats that came and went."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from entitlements.demo import texts
from entitlements.demo.run import DemoRun
from entitlements.engine import rows
from entitlements.models import Entitlement, Note, NoteKind, Seat, new_id
from entitlements.state import State, load
from offerings.rights import show_day

CONTACTED_SHARE = 0.4
SOON = 75  # days ahead in which customers were contacted about their expiry
HISTORY = 90  # days back in which seats came and went
VISITORS = (2, 3, 4, 6)


def contact_customers(run: DemoRun) -> None:
    """Write notes of contacts about the expiries of the next weeks; one query and one statement."""
    soon = run.today + timedelta(days=SOON)
    expiring = Entitlement.objects.filter(ended_on=None, expires_on__gte=run.today, expires_on__lte=soon).order_by("pk")
    people = [run.people["support"].pk, run.people["operations"].pk]
    notes = [
        _contact(run, key, day, author=run.random.choice(people))
        for key, day in expiring.values_list("pk", "expires_on")
        if day and run.random.random() < CONTACTED_SHARE
    ]
    rows.insert(Note, notes)


def _contact(run: DemoRun, key: UUID, day: date, *, author: int) -> dict[str, Any]:
    words = run.random.choice(texts.CONTACTS)
    return {
        "pk": new_id(),
        "kind": NoteKind.CONTACTED.value,
        "about": day,
        "entitlement": key,
        "text": words.format(day=show_day(day)),
        "author": author,
        "created_at": run.moment(run.random.randint(0, 9)),
    }


def let_seats_come_and_go(run: DemoRun, ids: Sequence[UUID]) -> None:
    """Write seats that were released within the last ``HISTORY`` days; no stored number changes."""
    seats = [seat for state in load(ids) if state.activated_at for seat in _visitors(run, state)]
    rows.insert(Seat, seats)


def _visitors(run: DemoRun, state: State) -> list[dict[str, Any]]:
    """Return seats that came after the activation of the entitlement and have gone again."""
    oldest = (run.today - state.starts_on).days if state.starts_on else 0
    count = run.random.choice(VISITORS)
    free = count if state.seat_capacity is None else max(0, state.seat_capacity - state.seats_used)
    found = []
    for number in range(min(count, free) if oldest > HISTORY // 2 else 0):
        came = run.random.randint(12, min(HISTORY + 20, oldest))
        went = run.random.randint(1, came - 1)
        activated, released = run.moment(came, hour=9), run.moment(went, hour=18)
        found.append(
            {
                "pk": new_id(),
                "entitlement": state.id,
                "seat_id": f"{run.random.getrandbits(48):012x}",
                "name": f"visitor-{number + 1:02}",
                "activated_at": activated,
                "lease_expires_at": released,
                "last_refresh_at": released,
                "is_offline": False,
                "released_at": released,
            }
        )
    return found
