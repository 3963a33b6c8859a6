"""Admin pages of overrides, seats, feature use and notes, read-only."""

from django.contrib import admin
from django.contrib.admin import EmptyFieldListFilter
from django.db.models import Q

from entitlements.admin.reading import ReadOnlyAdmin
from entitlements.admin.searching import SearchedAdmin, of_entitlements
from entitlements.models import Customer, FeatureUse, Note, Override, Seat


@admin.register(Override)
class OverrideAdmin(SearchedAdmin, ReadOnlyAdmin):
    """Overrides."""

    list_display = ["key", "value", "entitlement", "set_by_name", "set_at", "until", "reason"]
    list_select_related = ["entitlement"]
    list_filter = ["set_at"]
    search_fields = ["key", "set_by_name", "reason", "entitlement__order__customer__name"]
    ordering = ["-set_at", "-pk"]

    def look_ups(self, text: str) -> list[Q]:
        """Return overrides by right, author and reason, and those of the entitlements found."""
        own = Q(key__icontains=text) | Q(set_by_name__icontains=text) | Q(reason__icontains=text)
        return [own, of_entitlements(text)]


@admin.register(Seat)
class SeatAdmin(SearchedAdmin, ReadOnlyAdmin):
    """Active and released seats."""

    list_display = ["seat_id", "name", "entitlement", "activated_at", "lease_expires_at", "is_offline", "released_at"]
    list_select_related = ["entitlement"]
    list_filter = [("released_at", EmptyFieldListFilter), "is_offline"]
    search_fields = ["seat_id", "name", "entitlement__order__customer__name"]

    def look_ups(self, text: str) -> list[Q]:
        """Return seats by their own names, and those of the entitlements found."""
        return [Q(seat_id__icontains=text) | Q(name__icontains=text), of_entitlements(text)]


@admin.register(FeatureUse)
class FeatureUseAdmin(SearchedAdmin, ReadOnlyAdmin):
    """Checkouts and usage counters."""

    list_display = ["key", "amount", "seat", "entitlement"]
    list_select_related = ["entitlement", "seat"]
    list_filter = [("seat", EmptyFieldListFilter)]
    search_fields = ["key", "entitlement__order__customer__name"]

    def look_ups(self, text: str) -> list[Q]:
        """Return use by right, and that of the entitlements found."""
        return [Q(key__icontains=text), of_entitlements(text)]


@admin.register(Note)
class NoteAdmin(SearchedAdmin, ReadOnlyAdmin):
    """Notes."""

    list_display = ["__str__", "customer", "entitlement", "author", "created_at", "pinned_at"]
    list_select_related = ["customer", "entitlement", "author"]
    list_filter = ["created_at", ("pinned_at", EmptyFieldListFilter)]
    search_fields = ["text", "author__username", "customer__name", "entitlement__order__customer__name"]

    def look_ups(self, text: str) -> list[Q]:
        """Return notes by text, author and customer, and those on the entitlements found."""
        customers = Customer.objects.matching(text).order_by().values("pk")
        own = Q(text__icontains=text) | Q(author__username__icontains=text)
        return [own, Q(customer__in=customers), of_entitlements(text)]
