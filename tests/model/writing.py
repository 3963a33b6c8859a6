"""Single random steps, each written into a sequence by a writer that plays the model along."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from tests.model.catalog import CALLS, CONNECTORS, DASHBOARDS, OFFERINGS, ORDERED, OVERDRAFT, SEAT_LIMIT, SSO, Value
from tests.model.play import Outcome, carry_out
from tests.model.steps import (
    ActivateSeats,
    ChangeOffering,
    ChangePart,
    CheckOut,
    CountCalls,
    Create,
    Disable,
    Enable,
    OpenOrder,
    Publish,
    ReleaseSeats,
    Remove,
    Renew,
    RevertOverrides,
    SeatMode,
    Seats,
    SetOverrides,
    SetQuantity,
    Step,
    TermMode,
    Transfer,
    Undo,
    Wait,
)
from tests.model.world import CUSTOMERS, Entitlement, World

VALUES: dict[str, tuple[Value, ...]] = {
    SEAT_LIMIT: (1, 2, 3, 4, 5, 6, 8, 12, "unlimited"),
    OVERDRAFT: (0, 1, 3, "10%", "50%", "unlimited"),
    SSO: (True, False),
    CALLS: (100, 1_000, 2_000, 4_500, 10_000, "unlimited"),
    DASHBOARDS: (1, 3, 5, 9, 20, "unlimited"),
    CONNECTORS: (0, 2, 3, 5, 8, 15, "unlimited"),
}


@dataclass(slots=True)
class Writer:
    """Writes a script, and plays it along."""

    random: Random
    world: World
    steps: list[Step] = field(default_factory=list)

    def do(self, step: Step) -> Outcome:
        """Append a step, take it in the model and return its outcome."""
        self.steps.append(step)
        self.world, outcome = carry_out(self.world, step)
        return outcome

    def chance(self, share: float) -> bool:
        """Return true that often."""
        return self.random.random() < share

    def open_key(self) -> int:
        """Return an entitlement that has not ended, rarely one that has; one is created where there is none."""
        if not any(each.is_open for each in self.world.entitlements.values()):
            create(self)
        keys = [key for key, each in self.world.entitlements.items() if each.is_open or self.chance(0.05)]
        return self.random.choice(keys or list(self.world.entitlements))

    def per_quantity_key(self) -> int:
        """Return an open entitlement of at least two that is sold per quantity; create one where there is none."""
        keys = [key for key, each in self.world.entitlements.items() if each.is_open and (each.state.quantity or 0) > 1]
        if not keys:
            self.do(Create(self.empty_order(), self.random.choice(("basic", "plus")), self.random.randint(2, 8)))
            return len(self.world.entitlements) - 1
        return self.random.choice(keys)

    def of(self, key: int) -> Entitlement:
        """Return the entitlement of that number."""
        return self.world.entitlements[key]

    def empty_order(self) -> int:
        """Return an order without an open plan; open one where there is none."""
        orders = [order for order in self.world.orders if not self.world.open_in(order)]
        if not orders:
            self.do(OpenOrder(self.random.choice(CUSTOMERS)))
            return len(self.world.orders) - 1
        return self.random.choice(orders)

    def seats(self, key: int) -> Seats:
        """Return a choice of seats for an entitlement."""
        mode = self.random.choice((SeatMode.REFUSE, SeatMode.KEEP, SeatMode.OLDEST, SeatMode.OLDEST, SeatMode.CHOSEN))
        ids = [seat.seat_id for seat in self.of(key).seats]
        if mode is not SeatMode.CHOSEN or not ids:
            return Seats(SeatMode.REFUSE if mode is SeatMode.CHOSEN else mode)
        return Seats(mode, tuple(sorted(self.random.sample(ids, self.random.randint(1, len(ids))))))

    def undo_seats(self) -> Seats:
        """Return a choice of seats for an undo."""
        return Seats(self.random.choice((SeatMode.REFUSE, SeatMode.REFUSE, SeatMode.KEEP, SeatMode.OLDEST)))


def create(writer: Writer) -> int:
    """Create an entitlement in an order without one, rarely in one that has one."""
    order = writer.empty_order() if writer.chance(0.9) else writer.random.choice(list(writer.world.orders))
    offering = writer.random.choice(list(OFFERINGS))
    quantity = writer.random.randint(1, 8) if OFFERINGS[offering].is_per_quantity else None
    writer.do(Create(order, offering, quantity))
    return len(writer.world.entitlements) - 1


def activate(writer: Writer, key: int) -> None:
    """Activate new seats, as many as fit or fewer."""
    room = 6 if writer.of(key).capacity is None else writer.of(key).room()
    count = min(writer.random.randint(1, 6), room)
    if count > 0:
        ids = range(writer.world.serial, writer.world.serial + count)
        writer.do(ActivateSeats(key, tuple(f"device-{number}" for number in ids)))


def use(writer: Writer, key: int) -> None:
    """Count use, check elements out for a seat, or return some."""
    seats = writer.of(key).seats
    if not seats or writer.chance(0.4):
        writer.do(CountCalls(key, writer.random.choice((1, 50, 300, 900))))
        return
    seat = writer.random.choice(seats)
    amount = -seat.checked_out if seat.checked_out and writer.chance(0.3) else writer.random.randint(1, 3)
    writer.do(CheckOut(key, seat.seat_id, amount))


def traffic(writer: Writer) -> None:
    """Do what clients do all day."""
    key = writer.open_key()
    activate(writer, key)
    if writer.chance(0.6):
        use(writer, key)


def reactivate(writer: Writer) -> None:
    """Release a seat, activate the same id again, here or elsewhere, and undo the release."""
    key = writer.open_key()
    activate(writer, key)
    if not writer.of(key).seats:
        return
    seat_id = writer.random.choice(writer.of(key).seats).seat_id
    outcome = writer.do(ReleaseSeats(key, (seat_id,)))
    if writer.chance(0.7):
        writer.do(ActivateSeats(key if writer.chance(0.7) else writer.open_key(), (seat_id,)))
    undo(writer, outcome.act)


def release(writer: Writer) -> None:
    """Release some seats, or all."""
    key = writer.open_key()
    ids = [seat.seat_id for seat in writer.of(key).seats]
    writer.do(ReleaseSeats(key, tuple(writer.random.sample(ids, writer.random.randint(min(1, len(ids)), len(ids))))))


def override(writer: Writer, key: int, *, keys: Sequence[str] = (), floor_share: float = 0.5) -> Outcome:
    """Set one to three rights by hand."""
    names = list(keys) or writer.random.sample(list(VALUES), writer.random.randint(1, 3))
    values = tuple((name, writer.random.choice(VALUES[name])) for name in names)
    floors = tuple(name for name in names if name in ORDERED and writer.chance(floor_share))
    return writer.do(SetOverrides(key, values, floors, writer.seats(key)))


def revert(writer: Writer) -> None:
    """Return some rights to their standard, rarely one that has no override."""
    key = writer.open_key()
    if not writer.of(key).state.overrides and writer.chance(0.8):
        override(writer, key)
    names = sorted(writer.of(key).state.overrides)
    if not names:
        writer.do(RevertOverrides(key, (CONNECTORS,)))
        return
    chosen = writer.random.sample(names, writer.random.randint(1, len(names)))
    writer.do(RevertOverrides(key, tuple(chosen), writer.seats(key)))


def change(writer: Writer, key: int, *, offering: str = "", term: TermMode | None = None) -> Outcome:
    """Change the offering, rarely to a revision that is not the newest."""
    state = writer.of(key).state
    target = OFFERINGS[offering or writer.random.choice(list(OFFERINGS))]
    newest = writer.world.published[target.name]
    mode = _term(writer, key, target.months) if term is None else term
    names_quantity = target.is_per_quantity and (state.quantity is None or writer.chance(0.3))
    return writer.do(
        ChangeOffering(
            key,
            target.name,
            writer.random.randint(1, newest) if writer.chance(0.05) else newest,
            quantity=writer.random.randint(1, 8) if names_quantity else None,
            seats=writer.seats(key),
            term=TermMode.DEFAULT if mode is TermMode.CREATE_NEW and target.name == state.offering else mode,
            dropped=tuple(name for name in sorted(state.overrides) if writer.chance(0.2)),
            keep_counters=writer.chance(0.3),
        )
    )


def _term(writer: Writer, key: int, months: int | None) -> TermMode:
    """Return a choice of term; one that never ends is not kept where the target's ends."""
    if writer.chance(0.4):
        return TermMode.DEFAULT
    never_ends = writer.of(key).state.expires_on is None and months is not None
    modes = [mode for mode in TermMode if not (never_ends and mode is TermMode.KEEP)]
    return writer.random.choice(modes)


