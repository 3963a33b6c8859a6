"""The form field for an order: a search text, and a choice among the orders found."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.safestring import SafeString, mark_safe

from config.folding import fold
from config.names import has_part
from entitlements.models import Customer, Order

FOUND = 8
LONGEST = 100
SHORTEST_NAME = 2
MISSING = "Choose one of the orders found."


class OrderSearch(forms.Widget):
    """A search field above a choice among the orders found. Works without scripts; htmx renews the choice."""

    template_name = "entitlements/dialogs/order_search.html"
    use_fieldset = True

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> tuple[str, str]:
        """Return the search text, and the key of the chosen order."""
        return _clean(data.get(f"{name}_search")), _clean(data.get(name))

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """Return the context of the template; four queries at most."""
        text, chosen = value or ("", "")
        orders = orders_to_choose_from(text, chosen)
        context: dict[str, Any] = super().get_context(name, None, attrs)
        found = {"text": text, "chosen": chosen, "orders": orders, "name": name, "is_answer": False}
        return {**context, **found}

    def render_found(self, field: forms.BoundField) -> SafeString:
        """Return the HTML of the choice alone, for htmx; four queries at most."""
        context = self.get_context(field.html_name, field.value(), {"id": field.auto_id})
        renderer = field.form.renderer
        return mark_safe(renderer.render(f"{self.template_name}#found", {**context, "is_answer": True}))


class OrderSearchField(forms.Field):
    """An order, found by the start of its reference or by the name of its customer."""

    widget = OrderSearch

    def __init__(self, **options: Any) -> None:
        help_text = options.pop("help_text", "") or "Start of the order reference, or part of the customer's name."
        super().__init__(help_text=help_text, error_messages={"required": MISSING}, **options)

    def clean(self, value: Any) -> UUID | None:
        """Return the key of an existing order; one query."""
        _text, chosen = value or ("", "")
        if not chosen:
            if self.required:
                raise ValidationError(self.error_messages["required"], code="required")
            return None
        key = read_key(chosen)
        if key is None or not Order.objects.filter(pk=key).exists():
            raise ValidationError(MISSING)
        return key


def orders_to_choose_from(text: str, chosen: str) -> list[Order]:
    """Return the chosen order, and those that fit the text, newest first; four queries at most.

    The union has two look-ups, each with an index of its own: the first orders whose reference starts with the text,
    and from two letters on the newest orders of the first customers of that name.
    """
    key = read_key(chosen)
    orders = Order.objects.select_related("customer")
    found = list(orders.filter(pk__in=_keys_found(text)).order_by("-created_at", "-pk")[:FOUND]) if fold(text) else []
    if key is not None and key not in {order.pk for order in found}:
        found = [*orders.filter(pk=key), *found]
    return found


def _keys_found(text: str) -> QuerySet[Order, Any]:
    starting = Order.objects.filter(order_reference_folded__startswith=text)
    by_reference = starting.order_by("order_reference_folded", "pk")[:FOUND]
    customers = customers_named(text) if len(fold(text)) >= SHORTEST_NAME else []
    by_customer = Order.objects.filter(customer__in=customers).order_by("-created_at", "-pk")[:FOUND]
    look_ups = [Order.objects.order_by().filter(pk__in=each.values("pk")) for each in (by_reference, by_customer)]
    return look_ups[0].values("pk").union(look_ups[1].values("pk"))


def customers_named(text: str) -> list[Customer]:
    """Return the first customers whose name starts with the text, then those with the text in it; two queries at most.

    One or two letters are in nearly every name: they find only the names that start with them.
    """
    text = fold(text)[:LONGEST]
    if not text:
        return []
    customers = Customer.objects.current().order_by("name_folded", "pk")
    found = list(customers.filter(name_folded__startswith=text)[:FOUND])
    if len(found) < FOUND and has_part(text):
        within = customers.filter(name_folded__finds=text).exclude(name_folded__startswith=text)
        found += within[: FOUND - len(found)]
    return found


def _clean(text: Any) -> str:
    return str(text or "").replace("\0", "").strip()[:LONGEST]


def read_key(text: str) -> UUID | None:
    """Return the key that a text holds; ``None`` for any other text."""
    try:
        return UUID(text)
    except ValueError:
        return None
