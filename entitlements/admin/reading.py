"""The base of read-only admin pages: only ``entitlements.engine`` writes their rows."""

from typing import Any

from django.http import HttpRequest

from config.logged_admin import LoggedAdmin

# The large columns of a revision; no list needs them.
REVISION_JSON = ("rights", "definitions", "extensions", "prices", "terms", "relations")


class ReadOnlyAdmin(LoggedAdmin):
    """List and show rows, without adding, changing and deleting."""

    show_full_result_count = False  # a count reads the whole table

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
    """Return the large columns of the revisions behind ``relations``, for ``defer``."""
    return [f"{relation}__{column}" for relation in relations for column in REVISION_JSON]
