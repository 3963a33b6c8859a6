"""The billing periods, prices and units of an exported file, from which an import gets the same prices. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from offerings.catalogs.billing import MONTHLY, PERIODS, amount_due, billing_period, is_usage
from offerings.catalogs.product_rows import ProductRows, billing_period_of
from offerings.catalogs.units import parse_unit
from offerings.catalogs.values import BillingPeriod, CatalogBilling
from offerings.models import Charge, Edition, Offering, OfferingKind

PRICE_PLACES = Decimal("0.0000000001")
FACTOR_PLACES = Decimal("0.000001")
NO_CURRENCY = "XXX"  # the code of ISO 4217 for no currency


@dataclass(frozen=True, slots=True)
class Sale:
    """One edition as a file sells it: its offerings in order of billing period, its monthly price and its unit."""

    offerings: tuple[Offering, ...]
    price: Decimal | str | None
    unit: str


@dataclass(frozen=True, slots=True)
class Sales:
    """The sales of a product that a file can express, by edition id. ``omissions`` names the rest."""

    currency: str
    billing: Mapping[str, Decimal]
    sold: Mapping[int, Sale]
    omissions: tuple[str, ...] = field(default=())


def sales_of(existing: ProductRows, head: Mapping[str, Any]) -> Sales:
    """Return the sales for the shared billing periods; a file sells every edition for each of its periods."""
    offers = _offers(existing)
    periods = _periods(offers)
    charges = {charge.offering_id: charge for charge in existing.charges}
    billing = {period.code: _billing(period, head, offers, charges) for period in periods}
    sold: dict[int, Sale] = {}
    for edition in existing.editions:
        found = offers.get(edition.pk, {})
        if periods and all(period.code in found for period in periods):
            chosen = {code: found[code] for code in billing}
            sold[edition.pk] = _sale(edition, chosen, list(billing.values()), head, charges)
    return Sales(
        currency=_currency(existing, head),
        billing={each.name: each.factor for each in billing.values()},
        sold=sold,
        omissions=tuple(_left_out(existing, sold)),
    )


def _offers(existing: ProductRows) -> dict[int, dict[str, Offering]]:
    """Return the offerings on sale by edition and billing period; of several, the one under the usual plan."""
    found: dict[int, dict[str, Offering]] = {}
    for offering in existing.offerings:
        period = billing_period_of(offering.plan)
        if period is None or offering.is_retired or offering.edition.is_retired:
            continue
        offers = found.setdefault(offering.edition_id, {})
        if period.code not in offers or offering.plan.code in (period.code, f"free-{period.code}"):
            offers[period.code] = offering
    return found


def _periods(offers: Mapping[int, Mapping[str, Offering]]) -> list[BillingPeriod]:
    """Return the billing periods that all editions share, else the most frequent one."""
    counts = {period: sum(period.code in found for found in offers.values()) for period in PERIODS}
    shared = [period for period in PERIODS if offers and counts[period] == len(offers)]
    most = max(PERIODS, key=lambda period: counts[period])
    return shared or [most] * bool(counts[most])


def _left_out(existing: ProductRows, sold: Mapping[int, Sale]) -> Iterator[str]:
    exported = {offering.pk for sale in sold.values() for offering in sale.offerings}
    for offering in existing.offerings:
        if not offering.is_retired and offering.pk not in exported:
            yield f"Offering {offering.sku}: a file sells every edition for the same billing periods; it is left out."


def _billing(
    period: BillingPeriod,
    head: Mapping[str, Any],
    offers: Mapping[int, Mapping[str, Offering]],
    charges: Mapping[int, Charge],
) -> CatalogBilling:
    for name, factor in head.get("billing", {}).items():
        if billing_period(name) == period:
            return CatalogBilling(name, period, Decimal(factor))
    for found in offers.values():
        month, whole = (charges.get(found[code].pk) if code in found else None for code in (MONTHLY.code, period.code))
        if month and whole and month.amount and whole.amount:
            factor = (whole.amount / month.amount / period.months).quantize(FACTOR_PLACES)
            return CatalogBilling(period.code, period, min(max(factor, FACTOR_PLACES), Decimal(1)))
    return CatalogBilling(period.code, period, Decimal(1))


def _currency(existing: ProductRows, head: Mapping[str, Any]) -> str:
    found = [charge.currency for charge in existing.charges]
    usual = str(head.get("currency", ""))
    return usual if usual and (usual in found or not found) else next(iter(found), NO_CURRENCY)


def _sale(
    edition: Edition,
    offers: Mapping[str, Offering],
    billing: list[CatalogBilling],
    head: Mapping[str, Any],
    charges: Mapping[int, Charge],
) -> Sale:
    section = "addOns" if edition.kind == OfferingKind.ADD_ON else "plans"
    written = {key: head.get(key, {}).get(section, {}).get(edition.source_name) for key in ("units", "prices")}
    found = [charges.get(offer.pk) for offer in offers.values()]
    first = next(iter(found))
    if first is None:
        return Sale(tuple(offers.values()), None, "")
    unit = _unit(first, written["units"])
    price: Decimal | str | None = first.text or None
    if first.amount is not None:
        candidates = _candidates(written["prices"], found, billing)
        price = min(candidates, key=lambda candidate: _misses(candidate, found, billing, unit))
    return Sale(tuple(offers.values()), price, unit)


def _candidates(written: str | None, found: list[Charge | None], billing: list[CatalogBilling]) -> Iterator[Decimal]:
    """Yield possible monthly prices, the written one of the imported file first."""
    if written is not None:
        yield Decimal(written)
    for charge, each in zip(found, billing, strict=True):
        if charge and charge.amount is not None:
            months = 1 if charge.kind == Charge.Kind.USAGE else each.factor * each.period.months
            try:
                yield (charge.amount / months).quantize(PRICE_PLACES)
            except InvalidOperation:
                yield charge.amount


def _misses(price: Decimal, found: list[Charge | None], billing: list[CatalogBilling], unit: str) -> int:
    """Return the number of billing periods for which a monthly price gives another amount than the one due."""
    pairs = [(charge, each) for charge, each in zip(found, billing, strict=True) if charge]
    return sum(
        charge.amount != amount_due(price, unit=parse_unit(unit), billing=each, currency=charge.currency)
        for charge, each in pairs
    )


def _unit(charge: Charge, written: str | None) -> str:
    """Return the written unit of the imported file if the charge has the same unit, else a unit of the charge."""
    if written is not None and _charge_facts(written) == (charge.kind, charge.per, charge.unit):
        return written
    if charge.per == Charge.Per.SEAT:
        return "user/month"
    return charge.unit if charge.kind == Charge.Kind.USAGE else f"{charge.unit}/month"


def _charge_facts(text: str) -> tuple[str, str, str]:
    unit = parse_unit(text)
    kind = Charge.Kind.USAGE if is_usage(unit) else Charge.Kind.RECURRING
    per = Charge.Per.SEAT if unit.is_seats else Charge.Per.FLAT
    return kind.value, per.value, "" if unit.is_seats else unit.noun
