"""The list of offerings: its columns, and the filters in its address."""

from collections.abc import Iterable

from django import forms
from django.db.models import Exists, OuterRef
from django.db.models.functions import Coalesce

from config.filter_forms import FilterChoiceField, FilterFlagField, FilterForm, SearchField
from config.folding import fold
from config.lists.columns import Column, ColumnSort, ListTable, by_columns
from config.lists.state import SavedViewField, SortField
from offerings.models import Offering, OfferingKind, OfferingQuerySet, Plan, Product, Revision, mentions

LONGEST_SEARCH = 100
MOST_WORDS = 8
PUBLISHED, NOT_PUBLISHED = "published", "not_published"
KIND_CHOICES = (("", "Plans and add-ons"), (OfferingKind.PLAN, "Plans"), (OfferingKind.ADD_ON, "Add-ons"))
REVISION_CHOICES = (("", "Published or not"), (PUBLISHED, "Published"), (NOT_PUBLISHED, "Not published yet"))
BY_PRODUCT = ("product__name_folded", "product", "-kind", "position", "name_folded", "sku")


OFFERINGS = ListTable(
    name="offerings",
    title="All offerings",
    url_name="offerings:offerings",
    permission="offerings.view_offering",
    default_sort="product",
    columns=(
        Column(
            "offering",
            "Offering",
            ColumnSort(by_columns("name_folded", "sku"), "names from A to Z", "names from Z to A"),
            is_fixed=True,
        ),
        Column(
            "product",
            "Product",
            ColumnSort(by_columns(*BY_PRODUCT), "by product and position", "by product, last first"),
        ),
        Column("sku", "SKU", ColumnSort(by_columns("sku"), "SKUs from A to Z", "SKUs from Z to A")),
        Column(
            "plan",
            "Plan",
            ColumnSort(by_columns("plan__name_folded", "name_folded", "sku"), "plans from A to Z", "plans from Z to A"),
        ),
        Column("price", "Price"),
        Column(
            "revision",
            "Revision",
            ColumnSort(
                by_columns("revision_number", "name_folded", "sku"),
                "fewest revisions first",
                "most revisions first",
                starts_descending=True,
            ),
            kind="num",
        ),
        Column("draft", "Draft"),
        Column("holders", "Held by", kind="num"),
    ),
)


def product_choices() -> Iterable[tuple[str, str]]:
    """Yield the choices of the product filter: all products, then each by its code; one query."""
    yield "", "All products"
    yield from Product.objects.values_list("code", "name")


def plan_choices() -> Iterable[tuple[str, str]]:
    """Yield the choices of the plan filter: all plans, then each by its code; one query."""
    yield "", "All terms"
    yield from Plan.objects.order_by("name", "code").values_list("code", "name")


def _menu(label: str, choices: object) -> forms.Select:
    return forms.Select({"aria-label": label}, choices=choices)  # type: ignore[arg-type]  # some are lazy


class OfferingFilterForm(FilterForm):
    """The filters of the list of offerings: words, the codes of a product and a plan, kinds, and retired ones."""

    q = SearchField(longest=LONGEST_SEARCH)
    product = SearchField(longest=LONGEST_SEARCH, widget=_menu("Product", product_choices))
    plan = SearchField(longest=LONGEST_SEARCH, widget=_menu("Plan", plan_choices))
    kind = FilterChoiceField(choices=KIND_CHOICES, initial="", widget=_menu("Kind", KIND_CHOICES))
    revision = FilterChoiceField(choices=REVISION_CHOICES, initial="", widget=_menu("Revision", REVISION_CHOICES))
    retired = FilterFlagField()
    sort = SortField(OFFERINGS)
    view = SavedViewField()

    @property
    def is_filtered(self) -> bool:
        """Tell whether any filter narrows the list, or shows retired offerings."""
        return any(value for name, value in self.values.items() if name not in ("sort", "view"))

    def offerings(self) -> OfferingQuerySet:
        """Return the offerings that fit, with their products, plans and ``revision_number`` (0 for none)."""
        values = self.values
        found = Offering.objects.select_related("product", "plan").with_newest_number()
        found = found.annotate(revision_number=Coalesce("newest_number", 0))
        if not values["retired"]:
            found = found.on_sale()
        if values["product"]:
            found = found.filter(product__code=values["product"])
        if values["plan"]:
            found = found.filter(plan__code=values["plan"])
        if values["kind"]:
            found = found.filter(kind=values["kind"])
        if values["revision"]:
            is_published = Exists(Revision.objects.filter(offering=OuterRef("pk")))
            found = found.filter(~is_published if values["revision"] == NOT_PUBLISHED else is_published)
        for word in filter(fold, values["q"].split()[:MOST_WORDS]):
            found = found.filter(mentions(word))
        return found
