"""The bar above the list of entitlements: choices of the menus, filters in force as chips, headings that sort."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from django.urls import reverse

from entitlements.desk.filters import LAST_CHANGED_FIRST, Filters
from entitlements.state import TERM_RIGHTS, Status
from offerings.models import Feature, Offering, Product
from offerings.rights import BUILT_IN, FEATURE_PREFIX, show_day

BUILT_IN_RIGHTS = {key: right.label for key, right in (BUILT_IN | TERM_RIGHTS).items()}
SORTED = {
    "-changed": "last changed first",
    "changed": "longest unchanged first",
    "customer": "customers from A to Z",
    "-customer": "customers from Z to A",
    "expires": "next to expire first",
    "-expires": "last to expire first",
    "seats": "fewest seats used first",
    "-seats": "most seats used first",
}
SOON_DAYS = (30, 90)
FIRST_CLICKS = {"customer": "customer", "seats": "-seats", "expires": "expires"}


@dataclass(frozen=True, slots=True)
class Chip:
    """One filter in words, with the address of the list without it. ``is_gone``: the thing it names is not there."""

    text: str
    url: str
    is_gone: bool = False


@dataclass(frozen=True, slots=True)
class Heading:
    """A column heading that sorts: the address of a click; ``direction`` is ``ascending``, ``descending`` or empty."""

    url: str
    direction: str = ""


@dataclass(frozen=True, slots=True)
class Choices:
    """The choices of the menus: products by code, offerings by SKU (of each product), features by key of right."""

    products: dict[str, str]
    offerings: dict[str, dict[str, str]]
    features: dict[str, str]
    built_in: dict[str, str] = field(default_factory=lambda: BUILT_IN_RIGHTS)

    def offering(self, sku: str) -> str:
        """Return the name of an offering; empty for an unknown SKU."""
        return next((names[sku] for names in self.offerings.values() if sku in names), "")

    def right(self, key: str) -> str:
        """Return the label of a right; empty for an unknown key."""
        return self.built_in.get(key) or self.features.get(key, "")


def choices() -> Choices:
    """Return the choices of the menus; three queries."""
    offerings: dict[str, dict[str, str]] = {}
    rows = Offering.objects.order_by("product__name", "product", "name", "sku")
    for product, sku, name, retired_at in rows.values_list("product__name", "sku", "name", "retired_at"):
        offerings.setdefault(product, {})[sku] = f"{name} (retired)" if retired_at else name
    features = Feature.objects.order_by("name", "key").values_list("key", "name")
    return Choices(
        products=dict(Product.objects.order_by("name", "code").values_list("code", "name")),
        offerings=offerings,
        features={f"{FEATURE_PREFIX}{key}": name for key, name in features},
    )


def gone(filters: Filters, offered: Choices) -> dict[str, str]:
    """Return by filter the codes and keys that are unknown now; ``any`` is one of them."""
    names = {
        "product": (filters.product, offered.products.get(filters.product, "")),
        "offering": (filters.offering, offered.offering(filters.offering)),
        "right": (filters.right, offered.right(filters.right)),
    }
    found = {each: key for each, (key, name) in names.items() if key and not name}
    return found | {"any": next(iter(found.values()), "")}


def address(filters: Filters) -> str:
    """Return the address of the list, narrowed and sorted."""
    return "?".join(filter(None, (reverse("entitlements:entitlements"), filters.address())))


def chips(filters: Filters, offered: Choices) -> list[Chip]:
    """Return the filters in words; the search text is not among them, as its field shows it."""
    return [*_catalog_chips(filters, offered), *_fact_chips(filters)]


def _catalog_chips(filters: Filters, offered: Choices) -> Iterator[Chip]:
    if filters.product:
        url = address(replace(filters, product=""))
        yield _named("Product", filters.product, offered.products.get(filters.product, ""), url)
    if filters.offering:
        url = address(replace(filters, offering=""))
        yield _named("Offering", filters.offering, offered.offering(filters.offering), url)
    if filters.is_overridden:
        url = address(replace(filters, is_overridden=False, right=""))
        named = _named("Overridden:", filters.right, offered.right(filters.right), url)
        yield named if filters.right else Chip("Overridden", url)


def _named(what: str, key: str, name: str, url: str) -> Chip:
    return Chip(f"{what} {name}", url) if name else Chip(f"{what} {key} (not there any more)", url, is_gone=True)


def _fact_chips(filters: Filters) -> Iterator[Chip]:
    if filters.is_outdated:
        yield Chip("Not on the latest revision", address(replace(filters, is_outdated=False)))
    for status in filters.statuses:
        yield Chip(status.capitalize(), address(filters.without_status(status)))
    if filters.is_over_limit:
        yield Chip("Over the limit", address(replace(filters, is_over_limit=False)))
    if filters.expires_before:
        text = f"Expires before {show_day(filters.expires_before)}"
        yield Chip(text, address(replace(filters, expires_before=None)))
    if filters.sort != LAST_CHANGED_FIRST:
        yield Chip(f"Sorted: {SORTED[filters.sort]}", address(replace(filters, sort=LAST_CHANGED_FIRST)))


def headings(filters: Filters) -> dict[str, Heading]:
    """Return the headings that sort; a click on the heading in force turns the order around."""
    return {name: _heading(filters, name) for name in FIRST_CLICKS}


def _heading(filters: Filters, name: str) -> Heading:
    turned = {name: f"-{name}", f"-{name}": name}
    direction = {name: "ascending", f"-{name}": "descending"}.get(filters.sort, "")
    return Heading(address(replace(filters, sort=turned.get(filters.sort, FIRST_CLICKS[name]))), direction)


def presets(filters: Filters, today: date) -> list[Chip]:
    """Return the filters for expiries in the coming 30 and 90 days, the last day included."""
    return [_preset(filters, days, today + timedelta(days=days + 1)) for days in SOON_DAYS]


def _preset(filters: Filters, days: int, day: date) -> Chip:
    soon = replace(filters, statuses=(Status.ACTIVE,), expires_before=day)
    return Chip(f"In the next {days} days", address(soon))
