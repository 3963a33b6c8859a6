"""The preview of a dialog as its template shows it: what stands against it, what moves, which seats go."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Max

from entitlements.dialogs.forms import WORDS, OperationForm, SeatsForm
from entitlements.history.timeline import SIGNS, Chip, chip_of
from entitlements.history.words import OverrideRow, override_row
from entitlements.models import Seat
from entitlements.operations import Effect, OverrideOutcome, Preview, SeatMode
from entitlements.operations.previews import OFFERING
from entitlements.operations.seats import may_overflow
from entitlements.state import SeatValue, State, active_seats
from offerings.rights import Direction

# Nothing is wrong with these: nothing was asked yet, or not all of it.
NOTHING_YET = {"nothing_to_change", "already_there", "no_seat_chosen", "expiry_missing"}
SEATS_SHOWN = 100
SEATS_TO_CHOOSE_FROM = 500  # Django takes at most 1,000 fields in one form
ORDER = (Direction.ADDED, Direction.RAISED, Direction.LOWERED, Direction.REMOVED, Direction.CHANGED)


@dataclass(frozen=True, slots=True)
class SeatRow:
    """One seat to choose, ticked or not."""

    seat: SeatValue
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Pane:
    """What a dialog shows of one preview. ``preview`` is ``None`` while the form cannot be read."""

    state: State
    form: OperationForm
    preview: Preview | None
    problems: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    seats: tuple[SeatValue, ...] = ()
    reaches_at: datetime | None = None

    @property
    def is_blocked(self) -> bool:
        """Tell whether confirming would be refused."""
        return self.preview is None or bool(self.problems or self.hints)

    @property
    def effects(self) -> list[tuple[Effect, Chip]]:
        """Return every value that moves but the offering itself, which the headings name; each also as a chip."""
        effects = self.preview.effects if self.preview else ()
        return [(effect, chip_of(effect)) for effect in effects if effect.right.key != OFFERING.key]

    @property
    def overrides(self) -> list[OverrideRow]:
        """Return what becomes of each value set by hand, in words and in the order of the rights."""
        if self.preview is None:
            return []
        places = {key: place for place, key in enumerate(self.preview.after.right_keys)}
        effects = sorted(self.preview.overrides, key=lambda effect: places.get(effect.right.key, len(places)))
        return [override_row(effect) for effect in effects]

    @property
    def pinned(self) -> list[OverrideRow]:
        """Return the values to set by hand that are the standard already: nothing moves, and nothing will with it."""
        return [row for row in self.overrides if row.outcome is OverrideOutcome.SET and row.value == row.standard_after]

    @property
    def summary(self) -> list[Chip]:
        """Return how many values go which way, in chips."""
        return list(summary(self.preview)) if self.preview else []

    @property
    def headings(self) -> tuple[str, str]:
        """Return what stands above the values before and after."""
        if self.preview is None or self.preview.before is None:
            return "Now", "After"
        before, after = self.preview.before.revision, self.preview.outcome.revision
        if before.id == after.id:
            return "Now", "After"
        if before.offering_id == after.offering_id:
            return f"Revision {before.number}", f"Revision {after.number}"
        return before.offering_name, after.offering_name

    # --- seats -------------------------------------------------------------------------------------------------------

    @property
    def seats_stay(self) -> str:
        """Return what happens to seats in one sentence."""
        used, gone = self.state.seats_used, self.release_count
        if self.preview and self.preview.received_from:
            return f"{_seats(self.preview.after.seats_used)} in use afterwards."
        if self.preview and self.preview.handed:
            return f"{_seats(len(self.preview.handed))} handed over, {gone:,} released."
        if not used:
            return "No seat is in use."
        if not gone:
            return "The seat in use stays." if used == 1 else f"All {used:,} seats stay."
        return f"{gone:,} of {used:,} {'seat is' if used == 1 else 'seats are'} released."

    @property
    def overflow(self) -> int:
        """Return how many seats in use would not fit after the change."""
        if self.preview is None or self.preview.outcome.seat_capacity is None:
            return 0
        return max(0, self.state.seats_used - self.preview.outcome.seat_capacity)

    @property
    def allowed_after(self) -> str:
        """Return how many seats can be in use after the change, in words."""
        capacity = (self.preview.outcome if self.preview else self.state).seat_capacity
        return "unlimited" if capacity is None else f"{capacity:,}"

    @property
    def asks_for_seats(self) -> bool:
        """Tell whether the person should say which seats go."""
        if not isinstance(self.form, SeatsForm) or self.preview is None or self.preview.before is None:
            return False
        is_asked = any(problem.field == "seats" for problem in self.preview.problems)
        return (
            self.form.always_asks
            or is_asked
            or self.is_choosing
            or may_overflow(self.preview.before, self.preview.outcome)
        )

    @property
    def is_choosing(self) -> bool:
        """Tell whether seats are chosen one by one."""
        return isinstance(self.form, SeatsForm) and self.form.seat_mode == SeatMode.RELEASE_CHOSEN

    @property
    def seat_rows(self) -> list[SeatRow]:
        """Return the seats to choose from, with those that are ticked."""
        chosen = set(self.form.chosen_seats) if isinstance(self.form, SeatsForm) else set()
        return [SeatRow(seat, str(seat.id) in chosen) for seat in self.seats[:SEATS_TO_CHOOSE_FROM]]

    @property
    def released(self) -> Sequence[SeatValue]:
        """Return the first seats that go."""
        return self.preview.release[:SEATS_SHOWN] if self.preview else ()

    @property
    def release_count(self) -> int:
        """Return how many seats go."""
        return len(self.preview.release) if self.preview else 0

    @property
    def released_more(self) -> int:
        """Return how many seats go beyond those shown."""
        return max(0, self.release_count - SEATS_SHOWN)

    @property
    def offline(self) -> list[SeatValue]:
        """Return the released seats that the server cannot reach before their lease ends."""
        return [seat for seat in self.preview.release if seat.is_offline][:10] if self.preview else []


def _seats(count: int) -> str:
    return f"{count:,} {'seat' if count == 1 else 'seats'}"


def pane_of(
    form: OperationForm, state: State, preview: Preview | None, *, extra_seats: Iterable[SeatValue] = ()
) -> Pane:
    """Return the preview as it is shown; two queries at most."""
    problems, hints = _remarks(form, preview)
    pane = Pane(state, form, preview, problems, hints, (), reaches_at(state))
    if not pane.is_choosing:
        return pane
    found = {seat.id: seat for seat in (*active_seats([state]).get(state.id, ()), *extra_seats)}
    seats = tuple(sorted(found.values(), key=lambda seat: (seat.activated_at, seat.id)))
    return Pane(state, form, preview, problems, hints, seats, pane.reaches_at)


def _remarks(form: OperationForm, preview: Preview | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if preview is None:
        unread = [str(text) for name, texts in form.errors.items() if name not in WORDS for text in texts]
        return ((), tuple(unread)) if not form.is_asked else (tuple(unread), ())
    shown = [problem for problem in preview.problems if problem.field not in WORDS]
    problems = tuple(problem.message for problem in shown if problem.code not in NOTHING_YET)
    return problems, () if problems else tuple(problem.message for problem in shown)


def reaches_at(state: State) -> datetime | None:
    """Return when the last lease of an active seat ends: by then every client has heard of a change; one query."""
    if not state.seats_used:
        return None
    found: dict[str, Any] = Seat.objects.filter(entitlement=state.id, released_at=None).aggregate(
        last=Max("lease_expires_at")
    )
    last: datetime | None = found["last"]
    return last


def summary(preview: Preview) -> Iterable[Chip]:
    """Return how many values go which way, how many overrides outlive a move, and how many seats go."""
    counted = Counter(effect.direction for effect in preview.effects if effect.right.key != OFFERING.key)
    for direction in ORDER:
        if counted[direction]:
            yield Chip(direction, SIGNS[direction], str(direction), f"{counted[direction]} {direction}")
    kept = sum(effect.outcome is OverrideOutcome.KEPT for effect in preview.overrides)
    if kept and preview.before and preview.before.revision.id != preview.after.revision.id:
        yield Chip("kept", "=", "kept", f"{kept} kept")
    for seats, direction, words in (
        (preview.release, Direction.REMOVED, "released"),
        (preview.restore, Direction.ADDED, "brought back"),
    ):
        if seats:
            label = f"{len(seats):,} {'seat' if len(seats) == 1 else 'seats'} {words}"
            yield Chip(direction, SIGNS[direction], str(direction), label)
