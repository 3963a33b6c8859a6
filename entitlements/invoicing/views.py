"""The page of what would be invoiced for an order, and the files of lines that changes made due."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from config.clock import site_today
from config.csv_export import stream_csv
from config.filter_forms import read_filters, read_strictly
from entitlements.directory.billing_form import proration_words
from entitlements.directory.views.orders import order_or_404
from entitlements.invoicing.drafts import DraftLine, draft_of, totals_of
from entitlements.invoicing.filters import GROUPINGS, InvoiceFilterForm, LinesFilterForm
from entitlements.invoicing.loading import courses_on
from entitlements.invoicing.stored_lines import HEADER, rows_due
from offerings.prices import show_money
from offerings.rights import show_day

MONTHS_SHOWN = 12


@dataclass(frozen=True, slots=True)
class LineRow:
    """One line in words."""

    draft: DraftLine
    price: str
    amount: str


@dataclass(frozen=True, slots=True)
class LineGroup:
    """Lines under one heading, with their sums in words."""

    name: str
    rows: list[LineRow]
    totals: list[str]


@dataclass(frozen=True, slots=True)
class Month:
    """A month with the address of its file; ``until`` is the first day of the next one."""

    since: date
    until: date
    url: str


def _product(each: DraftLine) -> str:
    return each.state.revision.product_name


def _period(each: DraftLine) -> str:
    period = each.line.period
    return f"{show_day(period.start)} until {show_day(period.end)}" if period else "Once"


def _trigger(each: DraftLine) -> str:
    return each.trigger


HEADINGS: dict[str, Callable[[DraftLine], str]] = {"product": _product, "period": _period, "trigger": _trigger}


@permission_required("entitlements.view_entitlement", raise_exception=True)
@permission_required("entitlements.view_order", raise_exception=True)
@require_safe
def order_invoice(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show what would be invoiced for an order on the day ``on`` (today), grouped by product, period or trigger."""
    order = order_or_404(pk)
    values = read_filters(request, InvoiceFilterForm).values
    today = site_today()
    on, by = values["on"] or today, values["by"] or "product"
    courses, unfit = courses_on(order.pk, on)
    draft = draft_of(courses, on=on)
    context = {
        "order": order,
        "on": on,
        "by": by,
        "groupings": GROUPINGS,
        "groups": _groups(draft.lines, HEADINGS[by]),
        "totals": _in_words(draft.totals),
        "uses": draft.uses,
        "problems": draft.problems,
        "unfit": unfit,
        "proration": proration_words(order.proration),
        "month": today.replace(day=1),
    }
    return render(request, "entitlements/invoicing/invoice.html", context)


def _groups(lines: Iterable[DraftLine], heading: Callable[[DraftLine], str]) -> list[LineGroup]:
    found: dict[str, list[DraftLine]] = {}
    for each in lines:
        found.setdefault(heading(each), []).append(each)
    return [LineGroup(name, list(map(_row, rows)), _in_words(totals_of(rows))) for name, rows in found.items()]


def _row(each: DraftLine) -> LineRow:
    line = each.line
    return LineRow(each, show_money(line.currency, line.price), show_money(line.currency, line.amount))


def _in_words(totals: Iterable[tuple[str, Any]]) -> list[str]:
    return [show_money(currency, amount) for currency, amount in totals]


@permission_required("entitlements.view_act", raise_exception=True)
@permission_required("entitlements.view_order", raise_exception=True)
@require_safe
def order_lines_csv(request: HttpRequest, pk: UUID) -> StreamingHttpResponse:
    """Send the lines that changes of an order made due in a period as a CSV file, read in batches."""
    order = order_or_404(pk)
    return _file(read_strictly(request, LinesFilterForm).days, order=order.pk)


@permission_required("entitlements.view_act", raise_exception=True)
@permission_required("entitlements.view_order", raise_exception=True)
@require_safe
def invoice_lines(request: HttpRequest) -> HttpResponse:
    """Show where to get the lines that changes of all orders made due in a period: a month, or any days. No query."""
    form = read_filters(request, LinesFilterForm)
    today = site_today()
    since, until = form.days
    if since is None and until is None:
        [month] = _months(today, count=1)
        since, until = month.since, month.until
    context = {
        "since": since,
        "until": until,
        "file_url": _file_url(since, until),
        "everything_url": reverse("entitlements:lines_csv"),
        "months": list(_months(today, count=MONTHS_SHOWN)),
    }
    return render(request, "entitlements/invoicing/lines.html", context)


def _months(today: date, *, count: int) -> Iterator[Month]:
    """Yield the month of a day and those before it, the newest first."""
    until = None
    for back in range(count):
        number = today.year * 12 + today.month - 1 - back
        since = date(number // 12, number % 12 + 1, 1)
        until = until or (since + timedelta(days=31)).replace(day=1)
        yield Month(since, until, _file_url(since, until))
        until = since


def _file_url(since: date | None, until: date | None) -> str:
    days = {"from": since, "to": until}
    query = urlencode({name: day.isoformat() for name, day in days.items() if day})
    return f"{reverse('entitlements:lines_csv')}?{query}"


@permission_required("entitlements.view_act", raise_exception=True)
@permission_required("entitlements.view_order", raise_exception=True)
@require_safe
def lines_csv(request: HttpRequest) -> StreamingHttpResponse:
    """Send the lines that changes of all orders made due in a period as a CSV file, read in batches."""
    return _file(read_strictly(request, LinesFilterForm).days)


def _file(days: tuple[date | None, date | None], *, order: UUID | None = None) -> StreamingHttpResponse:
    since, until = days
    name = "-to-".join(day.isoformat() for day in days if day)
    return stream_csv(f"invoice-lines{f'-{name}' if name else ''}.csv", HEADER, rows_due(since, until, order=order))
