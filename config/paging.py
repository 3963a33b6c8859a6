"""Page through rows by key: without OFFSET and COUNT(*), page 1,000 costs as much as page 1.

An address names the row beside the page: ``older=PLACE`` requests the rows after it, ``newer=PLACE`` those before it.
``sorted_page`` pages through a query in both directions, ``older_page`` through rows that can only be read downwards.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.core.paginator import Paginator
from django.db import connections
from django.db.models import F, Model, QuerySet
from django.db.models.expressions import Combinable
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan
from django.db.models.lookups import GreaterThanOrEqual, LessThanOrEqual
from django.http import Http404, HttpRequest

Row = TypeVar("Row")
ModelRow = TypeVar("ModelRow", bound=Model)
Place = TypeVar("Place")

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
LARGEST_NUMBER = 2**31 - 1  # the largest value of a column that pages are sorted by
LONGEST_TEXT = 300
MOST_COUNTED = 10_000
DEAREST_COUNT = 20_000  # in the planner's units: a million rows read whole are about twice as much


@dataclass(frozen=True, slots=True)
class Sorting:
    """The order of rows; equal values are ordered by key. ``expression`` is never NULL; ``read`` reverses ``write``."""

    expression: Combinable
    read: Callable[[str], Any]
    write: Callable[[Any], str]
    is_descending: bool = False


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Rows of one page in order, with the addresses of the neighbouring pages (empty at the ends).

    Rows that can only be read downwards have ``newest`` in place of ``newer``: the address of the first page.
    ``start`` is the place of the first row, from 1; ``total`` the number of all rows, or ``MOST_COUNTED`` where there
    are more. ``None`` is a number that would cost too much.
    """

    rows: Sequence[Row]
    newer: str = ""
    older: str = ""
    newest: str = ""
    start: int | None = None
    total: int | None = None
    is_more: bool = False

    @property
    def is_whole(self) -> bool:
        """Tell whether there is no other page."""
        return not (self.newer or self.older or self.newest)

    @property
    def total_in_words(self) -> str:
        """Return the number of all rows; empty where it is not known."""
        if self.total is None:
            return ""
        return f"more than {self.total:,}" if self.is_more else f"{self.total:,}"

    @property
    def range_in_words(self) -> str:
        """Return which rows these are, such as "1 to 50 of 59"."""
        number = len(self.rows)
        if self.start is None or not number:
            return f"{number:,} of {self.total_in_words}" if self.total else f"{number:,} shown"
        last = self.start + number - 1
        place = f"{self.start:,} to {last:,}" if last > self.start else f"{self.start:,}"
        return " of ".join(filter(None, (place, self.total_in_words)))


# --- orders of pages: ``read`` raises ValueError or OverflowError for texts that ``write`` never writes --------------


