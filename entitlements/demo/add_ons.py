"""Extra seats for a few plans of the demo: add-ons that are in force beside them."""

from datetime import timedelta

from django.db.models import F

from entitlements.demo.run import WEBSHOP, DemoRun
from entitlements.demo.sales import SHOWCASE_REFERENCE
from entitlements.models import Entitlement
from entitlements.operations import CreateEntitlement
from offerings.models import Offering
from offerings.revisions import newest_revisions

SOLD = 2  # days ago
QUANTITIES = (1, 2, 4)


def sell_extra_seats(run: DemoRun, count: int) -> None:
    """Sell an add-on into the orders of so many yearly plans that are within their limit; writes."""
    offering = Offering.objects.get(sku="ATLAS-SEATS-Y")
    revision = newest_revisions([offering.pk])[offering.pk].pk
    plans = (
        Entitlement.objects.in_status(["active"], run.today)
        .filter(offering__sku__in=("ATLAS-SILVER-Y", "ATLAS-GOLD-Y"), seats_used__lte=F("seat_capacity"))
        .filter(created_at__lt=run.now - timedelta(days=SOLD))
        .exclude(order__order_reference=f"SO-{SHOWCASE_REFERENCE}")
        .order_by("pk")
    )
    at = run.now - timedelta(days=SOLD)
    for number, order in enumerate(plans.values_list("order", flat=True)[:count]):
        quantity = QUANTITIES[number % len(QUANTITIES)]
        run.carry_out(CreateEntitlement, at=at, by=WEBSHOP, revision_id=revision, order_id=order, quantity=quantity)
