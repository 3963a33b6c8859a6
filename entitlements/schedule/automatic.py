"""Renew what renews by itself: on the day a term ends, as an amendment of its order, exactly once.

The amendment is written with its order locked, and only where none of this day is for the entitlement already, whatever
became of that one: applied, set aside, cancelled by a person, or undone. It is applied as any other.
"""

from datetime import date
from uuid import UUID

from django.db.models import F, Min, QuerySet
from django.utils import timezone

from config.actors import name_of
from config.edit_log import log_edit
from entitlements.models import Amendment, AmendmentKind, Entitlement, Order, new_id
from entitlements.models.amendments import PENDING
from entitlements.models.orders import AutomaticRenewal
from entitlements.operations import Renew
from entitlements.schedule.attempts import in_transaction
from entitlements.schedule.fold import AUTOMATIC, fold_order
from entitlements.schedule.locking import lock_order, next_number
from entitlements.schedule.planned import Folded, Planned, pending_of
from entitlements.schedule.scheduling import Actor, fill
from offerings.models import LicenseType, PlanType
from offerings.revisions import newest_revisions
from offerings.rights import show_day

REASON = "The order renews automatically"


def renewing(today: date) -> QuerySet[Entitlement]:
    """Return the entitlements whose term has ended by a day in an order that renews by itself; no query yet.

    The rule of ``schedule.foreseen``, in SQL.
    """
    found = Entitlement.objects.filter(
        ended_on=None, disabled_at=None, order__customer__disabled_at=None, expires_on__lte=today
    )
    renews = found.exclude(order__renewal=AutomaticRenewal.NONE).filter(expires_on__gte=F("order__renews_from"))
    subscriptions = renews.filter(revision__terms__license_type=LicenseType.SUBSCRIPTION, activated_at__isnull=False)
    return subscriptions.exclude(revision__terms__plan_type=PlanType.TRIAL)


def orders_to_renew(today: date) -> list[tuple[date, UUID]]:
    """Return the orders in which a term has ended that renews by itself, with the first such day; one query."""
    found = renewing(today).order_by().values_list("order").annotate(first=Min("expires_on"))
    return [(day, order) for order, day in found]


def next_renewal(order: UUID, today: date) -> tuple[date, tuple[UUID, ...]] | None:
    """Return the first day on which terms of an order ended that have yet to renew, and their entitlements."""
    ended = list(renewing(today).filter(order=order).order_by("expires_on", "pk").values_list("expires_on", "pk"))
    known = _renewals_of(order) if ended else []
    left = [(day, key) for day, key in ended if day and not any(_is_for(row, day, key) for row in known)]
    if not left:
        return None
    first = left[0][0]
    return first, tuple(key for day, key in left if day == first)


def _renewals_of(order: UUID) -> list[Amendment]:
    return list(Amendment.objects.filter(order=order, kind=AmendmentKind.RENEWAL).order_by())


def _is_for(row: Amendment, day: date, key: UUID) -> bool:
    """Tell whether a renewal is for an entitlement on a day, or is still to come for it."""
    return str(key) in row.entitlements and (row.effective_on == day or row.status in PENDING)


def plan_renewal(order: UUID, today: date, *, lock: bool = False) -> tuple[Amendment, Folded] | None:
    """Return the amendment that renews what is next, not written yet, with what it does; ``None`` without any."""
    found = next_renewal(order, today)
    if found is None:
        return None
    day, ids = found
    row = Order.objects.select_related("customer").get(pk=order)
    planned = Planned(new_id(), day, next_number(order), Renew(as_of=day, onto=_onto(row, ids)), ids, AUTOMATIC)
    before = [each for each in pending_of([order]).get(order, []) if each.place < planned.place]
    folded = fold_order(order, [*before, planned], lock=lock)[-1]
    return renewal_row(row, folded), folded


def renewal_row(order: Order, folded: Folded) -> Amendment:
    """Return the amendment of an automatic renewal, not written."""
    facts = {"name": AUTOMATIC, "kind": AmendmentKind.RENEWAL, "reason": REASON}
    amendment = Amendment(pk=folded.planned.key, order=order, number=folded.planned.number, **facts)
    fill(amendment, folded)
    return amendment


def _onto(order: Order, ids: tuple[UUID, ...]) -> tuple[int, ...]:
    """Return the newest revisions of what is renewed, where the order renews onto them."""
    if order.renewal != AutomaticRenewal.NEWEST:
        return ()
    offerings = Entitlement.objects.filter(pk__in=ids).order_by().values_list("offering", flat=True)
    return tuple(sorted(revision.pk for revision in newest_revisions(set(offerings)).values()))


def schedule_renewal(order: UUID, today: date, *, made_by: Actor) -> Amendment | None:
    """Write the amendment that renews what is next in an order; ``None`` where nothing is, or another was faster."""

    def job() -> Amendment | None:
        lock_order(order)
        found = plan_renewal(order, today, lock=True)
        if found is None:
            return None
        row, _folded = found
        row.requested_by_name, row.requested_at = name_of(made_by), timezone.now()
        row.save(force_insert=True)
        log_edit(row.order, f"Scheduled “{AUTOMATIC}” for {show_day(row.effective_on)}.", made_by=made_by)
        return row

    return in_transaction(job)
