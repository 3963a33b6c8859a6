"""The cards on the page of an act: one change each, as its preview showed it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.utils.translation import ngettext

from entitlements.billing.money import Money
from entitlements.history.chips import SIGNS, Chip, chip_in_force, path_in_words
from entitlements.history.money import MoneyGroup, money_groups
from entitlements.history.prices import PriceRow, price_rows
from entitlements.history.replay import ReplayedChange
from entitlements.history.summary import summary_for_customer
from entitlements.history.words import OverrideRow, headings, override_row
from entitlements.models import Seat
from entitlements.operations import Effect
from entitlements.state import SeatRecord, SeatsOver, State
from entitlements.state.fields import OFFERING
from offerings.rights import Direction

SEATS_NAMED = 10
SEATS_LISTED = 50


@dataclass(frozen=True, slots=True)
class SeatsListed:
    """Seats that were released or brought back: the names of the first ones, ``more`` the rest."""

    direction: Direction
    sign: str
    done: str
    names: tuple[str, ...]
    more: int


@dataclass(frozen=True, slots=True)
class SeatsMoved:
    """Seats that went between two entitlements of a unit: words, the other entitlement, the names of the first seats.

    ``other`` is ``None`` where the act did not change that entitlement.
    """

    words: str
    names: tuple[str, ...]
    more: int
    other: State | None


@dataclass(frozen=True, slots=True)
class ChangeCard:
    """One change of an act, as its preview showed it, and in words for the customer. ``number`` counts on the page."""

    number: int
    replayed: ReplayedChange
    summary: str
    seats_moved: tuple[SeatsMoved, ...] = ()

    @property
    def name(self) -> str:
        """Return a name for the tables of the card: customer, order and number."""
        order = self.replayed.after.order
        return ", ".join(filter(None, (order.customer_name, order.order_reference, f"{self.number}")))

    @property
    def unit(self) -> UUID:
        """Return the key of the unit: cards of one unit moved together."""
        return self.replayed.change.unit

    @property
    def effects(self) -> list[tuple[Effect, Chip]]:
        """Return every value that moved but the offering itself, which the headings name."""
        after = self.replayed.after
        return [(each, chip_in_force(each, after)) for each in self.replayed.effects if each.right.key != OFFERING.key]

    @property
    def overrides(self) -> list[OverrideRow]:
        """Return every value set by hand with its outcome, in words."""
        before, after = self.replayed.before, self.replayed.after
        return [override_row(effect, before, after) for effect in self.replayed.overrides]

    @property
    def price(self) -> list[PriceRow]:
        """Return what the change made of the price: the parts that it moved."""
        pair = (self.replayed.before, self.replayed.after)
        return [row for row in price_rows([("", pair)]) if not row.step.is_unchanged]

    @property
    def money(self) -> list[MoneyGroup]:
        """Return what the change made due, with those that it moved together with; in the first of them."""
        return money_groups([Money.read(self.replayed.change.money)])

    @property
    def headings(self) -> tuple[str, str]:
        """Return the headings of the values before and after."""
        return headings(self.replayed.before, self.replayed.after, same="Before")

    @property
    def path(self) -> str:
        """Return the change group that opened the move, in words; empty where no group decides."""
        return path_in_words(self.replayed.delta.path)

    @property
    def seats_listed(self) -> list[SeatsListed]:
        """Return the seats that were released and those that were brought back, where there are any."""
        delta = self.replayed.delta
        both = [_listed(delta.released, Direction.REMOVED, "released")]
        both.append(_listed(delta.restored, Direction.ADDED, "brought back"))
        return [each for each in both if each.names]

    @property
    def has_chips(self) -> bool:
        """Tell whether seats, counters or a change group stand below the tables."""
        delta = self.replayed.delta
        return bool(delta.released or delta.restored or self.seats_moved or delta.counters_moved or self.path)


def _listed(seats: Sequence[SeatRecord], direction: Direction, done: str) -> SeatsListed:
    names = tuple(str(seat) for seat in seats[:SEATS_LISTED])
    return SeatsListed(direction, SIGNS[direction], done, names, len(seats) - len(names))


def cards_of(replayed: Sequence[ReplayedChange], day: date) -> list[ChangeCard]:
    """Return the cards of changes of one act, made on a day in the site's zone; one query, none where no seat moved."""
    states = {each.after.id: each.after for each in replayed}
    overs = [over for each in replayed for over in (each.delta.handed_over, each.delta.took_over) if over]
    wanted = {key for over in overs for key in over.seats[:SEATS_NAMED]}
    names = {seat.pk: str(seat) for seat in Seat.objects.filter(pk__in=wanted)} if wanted else {}
    return [
        ChangeCard(number, each, summary_for_customer([each], day), tuple(_seats_moved(each, states, names)))
        for number, each in enumerate(replayed, start=1)
    ]


def _seats_moved(
    change: ReplayedChange, states: Mapping[UUID, State], names: Mapping[UUID, str]
) -> Iterator[SeatsMoved]:
    handed, took = change.delta.handed_over, change.delta.took_over
    if handed and handed.seats:
        words = ngettext("%(n)s seat handed over to", "%(n)s seats handed over to", len(handed.seats))
        yield _moved(words, handed, states, names)
    if took and took.seats:
        words = ngettext("%(n)s seat taken over from", "%(n)s seats taken over from", len(took.seats))
        yield _moved(words, took, states, names)


def _moved(words: str, over: SeatsOver, states: Mapping[UUID, State], names: Mapping[UUID, str]) -> SeatsMoved:
    count = len(over.seats)
    return SeatsMoved(
        words=words % {"n": f"{count:,}"},
        names=tuple(names[key] for key in over.seats[:SEATS_NAMED] if key in names),
        more=max(0, count - SEATS_NAMED),
        other=states.get(over.other),
    )
