"""The preview as a dialog shows it: problems, warnings, every move, and the seats that go, come or change hands."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Max
from django.utils.translation import ngettext

from entitlements.dialogs.forms import WORDS, OperationForm, SeatsForm
from entitlements.history.chips import SIGNS, Chip, chip_of
from entitlements.history.words import OverrideRow, override_row
from entitlements.models import Seat
from entitlements.operations import Effect, Move, OverrideOutcome, Preview, SeatMode
from entitlements.operations.seats import may_overflow
from entitlements.state import SeatValue, State, active_seats
from entitlements.state.fields import OFFERING
from offerings.rights import Direction, Right

# Nothing is wrong with these: nothing was asked yet, or not all of it.
NOTHING_YET = {"nothing_to_change", "already_there", "no_seat_chosen", "expiry_missing"}
SEATS_SHOWN = 100
SEATS_TO_CHOOSE_FROM = 500  # Django takes at most 1,000 fields in one form
DIRECTIONS = (Direction.ADDED, Direction.RAISED, Direction.LOWERED, Direction.REMOVED, Direction.CHANGED)


@dataclass(frozen=True, slots=True)
class SeatRow:
    """One seat to choose, ticked or not."""

    seat: SeatValue
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class MoveCard:
    """What happens to one entitlement. ``title`` is empty where the preview holds no other."""

    move: Move
    title: str = ""

    @property
    def effects(self) -> list[tuple[Effect, Chip]]:
        """Return every value that moves but the offering itself, which the headings name; each also as a chip."""
        return [(effect, chip_of(effect)) for effect in self.move.effects if effect.right.key != OFFERING.key]

    @property
    def overrides(self) -> list[OverrideRow]:
        """Return what becomes of each value set by hand, in words and in the order of the rights."""
        places = {key: place for place, key in enumerate(self.move.after.right_keys)}
        effects = sorted(self.move.overrides, key=lambda effect: places.get(effect.right.key, len(places)))
        return [override_row(effect) for effect in effects]

    @property
    def counters_reset(self) -> tuple[Right, ...]:
        """Return the rights whose usage counters go back to 0."""
        return self.move.counters_reset

    @property
    def headings(self) -> tuple[str, str]:
        """Return what stands above the values before and after."""
        if self.move.compared is None:
            return "Now", "After"
        before, after = self.move.compared.revision, self.move.after.revision
        if before.id == after.id:
            return "Now", "After"
        if before.offering_id == after.offering_id:
            return f"Revision {before.number}", f"Revision {after.number}"
        return before.offering_name, after.offering_name


@dataclass(frozen=True, slots=True)
class Panel:
    """What a dialog shows of one preview. ``preview`` is ``None`` while the form cannot be read.

    ``state`` is that of the entitlement the dialog is about.
    """

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
    def summary(self) -> list[Chip]:
        """Return how many values go which way, in chips."""
        return list(summary(self.preview)) if self.preview else []

    # --- moves -------------------------------------------------------------------------------------------------------

    @property
    def moves(self) -> list[MoveCard]:
        """Return every move, the one that says what the customer ends with first."""
        if self.preview is None:
            return []
        lead = self.preview.lead
        if len(self.preview.moves) == 1:
            return [MoveCard(lead)]
        others = [move for move in self.preview.moves if move is not lead]
        return [MoveCard(move, self._title(move)) for move in (lead, *others)]

    def _title(self, move: Move) -> str:
        if move.before is None:
            return "New entitlement"
        return "This entitlement" if move.id == self.state.id else "The other entitlement"

    @property
    def lead(self) -> MoveCard | None:
        """Return the move that says what the customer ends with."""
        return MoveCard(self.preview.lead) if self.preview else None

    @property
    def pinned(self) -> list[OverrideRow]:
        """Return the values to set by hand that are the standard already: nothing moves, and nothing will with it."""
        rows = self.lead.overrides if self.lead else []
        return [row for row in rows if row.outcome is OverrideOutcome.SET and row.value == row.standard_after]

    # --- seats -------------------------------------------------------------------------------------------------------

    @property
    def in_use(self) -> int:
        """Return how many seats are in use before the change, of all entitlements concerned."""
        before = [move.before for move in self.preview.moves if move.before] if self.preview else [self.state]
        return sum(state.seats_used for state in before)

    @property
    def seats_stay(self) -> str:
        """Return what happens to seats in one sentence."""
        used, gone = self.in_use, self.release_count
        if over := len(self.preview.taken_over) if self.preview else 0:
            return f"{_seats(over)} {'goes' if over == 1 else 'go'} over, {gone:,} released."
        if not used:
            return "No seat is in use."
        if not gone:
            return ngettext("The seat in use stays.", "All %(count)s seats stay.", used) % {"count": f"{used:,}"}
        sentence = ngettext("%(gone)s of %(used)s seat is released.", "%(gone)s of %(used)s seats are released.", used)
        return sentence % {"gone": f"{gone:,}", "used": f"{used:,}"}

    @property
    def overflow(self) -> int:
        """Return how many seats in use would not fit after the change."""
        capacity = self.preview.lead.after.seat_capacity if self.preview else None
        return 0 if capacity is None or self.is_part else max(0, self.in_use - capacity)

    @property
    def allowed_after(self) -> str:
        """Return how many seats can be in use after the change, in words."""
        capacity = (self.preview.lead.after if self.preview else self.state).seat_capacity
        return "unlimited" if capacity is None else f"{capacity:,}"

    @property
    def is_part(self) -> bool:
        """Tell whether only a part of the quantity moves: then the seats chosen go with the part."""
        return bool(getattr(self.preview.operation, "count", None)) if self.preview else False

    @property
    def asks_for_seats(self) -> bool:
        """Tell whether the person should say which seats go."""
        if not isinstance(self.form, SeatsForm) or self.preview is None:
            return False
        lead = self.preview.lead
        return (
            (self.form.always_asks and bool(self.in_use))
            or self.is_choosing
            or any(problem.field == "seats" for problem in self.preview.problems)
            or (lead.before is not None and may_overflow(lead.before, lead.after))
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
    def chosen_count(self) -> int:
        """Return how many of the seats to choose from are ticked."""
        return sum(row.is_chosen for row in self.seat_rows)

    @property
    def released(self) -> Sequence[SeatValue]:
        """Return the first seats that go."""
        return self.preview.released[:SEATS_SHOWN] if self.preview else ()

    @property
    def release_count(self) -> int:
        """Return how many seats go."""
        return len(self.preview.released) if self.preview else 0

    @property
    def released_more(self) -> int:
        """Return how many seats go beyond those shown."""
        return max(0, self.release_count - SEATS_SHOWN)

    @property
    def seats_coming(self) -> list[tuple[str, str, Sequence[SeatValue]]]:
        """Return the seats that come back, and those that go over: a heading, a sign and the first seats of each."""
        if self.preview is None:
            return []
        restored, over = self.preview.restored, self.preview.taken_over
        found = [
            (f"{_seats(len(restored))} {'comes' if len(restored) == 1 else 'come'} back", "+", restored[:SEATS_SHOWN]),
            (f"{_seats(len(over))} {'goes' if len(over) == 1 else 'go'} over", "=", over[:SEATS_SHOWN]),
        ]
        return [row for row in found if row[2]]

    @property
    def offline(self) -> list[SeatValue]:
        """Return the released seats that the server cannot reach before their lease ends."""
        return [seat for seat in self.preview.released if seat.is_offline][:10] if self.preview else []


def _seats(count: int) -> str:
    return ngettext("%(count)s seat", "%(count)s seats", count) % {"count": f"{count:,}"}


def panel_of(
    form: OperationForm,
    state: State,
    preview: Preview | None,
    *,
    more_seats: Callable[[], Iterable[SeatValue]],
) -> Panel:
    """Return the preview as it is shown; two queries at most, beside those of ``more_seats``."""
    problems, hints = _problems_and_hints(form, preview)
    panel = Panel(state, form, preview, problems, hints, (), reaches_at(state))
    if not panel.is_choosing:
        return panel
    found = {seat.id: seat for seat in (*active_seats([state]).get(state.id, ()), *more_seats())}
    seats = tuple(sorted(found.values(), key=lambda seat: (seat.activated_at, seat.id)))
    return Panel(state, form, preview, problems, hints, seats, panel.reaches_at)


def _problems_and_hints(form: OperationForm, preview: Preview | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what blocks, and what is only not said yet; never both."""
    if preview is None:
        unread = {name: texts for name, texts in form.errors.as_data().items() if name not in WORDS}
        is_wrong = any(error.code != "required" for errors in unread.values() for error in errors)
        sentences = tuple(str(text) for name in unread for text in form.errors[name])
        return (sentences, ()) if form.is_confirmed or (form.is_asked and is_wrong) else ((), sentences)
    shown = [problem for problem in preview.problems if problem.field not in WORDS]
    problems = tuple(problem.message for problem in shown if problem.code not in NOTHING_YET)
    return problems, () if problems else tuple(problem.message for problem in shown)


