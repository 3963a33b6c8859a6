"""Everything that is held about one customer, as values for JSON."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db.models import ForeignKey, Model, QuerySet, prefetch_related_objects

from config.actors import name_of
from config.digests import DigestField
from config.names import FoldedField
from entitlements.models import Amendment, Customer, Entitlement, FieldValue
from entitlements.privacy.amendments import amendments_of_others
from entitlements.privacy.holdings import (
    Family,
    acts_of,
    changes_of,
    family_of,
    in_batches,
    keys,
    lines_of,
    parts_of,
)

PERMISSION = "entitlements.export_customer"
FORMAT, VERSION = "upshift customer", 1


def customer_data(customer: Customer) -> dict[str, Any]:
    """Return everything that is held about a customer, and those merged into it, in lists by kind.

    The names of staff are in place of their keys. The number of queries is the same for any number of rows.
    """
    people = {person.pk: name_of(person) for person in User.objects.all()}
    family = family_of(customer)
    parts = parts_of(family)
    acts = acts_of(family).order_by("made_at", "pk")
    prefetch_related_objects(family, "tags")
    first, *merged = ({**row_data(each, people), "tags": [tag.name for tag in each.tags.all()]} for each in family)
    return {
        "format": FORMAT,
        "version": VERSION,
        "customer": first,
        "merged_customers": merged,
        **{name: [_part(row, people) for row in _all(rows)] for name, rows in parts.items()},
        "amendments_of_others": [row_data(row, people) for row in _all(_concerning(family))],
        "acts": [row_data(act, people) for act in acts],
        "changes": [row_data(row, people) for row in changes_of(family).order_by("entitlement", "sequence")],
        "edits": [_line(line) for line in lines_of(family)],
    }


def _concerning(family: Family) -> "QuerySet[Amendment, Any]":
    """Return the amendments of orders of others that brought something to the customers, took it, or are to."""
    return Amendment.objects.filter(pk__in=amendments_of_others(family))


def counted(data: Mapping[str, Any]) -> str:
    """Return in words how much an export has of each kind."""
    return ", ".join(f"{name} {len(rows):,}" for name, rows in data.items() if isinstance(rows, list) and rows)


def _all(rows: Any) -> Iterator[Any]:
    """Yield rows in the order of their keys, a batch at a time."""
    for batch in in_batches(keys(rows)):
        yield from rows.filter(pk__in=batch).order_by("pk")


def _part(row: Model, people: Mapping[int, str]) -> dict[str, Any]:
    found = row_data(row, people)
    if isinstance(row, FieldValue):
        return {"field": row.field.key, "label": row.field.label, "value": row.value}
    if isinstance(row, Entitlement):
        revision = row.revision
        found |= {"sku": row.offering.sku, "offering_name": revision.offering_name, "revision_number": revision.number}
    return found


def row_data(row: Model, people: Mapping[int, str]) -> dict[str, Any]:
    """Return the columns of a row by name; no folded copies, no digests."""
    found: dict[str, Any] = {}
    for field in row._meta.concrete_fields:
        if isinstance(field, FoldedField | DigestField):
            continue
        value = getattr(row, field.attname)
        is_person = isinstance(field, ForeignKey) and field.related_model is User
        found[field.name] = people.get(value) if is_person else plain(value)
    return found


def plain(value: Any) -> Any:
    """Return a value of a column as JSON holds it."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, Mapping):
        return {key: plain(each) for key, each in value.items()}
    return [plain(each) for each in value] if isinstance(value, Sequence) and not isinstance(value, str) else value


def _line(line: LogEntry) -> dict[str, Any]:
    return {
        "at": line.action_time.isoformat(),
        "by": name_of(line.user),
        "about": str(line.content_type),
        "key": line.object_id,
        "name": line.object_repr,
        "text": line.get_change_message(),
    }
