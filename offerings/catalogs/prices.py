"""Reading the prices of a catalog: numbers, words, and the monthly and annual prices of old dialects."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from offerings.amounts import InvalidAmount, Money, read_money
from offerings.catalogs.billing import ANNUAL, BILLING_PERIODS, MONTHLY, billing_period
from offerings.catalogs.expressions import InvalidExpression, Variables, compute
from offerings.catalogs.fields import Fields, Notes, as_decimal
from offerings.catalogs.naming import shorten
from offerings.catalogs.values import CatalogBilling, CatalogPlan, CatalogPrice
from offerings.catalogs.yaml_source import Node

LARGEST_PRICE = 10**9
PRICE_WORDS = 100  # the largest number of characters of a price in words
EXPRESSION = re.compile(r"#\s*\w|[{}]")
QUOTED_NUMBER = re.compile(r"\d+(\.\d+)?")
FREE = frozenset({"free", "free of charge", "free forever", "gratis", "no charge"})
ON_REQUEST = CatalogPrice(None)
BY_MONTH = CatalogBilling(MONTHLY.code, MONTHLY, Decimal(1))
BY_YEAR = CatalogBilling(ANNUAL.code, ANNUAL, Decimal(1))


@dataclass(frozen=True, slots=True)
class Prices:
    """The monthly price, and by the code of a billing period the amount due where the file has one."""

    month: CatalogPrice
    amounts: dict[str, CatalogPrice] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PriceRules:
    """The facts of a catalog by which its prices are read."""

    currency: str
    variables: Variables = field(default_factory=dict)


def price_of_month(fields: Fields, rules: PriceRules) -> Prices:
    """Return the monthly price in ``price``; on request, with a warning, where there is none."""
    price = _price(fields, "price", rules)
    if price is None:
        fields.notes.warn(fields.node, "There is no price here; it is taken as on request.")
    return Prices(price or ON_REQUEST)


def prices_of_month_and_year(fields: Fields, rules: PriceRules) -> Prices:
    """Return ``monthlyPrice`` and ``annualPrice``, as dialects 1.0 and 1.1 have them.

    Some files write the cost of the year there, others the cost of a month that is paid by the year. A number that is
    not above the monthly price is read as the latter; a warning reports either reading.
    """
    month, year = (_price(fields, key, rules) for key in ("monthlyPrice", "annualPrice"))
    if month is None and year is None:
        return price_of_month(fields, rules)
    amounts = {} if month is None else {MONTHLY.code: month}
    if year is not None:
        amounts[ANNUAL.code] = _due_for_a_year(fields, month, year)
    if month is None:
        annual = amounts[ANNUAL.code]
        month = annual if annual.amount is None else CatalogPrice(annual.amount / ANNUAL.months)
    return Prices(month, amounts)


def _due_for_a_year(fields: Fields, month: CatalogPrice | None, year: CatalogPrice) -> CatalogPrice:
    if year.amount is None or year.amount == 0:
        return year
    node = fields.need("annualPrice")
    if month and month.amount and year.amount <= month.amount:
        text = f"{year.amount} is not above the price of a month, so it is what a month costs when paid by the year."
        fields.notes.warn(node, text)
        return CatalogPrice(year.amount * ANNUAL.months)
    fields.notes.warn(node, f"{year.amount} is taken as what the whole year costs.")
    return year


def _price(fields: Fields, key: str, rules: PriceRules) -> CatalogPrice | None:
    node = fields.get(key)
    if node is None or node.value == "":
        return None
    if isinstance(node.value, str):
        return _price_in_words(node, node.value.strip(), fields.notes, rules)
    if isinstance(node.value, int | Decimal) and not isinstance(node.value, bool):
        return _amount(node, as_decimal(node))
    raise node.error(f"This is {node.type_name}. Write a number, or words such as Contact Sales.")


def _amount(node: Node, amount: Decimal) -> CatalogPrice:
    if not 0 <= amount < LARGEST_PRICE:
        raise node.error(f"Write a price from 0 to below {LARGEST_PRICE}.")
    return CatalogPrice(amount)


def _price_in_words(node: Node, words: str, notes: Notes, rules: PriceRules) -> CatalogPrice:
    if EXPRESSION.search(words):
        return _computed(node, words, notes, rules)
    if words.casefold() in FREE:
        notes.warn(node, f"{words} is read as the price 0.")
        return CatalogPrice(Decimal(0))
    money = _money(node, words, rules)
    if money is not None:
        is_number = QUOTED_NUMBER.fullmatch(words)
        reading = f"The price {words} is text; it is read as {rules.currency} {money.amount:f}."
        notes.warn(node, "The price is a number in quotes; it is taken as the number." if is_number else reading)
        return _amount(node, money.amount)
    if any(letter.isdigit() for letter in words):
        notes.warn(node, "This price has a number and is more than an amount; it is taken as on request, in its words.")
    if len(words) > PRICE_WORDS:
        notes.warn(node, f"The words of the price are cut to {PRICE_WORDS} characters.")
    return CatalogPrice(None, shorten(words, PRICE_WORDS))


def _computed(node: Node, words: str, notes: Notes, rules: PriceRules) -> CatalogPrice:
    try:
        amount = compute(words, rules.variables)
    except InvalidExpression as error:
        raise node.error(f"This price is an expression that cannot be computed: {error}") from error
    notes.warn(node, f"The price {shorten(words)} is computed; it is {rules.currency} {amount:f}.")
    return _amount(node, amount)


def _money(node: Node, words: str, rules: PriceRules) -> Money | None:
    """Return the amount in words, ``None`` where they are none; raise ``CatalogError`` for one in another currency."""
    try:
        money = read_money(words)
    except InvalidAmount as error:
        raise node.error(str(error)) from error
    if money and money.currencies and rules.currency not in money.currencies:
        raise node.error(
            f"{words[:40]} is not in {rules.currency}, the currency of this catalog. Write the number in it."
        )
    return money


def written_billing(fields: Fields, _sold: Iterable[CatalogPlan] = ()) -> tuple[CatalogBilling, ...]:
    """Return the billing periods and factors in ``billing``; monthly alone where the field is absent."""
    found: dict[str, CatalogBilling] = {}
    for name, node in fields.maps("billing"):
        period = billing_period(name)
        if period is None:
            raise node.error(f"This billing period is not known. Known are {', '.join(BILLING_PERIODS)}.")
        if period.code in found:
            raise node.error(f'This is the same period as "{found[period.code].name}". Keep one of them.')
        factor = node.value
        if isinstance(factor, bool) or not isinstance(factor, int | Decimal) or not 0 < factor <= 1:
            raise node.error("Write what a month costs when paid so: a number above 0 and up to 1, such as 0.83.")
        found[period.code] = CatalogBilling(name, period, Decimal(factor))
    return tuple(found.values()) or (BY_MONTH,)


def old_billing(fields: Fields, sold: Iterable[CatalogPlan]) -> tuple[CatalogBilling, ...]:
    """Return the billing periods of a file of dialect 1.0 to 2.0, from ``hasAnnualPayment`` and the prices."""
    node = fields.entries.get("hasAnnualPayment")
    is_annual = fields.flag("hasAnnualPayment")
    has_prices = any(ANNUAL.code in plan.amounts for plan in sold)
    if fields.get("billing") is not None:
        return written_billing(fields)
    if node is not None and node.value is None and has_prices:
        fields.notes.warn(node, "This is empty; the annual prices are taken as they stand.")
    if node is not None and is_annual and not has_prices:
        fields.notes.warn(node, "There is no annual price, so everything is sold by the month.")
    if node is not None and node.value is False and has_prices:
        fields.notes.warn(node, "Payment by the year is not possible, so the annual prices are left out.")
        return (BY_MONTH,)
    return (BY_MONTH, BY_YEAR) if has_prices else (BY_MONTH,)
