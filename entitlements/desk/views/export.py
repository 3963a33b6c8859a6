"""The list of entitlements as a CSV file."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from itertools import islice
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.db import connections, transaction
from django.db.models import F
from django.http import StreamingHttpResponse
from django.views.decorators.http import require_safe

from config.clock import site_today
from config.csv_export import stream_csv
from config.filter_forms import read_strictly
from config.paging import in_order
from config.web import AuthenticatedHttpRequest
from entitlements.desk.columns import ENTITLEMENTS
from entitlements.desk.filters import EntitlementFilterForm
from entitlements.desk.views.list import entitlements_with_columns, overrides_in_words
from entitlements.directory.views.entitlement_rows import EntitlementRow, extended_plans, newest_numbers, totals_of
from offerings.totals import CELLS

BATCH = 1_000
COLUMNS = (
    "Customer",
    "Account reference",
    "Order reference",
    "Product",
    "SKU",
    "Offering",
    "Revision",
    "Latest revision",
    "Status",
    "Seats used",
    "Seat limit",
    *CELLS,
    "Price in words",
    "Overrides",
    "Overridden",
    "Starts",
    "Expires",
    "Changed",
    "Entitlement",
)


@permission_required("entitlements.view_entitlement", raise_exception=True)
@require_safe
def entitlements_csv(request: AuthenticatedHttpRequest) -> StreamingHttpResponse:
    """Send all entitlements of the list with the same address, in the same order, as a CSV file.

    Rows are read while they are sent, so memory stays flat: nine queries for each batch of ``BATCH`` rows, seven more
    where orders hold add-ons. A price is a number where there is one of its kind; the words hold all of it.
    """
    filters, today = read_strictly(request, EntitlementFilterForm).filters, site_today()
    rows = entitlements_with_columns(filters, today, reader=request.user)
    found = in_order(rows, ENTITLEMENTS.sorting(filters.sort))
    found = found.annotate(sku=F("offering__sku"))
    return stream_csv(f"entitlements-{today.isoformat()}.csv", COLUMNS, _rows(found))


def _rows(found: Any) -> Iterator[tuple[Any, ...]]:
    with _snapshot(found.db):
        rows = found.iterator(chunk_size=BATCH)
        while batch := list(islice(rows, BATCH)):
            newest = newest_numbers({row.offering_id for row in batch})
            overrides = overrides_in_words([row.pk for row in batch if row.override_count])
            extended, totals = extended_plans([row.pk for row in batch]), totals_of(batch)
            for row in batch:
                words = overrides.get(row.pk, "")
                number = newest[row.offering_id]
                plan = extended.get(row.pk)
                yield _row(EntitlementRow(row, number, overrides=words, extended=plan, total=totals[row.pk]))


def _snapshot(database: str) -> AbstractContextManager[None]:
    """Return a transaction on PostgreSQL, which reads all rows before the first outside of a transaction.

    SQLite needs none: a transaction would block writers.
    """
    return transaction.atomic(using=database) if connections[database].vendor == "postgresql" else nullcontext()


def _row(shown: EntitlementRow) -> tuple[Any, ...]:
    row = shown.entitlement
    return (
        row.customer_name,
        row.account_reference,
        row.order_reference,
        row.product_name,
        row.sku,
        row.offering_name,
        row.revision_number,
        shown.newest_number,
        row.status,
        row.seats_used,
        "unlimited" if shown.seat_limit is None else shown.seat_limit,
        *shown.total.cells,
        shown.price,
        row.override_count,
        shown.overrides,
        row.starts_on,
        row.expires_on or ("never" if row.starts_on else None),
        row.changed_at,
        row.pk,
    )
