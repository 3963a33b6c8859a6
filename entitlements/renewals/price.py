"""The price of an entitlement, in force and on another revision. Pure.

The one place of this room that reads prices: what a price is follows from ``offerings.prices``.
"""

from dataclasses import dataclass, replace
from decimal import Decimal

from entitlements.state import RevisionValue, State
from offerings.prices import Price, plain_amount, price_line


@dataclass(frozen=True, slots=True)
class Quote:
    """A price in words, and the amount of its first charge for a file; ``None`` where it is on request."""

    words: str = ""
    amount: Decimal | None = None
    currency: str = ""


def price_in_force(state: State) -> Quote:
    """Return the price that the customer pays now."""
    return price_on(state.revision, quantity=state.quantity)


def price_on(revision: RevisionValue, *, quantity: int | None) -> Quote:
    """Return the price of a revision, per seat times the quantity; empty where the revision has no charge."""
    charges = [_times(Price.from_json(stored), quantity) for stored in revision.prices]
    if not charges:
        return Quote()
    charges.sort(key=lambda charge: charge.kind != "recurring")
    first = charges[0]
    words = price_line([charge.to_json() for charge in charges], revision.terms.billing_period)
    return Quote(words, None if first.amount is None else Decimal(first.amount), first.currency)


def _times(charge: Price, quantity: int | None) -> Price:
    if charge.per != "seat" or charge.amount is None or quantity is None or charge.kind == "usage":
        return charge
    return replace(charge, amount=plain_amount(Decimal(charge.amount) * quantity), per="flat")
