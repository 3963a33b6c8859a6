"""Search on admin pages, as on the pages of staff: folded names, each look-up with its own index, no row twice."""

from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest

from config.folding import fold
from config.logged_admin import LoggedAdmin
from entitlements.models import Entitlement

ORDERS = "Part of a customer's name, start of an order reference, or a whole activation code."


class SearchedAdmin(LoggedAdmin):
    """A list whose search is a union of look-ups; ``search_fields`` only says that there is a search."""

    def look_ups(self, text: str) -> list[Q]:
        """Return the conditions, any of which a row fits. ``text`` is not empty."""
        raise TypeError(f"{type(self).__name__} does not say what it searches.")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Return the rows that fit."""
        text = search_term.replace("\0", "").strip()
        if not fold(text):
            return queryset, False
        rows: QuerySet[Any] = QuerySet(self.model).order_by()
        first, *others = (rows.filter(condition).values("pk") for condition in self.look_ups(text))
        return queryset.filter(pk__in=first.union(*others)), False


def of_entitlements(text: str) -> Q:
    """Return the condition for rows of entitlements that the list of entitlements finds by a text."""
    return Q(entitlement__in=Entitlement.objects.matching(text).order_by().values("pk"))
