"""The list of customers: its columns, and the filters in its address."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any

from django import forms
from django.db.models import F

from config.filter_forms import FilterChoiceField, FilterForm, SearchField
from config.lists.columns import Column, ColumnSort, ListTable
from config.lists.state import SavedViewField, SortField
from config.paging import by_moment, by_text
from entitlements.models import Customer, Entitlement
from entitlements.models.customers import LONGEST_SEARCH, CustomerQuerySet
from entitlements.models.queries import EntitlementQuerySet
from entitlements.state import Status
from offerings.models import Product

EXPIRING_DAYS = 30
ENABLED, DISABLED = "enabled", "disabled"
STATUSES = (("", "Enabled or disabled"), (ENABLED, "Enabled"), (DISABLED, "Disabled"))
HOLDINGS = (
    ("", "Whatever they hold"),
    ("active", "With active entitlements"),
    ("expiring", f"With active ones expiring in {EXPIRING_DAYS} days"),
    ("overridden", "With overrides"),
    ("over_limit", "With seats over the limit"),
    ("nothing", "Without any entitlement"),
)

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
        Column("status", "Status"),
        Column("orders", "Orders", kind="num"),
        Column("entitlements", "Entitlements", kind="num"),
        Column("active", "Active", kind="num"),
        Column("overridden", "Overridden", kind="num"),
        Column("since", "Customer since", BY_AGE, kind="num"),
    ),
)


def product_choices() -> Iterable[tuple[str, str]]:
    """Yield the choices of the product filter: all products, then each by its code; one query."""
    yield "", "Any product"
    yield from Product.objects.order_by("name", "code").values_list("code", "name")


def _menu(label: str, choices: Any) -> forms.Select:
    return forms.Select({"aria-label": label}, choices=choices)


class CustomerFilterForm(FilterForm):
    """The filters of the list of customers."""

    q = SearchField(longest=LONGEST_SEARCH)
    status = FilterChoiceField(choices=STATUSES, widget=_menu("Status", STATUSES), initial="")
    product = SearchField(longest=LONGEST_SEARCH, widget=_menu("Product they hold", product_choices))
    holds = FilterChoiceField(choices=HOLDINGS, widget=_menu("What they hold", HOLDINGS), initial="")
    sort = SortField(CUSTOMERS)
    view = SavedViewField()

    @property
    def filters(self) -> "CustomerFilters":
        """Return the filters as a value."""
        read = self.values
        return CustomerFilters(q=read["q"], status=read["status"], product=read["product"], holds=read["holds"])


@dataclass(frozen=True, slots=True)
class CustomerFilters:
    """The filters in force: a search text, a status, a product by code, and a choice of ``HOLDINGS``."""

    q: str = ""
    status: str = ""
    product: str = ""
    holds: str = ""

    def __bool__(self) -> bool:
        return self != type(self)()

    def customers(self, today: date) -> CustomerQuerySet:
        """Return the customers that fit on ``today``, in no order; one query of the catalog at most."""
        found = Customer.objects.matching(self.q)
        if self.status:
            found = found.filter(disabled_at__isnull=self.status == ENABLED)
        if self.holds == "nothing":
            found = found.exclude(pk__in=Entitlement.objects.order_by().values("order__customer"))
        if self.product or self.holds not in ("", "nothing"):
            found = found.filter(pk__in=self._held(today).order_by().values("order__customer"))
        return found

    def _held(self, today: date) -> EntitlementQuerySet:
        """Return the entitlements of which a customer must hold one."""
        held = Entitlement.objects.filter(ended_on=None)
        if self.product:
            held = held.of_product(self.product)
        match self.holds:
            case "active":
                held = held.in_status([Status.ACTIVE], today)
            case "expiring":
                held = held.in_status([Status.ACTIVE], today).expiring_before(today + timedelta(days=EXPIRING_DAYS + 1))
            case "overridden":
                held = held.overridden()
            case "over_limit":
                held = held.over_limit(today)
        return held

    def words(self, products: dict[str, str]) -> Iterator[tuple[str, str]]:
        """Yield each filter but the search text by its name in the address, in words."""
        if self.status:
            yield "status", dict(STATUSES)[self.status]
        if self.product:
            yield "product", f"Product {products.get(self.product) or f'{self.product} (not there any more)'}"
        if self.holds:
            yield "holds", dict(HOLDINGS)[self.holds]
