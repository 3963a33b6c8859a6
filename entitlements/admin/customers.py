"""Admin pages of customers, orders and activation codes: ordinary edits, logged by the admin."""

from typing import Any

from django.contrib import admin
from django.contrib.admin import EmptyFieldListFilter
from django.http import HttpRequest

from entitlements.models import ActivationCode, Customer, Order


@admin.register(Customer)
class CustomerAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Customers."""

    list_display = ["name", "account_reference", "disabled_at", "created_at"]
    list_filter = [("disabled_at", EmptyFieldListFilter)]
    search_fields = ["name", "account_reference"]
    fields = ["name", "account_reference", "disabled_at", "created_at"]
    readonly_fields = ["disabled_at", "created_at"]

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


@admin.register(Order)
class OrderAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Orders, with their activation codes."""

    list_display = ["__str__", "customer", "order_reference", "created_at"]
    list_select_related = ["customer"]
    list_filter = ["created_at"]
    search_fields = ["order_reference", "customer__name", "codes__code"]
    autocomplete_fields = ["customer"]
    fields = ["customer", "order_reference", "created_at"]
    inlines = [ActivationCodeInline]

    def get_readonly_fields(self, request: HttpRequest, obj: Order | None = None) -> list[str]:
        """Return the customer, too, for an existing order: another customer would take its entitlements unseen."""
        return ["created_at"] if obj is None else ["customer", "created_at"]

    def has_delete_permission(self, request: HttpRequest, obj: Order | None = None) -> bool:
        """Refuse: orders stay."""
        return False


@admin.register(ActivationCode)
class ActivationCodeAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Activation codes of all orders."""

    list_display = ["code", "order", "created_at"]
    list_select_related = ["order__customer"]
    search_fields = ["code", "order__order_reference", "order__customer__name"]
    autocomplete_fields = ["order"]
    fields = ["order", "code"]

    def has_change_permission(self, request: HttpRequest, obj: ActivationCode | None = None) -> bool:
        """Refuse: a code is removed, and another one added."""
        return False
