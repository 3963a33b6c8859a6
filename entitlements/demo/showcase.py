"""Halden Robotics, order SO-48213: the entitlement that the tour in the README shows, the same on every run."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from entitlements.demo.catalog import Name
from entitlements.demo.sales import SHOWCASE_REFERENCE, Sale
from entitlements.demo.schedule import Schedule
from entitlements.engine import rows
from entitlements.models import Act, Customer, Entitlement, FeatureUse, Note, Seat, new_id
from entitlements.operations import ChangeOffering, CreateEntitlement, SetOverrides, UndoAct
from entitlements.state import active_seats, load

REFERENCE = f"SO-{SHOWCASE_REFERENCE}"
CODE = "7KQM-2XWA-9PTR-HD4C"
BRONZE, SILVER, GOLD = (Name("atlas", edition, "annual") for edition in ("bronze", "silver", "gold"))
ORDERED = 265  # days ago
SEATS = (  # name, days since activation, whether offline
    ("render-01", 262, False),
    ("render-02", 262, False),
    ("lab-bench-4", 240, False),
    ("plant-hq-2", 178, False),
    ("field-tablet-7", 176, True),
    ("plant-hq-5", 33, False),
    ("design-ws-3", 33, False),
    ("design-ws-4", 31, False),
    ("render-03", 28, False),
    ("render-04", 28, False),
    ("lab-bench-5", 20, False),
    ("meeting-room-1", 12, False),
)
SEAT_COUNTS = ((3, 239), (5, 175), (12, 11))  # number of seats, days ago: never over the limit
NOTES = (  # days ago, text, whether pinned
    (190, "Rolled out at headquarters first; the second plant follows after the summer.", False),
    (
        35,
        "**250 seats until the migration is done**, then back to what they bought.\n\n"
        "- October: lines 1 to 3\n- November: lines 4 and 5\n\nAsk Mira Holm before anything is changed.",
        True,
    ),
)
CUSTOMER_NOTES = (
    (
        160,
        "Pays by **purchase order** only: put the number on every invoice.\n\n"
        "Terms: [framework contract](https://contracts.example/halden), section `4.2`.",
        True,
    ),
    (97, "Prefers e-mail. Purchasing closes on the 20th of the month.", False),
)
API_CALLS = 41_208


def schedule_showcase(schedule: Schedule) -> Sale:
    """Schedule every event of Halden Robotics and return the sale; writes the customer."""
    customer = Customer.objects.create(name="Halden Robotics", account_reference="C-10288")
    sale = Sale(BRONZE, ORDERED, customer, REFERENCE, CODE)
    acts: list[Act] = []
    schedule.on(ORDERED, partial(_sell, schedule, sale))
    for count, days_ago in SEAT_COUNTS:
        schedule.on(days_ago, partial(_activate_seats, schedule, sale, count))
    schedule.on(180, partial(_change, schedule, sale, SILVER, acts, reason="Reports are needed at headquarters."))
    schedule.on(120, partial(_change, schedule, sale, GOLD, acts, reason="Upsell from the annual review."))
    schedule.on(119, partial(_undo, schedule, sale, acts))
    for days_ago, key, value, reason in (
        (68, "feature.sso", True, "Promised in the offer."),
        (36, "seat_limit", 250, "October migration"),
        (19, "grace_period", "P30D", "Audit at the customer."),
    ):
        by = schedule.run.people["operations"]
        schedule.on(days_ago, partial(schedule.operate, SetOverrides, sale, values={key: value}, reason=reason, by=by))
    return sale


def _sell(schedule: Schedule, sale: Sale, at: datetime) -> None:
    act = schedule.run.carry_out(
        CreateEntitlement,
        at=at,
        by=schedule.run.people["operations"],
        reference=REFERENCE,
        revision_id=schedule.run.catalog.revision_id(BRONZE),
        customer_id=sale.customer.pk,
        order_reference=REFERENCE,
        codes=(CODE,),
    )
    if act:
        sale.id = act.changes.values_list("entitlement", flat=True).get()


def _activate_seats(schedule: Schedule, sale: Sale, count: int, _at: datetime) -> None:
    """Activate seats until there are ``count``."""
    existing = Seat.objects.filter(entitlement=sale.key).count()
    seats = [_seat(schedule, sale, number) for number in range(existing, count)]
    rows.insert(Seat, seats)
    rows.update(Entitlement, [{"pk": sale.key, "seats_used": count}])


def _seat(schedule: Schedule, sale: Sale, number: int) -> dict[str, Any]:
    name, days_ago, is_offline = SEATS[number]
    moment = schedule.run.moment(days_ago, hour=9)
    return {
        "pk": new_id(),
        "entitlement": sale.key,
        "seat_id": f"halden-{number + 1:02}",
        "name": name,
        "activated_at": moment,
        "lease_expires_at": moment + timedelta(days=14),
        "last_refresh_at": moment,
        "is_offline": is_offline,
        "released_at": None,
    }


def _change(schedule: Schedule, sale: Sale, name: Name, acts: list[Act], at: datetime, *, reason: str) -> None:
    revision_id = schedule.run.catalog.revision_id(name)
    by = schedule.run.people["operations"]
    act = schedule.operate(
        ChangeOffering, sale, at, revision_id=revision_id, reason=reason, reference="TCK-31187", by=by
    )
    acts.extend([act] if act else [])


def _undo(schedule: Schedule, sale: Sale, acts: list[Act], at: datetime) -> None:
    by = schedule.run.people["operations"]
    schedule.operate(UndoAct, sale, at, act_id=acts[-1].pk, reason="Not signed after all.", by=by)


def finish_showcase(schedule: Schedule, sale: Sale) -> None:
    """Count use, check out dashboards and write notes as of today; three statements beside ``load``."""
    seats = list(active_seats(load([sale.key]))[sale.key])
    use = {"entitlement": sale.key, "seat": None}
    counted = [{"pk": new_id(), **use, "key": "feature.api_calls", "amount": API_CALLS}]
    rows.upsert(FeatureUse, counted, unique=("entitlement_id", "key"), where="seat_id IS NULL", setting="amount")
    pools = [{"pk": new_id(), **use, "key": "feature.dashboards", "seat": seat.id, "amount": 2} for seat in seats[:3]]
    rows.insert(FeatureUse, pools)
    notes = [_note(schedule, {"entitlement": sale.key, "customer": None}, note) for note in NOTES]
    notes += [_note(schedule, {"entitlement": None, "customer": sale.customer.pk}, note) for note in CUSTOMER_NOTES]
    rows.insert(Note, notes)


def _note(schedule: Schedule, holder: dict[str, Any], note: tuple[int, str, bool]) -> dict[str, Any]:
    days_ago, text, is_pinned = note
    moment = schedule.run.moment(days_ago)
    by = {"author": schedule.run.people["support"].pk, "created_at": moment}
    return {"pk": new_id(), "kind": "note", **holder, "text": text, **by, "pinned_at": moment if is_pinned else None}
