"""The filters of the list of amendments, read from its address and written back into one."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from django.db.models import QuerySet

from config.filter_forms import FilterChoiceField, FilterDateField, FilterForm
from config.lists.columns import ListTable
from config.lists.state import SortField
from entitlements.amendments.columns import AMENDMENTS
from entitlements.amendments.list_frame import Filters, SharedFilters
from entitlements.models import Amendment, AmendmentStatus
from entitlements.models.amendments import PENDING

EVERY = "every"  # the choice of all statuses


@dataclass(frozen=True, slots=True)
class AmendmentFilters(Filters):
    """The filters of the list; without a status, the pending are listed. ``since`` and ``until`` are days."""

    table: ClassVar[ListTable] = AMENDMENTS
    in_address: ClassVar[tuple[str, ...]] = ("q", "status", "kind", "since", "until")

    status: str = ""
    since: date | None = None
    until: date | None = None
    sort: str = AMENDMENTS.default_sort

    def amendments(self) -> QuerySet[Amendment]:
        """Return the amendments that fit, in no order."""
        found = Amendment.objects.order_by()
        if self.status != EVERY:
            found = found.filter(status__in=[self.status] if self.status else PENDING)
        if self.since:
            found = found.filter(effective_on__gte=self.since)
        if self.until:
            found = found.filter(effective_on__lte=self.until)
        return self.narrowed(found)


class AmendmentFilterForm(SharedFilters, FilterForm):
    """The filters of the list of amendments."""

    status = FilterChoiceField(
        choices=[("", "Pending"), *((each.value, each.label) for each in AmendmentStatus), (EVERY, "All")], initial=""
    )
    since = FilterDateField()
    until = FilterDateField()
    sort = SortField(AMENDMENTS)

    @property
    def filters(self) -> AmendmentFilters:
        """Return the filters as a value."""
        return AmendmentFilters.read(self.values)
