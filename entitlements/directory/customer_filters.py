"""The filters of the list of customers, read from its address and written back into one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse

from config.actors import name_of, people
from config.clock import site_today
from config.filter_forms import FilterChoiceField, FilterForm, SearchField
from config.folding import fold
from config.lists.state import SavedViewField, SortField
from entitlements.directory.customer_list import CUSTOMERS, HOLDINGS, holding
from entitlements.directory.free_fields import PREFIX, shown
from entitlements.models import Customer, CustomerField, FieldKind, FieldValue, Tag
from entitlements.models.customers import LONGEST_SEARCH, CustomerQuerySet
from offerings.models import Product

NOBODY = "nobody"  # as an owner
RANGES = {"from": "gte", "to": "lte"}
RANGED = (FieldKind.NUMBER, FieldKind.DATE)


def _owned_by(owner: str) -> Q:
    """Return the condition for customers of an owner: a username, or ``NOBODY``."""
    return Q(owner=None) if owner == NOBODY else Q(owner__in=User.objects.filter(username=owner).values("pk"))


def customers_of(owner: str) -> CustomerQuerySet:
    """Return the customers of an owner: a username, or ``NOBODY``."""
    found: CustomerQuerySet = Customer.objects.filter(_owned_by(owner))
    return found


@dataclass(frozen=True, slots=True)
class FieldFilter:
    """A condition on one free field. ``bound`` is "from", "to", or empty for the value itself."""

    definition: CustomerField
    value: str
    bound: str = ""

    @property
    def name(self) -> str:
        """Return the name in an address."""
        return name_of_filter(self.definition, self.bound)

    @property
    def text(self) -> str:
        """Return the condition in words."""
        value = self.value if self.definition.kind == FieldKind.FLAG else shown(self.definition, self.value)
        return " ".join(filter(None, [f"{self.definition.label}:", self.bound, value]))

    def narrowed(self, customers: CustomerQuerySet) -> CustomerQuerySet:
        """Return the customers that fit."""
        values = FieldValue.objects.filter(field=self.definition).order_by()
        kind = self.definition.kind
        if kind == FieldKind.FLAG:
            is_set = Exists(values.filter(customer=OuterRef("pk")))
            return customers.filter(is_set if self.value == "yes" else ~is_set)
        column: str = {FieldKind.NUMBER: "number"}.get(FieldKind(kind), "value_folded")
        wanted: Any = Decimal(self.value) if kind == FieldKind.NUMBER else self.value
        lookup = RANGES.get(self.bound) or ("startswith" if kind == FieldKind.TEXT else "exact")
        return customers.filter(pk__in=values.filter(**{f"{column}__{lookup}": wanted}).values("customer"))


@dataclass(frozen=True, slots=True)
class CustomerFilters:
    """The filters of the list; an empty one narrows nothing.

    ``owner`` is a username or ``NOBODY``, ``tag`` a name in any spelling, ``status`` "enabled" or "disabled",
    ``product`` the code of one they hold, ``holds`` one of ``HOLDINGS``; ``view`` is the number of a saved view.
    """

    q: str = ""
    owner: str = ""
    tag: str = ""
    status: str = ""
    product: str = ""
    holds: str = ""
    fields: tuple[FieldFilter, ...] = ()
    sort: str = CUSTOMERS.default_sort
    view: int | None = None

    def __bool__(self) -> bool:
        return replace(self, sort=CUSTOMERS.default_sort, view=None) != CustomerFilters()

    def address(self) -> str:
        """Return the query of an address with the same filters; empty filters are left out."""
        chosen = {name: getattr(self, name) for name in ("q", "owner", "tag", "status", "product", "holds")}
        chosen |= {each.name: each.value for each in self.fields}
        chosen |= {"sort": "" if self.sort == CUSTOMERS.default_sort else self.sort, "view": self.view}
        return urlencode({name: value for name, value in chosen.items() if value})

    def customers(self) -> CustomerQuerySet:
        """Return the customers that fit, in no order, without those merged into another one."""
        found: CustomerQuerySet = Customer.objects.matching(self.q).current()
        if self.owner:
            found = found.filter(_owned_by(self.owner))
        if self.tag:
            found = found.filter(pk__in=Tag.objects.filter(name_folded=self.tag).order_by().values("customers"))
        if self.status:
            found = found.filter(disabled_at__isnull=self.status == "enabled")
        for each in self.fields:
            found = each.narrowed(found)
        return holding(found, product=self.product, holds=self.holds, today=site_today())


class FieldFilterField(SearchField):
    """The filter of one free field: a value of its kind, or the start of a text."""

    def __init__(self, definition: CustomerField) -> None:
        super().__init__(longest=LONGEST_SEARCH)
        self.definition = definition

    def clean(self, value: Any) -> str:
        """Return the value as it is stored; "no" of a flag stays."""
        text: str = super().clean(value)
        if self.definition.kind == FieldKind.TEXT:
            return text
        try:
            read = self.definition.read(text)
        except ValidationError as error:
            raise ValidationError([sentence.rstrip(".") for sentence in error.messages]) from error
        return "no" if text and not read else read


class CustomerFilterForm(FilterForm):
    """The filters of the list of customers, with one or two for each free field; one query."""

    q = SearchField(longest=LONGEST_SEARCH)
    owner = SearchField(longest=LONGEST_SEARCH)
    tag = SearchField(longest=LONGEST_SEARCH)
    status = FilterChoiceField(choices=[("", "Any"), ("enabled", "Enabled"), ("disabled", "Disabled")], initial="")
    product = SearchField(longest=LONGEST_SEARCH)
    holds = FilterChoiceField(choices=[("", "Anything"), *HOLDINGS.items()], initial="")
    sort = SortField(CUSTOMERS)
    view = SavedViewField()

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.definitions = list(CustomerField.objects.shown())
        self.base_fields = {**type(self).base_fields, **dict(_field_filters(self.definitions))}  # type: ignore[misc]
        super().__init__(data)

    @property
    def filters(self) -> CustomerFilters:
        """Return the filters as a value."""
        read = self.values
        return CustomerFilters(
            q=read["q"],
            owner=read["owner"],
            tag=read["tag"],
            status=read["status"],
            product=read["product"],
            holds=read["holds"],
            sort=read["sort"] or CUSTOMERS.default_sort,
            view=read["view"],
            fields=tuple(
                FieldFilter(each, value, bound)
                for each in self.definitions
                for bound in _bounds(each)
                if (value := read[name_of_filter(each, bound)])
            ),
        )


def _field_filters(definitions: Sequence[CustomerField]) -> Iterator[tuple[str, forms.Field]]:
    for each in definitions:
        for bound in _bounds(each):
            yield name_of_filter(each, bound), FieldFilterField(each)


def _bounds(definition: CustomerField) -> tuple[str, ...]:
    return tuple(RANGES) if definition.kind in RANGED else ("",)


def name_of_filter(definition: CustomerField, bound: str = "") -> str:
    """Return the name of a filter in an address: no key has a point in it."""
    return f"{PREFIX}{definition.key}{'.' if bound else ''}{bound}"


# --- the bar above the list ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CustomerChip:
    """One filter in words, with the address of the list without it. ``is_unknown``: what it names is not there."""

    text: str
    url: str
    is_unknown: bool = False


@dataclass(frozen=True, slots=True)
class FieldMenu:
    """The inputs of one free field: its definition, and the typed values by name of the input."""

    definition: CustomerField
    inputs: tuple[tuple[str, str, str], ...]  # name, bound, value


@dataclass(frozen=True, slots=True)
class CustomerChoices:
    """The choices of the menus: owners by username, tags, products by code, and the free fields with what is typed."""

    owners: Mapping[str, str]
    tags: tuple[str, ...]
    products: Mapping[str, str]
    fields: tuple[FieldMenu, ...]
    holdings: Mapping[str, str] = field(default_factory=lambda: HOLDINGS)


def owner_choices() -> dict[str, str]:
    """Return the names of those who own a customer, by username, sorted by name; one query."""
    owners = people().filter(Exists(Customer.objects.filter(owner=OuterRef("pk")).order_by()))
    return dict(sorted(((each.get_username(), name_of(each)) for each in owners), key=lambda pair: fold(pair[1])))


def customer_choices(form: CustomerFilterForm) -> CustomerChoices:
    """Return the choices of the menus; three queries."""
    typed = {each.name: each.value for each in form.filters.fields}
    menus = (
        tuple(
            (name_of_filter(each, bound), bound, typed.get(name_of_filter(each, bound), "")) for bound in _bounds(each)
        )
        for each in form.definitions
    )
    return CustomerChoices(
        owners=owner_choices(),
        tags=tuple(Tag.objects.order_by("name_folded").values_list("name", flat=True)),
        products=dict(Product.objects.order_by("name", "code").values_list("code", "name")),
        fields=tuple(FieldMenu(each, inputs) for each, inputs in zip(form.definitions, menus, strict=True)),
    )


def list_address(filters: CustomerFilters) -> str:
    """Return the address of the list with these filters."""
    return "?".join(filter(None, (reverse("entitlements:customers"), filters.address())))


def customer_chips(filters: CustomerFilters, choices: CustomerChoices) -> Iterator[CustomerChip]:
    """Yield a chip for each filter except the search text, which its field shows."""
    if filters.owner:
        url = list_address(replace(filters, owner=""))
        name = "nobody" if filters.owner == NOBODY else choices.owners.get(filters.owner, "")
        yield CustomerChip(f"Owner: {name or f'{filters.owner} (owns nothing)'}", url, is_unknown=not name)
    if filters.tag:
        url = list_address(replace(filters, tag=""))
        name = next((each for each in choices.tags if fold(each) == fold(filters.tag)), "")
        yield CustomerChip(f"Tag: {name or f'{filters.tag} (not there any more)'}", url, is_unknown=not name)
    if filters.status:
        yield CustomerChip(filters.status.capitalize(), list_address(replace(filters, status="")))
    if filters.product:
        name = choices.products.get(filters.product, "")
        words = f"Product {name or f'{filters.product} (not there any more)'}"
        yield CustomerChip(words, list_address(replace(filters, product="")), is_unknown=not name)
    if filters.holds:
        yield CustomerChip(HOLDINGS[filters.holds], list_address(replace(filters, holds="")))
    if filters.sort != CUSTOMERS.default_sort:
        url = list_address(replace(filters, sort=CUSTOMERS.default_sort))
        yield CustomerChip(f"Sorted: {CUSTOMERS.sorts[filters.sort]}", url)
    for each in filters.fields:
        others = tuple(other for other in filters.fields if other != each)
        yield CustomerChip(each.text, list_address(replace(filters, fields=others)))
