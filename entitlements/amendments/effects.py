"""What an amendment does, simulated afresh, for pages. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import ngettext

from config.clock import site_today
from entitlements.dialogs.panel import MoveCard, pairs_of
from entitlements.history.money import MoneyGroup, money_groups
from entitlements.history.prices import PriceRow, price_line_of, price_rows
from entitlements.operations import Move, Preview
from entitlements.state import SeatValue

SEATS_SHOWN = 20


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
    def money(self) -> list[MoneyGroup]:
        """Return what it makes due on its day, and at the next invoices."""
        return money_groups((preview.money for preview in self.previews), today=site_today())

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
