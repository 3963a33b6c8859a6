"""What an amendment does, simulated afresh, and what becomes of the others of its order: for pages. Pure."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import ngettext

from entitlements.dialogs.panel import MoveCard, pairs_of
from entitlements.history.prices import PriceRow, price_line_of, price_rows
from entitlements.models import Amendment
from entitlements.operations import Move, Preview
from entitlements.schedule import Answer
from entitlements.schedule.answers import Later, Verdict
from entitlements.state import SeatValue

SEATS_SHOWN = 20
VERDICTS = {
    Verdict.FITS: ("ok", "stays as it is"),
    Verdict.CHANGES: ("warn", "does something else"),
    Verdict.NO_LONGER_FITS: ("stop", "no longer fits"),
    Verdict.DOES_NOT_FIT: ("warn", "does not fit, as before"),
    Verdict.CANCELLED: ("quiet", "is cancelled along"),
}


@dataclass(frozen=True, slots=True)
class Effects:
    """The previews of one amendment on its day."""

    previews: Sequence[Preview] = ()

    @property
    def cards(self) -> list[MoveCard]:
        """Return every move, with a title where there are several."""
        moves = [move for preview in self.previews for move in preview.moves]
        return [MoveCard(move, _title(move) if len(moves) > 1 or not move.before else "") for move in moves]

    @property
    def price(self) -> list[PriceRow]:
        """Return the price before and after: of several entitlements the total first, then each."""
        return price_rows([(card.title, (card.move.before, card.move.after)) for card in self.cards])

    @property
    def price_line(self) -> str:
        """Return the price before and after in one short line."""
        return price_line_of([pair for preview in self.previews for pair in pairs_of(preview)])

    @property
    def warnings(self) -> list[str]:
        """Return the warnings, each once."""
        found = (warning.message for preview in self.previews for warning in preview.warnings)
        return list(dict.fromkeys(found))

    @property
    def released(self) -> list[SeatValue]:
        """Return the first seats that would be released as of now."""
        return [seat for preview in self.previews for seat in preview.released][:SEATS_SHOWN]

    @property
    def seats(self) -> str:
        """Return how many seats would be released as of now, in words; empty for none."""
        count = sum(len(preview.released) for preview in self.previews)
        if not count:
            return ""
        sentence = "As of now %(count)s seat would be released", "As of now %(count)s seats would be released"
        return ngettext(*sentence, count) % {"count": f"{count:,}"}

    @property
    def seats_left_out(self) -> int:
        """Return how many seats are not named."""
        return sum(len(preview.released) for preview in self.previews) - len(self.released)


def _title(move: Move) -> str:
    name = move.after.revision.offering_name
    return name if move.before else f"New: {name}"


@dataclass(frozen=True, slots=True)
class OtherRow:
    """Another amendment of the order, and what becomes of it. ``is_ticked``: it is cancelled in the same step."""

    amendment: Amendment
    later: Later
    is_ticked: bool

    @property
    def tone(self) -> str:
        """Return the tone of what becomes of it."""
        return VERDICTS[self.later.verdict][0]

    @property
    def verdict(self) -> str:
        """Return what becomes of it, in words."""
        return VERDICTS[self.later.verdict][1]

    @property
    def may_be_cancelled(self) -> bool:
        """Tell whether it can be cancelled along: what no longer fits must be."""
        return self.later.verdict in (Verdict.NO_LONGER_FITS, Verdict.DOES_NOT_FIT, Verdict.CANCELLED)

    @property
    def lines(self) -> list[str]:
        """Return what it would do, or why it cannot, where that is not what it did before."""
        if self.later.verdict is Verdict.CHANGES:
            return self.later.effects
        if self.later.verdict in (Verdict.NO_LONGER_FITS, Verdict.DOES_NOT_FIT) and self.later.after:
            return [problem.message for problem in self.later.after.problems]
        return []


def other_rows(answer: Answer, rows: Mapping[UUID, Amendment], cancels: Collection[UUID]) -> list[OtherRow]:
    """Return what becomes of the others of an order, in its order."""
    return list(_others(answer.later, rows, cancels))


def _others(later: Iterable[Later], rows: Mapping[UUID, Amendment], cancels: Collection[UUID]) -> Iterator[OtherRow]:
    for each in later:
        if each.key in rows:
            yield OtherRow(rows[each.key], each, each.key in cancels)
