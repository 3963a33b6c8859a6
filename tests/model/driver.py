"""Drive the product as the model is driven: the same steps, through the real operations.

The only file of the model that touches the product, with that of its catalog. The traffic of clients is written as
rows, as the factories write it: there is no licensing code yet.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from config.clock import site_today
from entitlements import engine
from entitlements.engine import recount
from entitlements.models import Entitlement, FeatureUse, Order, Override, Seat, Source
from entitlements.operations import (
    ChangeOffering,
    CreateEntitlement,
    Disable,
    Enable,
    Operation,
    ReleaseSeats,
    RemoveProduct,
    Renew,
    RevertOverrides,
    SeatChoice,
    SeatMode,
    SetOverrides,
    SetQuantity,
    TermChoice,
    TermMode,
    TransferEntitlement,
    UndoAct,
)
from entitlements.operations.undo_act import changes
from entitlements.state import OrderValue, OverrideValue, RevisionValue, State, loading, revisions_by_id
from offerings import revisions
from tests.model import catalog, steps, world
from tests.model.driver_catalog import Catalog, publish, to_model, to_product
from tests.model.world import RightView, View

SEAT_MODES = {
    steps.SeatMode.REFUSE: SeatMode.REFUSE,
    steps.SeatMode.KEEP: SeatMode.KEEP,
    steps.SeatMode.OLDEST: SeatMode.RELEASE_OLDEST,
    steps.SeatMode.CHOSEN: SeatMode.RELEASE_CHOSEN,
}
TERM_MODES = {
    steps.TermMode.DEFAULT: TermMode.DEFAULT,
    steps.TermMode.KEEP: TermMode.KEEP,
    steps.TermMode.RESTART: TermMode.RESTART,
    steps.TermMode.RESTART_AND_ADD: TermMode.RESTART_AND_ADD,
    steps.TermMode.CREATE_NEW: TermMode.CREATE_NEW,
}
KEEP = SeatChoice(SeatMode.KEEP)
RELEASE_ALL = SeatChoice(SeatMode.RELEASE_ALL)
NO_ORDER = OrderValue(uuid4(), uuid4(), "")
Asked = tuple[Operation, list[UUID]]


# --- playing -----------------------------------------------------------------------------------------


@contextmanager
def played(made: Catalog, today: date) -> Iterator["Driver"]:
    """Give a driver whose clock stands at the day, and roll back at the end whatever was done with it.

    The product gets revisions from the driver, which reads them once: to read them takes a third of the time otherwise.
    """
    revisions._cached_diff.cache_clear()
    driver = Driver(made, datetime.combine(today, time(9), tzinfo=UTC))
    with transaction.atomic(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(timezone, "now", lambda: driver.now)
        patch.setattr(loading, "revisions_by_id", driver.revisions_by_id)
        patch.setattr(changes, "revisions_by_id", driver.revisions_by_id)
        yield driver
        transaction.set_rollback(True)


@dataclass(slots=True)
class Driver:
    """The product under the names of the model: entitlements, orders and acts by number, in the order of creation.

    An act is kept with the entitlements it changed, a revision by its offering and number. ``now`` moves on by a second
    with every step.
    """

    catalog: Catalog
    now: datetime
    orders: list[UUID] = field(default_factory=list)
    customers: list[int] = field(default_factory=list)
    entitlements: list[UUID] = field(default_factory=list)
    acts: list[tuple[UUID, list[UUID]]] = field(default_factory=list)
    revisions: dict[tuple[str, int], int] = field(default_factory=dict)
    read_revisions: Mapping[int, RevisionValue] = field(default_factory=dict)
    _views: dict[int, View] | None = None

    def __post_init__(self) -> None:
        self.revisions = dict(self.catalog.first_revisions)
        self.read_revisions = revisions_by_id(self.revisions.values())
        for order in self.catalog.orders:
            self.add_order(order)

    def carry_out(self, step: steps.Step) -> str | None:
        """Take a step, and return why it was refused, ``None`` where it was not."""
        self.now += timedelta(seconds=1)
        self._views = None
        if type(step) in DIRECT:
            DIRECT[type(step)](self, step)
            return None
        operation, ids = OPERATIONS[type(step)](self, step)
        result = engine.apply(operation, ids, made_by=self.catalog.admin, source=Source.PAGE, reason="As the model")
        if result.act is None:
            return "; ".join(each.message for outcome in result.outcomes for each in outcome.preview.problems)
        moves = [move for outcome in result.outcomes for move in outcome.preview.moves]
        self.acts.append((result.act.pk, [move.id for move in moves]))
        for move in moves:
            self._remember(move.after)
        return None

    def _remember(self, state: State) -> None:
        if state.id not in self.entitlements:
            self.entitlements.append(state.id)
        if state.order.id not in self.orders:
            self.add_order(Order.objects.get(pk=state.order.id))

    def add_order(self, order: Order) -> None:
        """Give an order the next number."""
        self.orders.append(order.pk)
        self.customers.append(self.catalog.customers.index(order.customer_id))

    def revisions_by_id(self, ids: Iterable[int]) -> dict[int, RevisionValue]:
        """Return revisions as the product has read them after the last was published."""
        return {key: self.read_revisions[key] for key in ids if key in self.read_revisions}

    def keys(self) -> list[int]:
        """Return the numbers of all entitlements that are there."""
        return list(self._all_views())

    def view(self, key: int) -> View:
        """Return what the product says of an entitlement."""
        return self._all_views()[key]

    def can_undo(self, act: int) -> bool:
        """Return whether an act can be undone now without a choice of seats."""
        operation, ids = _undo(self, steps.Undo(act))
        return all(not each.is_blocked for each in engine.preview(operation, ids))

    def differences(self) -> list[str]:
        """Return what the recount of stored numbers, and the chain of versions in the log, find wrong."""
        return [str(each) for each in recount.differences()]

    def seat_choice(self, seats: steps.Seats, entitlement: int) -> SeatChoice:
        """Return a choice of seats, by the keys of the rows."""
        ids = _active(self.entitlements[entitlement], seats.chosen) if seats.chosen else ()
        return SeatChoice(SEAT_MODES[seats.mode], tuple(ids))

    def _all_views(self) -> dict[int, View]:
        """Return all entitlements as the model sees them, read once after each step.

        Nothing is there but what this driver made, so that whole tables are read.
        """
        if self._views is None:
            held = _Held()
            self._views = {
                self.entitlements.index(row.pk): self._view(row, held) for row in Entitlement.objects.order_by()
            }
        return self._views

    def _view(self, row: Entitlement, held: "_Held") -> View:
        revision = self.read_revisions[row.revision_id]
        state = State(row.pk, row.version, row.sequence, NO_ORDER, revision, row.quantity, held.overrides[row.pk])
        seats = held.seats[row.pk]
        order = self.orders.index(row.order_id)
        return View(
            order=order,
            customer=self.customers[order],
            offering=revision.offering_name,
            revision=revision.number,
            quantity=row.quantity,
            starts_on=row.starts_on,
            expires_on=row.expires_on,
            ended_on=row.ended_on,
            is_disabled=row.disabled_at is not None,
            version=row.version,
            rights={key: _right_view(state, key) for key in catalog.KEYS},
            capacity=row.seat_capacity,
            seat_ids=tuple(sorted(seats)),
            checked_out={seat_id: amount for seat_id, amount in seats.items() if amount},
            calls=held.calls.get(row.pk, 0),
        )


class _Held:
    """What all entitlements hold: overrides by right, what each seat has checked out, use counted."""

    def __init__(self) -> None:
        self.overrides: defaultdict[UUID, dict[str, OverrideValue]] = defaultdict(dict)
        for each in Override.objects.order_by():
            self.overrides[each.entitlement_id][each.key] = OverrideValue(each.value, is_floor=each.is_floor)
        self.seats: defaultdict[UUID, dict[str, int]] = defaultdict(dict)
        seats = Seat.objects.filter(released_at=None).order_by()
        for key, seat_id, amount in seats.values_list("entitlement", "seat_id", "uses__amount"):
            self.seats[key][seat_id] = amount or 0
        calls = FeatureUse.objects.filter(seat=None).order_by()
        self.calls: dict[UUID, int] = dict(calls.values_list("entitlement", "amount"))


def _right_view(state: State, key: str) -> RightView:
    override = state.overrides.get(key)
    return RightView(
        in_force=to_model(key, state.in_force(key)),
        standard=to_model(key, state.standard(key)),
        override=override and world.Override(to_model(key, override.value), is_floor=override.is_floor),
    )


def _active(entitlement: UUID, seat_ids: tuple[str, ...]) -> list[UUID]:
    rows = Seat.objects.filter(entitlement=entitlement, seat_id__in=seat_ids, released_at=None)
    return list(rows.values_list("pk", flat=True))


# --- the surroundings, and the traffic of clients ----------------------------------------------------


def _wait(driver: Driver, step: steps.Wait) -> None:
    driver.now += timedelta(days=step.days)


def _open_order(driver: Driver, step: steps.OpenOrder) -> None:
    driver.add_order(Order.objects.create(customer_id=driver.catalog.customers[step.customer]))


def _publish_next(driver: Driver, step: steps.Publish) -> None:
    number = 1 + max(number for name, number in driver.revisions if name == step.offering)
    offering = driver.catalog.offerings[step.offering]
    driver.revisions[step.offering, number] = publish(offering, number=number)
    driver.read_revisions = revisions_by_id(driver.revisions.values())


def _activate_seats(driver: Driver, step: steps.ActivateSeats) -> None:
    """Activate seats a moment after each other, so that they have an order."""
    key = driver.entitlements[step.entitlement]
    seats = [
        Seat(
            entitlement_id=key,
            seat_id=seat_id,
            activated_at=driver.now + timedelta(milliseconds=number),
            last_refresh_at=driver.now,
            lease_expires_at=driver.now + timedelta(days=14),
        )
        for number, seat_id in enumerate(step.seat_ids)
    ]
    Seat.objects.bulk_create(seats)
    Entitlement.objects.filter(pk=key).update(seats_used=F("seats_used") + len(seats))


def _count_calls(driver: Driver, step: steps.CountCalls) -> None:
    _use(driver.entitlements[step.entitlement], catalog.CALLS, step.amount, seat=None)


def _check_out(driver: Driver, step: steps.CheckOut) -> None:
    key = driver.entitlements[step.entitlement]
    [seat] = _active(key, (step.seat_id,))
    _use(key, catalog.DASHBOARDS, step.amount, seat=seat)


def _use(entitlement: UUID, key: str, amount: int, *, seat: UUID | None) -> None:
    rows = FeatureUse.objects.filter(entitlement=entitlement, key=key, seat=seat)
    if not rows.update(amount=F("amount") + amount):
        FeatureUse.objects.create(entitlement_id=entitlement, key=key, seat_id=seat, amount=amount)


# --- operations --------------------------------------------------------------------------------------


def _create(driver: Driver, step: steps.Create) -> Asked:
    newest = max(number for name, number in driver.revisions if name == step.offering)
    return CreateEntitlement(
        as_of=site_today(),
        revision_id=driver.revisions[step.offering, newest],
        order_id=driver.orders[step.order],
        quantity=step.quantity,
    ), []


def _set_overrides(driver: Driver, step: steps.SetOverrides) -> Asked:
    return SetOverrides(
        as_of=site_today(),
        values={key: to_product(key, value) for key, value in step.values},
        floors=step.floors,
        seats=driver.seat_choice(step.seats, step.entitlement),
    ), [driver.entitlements[step.entitlement]]


def _revert_overrides(driver: Driver, step: steps.RevertOverrides) -> Asked:
    seats = driver.seat_choice(step.seats, step.entitlement)
    return RevertOverrides(as_of=site_today(), keys=step.keys, seats=seats), [driver.entitlements[step.entitlement]]


def _change_offering(driver: Driver, step: steps.ChangeOffering) -> Asked:
    return ChangeOffering(
        as_of=site_today(),
        revision_id=driver.revisions[step.offering, step.revision],
        quantity=step.quantity,
        seats=driver.seat_choice(step.seats, step.entitlement),
        term=TermChoice(TERM_MODES[step.term]),
        drop_overrides=step.dropped,
        keep_counters=step.keep_counters,
    ), [driver.entitlements[step.entitlement]]


def _change_part(driver: Driver, step: steps.ChangePart) -> Asked:
    return ChangeOffering(
        as_of=site_today(),
        revision_id=driver.revisions[step.offering, step.revision],
        count=step.count,
        seats=driver.seat_choice(step.seats, step.entitlement),
        drop_overrides=step.dropped,
    ), [driver.entitlements[step.entitlement]]


def _set_quantity(driver: Driver, step: steps.SetQuantity) -> Asked:
    seats = driver.seat_choice(step.seats, step.entitlement)
    return SetQuantity(as_of=site_today(), quantity=step.quantity, seats=seats), [driver.entitlements[step.entitlement]]


def _transfer(driver: Driver, step: steps.Transfer) -> Asked:
    seats = RELEASE_ALL if step.releases_seats else KEEP
    operation = TransferEntitlement(as_of=site_today(), order_id=driver.orders[step.order], seats=seats)
    return operation, [driver.entitlements[step.entitlement]]


def _release_seats(driver: Driver, step: steps.ReleaseSeats) -> Asked:
    seats = driver.seat_choice(steps.Seats(steps.SeatMode.CHOSEN, step.seat_ids), step.entitlement)
    return ReleaseSeats(as_of=site_today(), seats=seats), [driver.entitlements[step.entitlement]]


def _undo(driver: Driver, step: steps.Undo) -> Asked:
    act, ids = driver.acts[step.act]
    return UndoAct(as_of=site_today(), act_id=act, seats=SeatChoice(SEAT_MODES[step.seats.mode])), ids


def _plain(operation: type[Operation]) -> Callable[[Driver, Any], Asked]:
    """Return what asks for an operation that needs nothing but an entitlement."""
    return lambda driver, step: (operation(as_of=site_today()), [driver.entitlements[step.entitlement]])


DIRECT: dict[type, Callable[[Driver, Any], None]] = {
    steps.Wait: _wait,
    steps.OpenOrder: _open_order,
    steps.Publish: _publish_next,
    steps.ActivateSeats: _activate_seats,
    steps.CountCalls: _count_calls,
    steps.CheckOut: _check_out,
}
OPERATIONS: dict[type, Callable[[Driver, Any], Asked]] = {
    steps.Create: _create,
    steps.SetOverrides: _set_overrides,
    steps.RevertOverrides: _revert_overrides,
    steps.ChangeOffering: _change_offering,
    steps.ChangePart: _change_part,
    steps.SetQuantity: _set_quantity,
    steps.Transfer: _transfer,
    steps.Renew: _plain(Renew),
    steps.Disable: _plain(Disable),
    steps.Enable: _plain(Enable),
    steps.Remove: _plain(RemoveProduct),
    steps.ReleaseSeats: _release_seats,
    steps.Undo: _undo,
}
