"""What happened to sales after they were placed: at most one case for each, on days of the past."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

from entitlements.demo import texts
from entitlements.demo.catalog import Name
from entitlements.demo.desk import LICENSING, Desk
from entitlements.demo.sales import Sale, is_per_quantity
from entitlements.models import Act
from entitlements.operations import (
    Activate,
    ChangeOffering,
    ChangeTerms,
    Disable,
    Enable,
    Operation,
    ReleaseSeats,
    RevertOverrides,
    SeatChoice,
    SeatMode,
    SetOverrides,
    SetQuantity,
    UndoAct,
)
from entitlements.state import active_seats, load

SETTLED = 28  # days after a sale, from which on its story may go on
KEEP = SeatChoice(SeatMode.KEEP)
OLDEST = SeatChoice(SeatMode.RELEASE_OLDEST)
Happening = Callable[[datetime], object]


class Event(NamedTuple):
    """Something that happens at a moment."""

    at: datetime
    happen: Happening


@dataclass
class Story:
    """Everything that will have happened, to be told in order of time."""

    desk: Desk
    events: list[Event] = field(default_factory=list)

    def on(self, days_ago: int, happen: Happening) -> None:
        """Let something happen so many days ago."""
        self.events.append(Event(self.desk.moment(max(1, days_ago)), happen))

    def tell(self) -> None:
        """Let everything happen, the oldest first."""
        for event in sorted(self.events, key=lambda event: event.at):
            event.happen(event.at)

    def later(self, sale: Sale) -> int:
        """Return a day between the time a sale has settled and yesterday, as days ago."""
        return self.desk.chance.randint(1, max(1, sale.days_ago - SETTLED))

    def pick(self, words: tuple[str, ...]) -> str:
        """Return one of several sentences."""
        return self.desk.chance.choice(words)

    def reference(self) -> str:
        """Return the number of a ticket, or nothing."""
        return f"TCK-{self.desk.chance.randint(20_000, 39_999)}" if self.desk.chance.random() < 0.4 else ""

    def act(self, operation: type[Operation], sale: Sale, at: datetime, **asked: Any) -> Act | None:
        """Carry out an operation on one sale as the operations person; nothing where it is refused."""
        person = self.desk.people["administrator" if self.desk.chance.random() < 0.1 else "operations"]
        return self.desk.do(operation, [sale.key], at=at, by=asked.pop("by", person), **asked)


# --- cases: each schedules what happens to one sale -------------------------------------------------------------------


def override(story: Story, sale: Sale) -> None:
    """Set a right by hand; for one in three sales a second one too."""
    day = story.later(sale)
    story.on(day, partial(_override, story, sale))
    if story.desk.chance.random() < 0.35:
        story.on(max(1, day - 9), partial(_override, story, sale))


def _override(story: Story, sale: Sale, at: datetime) -> None:
    state = load([sale.key])[0]
    limit = state.standard("seat_limit")
    offers: list[tuple[str, Any, str]] = [*texts.OVERRIDES[""], *texts.OVERRIDES[sale.offering.product] * 2]
    if isinstance(limit, int):
        extra = story.desk.chance.choice((5, 10, 20, 45))
        offers += [("seat_limit", limit + extra, story.pick(texts.MORE_SEATS))] * 4
    fresh = [offer for offer in offers if state.in_force(offer[0]) != offer[1] and offer[0] not in state.overrides]
    if fresh:
        key, value, reason = story.desk.chance.choice(fresh)
        story.act(SetOverrides, sale, at, values={key: value}, reason=reason, reference=story.reference())


def override_reverted(story: Story, sale: Sale) -> None:
    """Take an override off again after a while."""
    day = story.later(sale)
    story.on(day, partial(_override, story, sale))
    story.on(max(1, day - 30), partial(_revert, story, sale))


def _revert(story: Story, sale: Sale, at: datetime) -> None:
    keys = tuple(load([sale.key])[0].overrides)
    if keys:
        story.act(RevertOverrides, sale, at, keys=keys, seats=OLDEST, reason=texts.TEMPORARY_ENDED)


def upgrade(story: Story, sale: Sale) -> None:
    """Move the customer up one edition."""
    story.on(story.later(sale), partial(_move, story, sale, steps=1, reason=story.pick(texts.UPGRADES)))


def downgrade(story: Story, sale: Sale) -> None:
    """Move the customer down one edition; seats that do not fit go, the oldest first."""
    sale.fill = 1.0
    story.on(story.later(sale), partial(_move, story, sale, steps=-1, reason=story.pick(texts.DOWNGRADES)))


def downgrade_over_limit(story: Story, sale: Sale) -> None:
    """Move the customer down with all seats kept, over the limit."""
    sale.fill = 1.0
    story.on(story.later(sale), partial(_move, story, sale, steps=-1, reason=story.pick(texts.DOWNGRADES), seats=KEEP))


def _move(story: Story, sale: Sale, at: datetime, *, steps: int, reason: str, seats: SeatChoice = OLDEST) -> Act | None:
    name = story.desk.catalog.above(sale.offering, steps=steps)
    if name is None:
        return None
    revision_id = story.desk.catalog.revision_id(name)
    return story.act(
        ChangeOffering, sale, at, revision_id=revision_id, seats=seats, reason=reason, reference=story.reference()
    )


def wrong_upgrade(story: Story, sale: Sale) -> None:
    """Undo an upgrade the next day."""
    day = story.later(sale) + 2
    acts: list[Act] = []
    story.on(day, partial(_remembered_move, story, sale, acts))
    story.on(day - 1, partial(_take_back, story, sale, acts, reason=texts.MISTAKE))


def redone_upgrade(story: Story, sale: Sale) -> None:
    """Undo an upgrade the next day, and redo it the day after."""
    day = story.later(sale) + 3
    acts: list[Act] = []
    story.on(day, partial(_remembered_move, story, sale, acts))
    story.on(day - 1, partial(_take_back, story, sale, acts, reason=texts.MISTAKE))
    story.on(day - 2, partial(_take_back, story, sale, acts, reason=texts.NOT_A_MISTAKE))


def _remembered_move(story: Story, sale: Sale, acts: list[Act], at: datetime) -> None:
    act = _move(story, sale, at, steps=1, reason=story.pick(texts.UPGRADES))
    acts.extend([act] if act else [])


def _take_back(story: Story, sale: Sale, acts: list[Act], at: datetime, *, reason: str) -> None:
    act = story.act(UndoAct, sale, at, act_id=acts[-1].pk, reason=reason) if acts else None
    acts.extend([act] if act else [])


def fewer_seats(story: Story, sale: Sale) -> None:
    """Sell fewer seats than are in use, and keep them for the moment."""
    sale.fill = 1.0
    quantity = max(1, (sale.quantity or 1) * 3 // 4)
    ask = partial(story.act, SetQuantity, sale, quantity=quantity, seats=KEEP, reason=texts.FEWER_SEATS)
    story.on(story.later(sale), ask)


def more_seats(story: Story, sale: Sale) -> None:
    """Sell more seats."""
    quantity = (sale.quantity or 1) + story.desk.chance.choice((1, 2, 5, 10))
    reason, reference = story.pick(texts.QUANTITIES), story.reference()
    ask = partial(story.act, SetQuantity, sale, quantity=quantity, reason=reason, reference=reference)
    story.on(story.later(sale), ask)


def disabled(story: Story, sale: Sale) -> None:
    """Take the entitlement out of use."""
    story.on(story.later(sale), partial(story.act, Disable, sale, reason=story.pick(texts.DISABLED)))


def disabled_and_enabled(story: Story, sale: Sale) -> None:
    """Take the entitlement out of use, and bring it back a few days later."""
    day = story.later(sale) + 6
    story.on(day, partial(story.act, Disable, sale, reason=texts.DISABLED[0]))
    story.on(day - 5, partial(story.act, Enable, sale, reason=texts.ENABLED))


def dated_by_hand(story: Story, sale: Sale) -> None:
    """Set the expiry by hand."""
    sale.is_renewed = False
    ends_on = story.desk.today + timedelta(days=story.desk.chance.randint(20, 420))
    story.on(
        story.later(sale),
        partial(story.act, ChangeTerms, sale, expires_on=ends_on, reason=story.pick(texts.NEW_DATES)),
    )


def never_ends(story: Story, sale: Sale) -> None:
    """Take the expiry away by hand."""
    sale.is_renewed = False
    story.on(story.later(sale), partial(story.act, ChangeTerms, sale, expires_on="never", reason=texts.FOR_EVER))


def seat_released(story: Story, sale: Sale) -> None:
    """Release one seat on request."""
    story.on(story.later(sale), partial(_release_one, story, sale))


def _release_one(story: Story, sale: Sale, at: datetime) -> None:
    state = load([sale.key])[0]
    seats = active_seats([state]).get(state.id, ())
    if seats:
        choice = SeatChoice(SeatMode.RELEASE_CHOSEN, (story.desk.chance.choice(seats).id,))
        by = story.desk.people["support"]
        story.act(ReleaseSeats, sale, at, seats=choice, by=by, reason=story.pick(texts.STOLEN))


def lapsed(_story: Story, sale: Sale) -> None:
    """Let the term run out."""
    sale.is_renewed = False


def in_grace(_story: Story, sale: Sale) -> None:
    """Let the term have ended a few days ago, within the grace period."""
    sale.is_renewed = False
    sale.days_ago = 33 if sale.offering.plan == "monthly" else 368


def trial(story: Story, sale: Sale) -> None:
    """Start two of three trials, within the first week."""
    if story.desk.chance.random() < 0.67 and sale.days_ago > 1:
        day = sale.days_ago - story.desk.chance.randint(1, 6)
        story.on(day, partial(story.act, Activate, sale, by=LICENSING))


# --- which sale gets which case ---------------------------------------------------------------------------------------


class Case(NamedTuple):
    """A case, the share of sales it happens to, and to which it can."""

    schedule: Callable[[Story, Sale], None]
    share: float
    fits: Callable[[Story, Name], bool]


def _any(_story: Story, _name: Name) -> bool:
    return True


def _dated(_story: Story, name: Name) -> bool:
    return name.plan != "perpetual"


def _can_rise(story: Story, name: Name) -> bool:
    return story.desk.catalog.above(name) is not None


def _can_sink(story: Story, name: Name) -> bool:
    return story.desk.catalog.above(name, steps=-1) is not None


def _can_overflow(story: Story, name: Name) -> bool:
    return name.product == "atlas" and _can_sink(story, name)


def _by_the_seat(story: Story, name: Name) -> bool:
    return is_per_quantity(story.desk, name)


CASES = (
    Case(in_grace, 0.02, _dated),
    Case(downgrade_over_limit, 0.02, _can_overflow),
    Case(fewer_seats, 0.02, _by_the_seat),
    Case(redone_upgrade, 0.01, _can_rise),
    Case(wrong_upgrade, 0.02, _can_rise),
    Case(never_ends, 0.004, _dated),
    Case(disabled, 0.02, _any),
    Case(disabled_and_enabled, 0.01, _any),
    Case(downgrade, 0.03, _can_sink),
    Case(upgrade, 0.07, _can_rise),
    Case(override, 0.16, _any),
    Case(override_reverted, 0.02, _any),
    Case(dated_by_hand, 0.03, _dated),
    Case(lapsed, 0.05, _dated),
    Case(seat_released, 0.03, _any),
    Case(more_seats, 0.05, _by_the_seat),
)


def assign_cases(story: Story, sales: list[Sale]) -> None:
    """Give trials their own case, and each other case its share of the older sales, at least one where any fits."""
    for sale in sales:
        if sale.offering.plan == "trial":
            trial(story, sale)
    free = [sale for sale in sales if sale.offering.plan != "trial" and sale.days_ago > SETTLED + 10]
    story.desk.chance.shuffle(free)
    for case in CASES:
        wanted = max(1, round(case.share * len(sales)))
        for sale in [each for each in free if case.fits(story, each.offering)][:wanted]:
            free.remove(sale)
            case.schedule(story, sale)
