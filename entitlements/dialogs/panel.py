"""The preview in a dialog: problems, warnings, every move, and the released, restored and transferred seats."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Max
from django.utils.translation import ngettext

from config.clock import site_today
from entitlements.dialogs.forms import REASON_FIELDS, OperationForm, SeatsForm
from entitlements.dialogs.in_force import CounterBack, counters_back, effects_in_force
from entitlements.history.chips import SIGNS, Chip, chip_in_force
from entitlements.history.conditions import Comparison, compared
from entitlements.history.money import MoneyGroup, due_line, money_groups
from entitlements.history.prices import Pair, PriceRow, price_line_of, price_rows
from entitlements.history.words import OverrideRow, headings, override_row, shown
from entitlements.models import Seat
from entitlements.operations import Effect, Move, OverrideEffect, OverrideOutcome, Preview, SeatMode
from entitlements.operations.seats import may_overflow
from entitlements.schedule import Later
from entitlements.state import SeatValue, State, active_seats
from entitlements.state.fields import OFFERING
from offerings.change_words import CHANGED
from offerings.rights import Direction

# Problems of an unfinished choice: the panel shows them as hints.
UNFINISHED = {"nothing_to_change", "already_there", "no_seat_chosen", "expiry_missing"}
SEATS_SHOWN = 100
SEATS_TO_CHOOSE_FROM = 500  # Django takes at most 1,000 fields in one form
SUMMARY_ORDER = ("added", "raised", "lowered", "removed", "changed")


@dataclass(frozen=True, slots=True)
class SeatRow:
    """One seat to choose from, ticked or not."""

    seat: SeatValue
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class MoveCard:
    """The move of one entitlement. ``title`` is empty where the preview has no other move."""

    move: Move
    title: str = ""

    @property
    def effects(self) -> list[tuple[Effect, Chip]]:
        """Return every effect on what is in force with its chip, but for the offering, which the headings name."""
        effects = [effect for effect in effects_in_force(self.move) if effect.right.key != OFFERING.key]
        return [(effect, chip_in_force(effect, self.move.after)) for effect in effects]

    @property
    def overrides(self) -> list[OverrideRow]:
        """Return the effect on each override in words, in the order of the rights."""
        places = {key: place for place, key in enumerate(self.move.after.right_keys)}
        effects = sorted(self.move.overrides, key=lambda effect: places.get(effect.right.key, len(places)))
        return [self._in_force(effect) for effect in effects]

    def _in_force(self, effect: OverrideEffect) -> OverrideRow:
        """Return an override in words; the value in force is that with the add-ons beside the plan."""
        after, key = self.move.after, effect.right.key
        row = override_row(effect, self.move.compared, after)
        value = after.granted(key)
        return row if effect.is_floor or value == after.in_force(key) else replace(row, after=shown(row.right, value))

    @property
    def counters_back(self) -> list[CounterBack]:
        """Return the usage counters that come back."""
        return counters_back(self.move)

    @property
    def texts(self) -> Comparison | None:
        """Return the terms and conditions before and after side by side; ``None`` where they stay."""
        before, after = (state.conditions or "" if state else "" for state in (self.move.compared, self.move.after))
        return None if before == after else compared(before, after)

    @property
    def headings(self) -> tuple[str, str]:
        """Return the headings of the values before and after."""
        return headings(self.move.compared, self.move.after, same="Now")


@dataclass(frozen=True, slots=True)
class Panel:
    """One preview in a dialog. ``preview`` is ``None`` while the form has errors.

    ``state`` is the state of the entitlement of the dialog, ``seats`` are the seats to choose from, ``reaches_at`` is
    the moment (aware UTC) when the last client hears of the change, ``later`` what becomes of what is scheduled.
    """

    state: State
    form: OperationForm
    preview: Preview | None
    problems: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    seats: tuple[SeatValue, ...] = ()
    reaches_at: datetime | None = None
    later: tuple[Later, ...] = ()

    @property
    def is_blocked(self) -> bool:
        """Tell whether problems or missing choices block the confirmation."""
        return self.preview is None or bool(self.problems or self.hints)

    @property
    def summary(self) -> list[Chip]:
        """Return the chips of ``summary``."""
        return list(summary(self.preview)) if self.preview else []

    @property
    def problem_count(self) -> str:
        """Return the number of problems in words."""
        return ngettext("%(count)s problem", "%(count)s problems", len(self.problems)) % {"count": len(self.problems)}

    # --- moves -------------------------------------------------------------------------------------------------------

    @property
    def moves(self) -> list[MoveCard]:
        """Return every move, the lead first."""
        if self.preview is None:
            return []
        lead = self.preview.lead
        if len(self.preview.moves) == 1:
            return [MoveCard(lead)]
        cards = []
        for move in (lead, *(move for move in self.preview.moves if move is not lead)):
            title = "This entitlement" if move.id == self.state.id else "The other entitlement"
            title = move.after.revision.offering_name if self._is_beside(move) else title
            cards.append(MoveCard(move, title if move.before else "New entitlement"))
        return cards

    def _is_beside(self, move: Move) -> bool:
        """Tell whether a move is that of an add-on along with its plan."""
        return self.preview is not None and move.after.revision.kind != self.preview.lead.after.revision.kind

    @property
    def lead(self) -> MoveCard | None:
        """Return the move to the entitlement that the customer ends with."""
        return MoveCard(self.preview.lead) if self.preview else None

    @property
    def already_standard(self) -> list[OverrideRow]:
        """Return the new overrides that equal the standard: they change nothing now, but keep the value later."""
        rows = self.lead.overrides if self.lead else []
        return [row for row in rows if row.outcome is OverrideOutcome.SET and row.value == row.standard_after]

    # --- price -------------------------------------------------------------------------------------------------------

    @property
    def price(self) -> list[PriceRow]:
        """Return the price before and after: of several entitlements the total first, then each."""
        return price_rows([(card.title, (card.move.before, card.move.after)) for card in self.moves])

    @property
    def price_line(self) -> str:
        """Return the price before and after in one short line; empty without a preview."""
        return price_line_of(pairs_of(self.preview)) if self.preview else ""

    @property
    def money(self) -> list[MoneyGroup]:
        """Return what the change makes due, now and at the next invoices."""
        return money_groups([self.preview.money], today=site_today()) if self.preview else []

    @property
    def due_line(self) -> str:
        """Return what is due now, or on the day of what waits, and at the next invoice; empty for nothing."""
        return due_line([self.preview.money], on=self.form.waits_until) if self.preview else ""

    # --- seats -------------------------------------------------------------------------------------------------------

    @property
    def in_use(self) -> int:
        """Return the number of seats in use before the change, of all entitlements of the preview but add-ons along."""
        moves = [move for move in self.preview.moves if not self._is_beside(move)] if self.preview else []
        before = [move.before for move in moves if move.before] if self.preview else [self.state]
        return sum(state.seats_used for state in before)

    @property
    def seats_sentence(self) -> str:
        """Return the effect on seats in one sentence."""
        used, released = self.in_use, self.release_count
        numbers = {"used": f"{used:,}", "released": f"{released:,}"}
        if transferred := len(self.preview.taken_over) if self.preview else 0:
            return f"{_transferred_seats(transferred)}, {released:,} released."
        if not used:
            return "No seat is in use."
        if not released:
            return ngettext("The seat in use stays.", "All %(used)s seats stay.", used) % numbers
        sentence = "%(released)s of %(used)s seat is released.", "%(released)s of %(used)s seats are released."
        return ngettext(*sentence, used) % numbers

    @property
    def is_too_many_to_choose(self) -> bool:
        """Tell whether more seats must go than the dialog lists to choose from."""
        return self.overflow > SEATS_TO_CHOOSE_FROM

    @property
    def overflow(self) -> int:
        """Return the number of seats in use beyond the capacity after the change."""
        capacity = self.preview.lead.after.seat_capacity if self.preview else None
        return 0 if capacity is None or self.is_part else max(0, self.in_use - capacity)

    @property
    def seats_allowed(self) -> str:
        """Return the seats in use and the capacity after the change, or today's as long as no change is chosen."""
        capacity = (self.preview.lead.after if self.preview else self.state).seat_capacity
        allowed = "unlimited" if capacity is None else f"{capacity:,}"
        return f"{self.in_use:,} in use, {allowed} allowed {'after the change' if self.preview else 'now'}"

    @property
    def is_part(self) -> bool:
        """Tell whether only a part of the quantity changes: the chosen seats then go with the part."""
        return bool(getattr(self.preview.operation, "count", None)) if self.preview else False

    @property
    def offers_seats(self) -> bool:
        """Tell whether the dialog offers the modes for seats."""
        if not isinstance(self.form, SeatsForm) or self.preview is None:
            return False
        lead = self.preview.lead
        return (
            (self.form.always_offers_seats and bool(self.in_use))
            or self.is_choosing
            or any(problem.field == "seats" for problem in self.preview.problems)
            or (lead.before is not None and may_overflow(lead.before, lead.after))
        )

    @property
    def is_choosing(self) -> bool:
        """Tell whether the person chooses single seats."""
        return isinstance(self.form, SeatsForm) and self.form.seat_mode == SeatMode.RELEASE_CHOSEN

    @property
    def seat_rows(self) -> list[SeatRow]:
        """Return the seats to choose from, ticked or not."""
        chosen = set(self.form.chosen_seats) if isinstance(self.form, SeatsForm) else set()
        return [SeatRow(seat, str(seat.id) in chosen) for seat in self.seats[:SEATS_TO_CHOOSE_FROM]]

    @property
    def chosen_count(self) -> int:
        """Return the number of ticked seats among those to choose from."""
        return sum(row.is_chosen for row in self.seat_rows)

    @property
    def released(self) -> Sequence[SeatValue]:
        """Return the first released seats."""
        return self.preview.released[:SEATS_SHOWN] if self.preview else ()

    @property
    def release_count(self) -> int:
        """Return the number of released seats."""
        return len(self.preview.released) if self.preview else 0

    @property
    def released_not_shown(self) -> int:
        """Return the number of released seats beyond ``released``."""
        return max(0, self.release_count - SEATS_SHOWN)

    @property
    def incoming_seats(self) -> list[tuple[str, str, Sequence[SeatValue]]]:
        """Return the restored and the transferred seats: a heading, a sign and the first seats of each."""
        if self.preview is None:
            return []
        restored, transferred = self.preview.restored, self.preview.taken_over
        heading = ngettext("%(count)s seat comes back", "%(count)s seats come back", len(restored))
        found = [
            (heading % {"count": f"{len(restored):,}"}, "+", restored[:SEATS_SHOWN]),
            (_transferred_seats(len(transferred)), "=", transferred[:SEATS_SHOWN]),
        ]
        return [row for row in found if row[2]]

    @property
    def offline(self) -> list[SeatValue]:
        """Return the first released seats that are offline: the server reaches them only after their lease ends."""
        return [seat for seat in self.preview.released if seat.is_offline][:10] if self.preview else []


