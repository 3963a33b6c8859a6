"""The admin page of entitlements: read-only, with an action that changes the offering of a selection."""

from typing import Any

from django.contrib import admin
from django.contrib.admin import EmptyFieldListFilter
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse

from config.clock import site_today
from config.web import AuthenticatedHttpRequest
from entitlements.admin.change_offering import CHANGE, change_offering
from entitlements.admin.reading import ReadOnlyAdmin, revision_json
from entitlements.admin.searching import ORDERS, SearchedAdmin
from entitlements.models import Entitlement, Override
from entitlements.models.orders import keys_matching
from offerings.rights import LARGEST


class OverriddenFilter(admin.SimpleListFilter):
    """Entitlements with or without overrides."""

    title = "overrides"
    parameter_name = "overridden"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the choices beside "all"."""
        return [("yes", "Overridden"), ("no", "As standard")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the rows of the choice."""
        if self.value() == "yes":
            return queryset.filter(override_count__gt=0)
        return queryset.filter(override_count=0) if self.value() == "no" else queryset


class OverrideInline(admin.TabularInline):  # type: ignore[type-arg]
    """Overrides, read-only."""

    model = Override
    extra = 0
    can_delete = False
    fields = ("key", "value", "set_by_name", "set_at", "until", "reason")
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse."""
        return False


@admin.register(Entitlement)
class EntitlementAdmin(SearchedAdmin, ReadOnlyAdmin):
    """Entitlements. "View site" leads to the page with the operations."""

    list_address = "entitlements:entitlements"
    list_display = ["customer", "order_reference", "revision", "seats", "overrides", "expires_on"]
    list_select_related = ["order__customer", "revision"]
    list_filter = [
        OverriddenFilter,
        "kind",
        ("disabled_at", EmptyFieldListFilter),
        ("ended_on", EmptyFieldListFilter),
        "expires_on",
        "product",
    ]
    search_fields = ["order"]
    search_help_text = ORDERS
    inlines = [OverrideInline]
    actions = [CHANGE.name]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Entitlement]:
        """Defer the large columns of revisions, and count the seats that add-ons add."""
        found = Entitlement.objects.with_seats_added(site_today())
        return found.order_by(*self.get_ordering(request)).defer(*revision_json("revision"))

    def look_ups(self, text: str) -> list[Q]:
        """Return the search of the list of entitlements."""
        return [Q(order__in=keys_matching(text))]

    @admin.display(ordering="order__customer__name")
    def customer(self, entitlement: Entitlement) -> str:
        """Return the customer's name."""
        return entitlement.order.customer.name

    @admin.display(ordering="order__order_reference", empty_value="-")
    def order_reference(self, entitlement: Entitlement) -> str | None:
        """Return the order reference."""
        return entitlement.order.order_reference or None

    @admin.display(description="seats")
    def seats(self, entitlement: Entitlement) -> str:
        """Return seats in use and the limit."""
        added = min(LARGEST, int(getattr(entitlement, "seats_added", None) or 0))
        limit = "unlimited" if entitlement.seat_limit is None else f"{entitlement.seat_limit + added:,}"
        return f"{entitlement.seats_used:,} / {limit}"

    @admin.display(description="overrides", ordering="override_count")
    def overrides(self, entitlement: Entitlement) -> int:
        """Return the number of overrides."""
        return entitlement.override_count

    @admin.action(description=CHANGE.words.menu, permissions=[CHANGE.name])
    def change_offering(
        self, request: AuthenticatedHttpRequest, queryset: QuerySet[Entitlement]
    ) -> HttpResponse | None:
        """Change the offering of the chosen entitlements, after a preview of each."""
        return change_offering(self, request, queryset)

    def has_change_offering_permission(self, request: HttpRequest) -> bool:
        """Tell whether the person may change offerings."""
        return request.user.has_perm(CHANGE.permission)
