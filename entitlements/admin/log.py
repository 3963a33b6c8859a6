"""Admin pages of the log, read-only."""

from django.contrib import admin
from django.contrib.admin import EmptyFieldListFilter
from django.db.models import QuerySet
from django.http import HttpRequest

from entitlements.admin.reading import ReadOnlyAdmin, revision_json
from entitlements.models import Act, Change


@admin.register(Act)
class ActAdmin(ReadOnlyAdmin):
    """Acts: operation, person, reason."""

    list_display = ["made_at", "operation", "made_by_name", "source", "reason", "reference"]
    list_filter = ["made_at", "source", "operation", ("undoes", EmptyFieldListFilter)]
    search_fields = ["made_by_name", "reason", "reference"]


@admin.register(Change)
class ChangeAdmin(ReadOnlyAdmin):
    """The changes of single entitlements by acts."""

    list_display = ["__str__", "act", "entitlement", "from_revision", "to_revision", "from_version", "to_version"]
    list_select_related = ["act", "entitlement", "from_revision", "to_revision"]
    list_filter = ["act__made_at", "act__source", "act__operation"]
    search_fields = ["act__reference", "act__reason", "act__made_by_name"]
    ordering = ["-act__made_at", "-pk"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Change]:
        """Defer the large columns of revisions."""
        return super().get_queryset(request).defer(*revision_json("from_revision", "to_revision"))
