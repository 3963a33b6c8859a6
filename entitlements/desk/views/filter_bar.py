"""The filter bar of the list of entitlements: choices of menus, tabs, chips of filters."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from django.urls import reverse

from entitlements.desk.columns import ENTITLEMENTS
from entitlements.desk.counts import EXPIRING_DAYS, Counts
from entitlements.desk.filters import LAST_CHANGED_FIRST, Filters
from entitlements.state import TERM_RIGHTS, Status
from offerings.models import Charge, Feature, Offering, Product
from offerings.prices import price_key, price_label
from offerings.rights import BUILT_IN, FEATURE_PREFIX, show_day

BUILT_IN_RIGHTS = {key: right.label for key, right in (BUILT_IN | TERM_RIGHTS).items()}
SOON_DAYS = (30, 90)
MOST_CHOICES = 60  # in the menus of a page; longer menus are loaded when they open
NOT_ENDED = tuple(status for status in Status if status is not Status.ENDED)


@dataclass(frozen=True, slots=True)
class FilterChip:
    """One filter in words, with a link. ``is_unknown`` marks a filter whose code or key no longer exists."""

    text: str
    url: str
    is_unknown: bool = False


@dataclass(frozen=True, slots=True)
class Tab:
    """Entitlements that staff often look at, above the list; ``count`` is ``None`` where it is not at hand."""

    label: str
    url: str
    count: int | None
    is_current: bool


@dataclass(frozen=True, slots=True)
class FilterChoices:
    """The choices of the menus: products by code, offerings by SKU (of each product), features and prices by right."""

    products: dict[str, str]
    offerings: dict[str, dict[str, str]]
    features: dict[str, str]
    prices: dict[str, str] = field(default_factory=dict)
    built_in: dict[str, str] = field(default_factory=lambda: BUILT_IN_RIGHTS)

    @property
    def are_many(self) -> bool:
        """Tell whether the menus are so long that they are loaded when they open."""
        return len(self.products) + sum(map(len, self.offerings.values())) + len(self.features) > MOST_CHOICES

    def offering(self, sku: str) -> str:
        """Return the name of an offering; empty for an unknown SKU."""
        return next((names[sku] for names in self.offerings.values() if sku in names), "")

    def right(self, key: str) -> str:
        """Return the label of a right; empty for an unknown key."""
        return self.built_in.get(key) or self.features.get(key) or self.prices.get(key, "")


def filter_choices() -> FilterChoices:
    """Return the choices of the menus; four queries."""
    offerings: dict[str, dict[str, str]] = {}
    rows, columns = Offering.objects.by_sold_name(), ("product__name", "sku", "sold_name", "retired_at")
    for product, sku, name, retired_at in rows.values_list(*columns):
        offerings.setdefault(product, {})[sku] = f"{name} (retired)" if retired_at else name
    features = Feature.objects.order_by("name", "key").values_list("key", "name")
    charges = Charge.objects.order_by("key").values_list("key", flat=True).distinct()
    return FilterChoices(
        products=dict(Product.objects.order_by("name", "code").values_list("code", "name")),
        offerings=offerings,
        features={f"{FEATURE_PREFIX}{key}": name for key, name in features},
        prices={key: price_label(key) for key in map(price_key, charges)},
    )


def unknown(filters: Filters, choices: FilterChoices) -> dict[str, str]:
    """Return the codes and keys that no longer exist, by filter; ``any`` is one of them."""
    names = {
        "product": (filters.product, choices.products.get(filters.product, "")),
        "offering": (filters.offering, choices.offering(filters.offering)),
        "right": (filters.right, choices.right(filters.right)),
    }
    found = {each: key for each, (key, name) in names.items() if key and not name}
    return found | {"any": next(iter(found.values()), "")}


def address(filters: Filters) -> str:
    """Return the address of the list with these filters."""
    return "?".join(filter(None, (reverse("entitlements:entitlements"), filters.address())))


def chips(filters: Filters, choices: FilterChoices) -> list[FilterChip]:
    """Return a chip for each filter except the search text, which its field shows; the link removes the filter."""
    return [*_catalog_chips(filters, choices), *_fact_chips(filters)]


def _catalog_chips(filters: Filters, choices: FilterChoices) -> Iterator[FilterChip]:
    if filters.product:
        url = address(replace(filters, product=""))
        yield _named_chip("Product", filters.product, choices.products.get(filters.product, ""), url)
    if filters.offering:
        url = address(replace(filters, offering=""))
        yield _named_chip("Offering", filters.offering, choices.offering(filters.offering), url)
    if filters.is_overridden:
        url = address(replace(filters, is_overridden=False, right=""))
        named = _named_chip("Overridden:", filters.right, choices.right(filters.right), url)
        yield named if filters.right else FilterChip("Overridden", url)


def _named_chip(what: str, key: str, name: str, url: str) -> FilterChip:
    if name:
        return FilterChip(f"{what} {name}", url)
    return FilterChip(f"{what} {key} (not there any more)", url, is_unknown=True)


def _fact_chips(filters: Filters) -> Iterator[FilterChip]:
    if filters.is_outdated:
        yield FilterChip("Not on the latest revision", address(replace(filters, is_outdated=False)))
    if filters.statuses == NOT_ENDED:
        yield FilterChip("Not ended", address(replace(filters, statuses=())))
    for status in filters.statuses if filters.statuses != NOT_ENDED else ():
        others = tuple(each for each in filters.statuses if each != status)
        yield FilterChip(status.capitalize(), address(replace(filters, statuses=others)))
    if filters.is_over_limit:
        yield FilterChip("Over the limit", address(replace(filters, is_over_limit=False)))
    if filters.expires_before:
        text = f"Expires before {show_day(filters.expires_before)}"
        yield FilterChip(text, address(replace(filters, expires_before=None)))
    if filters.sort != LAST_CHANGED_FIRST:
        yield FilterChip(
            f"Sorted: {ENTITLEMENTS.sorts[filters.sort]}", address(replace(filters, sort=LAST_CHANGED_FIRST))
        )


def tabs(filters: Filters, today: date, counts: Counts | None) -> list[Tab]:
    """Return the tabs above the list. They keep search, product and offering, which the counts know nothing of."""
    rest = Filters(
        q=filters.q, product=filters.product, offering=filters.offering, sort=filters.sort, view=filters.view
    )
    active = replace(rest, statuses=(Status.ACTIVE,))
    held = replace(rest, statuses=NOT_ENDED)
    soon = today + timedelta(days=EXPIRING_DAYS + 1)
    found: list[tuple[str, Filters, Callable[[Counts], int]]] = [
        ("All", rest, lambda numbers: numbers.total),
        ("Active", active, lambda numbers: numbers.by_status[Status.ACTIVE]),
        ("Expiring soon", replace(active, expires_before=soon), lambda numbers: numbers.expiring),
        ("Overridden", replace(held, is_overridden=True), lambda numbers: numbers.overridden),
        ("Over the limit", replace(held, is_over_limit=True), lambda numbers: numbers.over_limit),
        ("Old revision", replace(held, is_outdated=True), lambda numbers: numbers.outdated),
        ("Disabled", replace(rest, statuses=(Status.DISABLED,)), lambda numbers: numbers.by_status[Status.DISABLED]),
    ]
    numbers = None if rest.q or rest.product or rest.offering else counts
    return [
        Tab(label, address(wanted), count(numbers) if numbers else None, wanted == filters)
        for label, wanted, count in found
    ]


def expiry_presets(filters: Filters, today: date) -> list[FilterChip]:
    """Return links to the active entitlements that expire in the next 30 and 90 days, the last day included."""
    soon = {days: today + timedelta(days=days + 1) for days in SOON_DAYS}
    return [
        FilterChip(f"In the next {days} days", address(replace(filters, statuses=(Status.ACTIVE,), expires_before=day)))
        for days, day in soon.items()
    ]
