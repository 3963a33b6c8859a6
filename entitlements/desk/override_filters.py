"""The filters of the override report, read from its address; and the form that reverts the overrides chosen there."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db.models import QuerySet, Subquery

from config.filter_forms import FilterForm, SearchField
from entitlements.models import Override
from entitlements.models.customers import REFERENCE_LENGTH
from entitlements.models.holdings import REASON_LENGTH
from entitlements.operations import RevertOverrides, SeatChoice, SeatMode
from offerings.models import Offering

LONGEST = 150
SEATS = {
    SeatMode.RELEASE_OLDEST: "Release the oldest, as many as must go",
    SeatMode.RELEASE_ALL: "Release all",
    SeatMode.KEEP: "Keep, over the limit",
    SeatMode.REFUSE: "Refuse where more are in use than allowed",
}


@dataclass(frozen=True, slots=True)
class OverrideFilters:
    """The key of a right, an offering by SKU, and a person by name."""

    right: str = ""
    offering: str = ""
    person: str = ""

    def __bool__(self) -> bool:
        return bool(self.right or self.offering or self.person)

    def address(self) -> str:
        """Return the query of an address that asks for the same, without what is empty."""
        chosen = {name: getattr(self, name) for name in self.__slots__}
        return urlencode({name: value for name, value in chosen.items() if value})

    def overrides(self) -> QuerySet[Override]:
        """Return the overrides wanted on entitlements that have not ended, in no order; no query yet."""
        found = Override.objects.filter(entitlement__ended_on=None)
        if self.right:
            found = found.filter(key=self.right)
        if self.offering:
            wanted = Offering.objects.filter(sku=self.offering).values("pk")[:1]
            found = found.filter(entitlement__offering=Subquery(wanted))
        return found.filter(set_by_name=self.person) if self.person else found


class OverrideFilterForm(FilterForm):
    """The filters of the override report."""

    right = SearchField(longest=LONGEST)
    offering = SearchField(longest=LONGEST)
    person = SearchField(longest=LONGEST)

    @property
    def filters(self) -> OverrideFilters:
        """Return the filters as a value."""
        return OverrideFilters(**self.values)


class RevertManyForm(forms.Form):
    """Which seats go where the standard allows fewer, and why."""

    seats = forms.ChoiceField(choices=[(mode.value, words) for mode, words in SEATS.items()])
    reason = forms.CharField(required=False, max_length=REASON_LENGTH)
    reference = forms.CharField(required=False, max_length=REFERENCE_LENGTH, help_text="Ticket or order.")

    def __init__(self, data: Mapping[str, Any], *, key: str) -> None:
        """Take the key of the right that goes back to its standard."""
        super().__init__(data)
        self.key = key

    def operation(self, *, as_of: date) -> RevertOverrides:
        """Return what is asked for, counted from ``as_of``; the form must be valid."""
        seats = SeatChoice(SeatMode(self.cleaned_data["seats"]))
        return RevertOverrides(as_of=as_of, keys=(self.key,), seats=seats)
