"""Search everything by one text: a few hits of each kind, entitlements first, each kind by its own index."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, PermissionsMixin
from django.urls import reverse

from config.clock import site_today
from config.folding import fold
from entitlements.desk.search_entitlements import find_entitlements
from entitlements.desk.searched import PERMISSIONS, Searched
from entitlements.dialogs.tones import STATUS_TONES
from entitlements.models import Entitlement
from entitlements.models.orders import NamedBy
from entitlements.operations import ChangeOffering
from entitlements.state import Status

Person = AbstractBaseUser | AnonymousUser | PermissionsMixin
AT_ONCE = 6
CUSTOMER = PERMISSIONS[NamedBy.CUSTOMER]
ORDER = PERMISSIONS[NamedBy.REFERENCE]


@dataclass(frozen=True, slots=True)
class HitAction:
    """What can be done with a hit beside opening it. ``is_dialog`` says that it opens over the page."""

    words: str
    icon: str
    url: str
    is_dialog: bool = False


@dataclass(frozen=True, slots=True)
class Hit:
    """One search result: its name, a detail that distinguishes equal names, and its address.

    ``status`` and ``tone`` are empty but for entitlements.
    """

    title: str
    detail: str
    url: str
    status: str = ""
    tone: str = ""
    actions: tuple[HitAction, ...] = ()


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

    Constant queries: one for each kind of row, and a few that lead from rows to entitlements, beside those for the
    permissions.
    """
    if not fold(text) or not isinstance(person, PermissionsMixin):
        return []
    searched = Searched(text, limit=size + 1, person=person)
    groups = []
    for key, name, icon, permission, find in KINDS:
        if person.has_perm(permission):
            hits = tuple(find(searched, person))
            groups.append(HitGroup(key, name, icon, hits[:size], has_more=len(hits) > size))
    return [group for group in groups if group.hits]


def _entitlements(searched: Searched, person: PermissionsMixin) -> Iterator[Hit]:
    """Find entitlements by whatever names them, with what is done most from here."""
    for row, seat in find_entitlements(searched, site_today()):
        order, customer = row.order, row.order.customer
        words = [row.revision.offering_name, order.order_reference, f"seat {seat}" if seat else ""]
        yield Hit(
            title=customer.name,
            detail=" · ".join(filter(None, words)),
            url=row.get_absolute_url(),
            status=row.status,
            tone=STATUS_TONES[Status(row.status)],
            actions=tuple(_actions(row, person)),
        )


def _actions(row: Entitlement, person: PermissionsMixin) -> Iterator[HitAction]:
    if row.ended_on is None and person.has_perm(ChangeOffering.permission):
        url = reverse("entitlements:change_offering", args=[row.pk])
        yield HitAction(ChangeOffering.words.menu, ChangeOffering.words.icon, url, is_dialog=True)
    if person.has_perm(ORDER):
        yield HitAction("Open order", "log", row.order.get_absolute_url())
    if person.has_perm(CUSTOMER):
        yield HitAction("Open customer", "people", row.order.customer.get_absolute_url())


def _customers(searched: Searched, _person: PermissionsMixin) -> Iterator[Hit]:
    for row in searched.customers:
        words = [
            row.account_reference,
            "disabled" if row.disabled_at else "",
            "merged into another customer" if row.merged_into_id else "",
        ]
        yield Hit(row.name, " · ".join(filter(None, words)), row.get_absolute_url())


def _orders(searched: Searched, _person: PermissionsMixin) -> Iterator[Hit]:
    for row in searched.orders:
        yield Hit(row.order_reference, row.customer.name, row.get_absolute_url())


def _codes(searched: Searched, _person: PermissionsMixin) -> Iterator[Hit]:
    """Link to the only entitlement of the order that has not ended, or to the order."""
    for row in searched.codes:
        is_one = row.entitlement_count == 1
        url = reverse("entitlements:entitlement", args=[row.entitlement_id]) if is_one else row.order.get_absolute_url()
        yield Hit(row.code, ", ".join(filter(None, [row.order.customer.name, row.order.order_reference])), url)


def _offerings(searched: Searched, _person: PermissionsMixin) -> Iterator[Hit]:
    for row in searched.offerings:
        words = [row.product.name, row.name, "retired" if row.is_retired else ""]
        yield Hit(row.sku, " · ".join(filter(None, words)), reverse("offerings:offering", args=[row.sku]))


Find = Callable[[Searched, PermissionsMixin], Iterator[Hit]]
KINDS: tuple[tuple[str, str, str, str, Find], ...] = (
    ("entitlements", "Entitlements", "key", "entitlements.view_entitlement", _entitlements),
    ("customers", "Customers", "people", CUSTOMER, _customers),
    ("orders", "Orders", "log", ORDER, _orders),
    ("codes", "Activation codes", "key", PERMISSIONS[NamedBy.CODE], _codes),
    ("offerings", "Offerings", "tag", "offerings.view_offering", _offerings),
)
