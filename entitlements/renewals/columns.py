"""The columns of the renewals, and the orders that indexes serve at a million rows."""

from config.lists.columns import Column, ListTable
from entitlements.desk.columns import BY_CUSTOMER, BY_EXPIRY

RENEWALS = ListTable(
    name="renewals",
    title="Renewals of this month",
    url_name="entitlements:renewals",
    permission="entitlements.view_entitlement",
    default_sort="expires",
    columns=(
        Column("customer", "Customer", BY_CUSTOMER, is_fixed=True),
        Column("account", "Account reference", is_default=False),
        Column("owner", "Owner", is_default=False),
        Column("offering", "Offering"),
        Column("expires", "Expires", BY_EXPIRY),
        Column("price", "Price, and on the newest revision"),
        Column("overrides", "Overrides"),
        Column("contacted", "Contacted"),
    ),
)
