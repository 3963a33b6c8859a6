"""Admin pages of customers, orders and activation codes: ordinary edits, logged by the admin.

A code is a part of its order, so that the line of a code is a line of the order.
"""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import EmptyFieldListFilter, RelatedOnlyFieldListFilter
from django.contrib.admin.models import LogEntry
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join

from config.actors import people
from config.edit_log import logged
from config.folding import capitals
from entitlements.admin.customer_details import ContactInline, FieldValueInline
from entitlements.admin.searching import ORDERS, SearchedAdmin
from entitlements.directory.merged import merged_in_words
from entitlements.models import ActivationCode, Customer, Order
from entitlements.models.orders import keys_matching


@admin.register(Customer)
class CustomerAdmin(SearchedAdmin):
    """Customers."""

    list_address = "entitlements:customers"
    list_display = ["name", "account_reference", "owner", "disabled_at", "created_at"]
    list_select_related = ["owner"]
    list_filter = [("disabled_at", EmptyFieldListFilter), ("owner", RelatedOnlyFieldListFilter), "tags"]
    search_fields = ["name", "account_reference"]
    search_help_text = (
        "Part of the name or of a contact's; start of an account reference, an e-mail address, a tag or a field."
    )
    fields = ["name", "account_reference", "owner", "tags", "disabled_at", "created_at"]
    readonly_fields = ["disabled_at", "created_at"]
    filter_horizontal = ["tags"]
    inlines = [ContactInline, FieldValueInline]

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        """Offer people as owners: no row that names a process."""
        if db_field.name == "owner":
            options["queryset"] = people().order_by("username")
        return super().formfield_for_foreignkey(db_field, request, **options)

    def look_ups(self, text: str) -> list[Q]:
        """Return the search of the list of customers."""
        return [Q(pk__in=Customer.objects.matching(text).order_by().values("pk"))]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Return the rows that fit, without merged customers where one is chosen for an order."""
        found, may_be_twice = super().get_search_results(request, queryset, search_term)
        is_choice = request.path == reverse("admin:autocomplete")
        return (found.filter(merged_into=None) if is_choice else found), may_be_twice

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Customer | None:
        """Lock the customer that is about to be saved: a merge waits, or has been seen."""
        found = super().get_object(request, object_id, from_field)
        if found is None or request.method != "POST" or not connection.in_atomic_block:
            return found
        return Customer.objects.select_for_update().get(pk=found.pk)

    def subtitle_of(self, row: Customer) -> str:
        """Say why a merged customer cannot be edited."""
        return merged_in_words(row) if row.merged_into_id else ""

    def has_change_permission(self, request: HttpRequest, obj: Customer | None = None) -> bool:
        """Refuse for a customer that was merged into another one."""
        return super().has_change_permission(request, obj) and not (obj and obj.merged_into_id)

    def has_delete_permission(self, request: HttpRequest, obj: Customer | None = None) -> bool:
        """Refuse: customers are disabled."""
        return False


class ActivationCodeInline(admin.TabularInline):  # type: ignore[type-arg]
    """The codes of an order. Codes are added or removed, never edited."""

    model = ActivationCode
    extra = 0
    fields = ["code", "created_at"]
    readonly_fields = ["created_at"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: a customer may have typed the code somewhere."""
        return False


class OrderForm(forms.ModelForm):  # type: ignore[type-arg]
    """An order; a new one is never a merged customer's."""

    def clean_customer(self) -> Customer:
        """Refuse a merged customer; lock the other ones, so that none is merged before the order is saved."""
        chosen: Customer = self.cleaned_data["customer"]
        customer = Customer.objects.select_for_update(no_key=True).get(pk=chosen.pk)
        if customer.merged_into:
            raise ValidationError(f"{customer} was merged into {customer.merged_into}. Choose that customer.")
        return customer


@admin.register(Order)
class OrderAdmin(SearchedAdmin):
    """Orders, with their activation codes."""

    form = OrderForm
    list_display = ["__str__", "customer", "order_reference", "created_at"]
    list_select_related = ["customer"]
    list_filter = ["created_at"]
    search_fields = ["order_reference", "customer__name", "codes__code"]
    autocomplete_fields = ["customer"]
    fields = ["customer", "order_reference", "created_at"]
    inlines = [ActivationCodeInline]
    search_help_text = ORDERS

    def look_ups(self, text: str) -> list[Q]:
        """Return the search of the list of entitlements, for their orders."""
        return [Q(pk__in=keys_matching(text))]

    def get_readonly_fields(self, request: HttpRequest, obj: Order | None = None) -> list[str]:
        """Return the customer, too, for an existing order: another customer would take its entitlements unseen."""
        return ["created_at"] if obj is None else ["customer", "created_at"]

    def save_model(self, request: HttpRequest, obj: Order, form: Any, change: bool) -> None:  # noqa: FBT001
        """Save, and say which other orders have a new reference."""
        super().save_model(request, obj, form, change)
        others = Order.objects.of_reference(obj.order_reference).exclude(pk=obj.pk).select_related("customer")
        if "order_reference" in form.changed_data and (found := list(others[:3])):
            links = format_html_join(", ", '<a href="{}">{}</a>', ((each.get_absolute_url(), each) for each in found))
            messages.warning(request, format_html("This order reference is used already: {}.", links))

    def has_delete_permission(self, request: HttpRequest, obj: Order | None = None) -> bool:
        """Refuse: orders stay."""
        return False


@admin.register(ActivationCode)
class ActivationCodeAdmin(SearchedAdmin):
    """Activation codes of all orders."""

    list_display = ["code", "order", "created_at"]
    list_select_related = ["order__customer"]
    search_fields = ["code", "order__order_reference", "order__customer__name"]
    autocomplete_fields = ["order"]
    fields = ["order", "code"]
    search_help_text = "Part of a customer's name, start of an order reference, or start of an activation code."

    def look_ups(self, text: str) -> list[Q]:
        """Return codes by their start, and the codes of the orders found."""
        return [Q(code__startswith=capitals(text)), Q(order__in=keys_matching(text))]

    def has_change_permission(self, request: HttpRequest, obj: ActivationCode | None = None) -> bool:
        """Refuse: a code is removed, and another one added."""
        return False

    def save_model(self, request: HttpRequest, obj: ActivationCode, form: Any, change: bool) -> None:  # noqa: FBT001
        """Add a code; the line is the order's."""
        self.begin_edit(request, obj.order)
        obj.save()

    def log_addition(self, request: HttpRequest, obj: ActivationCode, message: Any) -> LogEntry | None:  # type: ignore[override]
        """Write the line of the order."""
        return self.log_change(request, obj.order, message)

    def log_deletions(self, request: HttpRequest, queryset: Iterable[Any]) -> list[LogEntry]:
        """Write nothing: the lines of the orders are written once the codes are deleted."""
        return []

    def delete_model(self, request: HttpRequest, obj: ActivationCode) -> None:
        """Delete a code with the line of its order."""
        with logged(obj.order, made_by=request.user):  # type: ignore[arg-type]
            obj.delete()

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[ActivationCode]) -> None:
        """Delete codes with the lines of their orders."""
        orders = {code.order_id: code.order for code in queryset.select_related("order")}
        with logged(*orders.values(), made_by=request.user):  # type: ignore[arg-type]
            queryset.delete()
