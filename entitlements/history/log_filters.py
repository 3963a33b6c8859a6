"""The filters of the log, read from its address and written back into one."""

from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from config.filter_forms import FilterChoiceField, FilterDateField, FilterForm, SearchField
from entitlements.models import Source
from entitlements.models.customers import LONGEST_SEARCH
from entitlements.operations import OPERATIONS

ACTS, EDITS = "acts", "edits"
KINDS_OF_ACTS = {operation.name: operation.words.done for operation in OPERATIONS}
EDIT_KINDS = {
    "customers": "Customers",
    "orders": "Orders and codes",
    "notes": "Notes",
    "catalog": "Catalog",
    "groups": "Change groups",
    "people": "People",
    "roles": "Roles",
}
KINDS = {ACTS: "All acts", EDITS: "All edits", **KINDS_OF_ACTS, **EDIT_KINDS}
DAYS = {"first_day": "from", "last_day": "to"}  # the names of the days in an address


@dataclass(frozen=True, slots=True)
class LogFilters:
    """The filters of the log; an empty one narrows nothing.

    ``person`` is a username, or the name of a process; ``kind`` is one of ``KINDS``; ``offering`` a SKU; ``customer``
    a part of the name, the start of an account reference, or a key; ``reference`` the start of an act's reference.
    The days are those of the reader's zone, both included.
    """

    person: str = ""
    kind: str = ""
    offering: str = ""
    customer: str = ""
    source: str = ""
    reference: str = ""
    first_day: date | None = None
    last_day: date | None = None

    def __bool__(self) -> bool:
        return self != LogFilters()

    @property
    def wants_acts(self) -> bool:
        """Tell whether acts can fit."""
        return self.kind in ("", ACTS) or self.kind in KINDS_OF_ACTS

    @property
    def wants_edits(self) -> bool:
        """Tell whether edits can fit: they have neither source nor reference."""
        return (self.kind in ("", EDITS) or self.kind in EDIT_KINDS) and not (self.source or self.reference)

    def address(self) -> str:
        """Return the query of an address with the same filters; empty filters are left out."""
        chosen = {DAYS.get(name, name): getattr(self, name) for name in self.__slots__}
        return urlencode({name: value for name, value in chosen.items() if value})


class LogFilterForm(FilterForm):
    """The filters of the log."""

    person = SearchField(longest=LONGEST_SEARCH)
    kind = FilterChoiceField(choices=KINDS.items, initial="")
    offering = SearchField(longest=LONGEST_SEARCH)
    customer = SearchField(longest=LONGEST_SEARCH)
    source = FilterChoiceField(choices=Source.choices, initial="")
    reference = SearchField(longest=LONGEST_SEARCH)
    first_day = FilterDateField()
    last_day = FilterDateField()

    def add_prefix(self, field_name: str) -> str:
        """Return the name of a field in an address: ``from`` is no name of an attribute."""
        return DAYS.get(field_name, field_name)

    @property
    def filters(self) -> LogFilters:
        """Return the filters as a value."""
        return LogFilters(**self.values)
