"""The world of the model: who holds what, and the log, as plain values.

Written from the design alone; it shares no code with the product. ``carry_out`` in play.py takes one step in it. Where
the design leaves a rule open, the rule says so ("Open in the design") and takes the plainest reading.

Open in the design, for all of them: a step that would leave everything as it is (refused here, as nothing is written);
an act that moved seats alone can be undone as long as the version is the one it saw; what is undone can be redone only,
by the undo of the last undo; a seat that comes back keeps the place its first activation gave it among the oldest.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from tests.model.catalog import (
    KEYS,
    OFFERINGS,
    OVERDRAFT,
    SEAT_LIMIT,
    Offering,
    Value,
    capacity,
    higher,
)

CUSTOMERS = (0, 1, 2)
# The version of an entitlement whose creation is undone.
NOT_CREATED = 0


class Refused(Exception):
    """Nothing happens; the text says why, for the reader of a failed sequence alone."""


@dataclass(frozen=True, slots=True)
class Override:
    """A right set by hand: exactly the value, or at least the value."""

    value: Value
    is_floor: bool = False


@dataclass(frozen=True, slots=True)
class Seat:
    """A seat in use; the serial number says in which order seats were activated, and is never given twice."""

    seat_id: str
    serial: int
    checked_out: int = 0


@dataclass(frozen=True, slots=True)
class State:
    """What the version of an entitlement covers."""

    order: int
    offering: str
    revision: int
    quantity: int | None
    starts_on: date
    anchor_on: date
    expires_on: date | None
    overrides: Mapping[str, Override] = field(default_factory=dict)
    ended_on: date | None = None
    is_disabled: bool = False


@dataclass(frozen=True, slots=True)
class Entitlement:
    """One entitlement: its state, and what never moves the version (seats, oldest first, and the usage count)."""

    state: State
    version: int = NOT_CREATED
    sequence: int = 0
    seats: tuple[Seat, ...] = ()
    calls: int = 0

    @property
    def offering(self) -> Offering:
        return OFFERINGS[self.state.offering]

    @property
    def is_open(self) -> bool:
        return self.state.ended_on is None

    @property
    def checked_out(self) -> int:
        return sum(seat.checked_out for seat in self.seats)

    @property
    def capacity(self) -> int | None:
        """Return how many seats may be in use, None for any number."""
        return capacity(self.in_force(SEAT_LIMIT), self.in_force(OVERDRAFT))

    def standard(self, key: str) -> Value:
        """Return what the revision says; the standard seat limit of a per-quantity offering is the quantity."""
        if key == SEAT_LIMIT and self.offering.is_per_quantity:
            assert self.state.quantity is not None
            return self.state.quantity
        return self.offering.revisions[self.state.revision - 1][key]

    def in_force(self, key: str) -> Value:
        """Return the value a client sees: a floor lets the standard rise above it."""
        override = self.state.overrides.get(key)
        if override is None:
            return self.standard(key)
        return higher(override.value, self.standard(key)) if override.is_floor else override.value

    def room(self) -> int:
        """Return how many more seats fit, negative where there are too many."""
        return len(self.seats) if self.capacity is None else self.capacity - len(self.seats)

    def has(self, seat_id: str) -> bool:
        """Return whether a seat is in use."""
        return any(seat.seat_id == seat_id for seat in self.seats)


@dataclass(frozen=True, slots=True)
class Change:
    """What an act did to one entitlement.

    ``released`` are seats that went out of use, ``restored`` those that came back into it, and ``came`` those that
    came over from the other entitlement of the act. ``calls_before`` and ``calls_after`` are the usage count.
    """

    entitlement: int
    before: State | None
    after: State
    from_version: int
    to_version: int
    released: tuple[Seat, ...] = ()
    restored: tuple[Seat, ...] = ()
    came: tuple[Seat, ...] = ()
    calls_before: int = 0
    calls_after: int = 0


@dataclass(frozen=True, slots=True)
class Act:
    """One operation that was carried out; more than one change where entitlements move together.

    ``undoes`` is the number of the act that an undo takes back.
    """

    changes: tuple[Change, ...]
    undoes: int | None = None


@dataclass(frozen=True, slots=True)
class RightView:
    """A right as it must be seen: in force, standard, and the override, if any."""

    in_force: Value
    standard: Value
    override: Override | None


@dataclass(frozen=True, slots=True)
class View:
    """What the product must show of one entitlement.

    ``version`` is comparable for equality alone, within one entitlement. Use counted and checked out of an entitlement
    that has ended is not predicted: nobody can use it, and an undo that reopens it says what it must be.
    """

    order: int
    customer: int
    offering: str
    revision: int
    quantity: int | None
    starts_on: date
    expires_on: date | None
    ended_on: date | None
    is_disabled: bool
    version: int
    rights: Mapping[str, RightView]
    capacity: int | None
    seat_ids: tuple[str, ...]
    checked_out: Mapping[str, int] | None
    calls: int | None


@dataclass(slots=True)
class World:
    """Everything there is; a copy is cheap, as it shares the frozen values."""

    today: date
    orders: dict[int, int] = field(default_factory=lambda: dict(enumerate(CUSTOMERS)))
    published: dict[str, int] = field(default_factory=lambda: dict.fromkeys(OFFERINGS, 1))
    entitlements: dict[int, Entitlement] = field(default_factory=dict)
    acts: list[Act] = field(default_factory=list)
    serial: int = 0

    def copy(self) -> "World":
        """Return a world that can be changed without changing this one."""
        return replace(
            self,
            orders=dict(self.orders),
            published=dict(self.published),
            entitlements=dict(self.entitlements),
            acts=list(self.acts),
        )

    def update(self, key: int, **fields: object) -> Entitlement:
        """Give an entitlement other fields, and return it."""
        self.entitlements[key] = replace(self.entitlements[key], **fields)  # type: ignore[arg-type]
        return self.entitlements[key]

    def update_state(self, key: int, **fields: object) -> Entitlement:
        """Give the state of an entitlement other fields, and return the entitlement."""
        return self.update(key, state=replace(self.entitlements[key].state, **fields))  # type: ignore[arg-type]

    def add(self, entitlement: Entitlement) -> int:
        """Add an entitlement, and return its number."""
        key = len(self.entitlements)
        self.entitlements[key] = entitlement
        return key

    def add_order(self, customer: int) -> int:
        """Add an order, and return its number."""
        key = len(self.orders)
        self.orders[key] = customer
        return key

    def open_in(self, order: int) -> list[int]:
        """Return the numbers of the entitlements of an order that have not ended."""
        return [key for key, each in self.entitlements.items() if each.is_open and each.state.order == order]

    def has_active(self, seat_id: str, *, customer: int) -> bool:
        """Return whether a seat id is in use in any entitlement of a customer."""
        held = (each for each in self.entitlements.values() if self.orders[each.state.order] == customer)
        return any(each.has(seat_id) for each in held)

    def view(self, key: int) -> View:
        """Return what the product must show of an entitlement."""
        each = self.entitlements[key]
        overrides = each.state.overrides
        return View(
            order=each.state.order,
            customer=self.orders[each.state.order],
            offering=each.state.offering,
            revision=each.state.revision,
            quantity=each.state.quantity,
            starts_on=each.state.starts_on,
            expires_on=each.state.expires_on,
            ended_on=each.state.ended_on,
            is_disabled=each.state.is_disabled,
            version=each.version,
            rights={name: RightView(each.in_force(name), each.standard(name), overrides.get(name)) for name in KEYS},
            capacity=each.capacity,
            seat_ids=tuple(sorted(seat.seat_id for seat in each.seats)),
            checked_out={seat.seat_id: seat.checked_out for seat in each.seats if seat.checked_out}
            if each.is_open
            else None,
            calls=each.calls if each.is_open else None,
        )


def only(seats: Iterable[Seat], ids: Iterable[str]) -> tuple[Seat, ...]:
    """Return the seats with one of the ids."""
    wanted = set(ids)
    return tuple(seat for seat in seats if seat.seat_id in wanted)


def without(seats: Iterable[Seat], gone: Iterable[Seat]) -> tuple[Seat, ...]:
    """Return the seats but those that are gone."""
    serials = {seat.serial for seat in gone}
    return tuple(seat for seat in seats if seat.serial not in serials)


def oldest_first(seats: Iterable[Seat]) -> tuple[Seat, ...]:
    """Return the seats in the order of their activation."""
    return tuple(sorted(seats, key=lambda seat: seat.serial))
