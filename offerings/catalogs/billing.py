"""Billing periods and amounts. Pure."""

from decimal import ROUND_HALF_UP, Decimal

from offerings.catalogs.units import Unit, parse_unit
from offerings.catalogs.values import BillingPeriod, CatalogBilling, CatalogPlan, CatalogPrice
from offerings.currencies import PLACES

MONTHLY = BillingPeriod("monthly", 1, "M")
QUARTERLY = BillingPeriod("quarterly", 3, "Q")
HALF_YEARLY = BillingPeriod("half-yearly", 6, "H")
ANNUAL = BillingPeriod("annual", 12, "Y")
TWO_YEARLY = BillingPeriod("two-yearly", 24, "2Y")
THREE_YEARLY = BillingPeriod("three-yearly", 36, "3Y")

# The names in catalogs; the format allows any text.
BILLING_PERIODS = {
    "month": MONTHLY,
    "monthly": MONTHLY,
    "quarter": QUARTERLY,
    "quarterly": QUARTERLY,
    "semester": HALF_YEARLY,
    "half-year": HALF_YEARLY,
    "semiannual": HALF_YEARLY,
    "semiannually": HALF_YEARLY,
    "half-yearly": HALF_YEARLY,
    "annual": ANNUAL,
    "annually": ANNUAL,
    "yearly": ANNUAL,
    "year": ANNUAL,
    "biennial": TWO_YEARLY,
    "biennially": TWO_YEARLY,
    "triennial": THREE_YEARLY,
    "triennially": THREE_YEARLY,
}

PERIODS = tuple(dict.fromkeys(BILLING_PERIODS.values()))

SMALLEST_STORED = Decimal("0.000001")


def billing_period(name: str) -> BillingPeriod | None:
    """Return the billing period with a name in a catalog; ``None`` for an unknown name."""
    return BILLING_PERIODS.get(name.lower())


def price_due(sold: CatalogPlan, billing: CatalogBilling, *, currency: str) -> CatalogPrice | None:
    """Return the price of a plan or add-on for one billing period; ``None`` where the period has no price."""
    if sold.amounts:
        own = sold.amounts.get(billing.period.code)
        if own is None or own.amount is None:
            return own
        return CatalogPrice(rounded(own.amount, unit=parse_unit(sold.unit), currency=currency))
    if sold.price.amount is None:
        return sold.price
    unit = parse_unit(sold.unit)
    return CatalogPrice(amount_due(sold.price.amount, unit=unit, billing=billing, currency=currency))


def amount_due(price: Decimal, *, unit: Unit, billing: CatalogBilling, currency: str) -> Decimal:
    """Return the amount due for one billing period at a monthly ``price``, rounded half up.

    Whole prices and prices per seat are rounded to the currency's minor unit. Prices per measured unit (a GB, an
    attendee) may be below a cent and keep six places; those without a time are due per use, whatever the period.
    """
    months = 1 if is_usage(unit) else billing.factor * billing.period.months
    return rounded(price * months, unit=unit, currency=currency)


def rounded(amount: Decimal, *, unit: Unit, currency: str) -> Decimal:
    """Return an amount rounded half up to its stored places, which ``amount_due`` describes."""
    is_measured = bool(unit.noun) and not unit.is_seats
    step = SMALLEST_STORED if is_measured else Decimal(1).scaleb(-PLACES.get(currency, 2))
    return amount.quantize(step, ROUND_HALF_UP)


def is_usage(unit: Unit) -> bool:
    """Tell whether a price in ``unit`` is due per use: a noun that is no seat, and no time (``attendee``)."""
    return bool(unit.noun) and not unit.time and not unit.is_seats
