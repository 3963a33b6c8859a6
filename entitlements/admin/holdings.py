"""Admin pages of overrides, seats, feature use and notes, read-only."""

from django.contrib import admin
from django.contrib.admin import EmptyFieldListFilter

from entitlements.admin.reading import ReadOnlyAdmin
from entitlements.models import FeatureUse, Note, Override, Seat


@admin.register(Override)
class OverrideAdmin(ReadOnlyAdmin):
    """Overrides."""

    list_display = ["key", "value", "entitlement", "set_by_name", "set_at", "reason"]
    list_select_related = ["entitlement"]
    list_filter = ["set_at"]
    search_fields = ["key", "set_by_name", "reason", "entitlement__order__customer__name"]
    ordering = ["-set_at", "-pk"]


@admin.register(Seat)
class SeatAdmin(ReadOnlyAdmin):
    """Active and released seats."""

    list_display = ["seat_id", "name", "entitlement", "activated_at", "lease_expires_at", "is_offline", "released_at"]
    list_select_related = ["entitlement"]
    list_filter = [("released_at", EmptyFieldListFilter), "is_offline"]
    search_fields = ["seat_id", "name", "entitlement__order__customer__name"]


@admin.register(FeatureUse)
class FeatureUseAdmin(ReadOnlyAdmin):
    """Checkouts and usage counters."""

    list_display = ["key", "amount", "seat", "entitlement"]
    list_select_related = ["entitlement", "seat"]
    list_filter = [("seat", EmptyFieldListFilter)]
    search_fields = ["key", "entitlement__order__customer__name"]


@admin.register(Note)
class NoteAdmin(ReadOnlyAdmin):
    """Notes."""

    list_display = ["__str__", "customer", "entitlement", "author", "created_at", "pinned_at"]
    list_select_related = ["customer", "entitlement", "author"]
    list_filter = ["created_at", ("pinned_at", EmptyFieldListFilter)]
    search_fields = ["text", "author__username", "customer__name", "entitlement__order__customer__name"]