def change_part(writer: Writer) -> Outcome:
    """Move a part of an entitlement, rarely more than there is."""
    key = writer.per_quantity_key()
    entitlement = writer.of(key)
    quantity = entitlement.state.quantity or 0
    targets = [name for name, each in OFFERINGS.items() if each.months == 12 and name != entitlement.state.offering]
    target = writer.random.choice(targets)
    count = writer.random.randint(1, quantity - 1) if writer.chance(0.95) else quantity + 1
    seats = writer.seats(key)
    return writer.do(
        ChangePart(
            key,
            target,
            writer.world.published[target],
            count,
            seats=Seats(seats.mode, seats.chosen[:count]),
            dropped=tuple(name for name in sorted(entitlement.state.overrides) if writer.chance(0.2)),
        )
    )


def set_quantity(writer: Writer) -> None:
    """Set a quantity, rarely where none is sold."""
    key = writer.per_quantity_key() if writer.chance(0.9) else writer.open_key()
    writer.do(SetQuantity(key, writer.random.randint(1, 9), writer.seats(key)))


def transfer(writer: Writer, key: int) -> Outcome:
    """Transfer to an order without a plan, rarely to any other."""
    order = writer.empty_order() if writer.chance(0.85) else writer.random.choice(list(writer.world.orders))
    return writer.do(Transfer(key, order, releases_seats=writer.chance(0.3)))


