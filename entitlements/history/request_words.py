"""The request that an act stores, in words: its operation with every choice. Pure."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any
from uuid import UUID

from django.utils.translation import ngettext

from entitlements.operations import Operation, SeatChoice, TermChoice, Together
from entitlements.operations.seats import SEAT_MODES, SeatMode
from entitlements.operations.terms import TERMS
from entitlements.state import TERM_RIGHTS, OrderValue, RevisionValue
from offerings import rights
from offerings.rights import Kind, Right

Row = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Names:
    """The names of the keys in an operation: revisions and orders, and the rights of the revisions."""

    revisions: Mapping[int, RevisionValue]
    orders: Mapping[UUID, OrderValue]

    def revision(self, key: int) -> str:
        """Return the name of a revision."""
        return str(self.revisions[key]) if key in self.revisions else f"revision {key} of the catalog"

    def right(self, key: str) -> Right:
        """Return the definition of a right, the first revision's that has it."""
        found = (each.right(key) for each in self.revisions.values())
        return TERM_RIGHTS.get(key) or next(filter(None, found), Right(key, Kind.TEXT, key))


def choices_of(operation: Operation, names: Names) -> list[Row]:
    """Return a label and a text for each choice of an operation, one step after the other."""
    if isinstance(operation, Together):
        steps = [step.operation for step in operation.steps]
        return [row for step in steps for row in (("Step", step.words.title), *choices_of(step, names))]
    return [row for each in fields(operation) for row in _rows(operation, each, names)]


def _rows(operation: Operation, each: Any, names: Names) -> Iterator[Row]:
    """Yield the rows of one field; none where it has no label or says nothing."""
    name, value, text = each.name, getattr(operation, each.name), each.metadata.get("label")
    if text is None or value is None or value == "" or (value is False and name != "keep_counters"):
        return
    only_with = each.metadata.get("only_with")
    if name == "floors" or (only_with and not getattr(operation, only_with)):
        return
    if isinstance(value, Mapping):
        floors = getattr(operation, "floors", ())
        for key, single in value.items():
            shown = rights.show_stored(names.right(key), single) or "none"
            yield names.right(key).label, f"at least {shown}" if key in floors else shown
    elif name == "seats" and getattr(operation, "count", None):
        yield text, _seats_of_part(value)
    elif value != ():
        yield text, _in_words(name, value, names)
    elif name == "drop_overrides":
        yield text, "none: all are kept"


def _in_words(name: str, value: Any, names: Names) -> str:
    """Return one choice in words by its type; ``names`` name the keys."""
    if name == "revision_id":
        return names.revision(value)
    if name == "onto":
        return ", ".join(names.revision(key) for key in value)
    if name == "drop_add_ons":
        return f"{len(value):,}"
    if name == "codes":
        return ", ".join(value)
    writer = next((write for kind, write in WRITERS.items() if isinstance(value, kind)), None)
    return writer(value, names) if writer else str(value)


def _seats(choice: SeatChoice, _names: Names) -> str:
    words = SEAT_MODES[choice.mode]
    return f"{words}: {len(choice.chosen):,}" if choice.chosen else words


def _seats_of_part(choice: SeatChoice) -> str:
    """Return the choice for a part in words: seats that are chosen go along, and none is released."""
    if choice.mode is not SeatMode.RELEASE_CHOSEN:
        return SEAT_MODES[choice.mode]
    count = len(choice.chosen)
    return ngettext("%(n)s chosen goes along", "%(n)s chosen go along", count) % {"n": f"{count:,}"}


def _term(choice: TermChoice, _names: Names) -> str:
    words = TERMS[choice.mode]
    return f"{words}: {rights.show_day(choice.expires_on)}" if choice.expires_on else words


WRITERS: Mapping[type, Callable[[Any, Names], str]] = {
    SeatChoice: _seats,
    TermChoice: _term,
    bool: lambda value, _names: "yes" if value else "no",
    int: lambda value, _names: f"{value:,}",
    date: lambda value, _names: rights.show_day(value),
    UUID: lambda value, names: str(names.orders.get(value, "an order")),
    tuple: lambda value, names: ", ".join(names.right(key).label for key in value),
}
