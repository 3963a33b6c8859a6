"""The filters of the queue of proposals, read from its address and written back into one."""

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.models import User
from django.db.models import QuerySet

from config.filter_forms import FilterChoiceField, FilterForm, SearchField
from config.lists.state import SavedViewField, SortField
from entitlements.amendments.proposals.columns import PROPOSALS
from entitlements.models import Amendment, AmendmentKind, AmendmentStatus, Customer
from entitlements.models.customers import LONGEST_SEARCH

OTHERS, MINE = "others", "mine"


@dataclass(frozen=True, slots=True)
class ProposalFilters:
    """The filters of the queue; an empty one narrows nothing.

    ``q`` is a customer, ``by`` says whose proposals: one's own, or those of others, which one may approve.
    """

    q: str = ""
    by: str = ""
    kind: str = ""
    sort: str = PROPOSALS.default_sort
    view: int | None = None

    def __bool__(self) -> bool:
        return replace(self, sort=PROPOSALS.default_sort, view=None) != ProposalFilters()

    def address(self) -> str:
        """Return the query of an address with the same filters; empty filters are left out."""
        chosen: dict[str, Any] = {name: getattr(self, name) for name in ("q", "by", "kind")}
        chosen |= {"sort": "" if self.sort == PROPOSALS.default_sort else self.sort, "view": self.view}
        return urlencode({name: value for name, value in chosen.items() if value})

    def proposals(self, person: User) -> QuerySet[Amendment]:
        """Return the proposals that fit, in no order; ``person`` is who asks."""
        found = Amendment.objects.filter(status=AmendmentStatus.PROPOSED).order_by()
        if self.by == MINE:
            found = found.filter(requested_by=person)
        if self.by == OTHERS:
            found = found.exclude(requested_by=person)
        if self.kind:
            found = found.filter(kind=self.kind)
        if self.q:
            found = found.filter(order__customer__in=Customer.objects.matching(self.q).order_by().values("pk"))
        return found


class ProposalFilterForm(FilterForm):
    """The filters of the queue of proposals."""

    q = SearchField(longest=LONGEST_SEARCH)
    by = FilterChoiceField(choices=[("", "Everybody"), (OTHERS, "Others"), (MINE, "Me")], initial="")
    kind = FilterChoiceField(choices=[("", "Any"), *AmendmentKind.choices], initial="")
    sort = SortField(PROPOSALS)
    view = SavedViewField()

    @property
    def filters(self) -> ProposalFilters:
        """Return the filters as a value."""
        read = self.values
        return ProposalFilters(**{**read, "sort": read["sort"] or PROPOSALS.default_sort})