def reaches_at(state: State) -> datetime | None:
    """Return when the last lease of an active seat ends: by then every client knows of a change; one query."""
    if not state.seats_used:
        return None
    found: dict[str, Any] = Seat.objects.filter(entitlement=state.id, released_at=None).aggregate(
        last=Max("lease_expires_at")
    )
    last: datetime | None = found["last"]
    return last


def summary(preview: Preview) -> Iterator[Chip]:
    """Yield how many values go which way, how many overrides outlive a move, and how many seats go or come."""
    lead = preview.lead
    counted = Counter(effect.direction for effect in lead.effects if effect.right.key != OFFERING.key)
    for direction in DIRECTIONS:
        if counted[direction]:
            yield Chip(direction, SIGNS[direction], str(direction), f"{counted[direction]} {direction}")
    kept = sum(effect.outcome is OverrideOutcome.KEPT for effect in lead.overrides)
    if kept and lead.compared and lead.compared.revision.id != lead.after.revision.id:
        yield Chip("kept", "=", "kept", f"{kept} kept")
    for seats, direction, words in (
        (preview.released, Direction.REMOVED, "released"),
        (preview.restored, Direction.ADDED, "brought back"),
        (preview.taken_over, Direction.CHANGED, "taken over"),
    ):
        if seats:
            yield Chip(direction, SIGNS[direction], str(direction), f"{_seats(len(seats))} {words}")
