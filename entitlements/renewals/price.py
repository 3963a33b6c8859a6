"""The price of an entitlement, in force and on another revision. Pure.

What a price is follows from ``entitlements.state.prices``; this room adds its amount for a file.
"""

from dataclasses import dataclass
from decimal import Decimal

from entitlements.state import RevisionValue, State, price_list


@dataclass(frozen=True, slots=True)
class Quote:
    """A price in words, and its first amount for a file, what recurs before what is due once; ``None`` without one."""

    words: str = ""
    amount: Decimal | None = None
    currency: str = ""


def price_in_force(state: State) -> Quote:
    """Return the price that the customer pays now."""
    return price_on(state.revision, quantity=state.quantity)


def price_on(revision: RevisionValue, *, quantity: int | None) -> Quote:
    """Return the price of a revision, per seat times the quantity; empty where the revision has no charge."""
    total = price_list(revision).total(quantity)
    if not total:
        return Quote()
    due, amount = next(iter(sorted(total.sums.items())), (None, None))
    return Quote(total.line, amount, due.currency if due else "")
