"""What an operation would do, as a value: one thing that happens wholly or not at all. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Protocol, Self
from uuid import UUID

from config.digests import digest_of_seen
from entitlements.billing.money import Money
from entitlements.operations.effects import (
    DiffMemo,
    Effect,
    OverrideEffect,
    counters_reset,
    effects_of,
    override_effects,
)
from entitlements.state import SeatValue, State, version_key
from entitlements.state.fields import ORDER
from offerings.rights import Right

NO_ENTITLEMENT = UUID(int=0)
WORDS_OF_ACT = ("reason", "reference", "approval")  # they say why and who agrees: no part of what would happen


@dataclass(frozen=True, slots=True)
class Problem:
    """Why an operation is refused: a stable ``code``, a sentence that says what to do, the field it belongs to."""

    code: str
    message: str
    field: str = ""


@dataclass(frozen=True, slots=True)
class PreviewWarning:
    """What a person should know before confirming: a stable ``code``, a sentence, the field it belongs to."""

    code: str
    message: str
    field: str = ""


class Describable(Protocol):
    """An operation, as far as its previews need to know it."""

    def seen(self) -> dict[str, Any]:
        """Return what a person sees of the operation, as JSON."""

    @property
    def needs_reason(self) -> bool:
        """Tell whether the act must say why."""

    def named(self, ids: Sequence[UUID]) -> tuple[UUID, ...]:
        """Return the entitlements that it is for, wherever it names them."""


@dataclass(frozen=True, slots=True)
class TakenBack:
    """The change that a move takes back: its key, and the version it goes back to."""

    change: UUID
    to_version: int


@dataclass(frozen=True)
class Move:
    """What a preview does to one entitlement: the states before and after, and the seats that go or come.

    ``before`` is ``None`` where the entitlement is created. Where a created one goes on from another, ``continues``
    is that one's state, with which it is compared for people. Seats ``taken_over`` come from the entitlement
    ``taken_from``, another move of the same preview. ``path`` says in JSON which change group opened the move;
    ``takes_back`` names the change that an undo takes back. ``memo`` shares the differences of revisions in a batch.
    """

    before: State | None
    after: State
    released: tuple[SeatValue, ...] = ()
    restored: tuple[SeatValue, ...] = ()
    taken_over: tuple[SeatValue, ...] = ()
    taken_from: UUID | None = None
    continues: State | None = None
    path: Mapping[str, Any] = field(default_factory=dict)
    takes_back: TakenBack | None = None
    memo: DiffMemo = field(default_factory=dict, repr=False, compare=False)

    @property
    def id(self) -> UUID:
        """Return the key of the entitlement."""
        return self.after.id

    @property
    def compared(self) -> State | None:
        """Return the state that people compare the one after with; ``None`` for a creation from nothing."""
        return self.before or self.continues

    @cached_property
    def effects(self) -> tuple[Effect, ...]:
        """Return every value that moves, the offering first."""
        return effects_of(self.compared, self.after, memo=self.memo)

    @cached_property
    def overrides(self) -> tuple[OverrideEffect, ...]:
        """Return what happens to each value that is or was set by hand."""
        return override_effects(self.compared, self.after)

    @cached_property
    def counters_reset(self) -> tuple[Right, ...]:
        """Return the rights whose usage counters go back to 0."""
        return counters_reset(self.compared, self.after)

    @property
    def is_unchanged(self) -> bool:
        """Tell whether nothing at all would move."""
        return self.before == self.after and not (self.released or self.restored or self.taken_over)

    def changes_version(self) -> bool:
        """Tell whether anything moves that a version names: everything but seats and use."""
        return self.before is None or version_key(self.before) != version_key(self.after)

    def then(self, later: "Move") -> "Move":
        """Return this move and a later one of the same entitlement as one."""
        gone = {seat.id for seat in later.released}
        return replace(
            later,
            before=self.before,
            continues=self.continues,
            released=(*self.released, *later.released),
            restored=(*(seat for seat in self.restored if seat.id not in gone), *later.restored),
            taken_over=(*(seat for seat in self.taken_over if seat.id not in gone), *later.taken_over),
            taken_from=self.taken_from or later.taken_from,
            path=later.path or self.path,
        )

    def _seen(self) -> list[Any]:
        """Return what a person sees of the move, as JSON: never leases, use, moments or keys of what is created."""
        return [
            str(self.id) if self.before else "",
            self.before.version if self.before else 0,
            "" if self.after.order.is_new else str(self.after.order.id),
            [[e.right.key, e.before, e.after, e.cause] for e in self.effects if e.right.group != ORDER.group],
            [o.seen for o in self.overrides],
            *(sorted(str(seat.id) for seat in seats) for seats in (self.released, self.restored, self.taken_over)),
            str(self.takes_back.change) if self.takes_back else "",
            {name: value for name, value in self.path.items() if name != "name"},
        ]


@dataclass(frozen=True)
class Preview:
    """Moves that happen together, or not at all: ``problems`` block, ``warnings`` do not.

    ``permissions`` are those a person needs for all parts of it. The first move is that of the entitlement asked
    about, or the one created. ``money`` is what it makes due; ``None`` where nothing is.
    """

    operation: Describable
    moves: tuple[Move, ...]
    problems: tuple[Problem, ...] = ()
    warnings: tuple[PreviewWarning, ...] = ()
    permissions: tuple[str, ...] = ()
    money: Money | None = None

    @property
    def ids(self) -> tuple[UUID, ...]:
        """Return the keys of the entitlements concerned, that of the first move first."""
        return tuple(move.id for move in self.moves)

    @property
    def id(self) -> UUID:
        """Return the key of the first entitlement: it names the preview among others. Without any, no key has it."""
        return self.moves[0].id if self.moves else NO_ENTITLEMENT

    @property
    def lead(self) -> Move:
        """Return the move that says what the customer ends with: one that goes on from another, else the first."""
        return next((move for move in self.moves if move.continues), self.moves[0])

    @property
    def released(self) -> tuple[SeatValue, ...]:
        """Return the seats that go, of all moves."""
        return tuple(seat for move in self.moves for seat in move.released)

    @property
    def restored(self) -> tuple[SeatValue, ...]:
        """Return the seats that come back, of all moves."""
        return tuple(seat for move in self.moves for seat in move.restored)

    @property
    def taken_over(self) -> tuple[SeatValue, ...]:
        """Return the seats that go from one entitlement to another."""
        return tuple(seat for move in self.moves for seat in move.taken_over)

    @property
    def is_blocked(self) -> bool:
        """Tell whether anything stands against the operation."""
        return bool(self.problems)

    @cached_property
    def fingerprint(self) -> str:
        """Return a digest of what would happen: another fingerprint means the person saw something else.

        Holds the operation, versions, effects, seats that go or come, codes, and sums of money; never leases, use,
        names or moments.
        """
        seen = [
            self.operation.seen(),
            [move._seen() for move in self.moves],  # noqa: SLF001 (a preview and its moves are one value)
            sorted([each.code, each.field] for each in self.problems if each.field not in WORDS_OF_ACT),
            sorted([each.code, each.field] for each in self.warnings if each.field not in WORDS_OF_ACT),
            self.money.seen if self.money else [],
        ]
        return digest_of_seen(seen)

    def with_problems(self, problems: Iterable[Problem]) -> Self:
        """Return the preview with more problems."""
        found = tuple(problems)
        return replace(self, problems=(*self.problems, *found)) if found else self


def single(
    operation: Describable,
    before: State,
    after: State,
    *,
    problems: Iterable[Problem] = (),
    warnings: Iterable[PreviewWarning] = (),
) -> Preview:
    """Return the preview of one move without seats."""
    return Preview(operation, (Move(before, after),), tuple(problems), tuple(warnings))


def refused(operation: Describable, states: Iterable[State], problems: Iterable[Problem]) -> Preview:
    """Return the preview of what does nothing to any of the states, with the reasons."""
    return Preview(operation, tuple(Move(state, state) for state in states), tuple(problems))
