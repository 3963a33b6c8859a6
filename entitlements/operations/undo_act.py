"""Take an act back; taking back an undo is a redo."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, ClassVar, NamedTuple, TypedDict
from uuid import UUID

from django.db.models import Q

from entitlements.models import Change, Entitlement, Seat
from entitlements.operations.base import Operation, World, is_unchanged
from entitlements.operations.overrides import known
from entitlements.operations.previews import Preview, Remark, conclude
from entitlements.operations.seats import (
    REFUSE,
    SeatChoice,
    SeatMode,
    Settlement,
    may_overflow,
    pool_warnings,
    settle,
    with_seats,
    without_seats,
)
from entitlements.state import (
    RevisionValue,
    SeatValue,
    Shelf,
    State,
    active_seats,
    checkouts,
    revisions_by_id,
    seat_ids,
    seat_value,
    taken_back,
)
from offerings.models import OfferingKind

SEATS_NAMED = 10
PARTNER_ENDS = Remark("partner_ends", "The other entitlement of this act ends with this. Its seats come over.")
PARTNER_OPENS = Remark("partner_opens", "The other entitlement of this act opens again with this. Seats go over to it.")


@dataclass(frozen=True, slots=True)
class ChangeValue:
    """One change that is to be taken back. ``from_revision`` is ``None`` where it made the entitlement."""

    id: UUID
    from_version: int
    to_version: int
    from_revision: RevisionValue | None
    delta: Mapping[str, Any]
    is_undone: bool
    returning: tuple[SeatValue, ...] = ()
    busy: tuple[str, ...] = ()

    @property
    def handed_to(self) -> UUID | None:
        """Return the entitlement that the seats went over to."""
        handed = self.delta.get("handed")
        return UUID(handed["to"]) if handed else None

    @property
    def received_from(self) -> UUID | None:
        """Return the entitlement that the seats came from."""
        received = self.delta.get("received")
        return UUID(received["from"]) if received else None

    @property
    def partner(self) -> UUID | None:
        """Return the entitlement that was changed together with this one."""
        return self.handed_to or self.received_from


@dataclass(frozen=True, slots=True)
class UndoWorld(World):
    """The world with the change of each entitlement, and those whose order holds another plan by now.

    ``replaced`` says for which product. ``states`` are all that are asked about: partners look at each other.
    """

    changes: Mapping[UUID, ChangeValue] = field(default_factory=dict)
    replaced: Mapping[UUID, str] = field(default_factory=dict)
    states: Mapping[UUID, State] = field(default_factory=dict)


class _Handover(NamedTuple):
    handed: tuple[SeatValue, ...]
    release: tuple[SeatValue, ...]
    restore: tuple[SeatValue, ...]
    settlement: Settlement


class _Sides(TypedDict, total=False):
    """What one side of an undo says of the seats, and of the other side."""

    received_from: UUID
    handed_to: UUID
    handed: tuple[SeatValue, ...]
    release: tuple[SeatValue, ...]
    restore: tuple[SeatValue, ...]
    partner_seats: tuple[SeatValue, ...]


class _Seating(NamedTuple):
    forced: tuple[SeatValue, ...]
    returning: tuple[SeatValue, ...]
    candidates: tuple[SeatValue, ...]
    in_use: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoAct(Operation):
    """Go back to the version before the act ``act_id``, where nothing has changed since.

    Released seats come back unless their id is active elsewhere; where they do not fit, ``seats`` says which stay.
    """

    name: ClassVar[str] = "undo_act"
    permission: ClassVar[str] = "entitlements.undo_act"

    act_id: UUID
    seats: SeatChoice = REFUSE

    def with_partners(self, ids: Sequence[UUID]) -> list[UUID]:
        """Return the entitlements, and those their seats went to or came from in that act; one query."""
        deltas = Change.objects.filter(act=self.act_id, entitlement__in=ids).values_list("delta", flat=True)
        found = [side.get("to") or side["from"] for delta in deltas for side in _sides(delta)]
        return list(dict.fromkeys([*ids, *(UUID(key) for key in found)]))

    def load(self, states: Sequence[State], *, at: datetime, shelf: Shelf) -> UndoWorld:
        """Read the act's changes, what undid them, their revisions and seats; eight queries at most."""
        changes = _changes_of(self.act_id, states)
        wanted = [state for state in states if state.id in changes and self._needs_seats(state, changes[state.id])]
        return UndoWorld(
            at=at,
            seats=active_seats(wanted),
            changes=changes,
            replaced=_with_another_plan(states, changes),
            states={state.id: state for state in states},
        )

    def _needs_seats(self, state: State, change: ChangeValue) -> bool:
        if change.from_revision is None or change.partner or change.delta.get("restored"):
            return True
        if self.seats.mode in (SeatMode.RELEASE_CHOSEN, SeatMode.RELEASE_ALL):
            return True
        fits = not may_overflow(state, _before_change(state, change, self)) and not change.returning
        return self.seats.mode is SeatMode.RELEASE_OLDEST and not fits

    def preview(self, state: State | None, world: UndoWorld) -> Preview:
        """Return what taking the act back would do to ``state``. Pure."""
        now = known(state)
        change = world.changes.get(now.id)
        if change is None:
            problem = Remark("not_in_act", "That act did not change this entitlement.")
            return conclude(self, now, now, problems=[problem])
        problems = [*_undo_problems(now, change), *_partner_problems(change, world)]
        for product in {world.replaced[key] for key in (now.id, change.partner or now.id) if key in world.replaced}:
            message = f"This order has another plan for {product} by now. End that one first."
            problems.append(Remark("has_plan_already", message))
        if problems:
            return conclude(self, now, now, problems=problems)
        if change.partner:
            return self._undone_together(now, change, world)
        return self._undone(now, change, world)

    def _undone_together(self, now: State, change: ChangeValue, world: UndoWorld) -> Preview:
        """Return one side of an undo that ends one entitlement and reopens the other; the seats go back over."""
        partner = change.partner or now.id
        giver, taker = (partner, now.id) if change.handed_to else (now.id, partner)
        over = self._handover(giver, taker, world)
        settlement, after = over.settlement, _before_change(now, change, self)
        if now.id == taker:
            after = with_seats(after, (*over.handed, *over.restore))
            told = [PARTNER_ENDS, *_busy_warnings(change), *_released_beside(over.release), *pool_warnings(after)]
            sides = _Sides(received_from=giver, restore=over.restore, partner_seats=over.release)
        else:
            after = without_seats(after, world.seats.get(giver, ()))
            told = [PARTNER_OPENS, *_restored_beside(over.restore)]
            sides = _Sides(handed=over.handed, handed_to=taker, release=over.release, partner_seats=over.restore)
        warnings = [*settlement.warnings, *told]
        found = conclude(self, now, after, memo=world.memo, problems=settlement.problems, warnings=warnings)
        return replace(found, to_version=change.from_version, undoes=change.id, **sides)

    def _handover(self, giver: UUID, taker: UUID, world: UndoWorld) -> _Handover:
        """Return which seats go over, which go, and which come back to the one that opens again."""
        change = world.changes[taker]
        again = set(seat_ids(world.changes[giver].delta, "restored"))
        forced = tuple(seat for seat in world.seats.get(giver, ()) if seat.id in again)
        going = tuple(seat for seat in world.seats.get(giver, ()) if seat.id not in again)
        there = {seat.seat_id for seat in going}  # in another product a seat can be active under the same id
        returning = tuple(seat for seat in change.returning if seat.seat_id not in there)
        candidates = sorted([*going, *returning], key=lambda seat: (seat.activated_at, seat.id))
        room = _before_change(world.states[taker], change, self)
        settlement = settle(room, candidates, self.seats, in_use=len(candidates))
        gone = {seat.id for seat in settlement.released}
        return _Handover(
            handed=tuple(seat for seat in going if seat.id not in gone),
            release=(*forced, *(seat for seat in going if seat.id in gone)),
            restore=tuple(seat for seat in returning if seat.id not in gone),
            settlement=settlement,
        )

    def _undone(self, now: State, change: ChangeValue, world: UndoWorld) -> Preview:
        after = _before_change(now, change, self)
        seating = _seating(now, change, world.seats.get(now.id, ()))
        must_fit = may_overflow(now, after) or bool(seating.returning)
        settlement = settle(after, seating.candidates, self.seats, in_use=seating.in_use, must_fit=must_fit)
        staying_away = {seat.id for seat in settlement.released}
        back = {seat.id for seat in seating.returning}
        restore = tuple(seat for seat in seating.returning if seat.id not in staying_away)
        release = (*seating.forced, *(seat for seat in settlement.released if seat.id not in back))
        after = without_seats(with_seats(after, restore), release)
        problems = [*settlement.problems]
        if is_unchanged(now, after, (*release, *restore)) and not problems:
            message = "Every seat of that act is active elsewhere by now, so there is nothing to bring back."
            problems.append(Remark("nothing_to_undo", message, "seats"))
        found = conclude(
            self,
            now,
            after,
            memo=world.memo,
            release=release,
            problems=problems,
            warnings=[*_busy_warnings(change), *settlement.warnings, *pool_warnings(after)],
        )
        return replace(found, restore=restore, to_version=change.from_version, undoes=change.id)


