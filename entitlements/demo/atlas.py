"""Atlas Analytics, the product that the tour in the README shows."""

from decimal import Decimal

from offerings.models import (
    Charge,
    ConcurrencyMode,
    Edition,
    EditionValue,
    Feature,
    LicenseType,
    Offering,
    OfferingKind,
    Plan,
    PlanType,
    Product,
    SeatsSold,
    StartType,
)
from offerings.rights import Value

FEATURES = {
    "sso": ("flag", "Single sign-on", ""),
    "api_calls": ("count", "API calls a month", "call"),
    "dashboards": ("pool", "Dashboards", "dashboard"),
    "connectors": ("number", "Connectors", ""),
    "reports": ("flag", "Reports", ""),
    "classic_exports": ("flag", "Classic exports", ""),
    "audit_log": ("flag", "Audit log", ""),
    "data_region": ("text", "Data region", ""),
    "support_level": ("text", "Support level", ""),
    "training_ends": ("date", "Training ends", ""),
}
EDITIONS: dict[str, dict[str, Value]] = {
    "bronze": {
        "api_calls": 10_000,
        "dashboards": 2,
        "connectors": 3,
        "classic_exports": True,
        "data_region": "eu-central",
        "support_level": "community",
    },
    "silver": {
        "api_calls": 50_000,
        "dashboards": 10,
        "connectors": 5,
        "reports": True,
        "classic_exports": True,
        "data_region": "eu-central",
        "support_level": "business hours",
        "training_ends": "2027-06-30",
    },
    "gold": {
        "sso": True,
        "api_calls": 1_000_000,
        "dashboards": 30,
        "connectors": "unlimited",
        "reports": True,
        "classic_exports": True,
        "audit_log": True,
        "data_region": "eu-central, us-east",
        "support_level": "round the clock",
        "training_ends": "2027-12-31",
    },
}
SEATS = {"bronze": 3, "silver": 5, "gold": 25}
PRICES = {"bronze": Decimal(29), "silver": Decimal(79), "gold": Decimal(249)}
EXTRA_SEATS, EXTRA_SEATS_PRICE = 5, Decimal(19)
MONTHS_PAID = {"monthly": 1, "annual": 10, "perpetual": 30, "trial": 0}
SKU_ENDS = {"monthly": "M", "annual": "Y", "annual-per-seat": "SEAT-Y", "perpetual": "P", "trial": "T"}

PLANS: dict[str, dict[str, str]] = {
    "monthly": {"name": "Monthly", "duration": "P1M"},
    "annual": {"name": "Annual", "duration": "P1Y"},
    "annual-per-seat": {"name": "Annual, per seat", "duration": "P1Y"},
    "perpetual": {"name": "Perpetual", "license_type": LicenseType.PERPETUAL, "maintenance_duration": "P1Y"},
    "trial": {
        "name": "Trial",
        "duration": "P14D",
        "plan_type": PlanType.TRIAL,
        "start_type": StartType.FIRST_ACTIVATION,
    },
}


def make_plans() -> dict[str, Plan]:
    """Create the plans that no imported catalog has, and return all plans by code; writes."""
    for code, fields in PLANS.items():
        Plan.objects.get_or_create(code=code, defaults=fields)
    return {plan.code: plan for plan in Plan.objects.all()}


def make_atlas(plans: dict[str, Plan]) -> Product:
    """Create the product with features, editions, offerings and prices, all as drafts; writes."""
    product = Product.objects.create(
        code="atlas", name="Atlas Analytics", description="Dashboards and reports for operations teams."
    )
    features = _make_features(product)
    for position, (key, values) in enumerate(EDITIONS.items()):
        edition = Edition.objects.create(product=product, key=key, name=key.capitalize(), position=position)
        EditionValue.objects.bulk_create(
            [EditionValue(edition=edition, feature=features[name], value=value) for name, value in values.items()]
        )
        for code in ("monthly", "annual"):
            _offer(edition, plans[code], seat_limit=SEATS[key])
    silver, gold = product.editions.get(key="silver"), product.editions.get(key="gold")
    _offer(silver, plans["perpetual"], seat_limit=SEATS["silver"])
    _offer(silver, plans["trial"], seat_limit=SEATS["silver"])
    _offer_extra_seats(product, [silver, gold], plans)
    per_seat = _offer(gold, plans["annual-per-seat"], seat_limit=None)
    Charge.objects.create(
        offering=per_seat, key="setup", kind=Charge.Kind.ONE_TIME, amount=Decimal(490), currency="EUR"
    )
    return product


def _offer_extra_seats(product: Product, editions: list[Edition], plans: dict[str, Plan]) -> None:
    """Create the add-on that adds seats to a plan, once for each one bought."""
    extra = Edition.objects.create(product=product, kind=OfferingKind.ADD_ON, key="extra_seats", name="Extra seats")
    extra.available_for.set(editions)
    for code in ("monthly", "annual"):
        offering = Offering.objects.create(
            sku=f"ATLAS-SEATS-{SKU_ENDS[code]}",
            name=f"Extra seats {code}",
            kind=OfferingKind.ADD_ON,
            product=product,
            edition=extra,
            plan=plans[code],
            seats_sold=SeatsSold.PER_QUANTITY,
            extra_seats=EXTRA_SEATS,
        )
        amount = EXTRA_SEATS_PRICE * MONTHS_PAID[code]
        Charge.objects.create(offering=offering, per=Charge.Per.FLAT, amount=amount, currency="EUR")


def _make_features(product: Product) -> dict[str, Feature]:
    rows = [
        Feature(product=product, key=key, kind=kind, name=name, unit=unit, position=position)
        for position, (key, (kind, name, unit)) in enumerate(FEATURES.items())
    ]
    return {row.key: row for row in Feature.objects.bulk_create(rows)}


def _offer(edition: Edition, plan: Plan, *, seat_limit: int | None) -> Offering:
    offering = Offering.objects.create(
        sku=f"ATLAS-{edition.key.upper()}-{SKU_ENDS[plan.code]}",
        name=f"{edition.name} {plan.name.lower()}".replace(",", ""),
        product=edition.product,
        edition=edition,
        plan=plan,
        seats_sold=SeatsSold.FIXED if seat_limit else SeatsSold.PER_QUANTITY,
        seat_limit=seat_limit,
        overdraft="10%",
        concurrency_mode=ConcurrencyMode.CONCURRENT,
        position=edition.position,
    )
    amount = PRICES[edition.key] * MONTHS_PAID.get(plan.code, 10)
    kind = Charge.Kind.ONE_TIME if plan.license_type == LicenseType.PERPETUAL else Charge.Kind.RECURRING
    per = Charge.Per.FLAT if seat_limit else Charge.Per.SEAT
    Charge.objects.create(
        offering=offering, kind=kind, per=per, amount=amount if seat_limit else Decimal(96), currency="EUR"
    )
    return offering
