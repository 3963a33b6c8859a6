"""Search everything by one text: a few hits of each kind, each kind by its own index."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, PermissionsMixin
from django.db.models import Case, Count, OuterRef, Q, Subquery, UUIDField, Value, When
from django.urls import reverse

from config.folding import capitals, fold
from config.names import has_part
from entitlements.models import ActivationCode, Customer, Entitlement, Order
from offerings.models import Offering

Person = AbstractBaseUser | AnonymousUser | PermissionsMixin
AT_ONCE = 6


@dataclass(frozen=True, slots=True)
class Hit:
    """One search result: its name, a detail that distinguishes equal names, and its address."""

    title: str
    detail: str
    url: str


@dataclass(frozen=True, slots=True)
class HitGroup:
    """Hits of one kind. ``has_more`` says that the search found more hits than these."""

    key: str
    name: str
    icon: str
    hits: tuple[Hit, ...]
    has_more: bool = False


def search(text: str, person: Person, *, size: int = AT_ONCE) -> list[HitGroup]:
    """Return up to ``size`` hits of each kind that ``person`` may see, without kinds that have no hit.

    Five queries at most, one for each kind, beside those for the permissions.
    """
    if not fold(text):
        return []
    groups = []
    for key, name, icon, permission, find in KINDS:
        if isinstance(person, PermissionsMixin) and person.has_perm(permission):
            hits = tuple(find(text, size + 1))
            groups.append(HitGroup(key, name, icon, hits[:size], has_more=len(hits) > size))
    return [group for group in groups if group.hits]


def _customers(text: str, size: int) -> Iterator[Hit]:
    """Find customers by a part of the name or the start of the account reference, first those whose name starts so."""
    found = Customer.objects.matching(text)
    starts = Case(When(name_folded__startswith=text, then=Value(0)), default=Value(1))
    order = ["name_folded", "pk"] if not has_part(fold(text)) else [starts, "name_folded", "pk"]
    for row in found.order_by(*order)[:size]:
        words = [row.account_reference, "disabled" if row.disabled_at else ""]
        yield Hit(row.name, " · ".join(filter(None, words)), row.get_absolute_url())


def _orders(text: str, size: int) -> Iterator[Hit]:
    """Find orders by the start of the order reference."""
    found = Order.objects.filter(order_reference_folded__startswith=text).select_related("customer")
    for row in found.order_by("order_reference_folded", "pk")[:size]:
        yield Hit(row.order_reference, row.customer.name, row.get_absolute_url())


def _codes(text: str, size: int) -> Iterator[Hit]:
    """Find activation codes by their start. A hit links to the only entitlement of the order, or to the order."""
    entitlements = Entitlement.objects.filter(order=OuterRef("order"), ended_on=None).order_by()
    rows = ActivationCode.objects.filter(code__startswith=capitals(text)).select_related("order__customer")
    counted = rows.annotate(
        entitlement_count=Subquery(entitlements.values("order").annotate(count=Count("pk")).values("count")),
        entitlement_id=Subquery(entitlements.values("pk")[:1], output_field=UUIDField()),
    )
    for row in counted.order_by("code")[:size]:
        is_one = row.entitlement_count == 1
        url = reverse("entitlements:entitlement", args=[row.entitlement_id]) if is_one else row.order.get_absolute_url()
        yield Hit(row.code, ", ".join(filter(None, [row.order.customer.name, row.order.order_reference])), url)


def _entitlements(text: str, _size: int) -> Iterator[Hit]:
    """Find an entitlement by its whole key; no query for any other text."""
    try:
        key = UUID(text)
    except ValueError:
        return
    for row in Entitlement.objects.filter(pk=key).select_related("order__customer", "revision"):
        yield Hit(str(key), f"{row.order.customer.name}, {row.revision.offering_name}", row.get_absolute_url())


def _offerings(text: str, size: int) -> Iterator[Hit]:
    """Find offerings by the start of the SKU or a part of the name; the catalog is small, so no index is needed."""
    by_sku = Q(sku_folded__startswith=text)
    found = Offering.objects.filter(by_sku | Q(name_folded__mentions=text)).select_related("product")
    starts = Case(When(by_sku, then=Value(0)), default=Value(1))
    for row in found.order_by(starts, "sku")[:size]:
        words = [row.product.name, row.name, "retired" if row.is_retired else ""]
        yield Hit(row.sku, " · ".join(filter(None, words)), reverse("offerings:offering", args=[row.sku]))


KINDS: tuple[tuple[str, str, str, str, Callable[[str, int], Iterator[Hit]]], ...] = (
    ("customers", "Customers", "people", "entitlements.view_customer", _customers),
    ("orders", "Orders", "log", "entitlements.view_order", _orders),
    ("codes", "Activation codes", "key", "entitlements.view_activationcode", _codes),
    ("entitlements", "Entitlements", "key", "entitlements.view_entitlement", _entitlements),
    ("offerings", "Offerings", "tag", "offerings.view_offering", _offerings),
)