def by_moment(expression: Combinable, *, is_descending: bool = False) -> Sorting:
    """Sort by a moment."""
    return Sorting(expression, _read_moment, lambda moment: str((moment - EPOCH) // MICROSECOND), is_descending)


def by_day(expression: Combinable, *, is_descending: bool = False) -> Sorting:
    """Sort by a date."""
    return Sorting(expression, date.fromisoformat, date.isoformat, is_descending)


def by_number(expression: Combinable, *, is_descending: bool = False) -> Sorting:
    """Sort by a whole number from 0."""
    return Sorting(expression, _read_number, str, is_descending)


def by_text(expression: Combinable, *, is_descending: bool = False) -> Sorting:
    """Sort by text, as the database compares it."""
    return Sorting(expression, _read_text, str, is_descending)


def _read_moment(text: str) -> datetime:
    if len(text) >= 20:
        raise ValueError(text)
    return EPOCH + _digits(text) * MICROSECOND


def _read_number(text: str) -> int:
    if len(text) >= 20 or _digits(text) > LARGEST_NUMBER:
        raise ValueError(text)
    return _digits(text)


def _digits(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise ValueError(text)
    return int(text)


def _read_text(text: str) -> str:
    if len(text) > LONGEST_TEXT or "\0" in text:
        raise ValueError(text)
    return text


# --- pages -----------------------------------------------------------------------------------------------------------


def page_of(request: HttpRequest, queryset: QuerySet[ModelRow, Any], *, field: str, size: int) -> Page[ModelRow]:
    """Return the page that ``older`` or ``newer`` in the address names, newest first by the moment in ``field``.

    One query, two at the ends.
    """
    return sorted_page(request, queryset, sorting=by_moment(F(field), is_descending=True), size=size)


def sorted_page(
    request: HttpRequest, queryset: QuerySet[ModelRow, Any], *, sorting: Sorting, size: int
) -> Page[ModelRow]:
    """Return the page that ``older`` (further on) or ``newer`` (back) in the address names.

    An unreadable place, or a place beyond either end, gives the first page. One query, two at the ends.
    """
    valued: QuerySet[Any, Any] = queryset.annotate(page_value=sorting.expression)
    for name in ("older", "newer"):
        place = _read_place(sorting, request.GET.get(name, ""))
        if place is None:
            continue
        rows = list(_rows_after(valued, place, is_descending=sorting.is_descending == (name == "older"))[: size + 1])
        if name == "older" and rows:
            return _page(request, rows[:size], sorting, newer=True, older=len(rows) > size)
        if name == "newer" and len(rows) > size:
            return _page(request, rows[size - 1 :: -1], sorting, newer=True, older=True)
    rows = list(_sorted(valued, is_descending=sorting.is_descending)[: size + 1])
    return _page(request, rows[:size], sorting, newer=False, older=len(rows) > size)


def counted_page(
    request: HttpRequest,
    queryset: QuerySet[ModelRow, Any],
    *,
    sorting: Sorting,
    size: int,
    counted: QuerySet[ModelRow, Any] | None = None,
) -> Page[ModelRow]:
    """Return a page as ``sorted_page`` does, with its place among all rows.

    ``counted`` are the same rows without the columns of a page. At most ``MOST_COUNTED`` rows are counted, and only
    where PostgreSQL expects to find so many soon: a filter without an index would read the whole table. No query more
    where all rows are on the page, else up to three.
    """
    page = sorted_page(request, queryset, sorting=sorting, size=size)
    if page.is_whole:
        return replace(page, start=1, total=len(page.rows))
    start = None if page.newer else 1
    total = bounded_count(queryset if counted is None else counted)
    if total is None or total > MOST_COUNTED:
        return replace(page, start=start, total=total and MOST_COUNTED, is_more=total is not None)
    if page.newer:
        place = (page.rows[0].page_value, page.rows[0].pk)  # type: ignore[attr-defined]  # annotated
        valued: QuerySet[Any, Any] = queryset.annotate(page_value=sorting.expression)
        before = _rows_after(valued, place, is_descending=not sorting.is_descending)
        start = 1 + before[: MOST_COUNTED + 1].count()
    return replace(page, start=start, total=total)


def bounded_count(queryset: QuerySet[Any, Any]) -> int | None:
    """Return the number of rows up to one more than ``MOST_COUNTED``; ``None`` where counting would cost too much."""
    rows = queryset.order_by().values("pk")[: MOST_COUNTED + 1]
    return None if _planned_cost(rows) > DEAREST_COUNT else rows.count()


def _planned_cost(rows: QuerySet[Any, Any]) -> float:
    """Return the cost that PostgreSQL expects of reading some rows, in its own units; 0 on SQLite, which has none."""
    connection = connections[rows.db]
    if connection.vendor != "postgresql":
        return 0
    try:
        statement, values = rows.query.get_compiler(using=rows.db).as_sql()
    except EmptyResultSet:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}", values)
        [found] = cursor.fetchone()
    [plan] = json.loads(found) if isinstance(found, str) else found
    return float(plan["Plan"]["Total Cost"])


def numbered_page(request: HttpRequest, rows: Sequence[Row] | QuerySet[Any, Any], *, size: int) -> Page[Row]:
    """Return the page whose number is ``page`` in the address, of a list that is small enough to be counted whole.

    Any other text gives the first page, a number beyond the end the last one.
    """
    found = Paginator(rows, size).get_page(request.GET.get("page"))
    return Page(
        list(found),
        newer=_address(request, page=str(found.previous_page_number())) if found.has_previous() else "",
        older=_address(request, page=str(found.next_page_number())) if found.has_next() else "",
        start=found.start_index(),
        total=found.paginator.count,
    )


def older_page(
    request: HttpRequest,
    *,
    read: Callable[[str], Place | None],
    rows_below: Callable[[Place | None], tuple[Sequence[Row], Place | None]],
) -> Page[Row]:
    """Return the page that ``older`` in the address names, of rows that can only be read downwards.

    ``read`` returns the place that ``str`` wrote; ``None`` for any other text gives the first page. ``rows_below``
    returns the rows below a place (the newest rows for ``None``) and the place of the next page (``None`` at the end).
    Raise ``Http404`` where no row is below the place.
    """
    place = read(request.GET.get("older", ""))
    rows, next_place = rows_below(place)
    if place is not None and not rows:
        raise Http404("Nothing is that old.")
    return Page(
        rows,
        older="" if next_place is None else _address(request, older=str(next_place)),
        newest="" if place is None else _address(request),
    )


def read_number(text: str) -> int | None:
    """Return a whole number of 0 or more as a place, for ``older_page``; ``None`` for any other text."""
    try:
        return _read_number(text)
    except ValueError:
        return None


def in_order(queryset: QuerySet[ModelRow, Any], sorting: Sorting) -> QuerySet[ModelRow, Any]:
    """Return all rows, sorted."""
    valued: QuerySet[Any, Any] = queryset.annotate(page_value=sorting.expression)
    return _sorted(valued, is_descending=sorting.is_descending)


def _sorted(queryset: QuerySet[ModelRow, Any], *, is_descending: bool) -> QuerySet[ModelRow, Any]:
    return queryset.order_by("-page_value", "-pk") if is_descending else queryset.order_by("page_value", "pk")


def _rows_after(
    queryset: QuerySet[ModelRow, Any], place: tuple[Any, UUID], *, is_descending: bool
) -> QuerySet[ModelRow, Any]:
    """Return the rows after ``place``.

    Value and key are compared as one tuple, so that an index on both is read from the place on even within many equal
    values. The value is also compared alone: its index serves where the key is in another table.
    """
    at_least, beyond = (LessThanOrEqual, TupleLessThan) if is_descending else (GreaterThanOrEqual, TupleGreaterThan)
    value, _key = place
    rest = queryset.filter(at_least(F("page_value"), value), beyond(Tuple(F("page_value"), F("pk")), place))
    return _sorted(rest, is_descending=is_descending)


def _read_place(sorting: Sorting, text: str) -> tuple[Any, UUID] | None:
    """Return the value and key that ``_address`` wrote; ``None`` for any other text."""
    value, _dash, key = text.rpartition("-")
    try:
        return sorting.read(value), UUID(hex=key)
    except (ValueError, OverflowError):
        return None


def _page(request: HttpRequest, rows: list[Any], sorting: Sorting, *, newer: bool, older: bool) -> Page[Any]:
    def place_of(row: Any) -> str:
        return f"{sorting.write(row.page_value)}-{row.pk.hex}"

    return Page(
        rows,
        newer=_address(request, newer=place_of(rows[0])) if newer else "",
        older=_address(request, older=place_of(rows[-1])) if older else "",
    )


def _address(request: HttpRequest, **place: str) -> str:
    """Return the address of another page of the list, with every other parameter of this one."""
    query = request.GET.copy()
    for name in ("older", "newer", "page"):
        query.pop(name, None)
    query.update(place)
    return "?".join(filter(None, (request.path, query.urlencode())))
