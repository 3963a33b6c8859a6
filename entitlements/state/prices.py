"""The price in force of entitlements: the charges of the revision they hold, times the seats that are sold.

Ended, expired and disabled entitlements, and those of a disabled customer, have a price but count in no sum: nothing is
due for them. Those that wait for their start count.
"""

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Count

from entitlements.state.values import RevisionValue, State, Status
from offerings.models import Revision
from offerings.totals import PriceList, Total

if TYPE_CHECKING:
    from entitlements.models.queries import EntitlementQuerySet

COUNTED = (Status.CREATED, Status.ACTIVE, Status.GRACE_PERIOD)
WHAT_COUNTS = "Created, active and in grace count; ended, expired and disabled do not."


def price_list(revision: RevisionValue) -> PriceList:
    """Return the charges of a revision. Pure."""
    seat_limit = revision.sheet.values.get("seat_limit") or revision.extensions.get("seat_limit")
    return PriceList.read(revision.prices, {"billing_period": revision.terms.billing_period}, seat_limit)


def price_of(state: State) -> Total:
    """Return the price of what a state holds; nothing where it has ended. Pure.

    A disabled or expired entitlement still has the price that it is held at.
    """
    return Total() if state.ended_on is not None else price_list(state.revision).total(state.quantity)


def price_lists(revisions: Iterable[int]) -> dict[int, PriceList]:
    """Return the charges of revisions by key, without reading all their rights; one query, none without keys."""
    keys = list(revisions)
    rows = Revision.objects.filter(pk__in=keys).values_list(
        "pk", "prices", "terms", "rights__seat_limit", "extensions__seat_limit"
    )
    found = rows if keys else ()
    return {key: PriceList.read(prices, terms, limit or extra) for key, prices, terms, limit, extra in found}


def summed_price(found: "EntitlementQuerySet", today: date) -> Total:
    """Return the price of all entitlements that count on a day; two queries for any number."""
    return Total.of(_summed(found.in_status(COUNTED, today).order_by()).values())


def summed_prices(found: "EntitlementQuerySet", today: date) -> dict[UUID, Total]:
    """Return the price of what counts on a day, by key of the customer; two queries for any number."""
    return _summed(found.in_status(COUNTED, today).order_by(), by="order__customer")


def _summed(found: "EntitlementQuerySet", by: str = "product") -> dict[Any, Total]:
    """Return sums for each value of a column; the price of many of the same is read and counted once."""
    rows = list(found.values_list(by, "revision", "quantity").annotate(Count("pk")))
    lists = price_lists({revision for _key, revision, _quantity, _count in rows})
    totals: dict[Any, list[Total]] = {}
    for key, revision, quantity, count in rows:
        totals.setdefault(key, []).append(lists[revision].total(quantity).times(count))
    return {key: Total.of(each) for key, each in totals.items()}
