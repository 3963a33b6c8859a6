"""What the list of amendments and the queue of proposals have in common: two filters, the tabs, a page of rows."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self
from urllib.parse import urlencode

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse

from config.filter_forms import FilterChoiceField, SearchField
from config.lists.columns import ListTable
from config.lists.state import ListState, SavedViewField
from config.paging import counted_page
from entitlements.models import Amendment, AmendmentKind, Customer
from entitlements.models.customers import LONGEST_SEARCH
from entitlements.schedule.upcoming import lines_of, with_dues


@dataclass(frozen=True, slots=True)
class Filters:
    """The filters of one of the lists; empty ones narrow nothing. ``q`` is a customer, ``view`` a saved view.

    Subclasses name their ``table``, and the filters in an address in their order.
    """

    table: ClassVar[ListTable]
    in_address: ClassVar[tuple[str, ...]]

    q: str = ""
    kind: str = ""
    sort: str = ""
    view: int | None = None

    def __bool__(self) -> bool:
        same = type(self)()
        return replace(self, sort=same.sort, view=None) != same

    def address(self) -> str:
        """Return the query of an address with the same filters; empty filters are left out."""
        chosen: dict[str, Any] = {name: getattr(self, name) for name in self.in_address}
        chosen |= {"sort": "" if self.sort == self.table.default_sort else self.sort, "view": self.view}
        return urlencode({name: value for name, value in chosen.items() if value})

    @property
    def url(self) -> str:
        """Return the address of the list with these filters."""
        return "?".join(filter(None, (reverse(self.table.url_name), self.address())))

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> Self:
        """Return the filters of the values of a form."""
        return cls(**{**values, "sort": values["sort"] or cls.table.default_sort})

    def narrowed(self, rows: "QuerySet[Amendment]") -> "QuerySet[Amendment]":
        """Return those of the amendments that are of the kind, and of the customer."""
        if self.kind:
            rows = rows.filter(kind=self.kind)
        if self.q:
            rows = rows.filter(order__customer__in=Customer.objects.matching(self.q).order_by().values("pk"))
        return rows


class SharedFilters(forms.Form):
    """The fields of the filters of both lists."""

    q = SearchField(longest=LONGEST_SEARCH)
    kind = FilterChoiceField(choices=[("", "Any"), *AmendmentKind.choices], initial="")
    view = SavedViewField()


@dataclass(frozen=True, slots=True)
class Tab:
    """A link to the list with another of its main filters. ``count`` is ``None`` where nobody counted."""

    label: str
    url: str
    count: int | None
    is_current: bool


def page_of(request: HttpRequest, shown: ListState, found: "QuerySet[Amendment]", filters: Filters) -> dict[str, Any]:
    """Return the context of a list: a page of what was found, with its filters. Constant queries."""
    rows = found.select_related("order__customer")
    page = counted_page(request, rows, sorting=shown.sorting, size=shown.page_size, counted=found)
    lines = lines_of(page.rows)
    return {
        "list": shown,
        "rows": with_dues(lines) if "due" in shown.shown else lines,
        "page": page,
        "filters": filters,
        "kinds": AmendmentKind.choices,
        "list_url": reverse(filters.table.url_name),
        "file_url": reverse(f"{filters.table.url_name}_csv"),
    }
