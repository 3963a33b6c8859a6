"""The list of customers as a CSV file."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from decimal import Decimal
from itertools import islice
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import permission_required
from django.db import connections, transaction
from django.http import StreamingHttpResponse
from django.views.decorators.http import require_safe

from config.actors import name_of
from config.clock import site_today
from config.csv_export import stream_csv
from config.filter_forms import read_strictly
from config.paging import in_order
from config.web import AuthenticatedHttpRequest
from entitlements.directory.customer_filters import CustomerFilterForm
from entitlements.directory.customer_list import CUSTOMERS
from entitlements.directory.views.customer_rows import CustomerRow, customer_rows
from entitlements.models import Contact, Customer, CustomerField, Entitlement, FieldKind, FieldValue
from entitlements.state import summed_prices
from offerings.totals import CELLS, Total

BATCH = 1_000
COLUMNS = (
    "Customer",
    "Account reference",
    "Status",
    "Owner",
    "Tags",
    "Primary contact",
    "E-mail of primary contact",
    "Other contacts",
    "Orders",
    "Entitlements",
    "Active",
    "Overridden",
    "Customer since",
    "Customer id",
)
PRICE_COLUMNS = (*CELLS, "Price in words")


@permission_required("entitlements.view_customer", raise_exception=True)
@require_safe
def customers_csv(request: AuthenticatedHttpRequest) -> StreamingHttpResponse:
    """Send all customers of the list with the same address as a CSV file, with a column for each shown field.

    Rows are read while they are sent, so memory stays flat: eight queries for each batch of ``BATCH`` rows. People who
    may see entitlements get the price of what counts.
    """
    form = read_strictly(request, CustomerFilterForm)
    filters = form.filters
    found = in_order(filters.customers().select_related("owner"), CUSTOMERS.sorting(filters.sort))
    price_columns = PRICE_COLUMNS if request.user.has_perm("entitlements.view_entitlement") else ()
    header = (*COLUMNS, *price_columns, *(each.label for each in form.definitions))
    rows = _rows(found, form.definitions, _prices if price_columns else _no_prices)
    return stream_csv(f"customers-{site_today().isoformat()}.csv", header, rows)


def _rows(
    found: Any,
    definitions: Sequence[CustomerField],
    prices_of: Callable[[Sequence[Customer]], dict[UUID, tuple[Any, ...]]],
) -> Iterator[tuple[Any, ...]]:
    with _snapshot(found.db):
        rows = found.iterator(chunk_size=BATCH)
        while batch := list(islice(rows, BATCH)):
            contacts, values, prices = _contacts(batch), _values(batch, definitions), prices_of(batch)
            for row in customer_rows(batch):
                key = row.customer.pk
                own = (values.get(key, {}).get(each.pk) for each in definitions)
                yield (*_row(row, contacts.get(key, [])), *prices[key], *own)


def _snapshot(database: str) -> AbstractContextManager[None]:
    """Return a transaction on PostgreSQL, which reads all rows before the first outside of a transaction."""
    return transaction.atomic(using=database) if connections[database].vendor == "postgresql" else nullcontext()


def _contacts(batch: Iterable[Customer]) -> dict[UUID, list[Contact]]:
    found: dict[UUID, list[Contact]] = {}
    for contact in Contact.objects.filter(customer__in=batch):
        found.setdefault(contact.customer_id, []).append(contact)
    return found


def _values(batch: Iterable[Customer], definitions: Sequence[CustomerField]) -> dict[UUID, dict[int, str | Decimal]]:
    """Return the values of fields by customer; those of a number are numbers, which no spreadsheet runs."""
    rows = FieldValue.objects.filter(customer__in=batch, field__in=definitions).order_by()
    numbers = {each.pk for each in definitions if each.kind == FieldKind.NUMBER}
    found: dict[UUID, dict[int, str | Decimal]] = {}
    for key, field, value in rows.values_list("customer", "field", "value") if definitions else ():
        found.setdefault(key, {})[field] = Decimal(value) if field in numbers else value
    return found


def _prices(batch: Sequence[Customer]) -> dict[UUID, tuple[Any, ...]]:
    """Return the cells of the price that each customer's page shows as a fact."""
    totals = summed_prices(Entitlement.objects.filter(order__customer__in=batch), site_today())
    found = {each.pk: totals.get(each.pk, Total()) for each in batch}
    return {key: (*total.cells, total.line) for key, total in found.items()}


def _no_prices(batch: Sequence[Customer]) -> dict[UUID, tuple[Any, ...]]:
    return {each.pk: () for each in batch}


def _row(row: CustomerRow, contacts: Sequence[Contact]) -> tuple[Any, ...]:
    customer = row.customer
    primary = next((each for each in contacts if each.is_primary), None)
    others = [" ".join(filter(None, [each.name, f"<{each.email}>" if each.email else ""])) for each in contacts]
    return (
        customer.name,
        customer.account_reference,
        "disabled" if customer.disabled_at else "enabled",
        name_of(customer.owner) if customer.owner else None,
        ", ".join(row.tags),
        primary.name if primary else None,
        primary.email if primary else None,
        ", ".join(text for text, each in zip(others, contacts, strict=True) if not each.is_primary),
        row.orders,
        row.entitlements,
        row.active,
        row.overridden,
        customer.created_at,
        customer.pk,
    )
