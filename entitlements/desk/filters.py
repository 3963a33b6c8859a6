"""What the list of entitlements is narrowed to and sorted by, read from its address."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Self
from urllib.parse import urlencode

from django.http import QueryDict

from entitlements.desk.counts import outdated_revisions
from entitlements.models import Entitlement
from entitlements.models.customers import LONGEST_SEARCH
from entitlements.models.queries import EntitlementQuerySet
from entitlements.state import Status

SORTS = ("changed", "customer", "expires", "seats")
LAST_CHANGED_FIRST = "-changed"
ANY_RIGHT = "any"  # what the menu of rights says for "whichever right"


@dataclass(frozen=True, slots=True)
class Filters:
    """A search text, a product by code, an offering by SKU, a right by key, and yes or no to the rest.

    ``sort`` is one of ``SORTS``, with a dash in front where it is turned around.
    """

    q: str = ""
    product: str = ""
    offering: str = ""
    is_outdated: bool = False
    statuses: tuple[Status, ...] = ()
    is_overridden: bool = False
    right: str = ""
    is_over_limit: bool = False
    expires_before: date | None = None
    sort: str = LAST_CHANGED_FIRST

    @classmethod
    def read(cls, query: QueryDict) -> Self:
        """Return what an address asks for; whatever it does not know is left out."""
        right = _text(query, "right")
        sort = query.get("sort", "")
        return cls(
            q=_text(query, "q"),
            product=_text(query, "product"),
            offering=_text(query, "offering"),
            is_outdated=query.get("revision") == "old",
            statuses=_statuses(query.getlist("status")),
            is_overridden=bool(right or query.get("overridden")),
            right="" if right == ANY_RIGHT else right,
            is_over_limit=bool(query.get("over_limit")),
            expires_before=_day(query.get("expires_before", "")),
            sort=sort if sort.removeprefix("-") in SORTS else LAST_CHANGED_FIRST,
        )

    def __bool__(self) -> bool:
        return replace(self, sort=LAST_CHANGED_FIRST) != type(self)()

    def address(self) -> str:
        """Return the query of an address that asks for the same, without what is empty."""
        chosen = [
            ("q", self.q),
            ("product", self.product),
            ("offering", self.offering),
            ("revision", "old" if self.is_outdated else ""),
            *(("status", status.value) for status in self.statuses),
            ("overridden", "on" if self.is_overridden else ""),
            ("right", self.right),
            ("over_limit", "on" if self.is_over_limit else ""),
            ("expires_before", self.expires_before.isoformat() if self.expires_before else ""),
            ("sort", "" if self.sort == LAST_CHANGED_FIRST else self.sort),
        ]
        return urlencode([(name, value) for name, value in chosen if value])

    def without_status(self, status: Status) -> Self:
        """Return the same without one of the statuses."""
        return replace(self, statuses=tuple(each for each in self.statuses if each != status))

    def entitlements(self, today: date) -> EntitlementQuerySet:
        """Return the entitlements wanted on ``today``, in no order; up to three queries of the catalog."""
        found = Entitlement.objects.matching(self.q)
        if self.product:
            found = found.of_product(self.product)
        if self.offering:
            found = found.of_offering(self.offering)
        if self.is_outdated:
            found = found.filter(revision__in=list(outdated_revisions().values_list("pk", flat=True)))
        if self.statuses:
            found = found.in_status(self.statuses, today)
        if self.is_overridden:
            found = found.overridden_in(self.right) if self.right else found.overridden()
        if self.is_over_limit:
            found = found.over_limit()
        return found.expiring_before(self.expires_before) if self.expires_before else found


def _text(query: QueryDict, name: str) -> str:
    return query.get(name, "").replace("\0", "").strip()[:LONGEST_SEARCH]


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _statuses(texts: list[str]) -> tuple[Status, ...]:
    """Return the statuses named, in the order of the rule; ``grace_period`` is read like ``grace period``."""
    named = {text.replace("_", " ") for text in texts}
    return tuple(status for status in Status if status in named)
