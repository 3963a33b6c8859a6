"""What one line asks of its entitlement: the operations that bring the state up to the line. Pure.

Operations decide themselves whether anything would change: one that says "nothing to change" is left out.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from config.folding import fold
from config.numbers import NotANumber, read_whole
from entitlements.importing.cells import DayOrder, InvalidCell, read_day
from entitlements.importing.sheets import OVERRIDE, UNTIL
from entitlements.operations import (
    Activate,
    ChangeTerms,
    Operation,
    RevertOverrides,
    SetOverrides,
    SetQuantity,
    World,
)
from entitlements.operations.set_overrides import until_problems
from entitlements.state import RevisionValue, State
from offerings import rights
from offerings.rights import FEATURE_PREFIX, Kind, Right, Value

RightsMemo = dict[tuple[int, str], Right | None]
"""The right that a column means in a revision."""
STANDARD = "standard"
NEVER: Literal["never"] = "never"
AT_LEAST = "at least "
NOTHING_TO_CHANGE = "nothing_to_change"


@dataclass(frozen=True, slots=True)
class Wanted:
    """The values of a line: ``None``, and no override, where the cell is empty.

    ``until`` has the first day without an override by right, ``None`` for no end; what it lacks the line leaves open.
    """

    quantity: int | None = None
    starts_on: date | None = None
    expires_on: date | Literal["never"] | None = None
    overrides: Mapping[str, Value] = field(default_factory=dict)
    floors: tuple[str, ...] = ()
    standard: tuple[str, ...] = ()
    until: Mapping[str, date | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reading:
    """The values of a line, and what is wrong with its cells: the column and a sentence."""

    wanted: Wanted
    problems: tuple[tuple[str, str], ...] = ()


def read_line(
    cells: Mapping[str, str], revision: RevisionValue, *, as_of: date, days: DayOrder, memo: RightsMemo
) -> Reading:
    """Return the values in the cells of a line, as the revision of its entitlement understands them.

    ``memo`` is shared by the lines of a batch; overrides that end do so after the day ``as_of``.
    """
    reader = _Reader(cells, revision, as_of, days, memo)
    return Reading(reader.wanted(), tuple(reader.problems))


class _Reader:
    """Reads cell after cell, and keeps what is wrong."""

    def __init__(
        self, cells: Mapping[str, str], revision: RevisionValue, as_of: date, days: DayOrder, memo: RightsMemo
    ) -> None:
        self.memo = memo
        self.as_of = as_of
        self.cells = cells
        self.revision = revision
        self.days = days
        self.problems: list[tuple[str, str]] = []

    def wanted(self) -> Wanted:
        """Return the values that can be read."""
        values: dict[str, Value] = {}
        columns: dict[str, str] = {}
        floors: list[str] = []
        standard: list[str] = []
        for name, text in self.cells.items():
            right = self._right(name) if name.startswith(OVERRIDE) else None
            if right is None or self._is_refused(name, text, right, columns):
                continue
            if text.lower() == STANDARD:
                standard.append(right.key)
                continue
            is_floor = text.lower().startswith(AT_LEAST)
            try:
                values[right.key] = rights.parse(right, text[len(AT_LEAST) :] if is_floor else text)
            except rights.InvalidValue as error:
                self.problems.append((name, str(error)))
            floors += [right.key] if is_floor else []
        expires = self.cells.get("expires_on", "")
        return Wanted(
            quantity=self._quantity(),
            starts_on=self._day("starts_on"),
            expires_on=NEVER if expires.lower() == NEVER else self._day("expires_on"),
            overrides=values,
            floors=tuple(floors),
            standard=tuple(standard),
            until=self._until(columns, standard),
        )

    def _until(self, overridden: Mapping[str, str], standard: Collection[str]) -> dict[str, date | None]:
        """Return the first day without each override that ends; ``overridden`` are the columns of values by right."""
        found: dict[str, date | None] = {}
        columns: dict[str, str] = {}
        for name, text in self.cells.items():
            right = self._right(name) if name.startswith(UNTIL) else None
            if right is None:
                continue
            if columns.setdefault(right.key, name) != name:
                self.problems.append((name, f"The column {columns[right.key]} is the same right. Keep one of the two."))
            elif right.key not in overridden:
                column = f"{OVERRIDE}{name.removeprefix(UNTIL)}"
                self.problems.append((name, f"Fill in {column} too: this is the first day without that value."))
            elif right.key in standard:
                self.problems.append((name, "The standard has no end. Leave this cell empty, or write a value."))
            elif text.lower() == NEVER:
                found[right.key] = None
            elif day := self._day(name):
                found[right.key] = day
                self.problems += [(name, each.message) for each in until_problems(day, as_of=self.as_of)]
        return found

    def _is_refused(self, name: str, text: str, right: Right, columns: dict[str, str]) -> bool:
        """Tell whether a cell can be read in two ways, after saying so; ``columns`` are those of the rights so far."""
        first = columns.setdefault(right.key, name)
        if first != name:
            self.problems.append((name, f"The column {first} is the same right. Keep one of the two."))
        elif right.kind is Kind.TEXT and fold(text) == STANDARD:
            words = f"“{text[:40]}” can be a text, or the word that drops the override. Change it on its page."
            self.problems.append((name, words))
        else:
            return False
        return True

    def _quantity(self) -> int | None:
        if "quantity" not in self.cells:
            return None
        try:
            return read_whole(self.cells["quantity"], least=1)
        except NotANumber as error:
            self.problems.append(("quantity", str(error)))
            return None

    def _day(self, name: str) -> date | None:
        if name not in self.cells:
            return None
        try:
            return read_day(self.cells[name], self.days)
        except InvalidCell as error:
            never = " Or write never." if name == "expires_on" or name.startswith(UNTIL) else ""
            self.problems.append((name, f"{error}{never}"))
            return None

    def _right(self, name: str) -> Right | None:
        """Return the right of a column; ``None`` after saying that there is none."""
        key = self.revision.id, name
        if key not in self.memo:
            self.memo[key] = right_named(name.partition(":")[2], self.revision)
        if self.memo[key] is None:
            message = (
                f"{self.revision.offering_name} has no right of this name. Leave the cell empty, or write its key."
            )
            self.problems.append((name, message))
        return self.memo[key]


def right_named(text: str, revision: RevisionValue) -> Right | None:
    """Return the right of a revision by its key, with or without "feature.", or by a label that only one has."""
    known = revision.definitions
    found = known.get(text) or known.get(FEATURE_PREFIX + text)
    if found:
        return found
    labelled = [each for each in known.values() if fold(each.label) == fold(text)]
    return labelled[0] if len(labelled) == 1 else None


def changes_to(state: State, wanted: Wanted, *, as_of: date, at: datetime) -> tuple[Operation, ...]:
    """Return the operations that bring ``state`` up to what a line wants, without those that would change nothing.

    A start asked for an entitlement that is not activated activates it.
    """
    found: list[Operation] = []
    for operation in _candidates(state, wanted, as_of=as_of):
        preview = operation.preview_moves([state], World(at=at))
        if any(each.code == NOTHING_TO_CHANGE for each in preview.problems):
            continue
        found.append(operation)
        state = preview.moves[0].after
    return tuple(found)


def _candidates(state: State, wanted: Wanted, *, as_of: date) -> list[Operation]:
    found: list[Operation] = []
    if wanted.quantity is not None and wanted.quantity != state.quantity:
        found.append(SetQuantity(as_of=as_of, quantity=wanted.quantity))
    if dropped := tuple(key for key in wanted.standard if key in state.overrides):
        found.append(RevertOverrides(as_of=as_of, keys=dropped))
    found += _overriding(state, wanted, as_of=as_of)
    if wanted.starts_on and not state.is_activated:
        found.append(Activate(as_of=as_of))
    if wanted.starts_on or wanted.expires_on:
        found.append(ChangeTerms(as_of=as_of, starts_on=wanted.starts_on, expires_on=wanted.expires_on))
    return found


def _overriding(state: State, wanted: Wanted, *, as_of: date) -> Iterator[SetOverrides]:
    """Yield what sets the values of a line by hand: one operation for each day on which some of them end."""
    by_day: dict[date | None, dict[str, Value]] = {}
    for key, value in wanted.overrides.items():
        if not _ends_as_agreed(state, key, wanted):
            by_day.setdefault(wanted.until.get(key), {})[key] = value
    for until, values in by_day.items():
        floors = tuple(key for key in wanted.floors if key in values)
        yield SetOverrides(as_of=as_of, values=values, floors=floors, until=until)


def _ends_as_agreed(state: State, key: str, wanted: Wanted) -> bool:
    """Tell whether a right is set by hand as wanted, until a day, about which the line says nothing."""
    override = state.overrides.get(key)
    if override is None or override.until is None or key in wanted.until:
        return False
    return override.is_floor is (key in wanted.floors) and override.value == wanted.overrides[key]
