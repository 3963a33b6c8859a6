"""What the list of entitlements is narrowed to, read from its address."""

from dataclasses import dataclass
from typing import Self
from urllib.parse import urlencode

from django.http import QueryDict

from entitlements.models import Entitlement
from entitlements.models.customers import LONGEST_SEARCH
from entitlements.models.queries import EntitlementQuerySet


@dataclass(frozen=True, slots=True)
class Filters:
    """A search text, an offering by SKU, and whether only overridden entitlements are wanted."""

    q: str = ""
    offering: str = ""
    overridden: bool = False

    @classmethod
    def read(cls, query: QueryDict) -> Self:
        """Return what an address asks for; whatever it does not know is left out."""
        return cls(
            q=query.get("q", "").replace("\0", "").strip()[:LONGEST_SEARCH],
            offering=query.get("offering", "").replace("\0", "").strip()[:LONGEST_SEARCH],
            overridden=bool(query.get("overridden")),
        )

    def __bool__(self) -> bool:
        return bool(self.q or self.offering or self.overridden)

    def address(self) -> str:
        """Return the query of an address that asks for the same, without what is empty."""
        chosen = {"q": self.q, "offering": self.offering, "overridden": "1" if self.overridden else ""}
        return urlencode({name: value for name, value in chosen.items() if value})

    def entitlements(self) -> EntitlementQuerySet:
        """Return the entitlements wanted, in no order; no query yet."""
        found = Entitlement.objects.matching(self.q)
        if self.offering:
            found = found.of_offering(self.offering)
        return found.overridden() if self.overridden else found
