"""The list of amendments: its columns and orders."""

from functools import partial

from django.db.models import F

from config.lists.columns import Column, ColumnSort, ListTable
from config.paging import by_day, by_moment, by_text

BY_DAY = ColumnSort(partial(by_day, F("effective_on")), "next to take effect first", "last to take effect first")
BY_NAME = ColumnSort(partial(by_text, F("name")), "names from A to Z", "names from Z to A")
BY_CUSTOMER = ColumnSort(
    partial(by_text, F("order__customer__name_folded")), "customers from A to Z", "customers from Z to A"
)
BY_REQUEST = ColumnSort(
    partial(by_moment, F("requested_at")), "asked for first", "asked for last", starts_descending=True
)

WHERE = (Column("customer", "Customer", BY_CUSTOMER), Column("order", "Order"), Column("kind", "Kind"))

AMENDMENTS = ListTable(
    name="amendments",
    title="Everything scheduled",
    url_name="entitlements:amendments",
    permission="entitlements.view_amendment",
    default_sort="day",
    columns=(
        Column("amendment", "Amendment", BY_NAME, is_fixed=True),
        Column("day", "Takes effect", BY_DAY),
        *WHERE,
        Column("status", "Status"),
        Column("asked", "Asked by", BY_REQUEST),
        Column("due", "Due", is_default=False, kind="num"),
        Column("reference", "Reference", is_default=False),
        Column("code", "Code", is_default=False),
    ),
)
