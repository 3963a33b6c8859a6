"""The order and the customer that held an entitlement at the time: a transfer may have moved it since."""

from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Case, CharField, OuterRef, QuerySet, Subquery, UUIDField, Value, When
from django.db.models.functions import Cast, Replace

from entitlements.models import Change, Entitlement

NO_REFERENCE = "an order without reference"


def order_name(reference: str) -> str:
    """Return an order in words."""
    return reference or NO_REFERENCE


def plain_key(name: str) -> Replace:
    """Return a key as text without dashes: databases without a UUID type store it so, Django's log does not."""
    return Replace(Cast(name, CharField()), Value("-"), Value(""))


def with_former_order(edits: QuerySet[LogEntry]) -> QuerySet[Any]:
    """Annotate edits with ``entitlement_key``, and with ``former_order`` where a transfer came after the edit.

    Both are NULL for edits of anything else. The former order is the one left by the first transfer since, read by
    the index on entitlement and sequence.
    """
    entitlement = ContentType.objects.get_for_model(Entitlement)
    transfers = Change.objects.filter(
        entitlement=OuterRef("entitlement_key"), from_order__isnull=False, act__made_at__gt=OuterRef("action_time")
    )
    return edits.annotate(
        entitlement_key=Case(When(content_type=entitlement, then=Cast(plain_key("object_id"), UUIDField()))),
        former_order=Subquery(transfers.order_by("sequence").values("from_order")[:1], output_field=UUIDField()),
    )
