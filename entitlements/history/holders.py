"""The order and the customer that held an entitlement at the time: a transfer may have moved it since."""

from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Case, CharField, Exists, OuterRef, Q, QuerySet, Subquery, UUIDField, Value, When
from django.db.models.functions import Cast, Replace

from entitlements.models import Change, Customer, Entitlement, Order

NO_REFERENCE = "an order without reference"


def order_name(reference: str) -> str:
    """Return an order in words."""
    return reference or NO_REFERENCE


def plain_key(name: str) -> Replace:
    """Return a key as text without dashes: databases without a UUID type store it so, Django's log does not."""
    return Replace(Cast(name, CharField()), Value("-"), Value(""))


def with_entitlement_key(edits: QuerySet[LogEntry]) -> QuerySet[Any]:
    """Annotate edits with ``entitlement_key``, NULL for edits of anything else."""
    entitlement = ContentType.objects.get_for_model(Entitlement)
    key = Cast(plain_key("object_id"), UUIDField())
    keyed: QuerySet[Any] = edits.annotate(entitlement_key=Case(When(content_type=entitlement, then=key)))
    return keyed


def with_former_order(edits: QuerySet[LogEntry]) -> QuerySet[Any]:
    """Annotate edits with ``entitlement_key``, and with ``former_order`` where a transfer came after the edit.

    The former order is the one left by the first transfer since, read by the index on entitlement and sequence: cheap
    for the rows of a page, too dear to filter a whole log by.
    """
    transfers = Change.objects.filter(
        entitlement=OuterRef("entitlement_key"), from_order__isnull=False, act__made_at__gt=OuterRef("action_time")
    )
    former = Subquery(transfers.order_by("sequence").values("from_order")[:1], output_field=UUIDField())
    found: QuerySet[Any] = with_entitlement_key(edits).annotate(former_order=former)
    return found


def held_by_customers(customers: QuerySet[Customer]) -> Q:
    """Return the condition for edits, with ``entitlement_key``, of entitlements that customers held at the time."""
    current = Entitlement.objects.filter(order__customer__in=customers).order_by()
    came, left = Q(customer__in=customers), Q(from_customer__in=customers)
    return _at_the_time(
        Q(entitlement_key__in=current.values("pk")), Q(from_customer__isnull=False), came=came, left=left
    )


def held_by_order(order: Order) -> Q:
    """Return the condition for edits, with ``entitlement_key``, of entitlements that an order held at the time."""
    current = Entitlement.objects.filter(order=order).order_by()
    came, left = Q(order=order), Q(from_order=order)
    return _at_the_time(Q(entitlement_key__in=current.values("pk")), Q(from_order__isnull=False), came=came, left=left)


def _at_the_time(current: Q, is_transfer: Q, *, came: Q, left: Q) -> Q:
    """Return the condition for edits of what is held now, but those before it came, and for edits before it left.

    Subqueries start from the transfers, which are few.
    """
    edits = with_entitlement_key(LogEntry.objects.all())
    transfers = Change.objects.filter(is_transfer)
    later = transfers.filter(entitlement=OuterRef("entitlement_key"), act__made_at__gt=OuterRef("action_time"))
    between = transfers.filter(
        entitlement=OuterRef("entitlement"),
        sequence__lt=OuterRef("sequence"),
        act__made_at__gt=OuterRef(OuterRef("action_time")),
    )
    before_it_came = edits.filter(Exists(later.filter(came))).values("pk")
    before_it_left = edits.filter(Exists(later.filter(~Exists(between), left))).values("pk")
    return (current & ~Q(pk__in=before_it_came)) | Q(pk__in=before_it_left)