def renew(writer: Writer) -> None:
    """Let time go by, and renew; often once more, since the anchor's day shows in the second term."""
    writer.do(Wait(writer.random.choice((1, 28, 31, 40, 362, 365, 372, 400))))
    key = writer.open_key()
    for _time in range(writer.random.randint(1, 2)):
        writer.do(Renew(key))


def disable_and_enable(writer: Writer) -> None:
    """Disable, mostly do something to what is disabled, and enable; rarely either once too often."""
    key = writer.open_key()
    writer.do(Disable(key))
    if writer.chance(0.5):
        writer.random.choice((override, change, transfer))(writer, key)
    if writer.chance(0.8):
        writer.do(Enable(key) if writer.chance(0.9) else Disable(key))
    if writer.chance(0.1):
        writer.do(Enable(key))


def remove(writer: Writer) -> None:
    """End an entitlement with seats in use, perhaps fill its order, and mostly undo; perhaps end it once too often."""
    key = writer.open_key()
    order = writer.of(key).state.order
    activate(writer, key)
    use(writer, key)
    outcome = writer.do(Remove(key))
    if writer.chance(0.2):
        writer.do(Create(order, "fixed"))
    if writer.chance(0.2):
        writer.do(Remove(key))
    undone = undo(writer, outcome.act) if writer.chance(0.7) else None
    if undone and undone.act is not None and writer.chance(0.4):
        undo(writer, undone.act)


def publish(writer: Writer) -> None:
    """Publish a next revision, and move somebody to it."""
    name = writer.random.choice(list(OFFERINGS))
    if writer.world.published[name] == len(OFFERINGS[name].revisions):
        return
    writer.do(Publish(name))
    keys = [key for key, each in writer.world.entitlements.items() if each.is_open and each.state.offering == name]
    if keys and writer.chance(0.7):
        change(writer, writer.random.choice(keys), offering=name)


def undo(writer: Writer, act: int | None = None) -> Outcome | None:
    """Undo an act: the one named, else mostly one of the last."""
    acts = len(writer.world.acts)
    if act is None:
        act = acts - 1 - min(int(writer.random.expovariate(0.6)), acts - 1)
    if not acts:
        return None
    return writer.do(Undo(act, writer.undo_seats()))