def _sides(delta: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [delta[part] for part in ("handed", "received") if part in delta]


def _partner_problems(change: ChangeValue, world: UndoWorld) -> list[Remark]:
    """Return why the other side of a change cannot go back: then this one cannot either."""
    if change.partner is None:
        return []
    other, state = world.changes.get(change.partner), world.states.get(change.partner)
    if other is None or state is None:
        return [Remark("partner_missing", "The entitlement this act changed together with this one is not at hand.")]
    if not _undo_problems(state, other):
        return []
    message = "The entitlement that took part in this act has been changed since. Undo its later changes first."
    return [Remark("partner_changed_since", message)]


def _before_change(state: State, change: ChangeValue, operation: UndoAct) -> State:
    if change.from_revision is None:
        return replace(state, ended_on=operation.as_of)
    return taken_back(state, change.delta, revision=change.from_revision)


def _undo_problems(state: State, change: ChangeValue) -> list[Remark]:
    if change.is_undone:
        return [Remark("already_undone", "This act has been undone already.")]
    if state.version != change.to_version:
        message = "This entitlement has been changed since. Undo the later changes first, newest first."
        return [Remark("changed_since", message)]
    return []


def _seating(state: State, change: ChangeValue, active: Sequence[SeatValue]) -> _Seating:
    restored = set(seat_ids(change.delta, "restored"))
    is_creation = change.from_revision is None  # what ends has no seats
    forced = tuple(seat for seat in active if is_creation or seat.id in restored)
    stay = [seat for seat in active if seat not in forced]
    candidates = sorted([*stay, *change.returning], key=lambda seat: (seat.activated_at, seat.id))
    in_use = state.seats_used - len(forced) + len(change.returning)
    return _Seating(forced, change.returning, tuple(candidates), in_use)


def _busy_warnings(change: ChangeValue) -> list[Remark]:
    if not change.busy:
        return []
    message = f"Active elsewhere by now, so not brought back: {', '.join(change.busy)}."
    return [Remark("seat_active_elsewhere", message, "seats")]


def _released_beside(seats: Sequence[SeatValue]) -> list[Remark]:
    if not seats:
        return []
    message = f"Released, and not taken over from the entitlement that ends: {_named(seats)}."
    return [Remark("partner_releases", message, "seats")]


def _restored_beside(seats: Sequence[SeatValue]) -> list[Remark]:
    if not seats:
        return []
    message = f"Brought back on the entitlement that opens again: {_named(seats)}."
    return [Remark("partner_restores", message, "seats")]


def _named(seats: Sequence[SeatValue]) -> str:
    more = f" and {len(seats) - SEATS_NAMED:,} more" if len(seats) > SEATS_NAMED else ""
    return ", ".join(str(seat) for seat in seats[:SEATS_NAMED]) + more


# --- reading ---------------------------------------------------------------------------------------------------------


def _changes_of(act_id: UUID, states: Sequence[State]) -> dict[UUID, ChangeValue]:
    ids = [state.id for state in states]
    rows = list(Change.objects.filter(act=act_id, entitlement__in=ids))
    undone = _undone_changes(ids)
    revisions = revisions_by_id({row.from_revision_id for row in rows if row.from_revision_id})
    returning, busy = _returning_seats(rows)
    return {
        row.entitlement_id: ChangeValue(
            id=row.pk,
            from_version=row.from_version,
            to_version=row.to_version,
            from_revision=revisions[row.from_revision_id] if row.from_revision_id else None,
            delta=row.delta,
            is_undone=row.pk in undone,
            returning=returning.get(row.entitlement_id, ()),
            busy=busy.get(row.entitlement_id, ()),
        )
        for row in rows
    }


def _undone_changes(entitlement_ids: Sequence[UUID]) -> set[UUID]:
    """Return the changes that an undo took back, and that no redo brought again; one query."""
    undos = Change.objects.filter(entitlement__in=entitlement_ids, undoes__isnull=False).order_by("-sequence")
    return undone_by(undos.values_list("pk", "undoes_id"))


def undone_by(undos: Iterable[tuple[UUID, UUID | None]]) -> set[UUID]:
    """Return which changes are undone, from pairs (undo, what it undoes), newest first. Pure."""
    undone: set[UUID] = set()
    for undo, undoes in undos:
        if undo not in undone and undoes is not None:
            undone.add(undoes)
    return undone


def _returning_seats(
    rows: Sequence[Change],
) -> tuple[dict[UUID, tuple[SeatValue, ...]], dict[UUID, tuple[str, ...]]]:
    """Return the released seats that can come back, and the names of those active elsewhere; two queries."""
    had = {seat: out for row in rows for seat, out in checkouts(row.delta, "released").items()}
    if not had:
        return {}, {}
    seats = list(
        Seat.objects.filter(pk__in=list(had), released_at__isnull=False)
        .order_by("activated_at", "pk")
        .select_related("entitlement__order")
    )
    active = _active_elsewhere(seats)
    returning: dict[UUID, tuple[SeatValue, ...]] = {}
    busy: dict[UUID, tuple[str, ...]] = {}
    for seat in seats:
        key = seat.entitlement_id
        if (seat.seat_id, seat.entitlement.product_id, seat.entitlement.order.customer_id) in active:
            busy[key] = (*busy.get(key, ()), str(seat))
        else:
            returning[key] = (*returning.get(key, ()), seat_value(seat, checked_out=had[seat.pk]))
    return returning, busy


def _active_elsewhere(seats: Sequence[Seat]) -> set[tuple[str, int, UUID]]:
    rows = Seat.objects.filter(seat_id__in={seat.seat_id for seat in seats}, released_at=None)
    return set(rows.values_list("seat_id", "entitlement__product", "entitlement__order__customer"))


def _with_another_plan(states: Sequence[State], changes: Mapping[UUID, ChangeValue]) -> dict[UUID, str]:
    """Return the plans that would open again, or come back, beside another plan for a product; with its name.

    One query, none where no plan would.
    """
    coming = {
        (state.order.id, held.product_id): (state.id, held.product_name)
        for state in states
        if state.id in changes and (held := _comes_back_to(state, changes[state.id])) is not None
    }
    if not coming:
        return {}
    wanted = Q(order__in={order for order, _product in coming})
    leaving = [change.partner for change in changes.values() if change.partner]
    open_plans = Entitlement.objects.filter(wanted, kind=OfferingKind.PLAN, ended_on=None).exclude(pk__in=leaving)
    pairs = open_plans.values_list("order_id", "product_id")
    return dict(coming[pair] for pair in pairs if pair in coming)


def _comes_back_to(state: State, change: ChangeValue) -> RevisionValue | None:
    """Return the revision of a plan that would be open for a product it is not open for now; ``None`` for the rest."""
    held = change.from_revision
    if held is None or held.kind != OfferingKind.PLAN:
        return None
    is_reopened = state.ended_on is not None and "ended_on" in change.delta.get("fields", {})
    return held if is_reopened or held.product_id != state.revision.product_id else None
