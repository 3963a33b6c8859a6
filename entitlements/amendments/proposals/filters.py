"""The filters of the queue of proposals, read from its address and written back into one."""

from dataclasses import dataclass
from typing import ClassVar

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet, TextField, Value
from django.db.models.functions import Cast, Coalesce

from config.filter_forms import FilterChoiceField, FilterForm
from config.lists.columns import ListTable
from config.lists.state import SortField
from entitlements.amendments.list_frame import Filters, SharedFilters
from entitlements.amendments.proposals.columns import PROPOSALS
from entitlements.models import Amendment, AmendmentStatus

OTHERS, MINE = "others", "mine"


@dataclass(frozen=True, slots=True)
class ProposalFilters(Filters):
    """The filters of the queue. ``by`` says whose proposals: one's own, or those of others, which one may approve.

    One's own are those that one proposed or edited.
    """

    table: ClassVar[ListTable] = PROPOSALS
    in_address: ClassVar[tuple[str, ...]] = ("q", "by", "kind")

    by: str = ""
    sort: str = PROPOSALS.default_sort

    def proposals(self, person: User) -> QuerySet[Amendment]:
        """Return the proposals that fit, in no order; ``person`` is who asks."""
        found = Amendment.objects.filter(status=AmendmentStatus.PROPOSED).order_by()
        if self.by:
            edited = f'"key": {person.pk}, '  # as both databases write JSON; a quote in a name is escaped
            own = Q(requested_by=person) | Q(editors_as_text__contains=edited)
            found = found.annotate(
                editors_as_text=Coalesce(Cast("editors", TextField()), Value(""), output_field=TextField())
            )
            found = found.filter(own) if self.by == MINE else found.exclude(own)
        return self.narrowed(found)


class ProposalFilterForm(SharedFilters, FilterForm):
    """The filters of the queue of proposals."""

    by = FilterChoiceField(choices=[("", "Everybody"), (OTHERS, "Others"), (MINE, "Me")], initial="")
    sort = SortField(PROPOSALS)

    @property
    def filters(self) -> ProposalFilters:
        """Return the filters as a value."""
        return ProposalFilters.read(self.values)
