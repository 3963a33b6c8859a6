"""The list of customers: its columns, and what customers are told apart by that they hold."""

from datetime import date, timedelta
from functools import partial

from django.db.models import Exists, F, OuterRef

from config.lists.columns import Column, ColumnSort, ListTable
from config.paging import by_moment, by_text
from entitlements.models import Entitlement
from entitlements.models.customers import CustomerQuerySet
from entitlements.models.queries import EntitlementQuerySet
from entitlements.state import Status

EXPIRING_DAYS = 30
HOLDINGS = {
    "active": "With active entitlements",
    "expiring": f"With active ones expiring in {EXPIRING_DAYS} days",
    "overridden": "With overrides",
    "over_limit": "With seats over the limit",
    "nothing": "Without any entitlement",
}

BY_NAME = ColumnSort(partial(by_text, F("name_folded")), "names from A to Z", "names from Z to A")
BY_ACCOUNT = ColumnSort(
    partial(by_text, F("account_reference_folded")), "account references upwards", "account references downwards"
)
BY_AGE = ColumnSort(
    partial(by_moment, F("created_at")), "longest customers first", "newest customers first", starts_descending=True
)

CUSTOMERS = ListTable(
    name="customers",
    title="All customers",
    url_name="entitlements:customers",
    permission="entitlements.view_customer",
    default_sort="customer",
    columns=(
        Column("customer", "Customer", BY_NAME, is_fixed=True),
        Column("account", "Account reference", BY_ACCOUNT),
        Column("owner", "Owner"),
        Column("tags", "Tags"),
        Column("status", "Status"),
        Column("orders", "Orders", kind="num"),
        Column("entitlements", "Entitlements", kind="num"),
        Column("active", "Active", kind="num"),
        Column("overridden", "Overridden", kind="num"),
        Column("since", "Customer since", BY_AGE, kind="num"),
    ),
)


def holding(found: CustomerQuerySet, *, product: str, holds: str, today: date) -> CustomerQuerySet:
    """Return those of some customers that hold what a choice of ``HOLDINGS`` says, of a product by code or of any.

    One query of the catalog at most.
    """
    if holds == "nothing":
        held_once = Entitlement.objects.filter(order__customer=OuterRef("pk")).order_by()
        found = found.filter(~Exists(held_once))  # NOT IN would read every entitlement for each customer
    if product or holds not in ("", "nothing"):
        found = found.filter(pk__in=_held(product, holds, today).order_by().values("order__customer"))
    return found


def _held(product: str, holds: str, today: date) -> EntitlementQuerySet:
    """Return the entitlements of which a customer must hold one."""
    held = Entitlement.objects.filter(ended_on=None)
    if product:
        held = held.of_product(product)
    match holds:
        case "active":
            held = held.in_status([Status.ACTIVE], today)
        case "expiring":
            held = held.in_status([Status.ACTIVE], today).expiring_before(today + timedelta(days=EXPIRING_DAYS + 1))
        case "overridden":
            held = held.overridden()
        case "over_limit":
            held = held.over_limit(today)
    return held
