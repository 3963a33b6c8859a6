"""The price in force of entitlements: the charges of the revision they hold, times the seats that are sold.

A price that is agreed by hand takes the place of the amount of its charge, here and nowhere else. Ended, expired and
disabled entitlements, and those of a disabled customer, have a price but count in no sum: those are of what is in use.
Disabled ones are invoiced all the same, as their contract runs. Those that wait for their start count.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from django.db.models import Count

from entitlements.models import Override
from entitlements.state.values import NOTHING, RevisionValue, State, Status
from offerings.models import Revision
from offerings.prices import StoredPrice, with_agreed
from offerings.rights import PRICE_PREFIX, Value
from offerings.totals import PriceList, Total

if TYPE_CHECKING:
    from entitlements.models.queries import EntitlementQuerySet

COUNTED = (Status.CREATED, Status.ACTIVE, Status.GRACE_PERIOD)
WHAT_COUNTS = "Created, active and in grace count; ended, expired and disabled do not."
Agreed = Mapping[str, Value]
"""Prices set by hand, by key of the right."""


def price_list(revision: RevisionValue, agreed: Agreed = NOTHING) -> PriceList:
    """Return the charges of a revision with the prices that are agreed. Pure."""
    seat_limit = revision.sheet.values.get("seat_limit") or revision.extensions.get("seat_limit")
    terms = {"billing_period": revision.terms.billing_period}
    return PriceList.read(with_agreed(revision.prices, agreed), terms, seat_limit)


def price_list_of(state: State) -> PriceList:
    """Return the charges of what a state holds, at the prices in force. Pure."""
    return price_list(state.revision, state.agreed)


def price_list_on(revision: RevisionValue, state: State) -> PriceList:
    """Return the charges of another revision, with the agreed prices that can be kept there: same currency. Pure."""
    kept = {key: value for key, value in state.agreed.items() if revision.right(key) == state.revision.right(key)}
    return price_list(revision, kept)


def price_of(state: State) -> Total:
    """Return the price of what a state holds; nothing where it has ended. Pure.

    A disabled or expired entitlement still has the price that it is held at.
    """
    return Total() if state.ended_on is not None else price_list_of(state).total(state.quantity)


@dataclass(frozen=True, slots=True)
class StoredPrices:
    """What a revision says of prices, as it stores it."""

    prices: tuple[StoredPrice, ...]
    terms: Mapping[str, Any]
    seat_limit: object

    def with_agreed(self, agreed: Agreed = NOTHING) -> PriceList:
        """Return the charges with the prices that are agreed. Pure."""
        return PriceList.read(with_agreed(self.prices, agreed), self.terms, self.seat_limit)


def stored_prices(revisions: Iterable[int]) -> dict[int, StoredPrices]:
    """Return the charges of revisions by key, without reading all their rights; one query, none without keys."""
    keys = list(revisions)
    rows = Revision.objects.filter(pk__in=keys).values_list(
        "pk", "prices", "terms", "rights__seat_limit", "extensions__seat_limit"
    )
    found = rows if keys else ()
    return {key: StoredPrices(tuple(prices), terms, limit or extra) for key, prices, terms, limit, extra in found}


class Sold(NamedTuple):
    """What decides about the price of an entitlement: its revision and its quantity."""

    revision: int
    quantity: int | None


def totals_by_id(rows: Mapping[UUID, Sold], *, overridden: Iterable[UUID]) -> dict[UUID, Total]:
    """Return the price in force by key of the entitlement; two queries for any number, one where none is overridden."""
    lists = stored_prices({each.revision for each in rows.values()})
    plain = {key: each.with_agreed() for key, each in lists.items()}
    own = {
        key: lists[rows[key].revision].with_agreed(each)
        for key, each in _agreed([key for key in overridden if key in rows]).items()
    }
    return {key: own.get(key, plain[sold.revision]).total(sold.quantity) for key, sold in rows.items()}


def _agreed(ids: Sequence[UUID]) -> dict[UUID, dict[str, Value]]:
    """Return the prices set by hand of each entitlement; one query, none without keys."""
    found: defaultdict[UUID, dict[str, Value]] = defaultdict(dict)
    rows = Override.objects.filter(entitlement__in=ids, key__startswith=PRICE_PREFIX).order_by()
    for entitlement, key, value in rows.values_list("entitlement", "key", "value") if ids else ():
        found[entitlement][key] = value
    return found


def summed_price(found: "EntitlementQuerySet", today: date) -> Total:
    """Return the price of all entitlements that count on a day; three queries for any number."""
    return Total.of(_summed(found.in_status(COUNTED, today).order_by()).values())


def summed_prices(found: "EntitlementQuerySet", today: date) -> dict[UUID, Total]:
    """Return the price of what counts on a day, by key of the customer; three queries for any number."""
    return _summed(found.in_status(COUNTED, today).order_by(), by="order__customer")


def _summed(found: "EntitlementQuerySet", by: str = "product") -> dict[Any, Total]:
    """Return sums for each value of a column; the price of many of the same is read and counted once.

    Those with agreed prices are counted one by one.
    """
    rows = found.values_list(by, "revision", "quantity").annotate(Count("pk"))
    counts = Counter({(key, Sold(revision, quantity)): count for key, revision, quantity, count in rows})
    own = _with_agreed_prices(found, by)
    counts -= Counter((key, sold) for key, sold, _agreed in own)
    lists = stored_prices({sold.revision for _key, sold in counts} | {sold.revision for _key, sold, _agreed in own})
    totals: defaultdict[Any, list[Total]] = defaultdict(list)
    for (key, sold), count in counts.items():
        totals[key].append(lists[sold.revision].with_agreed().total(sold.quantity).times(count))
    for key, sold, agreed in own:
        totals[key].append(lists[sold.revision].with_agreed(agreed).total(sold.quantity))
    return {key: Total.of(each) for key, each in totals.items()}


def _with_agreed_prices(found: "EntitlementQuerySet", by: str) -> list[tuple[Any, Sold, Agreed]]:
    """Return each entitlement with prices set by hand: a column of it, what it is, and those prices; one query."""
    overridden = found.filter(override_count__gt=0).values("pk")
    rows = Override.objects.filter(entitlement__in=overridden, key__startswith=PRICE_PREFIX).order_by()
    names = ("entitlement", f"entitlement__{by}", "entitlement__revision", "entitlement__quantity", "key", "value")
    agreed: defaultdict[UUID, dict[str, Value]] = defaultdict(dict)
    sold: dict[UUID, tuple[Any, Sold]] = {}
    for entitlement, column, revision, quantity, key, value in rows.values_list(*names):
        agreed[entitlement][key] = value
        sold[entitlement] = (column, Sold(revision, quantity))
    return [(*sold[entitlement], agreed[entitlement]) for entitlement in sold]
