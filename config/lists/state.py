"""One list as a person sees it: columns, order, page size and saved views, from the address and the profile."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest

from config.filter_forms import FilterChoiceField, FilterForm
from config.lists.columns import Column, ListTable
from config.models import Preferences, SavedView
from config.number_fields import WholeNumberField

PLACES = ("older", "newer", "page")  # which page of the list an address names


class SortField(FilterChoiceField):
    """The order of a list in its address."""

    def __init__(self, table: ListTable) -> None:
        super().__init__(choices=[("", ""), *table.sorts.items()], initial=table.default_sort)


class SavedViewField(WholeNumberField):
    """The saved view in the address of a list, by its number."""

    def __init__(self) -> None:
        invalid = "write the number of a saved view"
        messages = dict.fromkeys(("invalid", "min_value", "max_value"), invalid)
        super().__init__(required=False, min_value=1, max_value=2**31 - 1, error_messages=messages)


@dataclass(frozen=True, slots=True)
class Heading:
    """The heading of one column; one that sorts has the address of its next order, and its ``direction`` in force."""

    column: Column
    url: str = ""
    direction: str = ""
    next_words: str = ""

    @property
    def icon(self) -> str:
        """Return the arrow: of the order in force, else of the order that a click brings."""
        sort = self.column.sort
        is_down = self.direction == "descending" or (not self.direction and sort and sort.starts_descending)
        return "arrow-down" if is_down else "arrow-up"


@dataclass(frozen=True, slots=True)
class ListState:
    """A list as it is shown. ``query`` has the filters of the address as pairs, without order, page and saved view.

    ``view`` is the saved view in force; ``views`` are those that the person may choose, own ones first.
    """

    table: ListTable
    query: tuple[tuple[str, str], ...]
    sort: str
    shown: frozenset[str]
    page_size: int
    view: SavedView | None
    views: Sequence[SavedView]
    reader_id: int | None
    may_share: bool

    @property
    def sort_words(self) -> str:
        """Return the order in words."""
        return self.table.sorts[self.sort]

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """Return what the form of filters carries along: the order and the saved view."""
        return [*self._sort_pair(self.sort), *([("view", str(self.view.pk))] if self.view else [])]

    @property
    def sorting(self) -> Any:
        """Return what the list is sorted by."""
        return self.table.sorting(self.sort)

    @property
    def shows(self) -> dict[str, bool]:
        """Return true for each column on screen, by its key."""
        return dict.fromkeys(self.shown, True)

    @property
    def columns(self) -> list[Column]:
        """Return the columns on screen."""
        return [column for column in self.table.columns if column.key in self.shown]

    @property
    def address(self) -> str:
        """Return the address of what is on screen, from the first page on."""
        return self.address_with()

    @property
    def stored_query(self) -> str:
        """Return the filters and the order as a saved view keeps them."""
        return urlencode([*self.query, *self._sort_pair(self.sort)])

    def address_with(self, *, sort: str = "", without: str = "") -> str:
        """Return the address of the first page in another order, or without one of the filters."""
        query = [(name, value) for name, value in self.query if name != without]
        view = [("view", str(self.view.pk))] if self.view else []
        return _address(self.table.url, [*query, *self._sort_pair(sort or self.sort), *view])

    @property
    def headings(self) -> list[Heading]:
        """Return the headings of the columns on screen."""
        return [self._heading(column) for column in self.columns]

    def _heading(self, column: Column) -> Heading:
        if not column.sort:
            return Heading(column)
        up, down = column.key, f"-{column.key}"
        first = down if column.sort.starts_descending else up
        following = {up: down, down: up}.get(self.sort, first)
        direction = {up: "ascending", down: "descending"}.get(self.sort, "")
        return Heading(column, self.address_with(sort=following), direction, self.table.sorts[following])

    def _sort_pair(self, sort: str) -> list[tuple[str, str]]:
        return [] if sort == self.table.default_sort else [("sort", sort)]

    @property
    def order_links(self) -> list[tuple[str, str, bool]]:
        """Return every order in words, with its address and whether it is in force."""
        return [(words, self.address_with(sort=sort), sort == self.sort) for sort, words in self.table.sorts.items()]

    @property
    def view_links(self) -> list[tuple[SavedView, str]]:
        """Return the saved views with their addresses."""
        return [(view, address_of(self.table, view)) for view in self.views]

    @property
    def links(self) -> dict[str, str]:
        """Return the addresses of the pages about this list; ``keep`` is empty where the reader may not."""
        content = [("of", self.stored_query), *(("column", column.key) for column in self.columns)]
        keep = self.view and (self.view.owner_id == self.reader_id or self.may_share)
        return {
            "columns": _address(self.table.page_url("columns"), [("of", self.stored_query)]),
            "views": self.table.page_url("views"),
            "new_view": _address(self.table.page_url("new_view"), content),
            "keep": _address(self.table.page_url("view", self.view.pk), content) if self.view and keep else "",
        }


def preferences_of(request: HttpRequest) -> Preferences:
    """Return the preferences of the reader: how many rows a page has, among others. The middleware has read them."""
    return getattr(request, "preferences", None) or Preferences()


def list_state(request: HttpRequest, table: ListTable, form: FilterForm) -> ListState:
    """Return the list as its reader wants it. ``form`` are its filters, with a ``SortField`` and a ``SavedViewField``.

    One query. A saved view that is not there, or not the reader's to see, is said as a filter that is left out.
    """
    preferences = preferences_of(request)
    views = list(SavedView.objects.visible_to(request.user).filter(list_name=table.name))
    number = form.values["view"]
    view = next((each for each in views if each.pk == number), None)
    if number and view is None:
        sentence = f"view: “{number}” cannot be used as it is: there is no such saved view any more."
        request.unread_filters = (*form.unread, sentence)  # type: ignore[attr-defined]  # config.web.shell shows it
    chosen = view.columns if view else preferences.columns_of(table.name)
    return ListState(
        table=table,
        query=_filters_of(request, form),
        sort=form.values["sort"] or table.default_sort,
        shown=frozenset(table.default_columns if chosen is None else table.known(chosen)),
        page_size=preferences.rows_per_page,
        view=view,
        views=views,
        reader_id=request.user.pk,
        may_share=request.user.has_perm(SavedView.SHARE),
    )


def address_of(table: ListTable, view: SavedView) -> str:
    """Return the address of a list under a saved view."""
    return f"{table.url}?{'&'.join(filter(None, (view.query, f'view={view.pk}')))}"


def _filters_of(request: HttpRequest, form: FilterForm) -> tuple[tuple[str, str], ...]:
    """Return the filters in the address, in the order of the form, without empty ones."""
    names = [name for name in form.fields if name not in ("sort", "view")]
    return tuple((name, value) for name in names for value in request.GET.getlist(name) if value.strip())


def _address(url: str, pairs: Sequence[tuple[str, str]]) -> str:
    return "?".join(filter(None, (url, urlencode(pairs))))
