"""The columns of the list of entitlements, and the orders that its indexes serve at a million rows."""

from functools import partial

from django.db.models import F

from config.lists.columns import Column, ColumnSort, ListTable
from config.paging import by_day, by_moment, by_number, by_text
from entitlements.models.seats_added import EXPIRY_DAY

BY_CUSTOMER = ColumnSort(
    partial(by_text, F("order__customer__name_folded")), "customers from A to Z", "customers from Z to A"
)
BY_SEATS = ColumnSort(
    partial(by_number, F("seats_used")), "fewest seats used first", "most seats used first", starts_descending=True
)
BY_EXPIRY = ColumnSort(partial(by_day, EXPIRY_DAY), "next to expire first", "last to expire first")
BY_CHANGE = ColumnSort(
    partial(by_moment, F("changed_at")), "longest unchanged first", "last changed first", starts_descending=True
)

ENTITLEMENTS = ListTable(
    name="entitlements",
    title="All entitlements",
    url_name="entitlements:entitlements",
    permission="entitlements.view_entitlement",
    default_sort="-changed",
    columns=(
        Column("customer", "Customer", BY_CUSTOMER, is_fixed=True),
        Column("account", "Account reference", is_default=False),
        Column("reference", "Order reference", kind="reference"),
        Column("offering", "Offering"),
        Column("product", "Product"),
        Column("status", "Status"),
        Column("seats", "Seats", BY_SEATS, kind="seats"),
        Column("price", "Price", kind="price-text"),
        Column("overrides", "Overrides"),
        Column("starts", "Starts", is_default=False, kind="num"),
        Column("expires", "Expires", BY_EXPIRY, kind="num"),
        Column("changed", "Changed", BY_CHANGE, is_default=False, kind="num"),
        Column("created", "Created", is_default=False, kind="num"),
    ),
)
