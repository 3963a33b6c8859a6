"""Page through rows by key, newest first: no OFFSET and no COUNT(*), so page 1,000 costs what page 1 costs."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, Self, TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest

Row = TypeVar("Row", bound=Model)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Place:
    """A place between rows: beside the one with this moment (aware UTC) and key."""

    moment: datetime
    key: UUID

    def __str__(self) -> str:
        return f"{(self.moment - EPOCH) // MICROSECOND}-{self.key.hex}"

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Return the place that ``str`` wrote; ``None`` for any other text."""
        number, _dash, key = text.partition("-")
        if not (number.isascii() and number.isdigit() and len(number) < 20):
            return None
        try:
            return cls(EPOCH + int(number) * MICROSECOND, UUID(hex=key))
        except (ValueError, OverflowError):
            return None


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Rows of one page, newest first, with the addresses of its neighbours (empty at the ends)."""

    rows: list[Row]
    newer: str = ""
    older: str = ""


def page_of(request: HttpRequest, found: QuerySet[Row], *, field: str, size: int) -> Page[Row]:
    """Return the page that ``older`` or ``newer`` in the address asks for, by the moment in ``field`` and the key.

    A place that is no place, or beyond either end, gives the first page. One query, two at the ends.
    """
    for name in ("older", "newer"):
        place = Place.read(request.GET.get(name, ""))
        if place is None:
            continue
        rows = list(_beside(found, place, field=field, is_older=name == "older")[: size + 1])
        if name == "older" and rows:
            return _page(request, rows[:size], field=field, newer=True, older=len(rows) > size)
        if name == "newer" and len(rows) > size:
            return _page(request, rows[size - 1 :: -1], field=field, newer=True, older=True)
    rows = list(found.order_by(f"-{field}", "-pk")[: size + 1])
    return _page(request, rows[:size], field=field, newer=False, older=len(rows) > size)


def _beside(found: QuerySet[Row], place: Place, *, field: str, is_older: bool) -> QuerySet[Row]:
    """Return the rows from ``place`` on; written so that an index on both columns is read from there."""
    sign, step = ("-", "lt") if is_older else ("", "gt")
    past = Q((f"{field}__{step}", place.moment)) | Q((f"pk__{step}", place.key))
    return found.filter(Q((f"{field}__{step}e", place.moment)) & past).order_by(f"{sign}{field}", f"{sign}pk")


def _page(request: HttpRequest, rows: list[Row], *, field: str, newer: bool, older: bool) -> Page[Row]:
    return Page(
        rows,
        newer=_address(request, "newer", rows[0], field) if newer else "",
        older=_address(request, "older", rows[-1], field) if older else "",
    )


def _address(request: HttpRequest, name: str, row: Any, field: str) -> str:
    query = request.GET.copy()
    for other in ("older", "newer"):
        query.pop(other, None)
    query[name] = str(Place(getattr(row, field), row.pk))
    return f"{request.path}?{query.urlencode()}"
