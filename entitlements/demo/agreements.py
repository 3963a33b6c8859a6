"""What was agreed with customers of the demo by hand: a price of their own, and more for a while."""

from datetime import timedelta

from entitlements.demo.catalog import Name
from entitlements.demo.run import DemoRun
from entitlements.demo.sales import SHOWCASE_REFERENCE
from entitlements.models import Entitlement
from entitlements.operations import SetOverrides
from offerings.prices import price_key
from offerings.rights import Value

AGREED = 3  # days ago
LASTS = timedelta(days=45)
PRICE_KEY, PRICE = price_key("price"), "1990"  # of EUR 2,490 a year
GOLD, SILVER = (Name("atlas", edition, "annual") for edition in ("gold", "silver"))
SEATS_FOR_A_WHILE = 12


def make_agreements(run: DemoRun) -> None:
    """Give one customer a negotiated price, and another one more seats until a day; writes. Small demos have fewer."""
    _agree(run, GOLD, {PRICE_KEY: PRICE}, reason="Price of the framework contract, for as long as it runs.")
    _agree(run, SILVER, {"seat_limit": SEATS_FOR_A_WHILE}, reason="Interns for six weeks.", lasts=LASTS)


def _agree(run: DemoRun, name: Name, values: dict[str, Value], *, reason: str, lasts: timedelta | None = None) -> None:
    """Set rights by hand on the first holder of an offering for whom nothing is scheduled or set by hand."""
    at = run.now - timedelta(days=AGREED)
    holders = (
        Entitlement.objects.in_status(["active"], run.today)
        .filter(offering=run.catalog.offerings[name], override_count=0, created_at__lt=at)
        .exclude(order__order_reference=f"SO-{SHOWCASE_REFERENCE}")
        .exclude(order__amendments__isnull=False)
        .exclude(changes__act__made_at__gte=at)
        .order_by("order__order_reference")
    )
    held = holders.values_list("pk", flat=True).first()
    if held is None:
        return
    until = run.today + lasts if lasts else None
    person = run.people["operations"]
    run.carry_out(SetOverrides, [held], at=at, by=person, values=values, until=until, reason=reason, reference="CHG-82")
