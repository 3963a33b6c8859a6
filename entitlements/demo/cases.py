"""The cases of the demo: at most one for each sale, such as an upgrade, on days after the sale."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

from entitlements.demo import texts
from entitlements.demo.catalog import Name
from entitlements.demo.run import LICENSING
from entitlements.demo.sales import Sale, is_per_quantity
from entitlements.demo.schedule import SETTLED, Schedule
from entitlements.models import Act
from entitlements.operations import (
    Activate,
    ChangeOffering,
    ChangeTerms,
    Disable,
    Enable,
    ReleaseSeats,
    RevertOverrides,
    SeatChoice,
    SeatMode,
    SetOverrides,
    SetQuantity,
    UndoAct,
)
from entitlements.state import active_seats, load

KEEP = SeatChoice(SeatMode.KEEP)
OLDEST = SeatChoice(SeatMode.RELEASE_OLDEST)


# --- cases: each schedules the events of one sale --------------------------------------------------------------------


def set_override(schedule: Schedule, sale: Sale) -> None:
    """Set one right by hand, for one sale in three a second right."""
    day = schedule.day_after(sale)
    schedule.on(day, partial(_override, schedule, sale))
    if schedule.run.random.random() < 0.35:
        schedule.on(max(1, day - 9), partial(_override, schedule, sale))


def _override(schedule: Schedule, sale: Sale, at: datetime) -> None:
    state = load([sale.key])[0]
    limit = state.standard("seat_limit")
    choices: list[tuple[str, Any, str]] = [*texts.OVERRIDES[""], *texts.OVERRIDES[sale.offering.product] * 2]
    if isinstance(limit, int):
        extra = schedule.run.random.choice((5, 10, 20, 45))
        choices += [("seat_limit", limit + extra, schedule.pick(texts.MORE_SEATS))] * 4
    new = [each for each in choices if state.in_force(each[0]) != each[1] and each[0] not in state.overrides]
    if new:
        key, value, reason = schedule.run.random.choice(new)
        schedule.operate(SetOverrides, sale, at, values={key: value}, reason=reason, reference=schedule.reference())


def set_and_revert_override(schedule: Schedule, sale: Sale) -> None:
    """Set one right by hand, and revert it 30 days later."""
    day = schedule.day_after(sale)
    schedule.on(day, partial(_override, schedule, sale))
    schedule.on(max(1, day - 30), partial(_revert_all, schedule, sale))


def _revert_all(schedule: Schedule, sale: Sale, at: datetime) -> None:
    keys = tuple(load([sale.key])[0].overrides)
    if keys:
        schedule.operate(RevertOverrides, sale, at, keys=keys, seats=OLDEST, reason=texts.TEMPORARY_ENDED)


def upgrade(schedule: Schedule, sale: Sale) -> None:
    """Change to the next higher edition."""
    schedule.on(
        schedule.day_after(sale),
        partial(_change_edition, schedule, sale, steps=1, reason=schedule.pick(texts.UPGRADES)),
    )


def downgrade(schedule: Schedule, sale: Sale) -> None:
    """Change to the next lower edition, and release the oldest seats that do not fit."""
    sale.fill = 1.0
    schedule.on(
        schedule.day_after(sale),
        partial(_change_edition, schedule, sale, steps=-1, reason=schedule.pick(texts.DOWNGRADES)),
    )


def downgrade_over_limit(schedule: Schedule, sale: Sale) -> None:
    """Change to the next lower edition, and keep all seats, over the limit."""
    sale.fill = 1.0
    schedule.on(
        schedule.day_after(sale),
        partial(_change_edition, schedule, sale, steps=-1, reason=schedule.pick(texts.DOWNGRADES), seats=KEEP),
    )


def _change_edition(
    schedule: Schedule, sale: Sale, at: datetime, *, steps: int, reason: str, seats: SeatChoice = OLDEST
) -> Act | None:
    name = schedule.run.catalog.above(sale.offering, steps=steps)
    if name is None:
        return None
    revision_id = schedule.run.catalog.revision_id(name)
    return schedule.operate(
        ChangeOffering, sale, at, revision_id=revision_id, seats=seats, reason=reason, reference=schedule.reference()
    )


def undo_upgrade(schedule: Schedule, sale: Sale) -> None:
    """Undo an upgrade the next day."""
    day = schedule.day_after(sale) + 2
    acts: list[Act] = []
    schedule.on(day, partial(_logged_upgrade, schedule, sale, acts))
    schedule.on(day - 1, partial(_undo_last, schedule, sale, acts, reason=texts.MISTAKE))


def redo_upgrade(schedule: Schedule, sale: Sale) -> None:
    """Undo an upgrade the next day, and redo it the day after."""
    day = schedule.day_after(sale) + 3
    acts: list[Act] = []
    schedule.on(day, partial(_logged_upgrade, schedule, sale, acts))
    schedule.on(day - 1, partial(_undo_last, schedule, sale, acts, reason=texts.MISTAKE))
    schedule.on(day - 2, partial(_undo_last, schedule, sale, acts, reason=texts.NOT_A_MISTAKE))


def _logged_upgrade(schedule: Schedule, sale: Sale, acts: list[Act], at: datetime) -> None:
    act = _change_edition(schedule, sale, at, steps=1, reason=schedule.pick(texts.UPGRADES))
    acts.extend([act] if act else [])


def _undo_last(schedule: Schedule, sale: Sale, acts: list[Act], at: datetime, *, reason: str) -> None:
    act = schedule.operate(UndoAct, sale, at, act_id=acts[-1].pk, reason=reason) if acts else None
    acts.extend([act] if act else [])


def reduce_quantity(schedule: Schedule, sale: Sale) -> None:
    """Reduce the quantity below the seats in use, and keep the seats."""
    sale.fill = 1.0
    quantity = max(1, (sale.quantity or 1) * 3 // 4)
    action = partial(schedule.operate, SetQuantity, sale, quantity=quantity, seats=KEEP, reason=texts.FEWER_SEATS)
    schedule.on(schedule.day_after(sale), action)


def raise_quantity(schedule: Schedule, sale: Sale) -> None:
    """Raise the quantity."""
    quantity = (sale.quantity or 1) + schedule.run.random.choice((1, 2, 5, 10))
    reason, reference = schedule.pick(texts.QUANTITIES), schedule.reference()
    action = partial(schedule.operate, SetQuantity, sale, quantity=quantity, reason=reason, reference=reference)
    schedule.on(schedule.day_after(sale), action)


def disable(schedule: Schedule, sale: Sale) -> None:
    """Disable the entitlement."""
    schedule.on(
        schedule.day_after(sale), partial(schedule.operate, Disable, sale, reason=schedule.pick(texts.DISABLED))
    )


def disable_and_enable(schedule: Schedule, sale: Sale) -> None:
    """Disable the entitlement, and enable it five days later."""
    day = schedule.day_after(sale) + 6
    schedule.on(day, partial(schedule.operate, Disable, sale, reason=texts.DISABLED[0]))
    schedule.on(day - 5, partial(schedule.operate, Enable, sale, reason=texts.ENABLED))


def set_expiry(schedule: Schedule, sale: Sale) -> None:
    """Set the expiry by hand."""
    sale.is_renewed = False
    ends_on = schedule.run.today + timedelta(days=schedule.run.random.randint(20, 420))
    schedule.on(
        schedule.day_after(sale),
        partial(schedule.operate, ChangeTerms, sale, expires_on=ends_on, reason=schedule.pick(texts.NEW_DATES)),
    )


def remove_expiry(schedule: Schedule, sale: Sale) -> None:
    """Remove the expiry by hand."""
    sale.is_renewed = False
    schedule.on(
        schedule.day_after(sale),
        partial(schedule.operate, ChangeTerms, sale, expires_on="never", reason=texts.FOR_EVER),
    )


def release_seat(schedule: Schedule, sale: Sale) -> None:
    """Release one random seat."""
    schedule.on(schedule.day_after(sale), partial(_release_random_seat, schedule, sale))


def _release_random_seat(schedule: Schedule, sale: Sale, at: datetime) -> None:
    state = load([sale.key])[0]
    seats = active_seats([state]).get(state.id, ())
    if seats:
        choice = SeatChoice(SeatMode.RELEASE_CHOSEN, (schedule.run.random.choice(seats).id,))
        by = schedule.run.people["support"]
        schedule.operate(ReleaseSeats, sale, at, seats=choice, by=by, reason=schedule.pick(texts.STOLEN))


def let_expire(_schedule: Schedule, sale: Sale) -> None:
    """Leave the term without a renewal."""
    sale.is_renewed = False


def let_enter_grace(_schedule: Schedule, sale: Sale) -> None:
    """Move the sale to a day whose term ended a few days ago, within the grace period."""
    sale.is_renewed = False
    sale.days_ago = 33 if sale.offering.plan == "monthly" else 368


def start_trial(schedule: Schedule, sale: Sale) -> None:
    """Activate two of three trials within their first week."""
    if schedule.run.random.random() < 0.67 and sale.days_ago > 1:
        day = sale.days_ago - schedule.run.random.randint(1, 6)
        schedule.on(day, partial(schedule.operate, Activate, sale, by=LICENSING))


# --- assignment of cases to sales -------------------------------------------------------------------------------------


class Case(NamedTuple):
    """A case, its share of all sales, and the offerings that it fits."""

    schedule: Callable[[Schedule, Sale], None]
    share: float
    fits: Callable[[Schedule, Name], bool]


def _always(_schedule: Schedule, _name: Name) -> bool:
    return True


def _has_term(_schedule: Schedule, name: Name) -> bool:
    return name.plan != "perpetual"


def _has_higher_edition(schedule: Schedule, name: Name) -> bool:
    return schedule.run.catalog.above(name) is not None


def _has_lower_edition(schedule: Schedule, name: Name) -> bool:
    return schedule.run.catalog.above(name, steps=-1) is not None


def _can_overflow(schedule: Schedule, name: Name) -> bool:
    return name.product == "atlas" and _has_lower_edition(schedule, name)


def _is_per_quantity(schedule: Schedule, name: Name) -> bool:
    return is_per_quantity(schedule.run, name)


CASES = (
    Case(let_enter_grace, 0.02, _has_term),
    Case(downgrade_over_limit, 0.02, _can_overflow),
    Case(reduce_quantity, 0.02, _is_per_quantity),
    Case(redo_upgrade, 0.01, _has_higher_edition),
    Case(undo_upgrade, 0.02, _has_higher_edition),
    Case(remove_expiry, 0.004, _has_term),
    Case(disable, 0.02, _always),
    Case(disable_and_enable, 0.01, _always),
    Case(downgrade, 0.03, _has_lower_edition),
    Case(upgrade, 0.07, _has_higher_edition),
    Case(set_override, 0.16, _always),
    Case(set_and_revert_override, 0.02, _always),
    Case(set_expiry, 0.03, _has_term),
    Case(let_expire, 0.05, _has_term),
    Case(release_seat, 0.03, _always),
    Case(raise_quantity, 0.05, _is_per_quantity),
)


def assign_cases(schedule: Schedule, sales: list[Sale]) -> None:
    """Assign trials their own case, and each other case its share of the older sales, at least one that fits."""
    for sale in sales:
        if sale.offering.plan == "trial":
            start_trial(schedule, sale)
    free = [sale for sale in sales if sale.offering.plan != "trial" and sale.days_ago > SETTLED + 10]
    schedule.run.random.shuffle(free)
    for case in CASES:
        wanted = max(1, round(case.share * len(sales)))
        for sale in [each for each in free if case.fits(schedule, each.offering)][:wanted]:
            free.remove(sale)
            case.schedule(schedule, sale)
