"""Admin pages that only show: what they list is written through ``entitlements.engine`` alone."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

# A revision's large columns, which no list needs.
REVISION_JSON = ("rights", "definitions", "extensions", "prices", "terms")


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """List and show rows; refuse to add, change and delete them, one by one or many at once."""

    show_full_result_count = False  # it would count the whole table

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse."""
        return False


def revision_json(*relations: str) -> list[str]:
    """Return the large columns of the revisions behind ``relations``, to be left out of a query."""
    return [f"{relation}__{column}" for relation in relations for column in REVISION_JSON]
