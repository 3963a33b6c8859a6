"""The filters of the list of amendments, read from its address and written back into one."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet

from config.filter_forms import FilterChoiceField, FilterDateField, FilterForm, SearchField
from config.lists.state import SavedViewField, SortField
from entitlements.amendments.columns import AMENDMENTS
from entitlements.models import Amendment, AmendmentKind, AmendmentStatus, Customer
from entitlements.models.amendments import PENDING
from entitlements.models.customers import LONGEST_SEARCH

EVERY = "every"  # the choice of all statuses


@dataclass(frozen=True, slots=True)
class AmendmentFilters:
    """The filters of the list; an empty one narrows nothing, but for the status: without one, the pending are listed.

    ``q`` is a customer, ``since`` and ``until`` are the first and the last day; ``view`` is the number of a saved view.
    """

    q: str = ""
    status: str = ""
    kind: str = ""
    since: date | None = None
    until: date | None = None
    sort: str = AMENDMENTS.default_sort
    view: int | None = None

    def __bool__(self) -> bool:
        return replace(self, sort=AMENDMENTS.default_sort, view=None) != AmendmentFilters()

    def address(self) -> str:
        """Return the query of an address with the same filters; empty filters are left out."""
        chosen: dict[str, Any] = {name: getattr(self, name) for name in ("q", "status", "kind", "since", "until")}
        chosen |= {"sort": "" if self.sort == AMENDMENTS.default_sort else self.sort, "view": self.view}
        return urlencode({name: value for name, value in chosen.items() if value})

    def amendments(self) -> QuerySet[Amendment]:
        """Return the amendments that fit, in no order."""
        found = Amendment.objects.order_by()
        if self.status != EVERY:
            found = found.filter(status__in=[self.status] if self.status else PENDING)
        if self.kind:
            found = found.filter(kind=self.kind)
        if self.since:
            found = found.filter(effective_on__gte=self.since)
        if self.until:
            found = found.filter(effective_on__lte=self.until)
        if self.q:
            found = found.filter(order__customer__in=Customer.objects.matching(self.q).order_by().values("pk"))
        return found


class AmendmentFilterForm(FilterForm):
    """The filters of the list of amendments."""

    q = SearchField(longest=LONGEST_SEARCH)
    status = FilterChoiceField(
        choices=[("", "Pending"), *((each.value, each.label) for each in AmendmentStatus), (EVERY, "All")], initial=""
    )
    kind = FilterChoiceField(choices=[("", "Any"), *AmendmentKind.choices], initial="")
    since = FilterDateField()
    until = FilterDateField()
    sort = SortField(AMENDMENTS)
    view = SavedViewField()

    @property
    def filters(self) -> AmendmentFilters:
        """Return the filters as a value."""
        read = self.values
        return AmendmentFilters(**{**read, "sort": read["sort"] or AMENDMENTS.default_sort})
