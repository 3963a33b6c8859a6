"""The filters of the renewals, read from the address."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db.models import Exists, OuterRef

from config.filter_forms import FilterChoiceField, FilterForm, SearchField
from config.lists.state import SavedViewField, SortField
from entitlements.desk.expiries import IS_TRIAL, expiring_in, first_of_month
from entitlements.directory.customer_filters import customers_of
from entitlements.models import Note, NoteKind
from entitlements.models.customers import LONGEST_SEARCH
from entitlements.models.queries import EntitlementQuerySet
from entitlements.renewals.columns import RENEWALS
from offerings.models import Revision

LONGEST = 100
TRIALS = "trials"


@dataclass(frozen=True, slots=True)
class RenewalFilters:
    """A month (its first day; ``None`` is this month), trials or all else, and the filters that narrow these.

    Those are a search text, a product by code, who was contacted, and the owner of the customer: a username or
    ``NOBODY``. ``sort`` is one of the orders of ``RENEWALS``; ``view`` is the number of a saved view.
    """

    q: str = ""
    month: date | None = None
    kind: str = ""
    product: str = ""
    contacted: str = ""
    owner: str = ""
    sort: str = RENEWALS.default_sort
    view: int | None = None

    def __bool__(self) -> bool:
        return bool(self.q or self.product or self.contacted or self.owner)

    @property
    def is_counted(self) -> bool:
        """Tell whether the numbers of ``entitlements.desk.expiries`` are those of these filters."""
        return not (self.q or self.owner)

    @property
    def is_trial(self) -> bool:
        """Tell whether the list is that of trials."""
        return self.kind == TRIALS

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Return the names and texts of these filters in an address or a form, without the empty ones."""
        chosen = {
            "q": self.q,
            "month": f"{self.month:%Y-%m}" if self.month else "",
            "kind": self.kind,
            "product": self.product,
            "contacted": self.contacted,
            "owner": self.owner,
            "sort": "" if self.sort == RENEWALS.default_sort else self.sort,
            "view": str(self.view or ""),
        }
        return [(name, value) for name, value in chosen.items() if value]

    def address(self) -> str:
        """Return the query string of these filters, without the empty ones."""
        return urlencode(self.pairs)

    def without_narrowing(self) -> "RenewalFilters":
        """Return the month and the kind with nothing that narrows them."""
        return replace(self, q="", product="", contacted="", owner="")

    def entitlements(self, today: date) -> EntitlementQuerySet:
        """Return the entitlements that fit, in no order; one query of the catalog."""
        start = self.month or first_of_month(today)
        found = self._of_kind(expiring_in(start, first_of_month(start, 1))).matching(self.q)
        if self.owner:
            found = found.filter(order__customer__in=customers_of(self.owner).order_by().values("pk"))
        if not self.contacted:
            return found
        contacts = Note.objects.filter(
            kind=NoteKind.CONTACTED, entitlement=OuterRef("pk"), about=OuterRef("expires_on")
        )
        return found.filter(Exists(contacts) if self.contacted == "yes" else ~Exists(contacts))

    def _of_kind(self, found: EntitlementQuerySet) -> EntitlementQuerySet:
        """Narrow by trials and product; the keys are literal, as PostgreSQL estimates the number of rows from these."""
        revisions = Revision.objects.order_by().values_list("pk", flat=True)
        if self.product:
            revisions = revisions.filter(offering__product__code=self.product)
        if self.product or self.is_trial:
            wanted = revisions.filter(**IS_TRIAL) if self.is_trial else revisions.exclude(**IS_TRIAL)
            return found.filter(revision__in=list(wanted))
        return found.exclude(revision__in=list(revisions.filter(**IS_TRIAL)))


class MonthField(forms.CharField):
    """A month in an address, as 2027-06; the value is its first day."""

    def __init__(self) -> None:
        super().__init__(required=False, initial=None)

    def clean(self, value: Any) -> date | None:
        """Return the first day of the month; ``None`` where there is none."""
        text = str(value or "").strip()
        if not text:
            return None
        try:
            month = datetime.strptime(text, "%Y-%m").date()  # noqa: DTZ007 (a month has no zone)
        except ValueError as error:
            raise forms.ValidationError("write a month as 2027-06") from error
        if not 1900 <= month.year < 3000:
            raise forms.ValidationError("write a month before the year 3000")
        return month


class RenewalFilterForm(FilterForm):
    """The filters of the renewals."""

    q = SearchField(longest=LONGEST_SEARCH)
    month = MonthField()
    product = SearchField(longest=LONGEST)
    owner = SearchField(longest=LONGEST_SEARCH)
    kind = FilterChoiceField(choices=[(TRIALS, "Trials that end")])
    contacted = FilterChoiceField(choices=[("no", "Not yet contacted"), ("yes", "Contacted")])
    sort = SortField(RENEWALS)
    view = SavedViewField()

    @property
    def filters(self) -> RenewalFilters:
        """Return the filters as a value."""
        return RenewalFilters(**self.values | {"sort": self.values["sort"] or RENEWALS.default_sort})
