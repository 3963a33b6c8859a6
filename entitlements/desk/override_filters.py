"""The filters of the override report, read from the address."""

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from django.db.models import QuerySet, Subquery

from config.clock import site_today
from config.filter_forms import FilterChoiceField, FilterForm, SearchField
from entitlements.models import Override
from offerings.models import Offering

LONGEST = 150
LATE = "late"
ENDS = {
    LATE: "Should have ended",
    "30": "Ends within 30 days",
    "90": "Ends within 90 days",
    "365": "Ends within a year",
}


@dataclass(frozen=True, slots=True)
class OverrideFilters:
    """The key of a right, an offering by SKU, a person by name, and when it ends: one of ``ENDS``."""

    right: str = ""
    offering: str = ""
    person: str = ""
    ends: str = ""

    def __bool__(self) -> bool:
        return bool(self.right or self.offering or self.person or self.ends)

    def address(self) -> str:
        """Return the query string of these filters, without the empty ones."""
        chosen = {name: getattr(self, name) for name in self.__slots__}
        return urlencode({name: value for name, value in chosen.items() if value})

    def overrides(self) -> QuerySet[Override]:
        """Return the overrides that fit, in no order, without those of ended entitlements; no query yet."""
        found = Override.objects.filter(entitlement__ended_on=None)
        if self.right:
            found = found.filter(key=self.right)
        if self.offering:
            offering = Offering.objects.filter(sku=self.offering).values("pk")[:1]
            found = found.filter(entitlement__offering=Subquery(offering))
        if self.ends == LATE:
            found = found.filter(until__lte=site_today())
        elif self.ends in ENDS:
            found = found.filter(until__lte=site_today() + timedelta(days=int(self.ends)))
        return found.filter(set_by_name=self.person) if self.person else found


class OverrideFilterForm(FilterForm):
    """The filters of the override report."""

    right = SearchField(longest=LONGEST)
    offering = SearchField(longest=LONGEST)
    person = SearchField(longest=LONGEST)
    ends = FilterChoiceField(choices=list(ENDS.items()), initial="")

    @property
    def filters(self) -> OverrideFilters:
        """Return the filters as a value."""
        return OverrideFilters(**self.values)
