"""The lines that changes made due, as they are kept with their acts, as rows of a file.

A change keeps the invoice of its day and what it makes of the next one. The file has the lines of the day: those are
due by the change, and every one of them once. It has those of charges that start later too, on the days on which they
start within a period: where a change ends such a charge before, its lines take them back, due on the same day. The next
invoice is no fact yet; a later change may make another of it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import DecimalException
from typing import Any
from uuid import UUID

from django.db.models import Q, TextField
from django.db.models.functions import Cast

from config.clock import site_day
from entitlements.billing.lines import BillingProblem, Invoice, Line, Side
from entitlements.models import Change, Order
from entitlements.schedule.worlds import moment_of

BATCH = 500
NO_ACT_BEFORE, NO_ACT_AFTER = date(2000, 1, 1), date(9999, 1, 1)
UNREADABLE = "What this change made due cannot be read. Look at its page, and bill it by hand."
HEADER = (
    "Due on",
    "Customer",
    "Account reference",
    "Order reference",
    "What",
    "Charge",
    "Kind",
    "From",
    "Until",
    "Days",
    "Of",
    "Price",
    "Quantity",
    "Amount",
    "Currency",
    "Why",
    "Problem",
    "Made at",
    "Made by",
    "Reference",
    "Act",
    "Entitlement",
    "Order",
)
KINDS = {Side.OLD: "credit", Side.NEW: "charge"}


@dataclass(frozen=True, slots=True)
class DuePart:
    """What a change made due on a day, for one entitlement that is given up and one that comes; either may lack."""

    title: str
    invoice: Invoice
    gave: str = ""
    got: str = ""


def rows_due(since: date | None, until: date | None, *, order: UUID | None = None) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of what came due from a day to before another, in the order in which it was made; read in batches.

    What was due before its change was made, such as that of an amendment that was applied late, came due on the day it
    was made: who has read the file of the days before has not read it. A change is made before only where charges start
    later than the change.
    """
    found = Change.objects.filter(money__isnull=False).select_related("act", "order__customer", "from_order__customer")
    if since is not None and since > NO_ACT_BEFORE:
        texts = Change.objects.filter(money__isnull=False).alias(text=Cast("money", TextField()))
        starts_later = texts.filter(text__contains='"later"').order_by().values("pk")
        made_since = Q(act__made_at__gte=moment_of(since) - timedelta(days=1))
        found = found.filter(made_since | Q(pk__in=starts_later))
    if until is not None and NO_ACT_BEFORE < until < NO_ACT_AFTER:
        found = found.filter(act__made_at__lt=moment_of(until) + timedelta(days=1))
    if order is not None:
        found = found.filter(Q(order=order) | Q(from_order=order))
    for change in found.order_by("act__made_at", "pk").iterator(chunk_size=BATCH):
        made_on = site_day(change.act.made_at)
        for part in parts_of(change.money, made_on=made_on):
            came_due = max(part.invoice.due_on, made_on)
            is_within = (not since or came_due >= since) and (not until or came_due < until)
            concerned = _order_of(change, part)
            if is_within and order in (None, concerned.pk):
                yield from _rows(change, part, concerned)


def parts_of(stored: Any, *, made_on: date) -> Iterator[DuePart]:
    """Yield what a change made due, day by day; what cannot be read is a problem of the day it was made. Pure.

    Stored are parts, each with the invoices ``now`` and ``next``, or the two invoices alone; null is nothing.
    """
    if not isinstance(stored, Mapping):
        return
    parts = stored.get("parts")
    for part in parts if isinstance(parts, list) else [stored]:
        try:
            texts = {name: str(part.get(name) or "") for name in ("gave", "got")}
            for stored_invoice in filter(None, (part.get("now"), *part.get("later", ()))):
                yield DuePart(str(part.get("title") or ""), Invoice.from_json(stored_invoice), **texts)
        except (AttributeError, KeyError, TypeError, ValueError, DecimalException):
            yield DuePart("", Invoice(made_on, "", problems=(BillingProblem("unreadable", UNREADABLE),)))


def _order_of(change: Change, part: DuePart) -> Order:
    """Return the order that a part is invoiced to: what leaves an order is given back to the order it leaves."""
    leaves = change.from_order is not None and part.gave and not part.got
    return change.from_order if leaves and change.from_order else change.order


def _rows(change: Change, part: DuePart, order: Order) -> Iterator[tuple[Any, ...]]:
    for line in part.invoice.lines:
        yield (
            part.invoice.due_on,
            *_names(order),
            part.title,
            line.label,
            KINDS[line.side],
            *_span(line),
            line.price,
            line.quantity,
            line.amount,
            line.currency,
            line.why,
            None,
            *_act(change),
            (part.gave if line.side is Side.OLD else part.got) or change.entitlement_id,
            order.pk,
        )
    for problem in part.invoice.problems:
        what = (part.invoice.due_on, *_names(order), part.title, problem.charge)
        yield (
            *what,
            *[None] * 8,
            part.invoice.currency,
            None,
            problem.message,
            *_act(change),
            change.entitlement_id,
            order.pk,
        )


def _names(order: Order) -> tuple[str, str, str]:
    return order.customer.name, order.customer.account_reference, order.order_reference


def _span(line: Line) -> tuple[date | None, date | None, int | None, int | None]:
    """Return the days of a line; nothing for what is due once."""
    return (line.period.start, line.period.end, line.days, line.of) if line.period else (None, None, None, None)


def _act(change: Change) -> tuple[Any, ...]:
    act = change.act
    return act.made_at, act.made_by_name, act.reference, act.pk
