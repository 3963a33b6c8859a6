"""Admin pages of tags and of the free fields of customers, and the parts of a customer's page: contacts and fields."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db import models
from django.db.models import Q
from django.http import HttpRequest

from config.logged_admin import LoggedAdmin
from config.name_fields import TypedEmailField
from config.number_fields import WHOLE_NUMBER_COLUMNS
from entitlements.admin.searching import SearchedAdmin
from entitlements.models import Contact, CustomerField, FieldValue, Tag

EDIT = ("entitlements.change_customer", "entitlements.add_customer")


class CustomerInline(admin.TabularInline):  # type: ignore[type-arg]
    """Rows that are edited with their customer, by whoever may edit the customer."""

    extra = 0

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Ask for the permission of the customer."""
        return request.user.has_perm("entitlements.view_customer")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Ask for the permission of the customer; a new customer gets its parts with it, a merged one nothing."""
        return request.user.has_perm(EDIT[0] if obj else EDIT[1]) and not _is_merged(obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Ask for the permission of the customer."""
        return request.user.has_perm(EDIT[0] if obj else EDIT[1]) and not _is_merged(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Ask for the permission of the customer."""
        return request.user.has_perm(EDIT[0]) and not _is_merged(obj)


def _is_merged(customer: Any) -> bool:
    return customer is not None and customer.merged_into_id is not None


class ContactInline(CustomerInline):
    """The contacts of a customer."""

    model = Contact
    fields = ["name", "email", "role", "is_primary"]
    formfield_overrides: ClassVar = {models.EmailField: {"form_class": TypedEmailField}}


class FieldValueInline(CustomerInline):
    """What a customer has in the free fields."""

    model = FieldValue
    fields = ["field", "value"]


@admin.register(Tag)
class TagAdmin(SearchedAdmin):
    """Tags of customers. A tag that is deleted goes from every customer that has it."""

    list_display = ["name"]
    search_fields = ["name"]
    fields = ["name"]

    def look_ups(self, text: str) -> list[Q]:
        """Return tags by a part of the name."""
        return [Q(name_folded__mentions=text)]


@admin.register(CustomerField)
class CustomerFieldAdmin(LoggedAdmin):
    """The free fields of customers."""

    list_display = ["label", "key", "kind", "position", "is_shown"]
    list_filter = ["kind", "is_shown"]
    fields = ["key", "label", "kind", "choices", "position", "is_shown"]
    formfield_overrides = WHOLE_NUMBER_COLUMNS

    def get_readonly_fields(self, request: HttpRequest, obj: CustomerField | None = None) -> list[str]:
        """Return key and kind for a field that is there: values and files go by them."""
        return ["key", "kind"] if obj else []

    def has_delete_permission(self, request: HttpRequest, obj: CustomerField | None = None) -> bool:
        """Refuse for a field that customers have values in: such a field can be hidden."""
        is_used = obj is not None and obj.values.exists()
        return super().has_delete_permission(request, obj) and not is_used