def _transferred_seats(count: int) -> str:
    return ngettext("%(count)s seat goes over", "%(count)s seats go over", count) % {"count": f"{count:,}"}


def panel_of(
    form: OperationForm,
    state: State,
    preview: Preview | None,
    *,
    more_seats: Callable[[], Iterable[SeatValue]],
) -> Panel:
    """Return the panel of a preview; two queries at most, beside those of ``more_seats``."""
    problems, hints = _problems_and_hints(form, preview)
    panel = Panel(state, form, preview, problems, hints, reaches_at=None if form.waits_until else reaches_at(state))
    if not panel.is_choosing:
        return panel
    found = {seat.id: seat for seat in (*active_seats([state]).get(state.id, ()), *more_seats())}
    return replace(panel, seats=tuple(sorted(found.values(), key=lambda seat: (seat.activated_at, seat.id))))


def _problems_and_hints(form: OperationForm, preview: Preview | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the problems that block, or the hints at missing choices; never both."""
    problems, hints = _of_the_preview(form, preview)
    if not form.is_reason_missing:
        return problems, hints
    return ((*problems, form.why_reason), ()) if problems else ((), hints or (form.why_reason,))


def _of_the_preview(form: OperationForm, preview: Preview | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if preview is None:
        by_field = {name: errors for name, errors in form.errors.as_data().items() if name not in REASON_FIELDS}
        is_wrong = any(error.code != "required" for errors in by_field.values() for error in errors)
        sentences = tuple(str(text) for name in by_field for text in form.errors[name])
        return (sentences, ()) if form.is_confirmed or (form.has_input and is_wrong) else ((), sentences)
    found = [problem for problem in preview.problems if problem.field not in REASON_FIELDS]
    problems = tuple(problem.message for problem in found if problem.code not in UNFINISHED)
    return problems, () if problems else tuple(problem.message for problem in found)


def reaches_at(state: State) -> datetime | None:
    """Return the end of the last lease of an active seat (aware UTC): every client knows of a change by then.

    One query; ``None`` without a seat in use.
    """
    if not state.seats_used:
        return None
    active = Seat.objects.filter(entitlement=state.id, released_at=None)
    last: datetime | None = active.aggregate(last=Max("lease_expires_at"))["last"]
    return last


def pairs_of(preview: Preview) -> list[Pair]:
    """Return the states before and after each move."""
    return [(move.before, move.after) for move in preview.moves]


def summary(preview: Preview) -> Iterator[Chip]:
    """Yield chips with the number of values by word and tone, of kept overrides, and of seats by effect."""
    lead = preview.lead
    counted = Counter(effect.words for effect in effects_in_force(lead) if effect.right.key != OFFERING.key)
    for said in sorted(counted, key=lambda each: SUMMARY_ORDER.index(each.tone)):
        yield Chip(said.tone, "~" if said == CHANGED else said.sign, said.word, f"{counted[said]} {said.word}")
    kept = sum(effect.outcome is OverrideOutcome.KEPT for effect in lead.overrides)
    if kept and lead.compared and lead.compared.revision.id != lead.after.revision.id:
        yield Chip("kept", "=", "kept", f"{kept} kept")
    for seats, direction, words in (
        (preview.released, Direction.REMOVED, "released"),
        (preview.restored, Direction.ADDED, "brought back"),
        (preview.taken_over, Direction.CHANGED, "taken over"),
    ):
        if seats:
            count = ngettext("%(count)s seat", "%(count)s seats", len(seats)) % {"count": f"{len(seats):,}"}
            yield Chip(direction, SIGNS[direction], str(direction), f"{count} {words}")
