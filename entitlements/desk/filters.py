"""The filters and the order of the list of entitlements, read from the address."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib.auth.models import PermissionsMixin

from config.filter_forms import SHOWN, FilterChoiceField, FilterDateField, FilterFlagField, FilterForm, SearchField
from config.lists.state import SavedViewField, SortField
from entitlements.desk.columns import ENTITLEMENTS
from entitlements.desk.counts import outdated_revisions
from entitlements.desk.searched import PERMISSIONS
from entitlements.models import Entitlement
from entitlements.models.customers import LONGEST_SEARCH
from entitlements.models.orders import NamedBy
from entitlements.models.queries import EntitlementQuerySet
from entitlements.state import Status

LAST_CHANGED_FIRST = ENTITLEMENTS.default_sort
ANY_RIGHT = "any"  # the choice "Any right" in the menu of rights


@dataclass(frozen=True, slots=True)
class Filters:
    """The filters in force: a search text, a product by code, an offering by SKU, a right by key, and flags.

    ``sort`` is one of the orders of ``ENTITLEMENTS``; ``view`` is the number of a saved view, whose columns are shown.
    """

    q: str = ""
    product: str = ""
    offering: str = ""
    is_outdated: bool = False
    statuses: tuple[Status, ...] = ()
    is_overridden: bool = False
    right: str = ""
    is_over_limit: bool = False
    expires_before: date | None = None
    sort: str = LAST_CHANGED_FIRST
    view: int | None = None

    def __bool__(self) -> bool:
        return replace(self, sort=LAST_CHANGED_FIRST, view=None) != type(self)()

    def address(self) -> str:
        """Return the query string of these filters, without the empty ones."""
        chosen = [
            ("q", self.q),
            ("product", self.product),
            ("offering", self.offering),
            ("revision", "old" if self.is_outdated else ""),
            *(("status", status.value) for status in self.statuses),
            ("overridden", "on" if self.is_overridden else ""),
            ("right", self.right),
            ("over_limit", "on" if self.is_over_limit else ""),
            ("expires_before", self.expires_before.isoformat() if self.expires_before else ""),
            ("sort", "" if self.sort == LAST_CHANGED_FIRST else self.sort),
            ("view", self.view),
        ]
        return urlencode([(name, value) for name, value in chosen if value])

    def entitlements(self, today: date, *, reader: PermissionsMixin) -> EntitlementQuerySet:
        """Return the entitlements that fit on ``today``, in no order; up to three queries of the catalog.

        The text finds by an activation code only what is for a reader who may see codes; rows say the other names.
        """
        may_see_codes = reader.has_perm(PERMISSIONS[NamedBy.CODE])
        found = Entitlement.objects.matching(self.q, [way for way in NamedBy if may_see_codes or way != NamedBy.CODE])
        if self.product:
            found = found.of_product(self.product)
        if self.offering:
            found = found.of_offering(self.offering)
        if self.is_outdated:
            found = found.filter(revision__in=list(outdated_revisions().values_list("pk", flat=True)))
        if self.statuses:
            found = found.in_status(self.statuses, today)
        if self.is_overridden:
            found = found.overridden_in(self.right) if self.right else found.overridden()
        if self.is_over_limit:
            found = found.over_limit(today)
        return found.expiring_before(self.expires_before) if self.expires_before else found


class StatusesField(forms.MultipleChoiceField):
    """Statuses by name, without unknown names; ``grace_period`` is the same as ``grace period``."""

    def clean(self, value: Any) -> tuple[Status, ...]:
        """Return the named statuses in the order of ``Status``."""
        named = {str(text).replace("_", " ") for text in value or ()}
        return tuple(status for status in Status if status in named)

    def left_out(self, value: Any) -> str:
        """Return which names are no status, in a sentence; empty where all are known."""
        known = {status.value for status in Status}
        unknown = [str(text) for text in value or () if str(text).replace("_", " ") not in known]
        return f"{', '.join(text[:SHOWN] for text in unknown)} is no status" if unknown else ""


class EntitlementFilterForm(FilterForm):
    """The filters of the list of entitlements."""

    q = SearchField(longest=LONGEST_SEARCH)
    product = SearchField(longest=LONGEST_SEARCH)
    offering = SearchField(longest=LONGEST_SEARCH)
    revision = FilterChoiceField(choices=[("old", "Old revision")])
    status = StatusesField(choices=[(status.value, status.value) for status in Status], required=False)
    overridden = FilterFlagField()
    right = SearchField(longest=LONGEST_SEARCH)
    over_limit = FilterFlagField()
    expires_before = FilterDateField()
    sort = SortField(ENTITLEMENTS)
    view = SavedViewField()

    @property
    def filters(self) -> Filters:
        """Return the filters as a value."""
        read = self.values
        right = read["right"]
        return Filters(
            q=read["q"],
            product=read["product"],
            offering=read["offering"],
            is_outdated=read["revision"] == "old",
            statuses=read["status"],
            is_overridden=bool(right) or read["overridden"],
            right="" if right == ANY_RIGHT else right,
            is_over_limit=read["over_limit"],
            expires_before=read["expires_before"],
            sort=read["sort"] or LAST_CHANGED_FIRST,
            view=read["view"],
        )
