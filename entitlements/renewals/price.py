"""The price of an entitlement, in force and on the newest revision. Pure.

What a price is follows from ``entitlements.state.prices``; this room compares two, and adds an amount for a file.
"""

from decimal import Decimal

from entitlements.operations.change_offering.rules import kept_quantity
from entitlements.state import RevisionValue, State, price_list_of, price_list_on
from offerings.totals import NO_PRICE, Total


def price_in_force(state: State) -> Total:
    """Return the price that the customer pays now."""
    return price_list_of(state).total(state.quantity)


def price_on(newest: RevisionValue, state: State) -> Total:
    """Return the price of what a renewal onto the newest revision gives: with the quantity that it keeps, if any.

    Prices that are agreed are kept by a renewal, as every override is; in another currency there is none to keep.
    """
    if newest.id == state.revision.id:
        return price_in_force(state)
    return price_list_on(newest, state).total(kept_quantity(state, newest) if newest.is_per_quantity else None)


def is_same(one: Total, other: Total) -> bool:
    """Tell whether two prices are the same, prices for use and on request included, in any order."""
    return one.sums == other.sums and set(one.others) == set(other.others)


def new_words(price: Total, *, instead_of: Total) -> str:
    """Return a new price in words: all of it where a line says the same of the earlier one, as that of use is short."""
    if price.line != instead_of.line:
        return price.line
    return " + ".join([*price.recurring, *price.once, *price.usage]) or NO_PRICE


def amount_of(price: Total) -> tuple[Decimal | None, str]:
    """Return the amount and the currency of a price for a file; no amount where there is none, or more than one."""
    if len(price.sums) != 1:
        return None, ""
    [(due, amount)] = price.sums.items()
    return amount, due.currency
