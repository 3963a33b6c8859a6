"""What must be said of every move, whichever operation makes it: of the state after, in one place. Pure.

Source: design, section 4, "What must be said".
"""

from collections.abc import Iterator, Sequence
from datetime import date

from django.utils.translation import ngettext

from entitlements.operations.add_ons import extended_plans, is_add_on, place_in
from entitlements.operations.preview import Move, PreviewWarning
from entitlements.operations.seats import count_are, over_limit
from entitlements.operations.terms import LATEST, end_of_term
from entitlements.state import EXPIRY, NOTHING_HELD, TERM_RIGHTS, Held, OverrideValue, State, Status
from offerings import rights
from offerings.models import PlanType
from offerings.rights import UNLIMITED, Direction, Kind, Right

IN_USE = {Status.ACTIVE, Status.GRACE_PERIOD}
OUT_OF_USE = {
    Status.ENDED: "it has ended",
    Status.DISABLED: "it is disabled",
    Status.CUSTOMER_DISABLED: "the customer is disabled",
    Status.CREATED: "its term has not started",
    Status.EXPIRED: "it has expired",
}
STANDING = {
    Status.DISABLED: "This entitlement is disabled. It stays disabled after this change.",
    Status.CUSTOMER_DISABLED: "The customer is disabled. The entitlement stays out of use after this change.",
    Status.EXPIRED: "This entitlement has expired, and stays expired after this change.",
    Status.GRACE_PERIOD: "This entitlement is in its grace period, and stays in it after this change.",
}
Pair = tuple[State | None, State]


def consequences(moves: Sequence[Move], *, today: date, held: Held = NOTHING_HELD) -> tuple[PreviewWarning, ...]:
    """Return what a person should know of the states after, each warning once.

    Covers access that ends or stays away, kept overrides, days set by hand, days of a term that are lost, counters and
    pools over their limit, and plans that lose what add-ons gave them.
    """
    found: list[PreviewWarning] = []
    for before, after in _pairs(moves):
        found += _access(before, after, today)
        if before is not None and after.ended_on is not None:
            found += _given_up_days(before, after, today)
        if before is not None and after.ended_on is None:
            found += [*_kept_days(before, after), *_lost_days(before, after, today), *_kept_overrides(before, after)]
        if after.ended_on is None:
            found += [*_over_limits(after), *_ended_overrides(before, after, today)]
    for before, after in extended_plans(moves, held, today=today):
        found += _lost_extensions(before, after)
    return tuple(dict.fromkeys(found))


def _pairs(moves: Sequence[Move]) -> Iterator[Pair]:
    """Yield what the customer has before and after, by move.

    An entitlement that ends because another one of the unit takes its place is compared with that one. An add-on that
    ends while its plan goes on takes no access away.
    """
    continued = {move.continues.id for move in moves if move.before is None and move.continues}
    continued |= {move.taken_from for move in moves if move.taken_from}
    plan_goes_on = any(not is_add_on(move.after) and move.after.ended_on is None for move in moves)
    ending = [move for move in moves if move.before and move.before.ended_on is None and move.after.ended_on]
    reopened = [move for move in moves if move.before and move.before.ended_on and move.after.ended_on is None]
    left = {place_in(move.before): move for move in ending if not is_add_on(move.after)}
    taken = {place_in(move.after) for move in moves if move.before is None and not is_add_on(move.after)}
    for move in moves:
        is_replaced = move.id in continued or reopened or place_in(move.before) in taken
        if move in ending and (is_replaced or (plan_goes_on and is_add_on(move.after))):
            continue
        replaced = next((each for each in ending if each.after.revision.kind == move.after.revision.kind), None)
        if move in reopened and replaced:
            yield replaced.before, move.after
        elif move.before is None and not move.continues and place_in(move.after) in left:
            yield left[place_in(move.after)].before, move.after
        else:
            yield move.compared, move.after


def _access(before: State | None, after: State, today: date) -> Iterator[PreviewWarning]:
    was = before.status(today) if before else None
    now = after.status(today)
    if was in IN_USE and now not in IN_USE:
        message = f"Access ends now: after this change {OUT_OF_USE[now]}. Clients stop working when their lease ends."
        yield PreviewWarning("access_ends", message)
    elif was is Status.ACTIVE and now is Status.GRACE_PERIOD:
        message = f"The term is over after this change: access ends on {after.grace_ends_on}, with the grace period."
        yield PreviewWarning("grace_begins", message)
    elif before is None and now is Status.CUSTOMER_DISABLED:
        yield PreviewWarning("customer_disabled", "The customer is disabled: the entitlement is out of use.")
    elif before is not None and now in STANDING:
        yield PreviewWarning(now.replace(" ", "_"), STANDING[now])


# --- the term --------------------------------------------------------------------------------------------------------


def _kept_days(before: State, after: State) -> Iterator[PreviewWarning]:
    """Yield a warning for each day that was set by hand and stays unlike what the new term gives."""
    for key, right in TERM_RIGHTS.items():
        kept = key in after.overrides and after.overrides[key] == before.overrides.get(key)
        if not kept or before.standard(key) == after.standard(key):
            continue
        standard = f"would be {after.standard(key)}" if after.standard(key) else "would be open"
        day = after.in_force(key)
        message = f"{right.label}: {day or 'never'} stays as it was set by hand. By the new term it {standard}."
        yield PreviewWarning("day_kept", message, key)


def _lost_days(before: State, after: State, today: date) -> Iterator[PreviewWarning]:
    """Yield a warning where days of a paid term are given up.

    A term that starts anew is paid in full: what was left of the old one is lost, but for the days the new end lies
    beyond a full term.
    """
    left = _paid_days(before, today)
    if not left or before.expires_on is None or after.expires_on is None:
        return
    full = _full_term(before, after, today)
    kept = (after.expires_on - full).days if full else left - (before.expires_on - after.expires_on).days
    lost = left - max(0, kept)
    if lost <= 0:
        return
    advice = " To keep them, add what is left." if full else ""
    yield PreviewWarning("days_lost", f"{_days_are(lost)} lost.{advice}", "term")


def _given_up_days(before: State, after: State, today: date) -> Iterator[PreviewWarning]:
    """Yield a warning where an entitlement ends before its paid term does."""
    left = _paid_days(before, max(today, after.ended_on or today)) if before.ended_on is None else 0
    if left:
        yield PreviewWarning("days_lost", f"{after.revision.offering_name}: {_days_are(left)} lost.", "term")


def _paid_days(state: State, today: date) -> int:
    """Return the days that are left of a paid term; 0 where nothing is paid."""
    return state.days_left(today) if state.revision.terms.plan_type in ("", PlanType.PAID) else 0


def _days_are(count: int) -> str:
    words = ngettext("%(count)s day of the current term is", "%(count)s days of the current term are", count)
    return words % {"count": f"{count:,}"}


def _full_term(before: State, after: State, today: date) -> date | None:
    """Return the end of a full term where the term starts anew, today or later; ``None`` where it goes on."""
    if before.starts_on is None or after.starts_on is None or EXPIRY.key in after.overrides:
        return None
    starts_anew = before.starts_on < after.starts_on and today <= after.starts_on <= LATEST
    return end_of_term(after.revision, after.starts_on) if starts_anew else None


# --- overrides -------------------------------------------------------------------------------------------------------


def _kept_overrides(before: State, after: State) -> Iterator[PreviewWarning]:
    """Yield a warning for each kept override that the move makes equal to the standard, too low, or too high."""
    for key, override, right in _kept_unlike(before, after):
        standard, name, kept = after.standard(key), after.revision.offering_name, rights.show(right, override.value)
        if right.kind is Kind.PRICE and standard != override.value:
            yield from _kept_price(right, kept, before, after)
            continue
        match rights.compare(right, standard, after.in_force(key)):
            case Direction.SAME if not override.is_floor:
                message = f"{right.label} is standard in {name}. Drop its override to follow {name}."
                yield PreviewWarning("override_equals_standard", message, key)
            case Direction.LOWERED | Direction.REMOVED if _standard_moved(key, before, after) is Direction.RAISED:
                granted = rights.show(right, standard)
                message = f"{right.label}: {kept} stays although {name} grants {granted}: a kept override gives less."
                yield PreviewWarning("override_below_standard", message, key)
            case Direction.RAISED | Direction.ADDED if _outlives(key, before, after):
                low = rights.show(right, standard) or "nothing"
                message = f"{right.label}: {kept} stays although {name} grants {low}: a kept override."
                yield PreviewWarning("override_outlives_downgrade", message, key)


def _kept_unlike(before: State, after: State) -> Iterator[tuple[str, OverrideValue, Right]]:
    """Yield each kept override of a right, where the move brings another revision or standard value."""
    for key, override in after.overrides.items():
        right = after.revision.right(key)
        is_kept = override == before.overrides.get(key)
        if right is None or key in TERM_RIGHTS or not is_kept or not rights.is_valid(right, override.value):
            continue
        if before.revision.id != after.revision.id or before.standard(key) != after.standard(key):
            yield key, override, right


def _kept_price(right: Right, kept: str, before: State, after: State) -> Iterator[PreviewWarning]:
    """Yield a warning where a price that was agreed stays although the price list says another one than before."""
    standard = after.standard(right.key)
    if before.standard(right.key) != standard:
        costs = rights.show_stored(right, standard)
        message = f"{right.label}: {kept} stays as agreed although {after.revision.offering_name} costs {costs}."
        yield PreviewWarning("agreed_price_kept", message, right.key)


def _ended_overrides(before: State | None, after: State, today: date) -> Iterator[PreviewWarning]:
    """Yield a warning for each override that comes back although its end is past."""
    for key, override in after.overrides.items():
        is_back = before is not None and key not in before.overrides
        if is_back and override.until and override.until <= today:
            label, day = after.right(key).label, rights.show_day(override.until)
            message = f"{label}: the override ended on {day}, so it ends again at once. Set it anew with another end."
            yield PreviewWarning("override_ends_at_once", message, key)


def _outlives(key: str, before: State, after: State) -> bool:
    if after.right(key).kind is Kind.FLAG:
        return True
    return _standard_moved(key, before, after) is Direction.LOWERED


def _standard_moved(key: str, before: State, after: State) -> Direction:
    """Return the direction of the standard value: raised and lowered also where the right comes or goes."""
    right, earlier = after.right(key), before.standard(key)
    if earlier is not None and not rights.is_valid(right, earlier):
        return Direction.CHANGED
    direction = rights.compare(right, earlier, after.standard(key))
    return {Direction.ADDED: Direction.RAISED, Direction.REMOVED: Direction.LOWERED}.get(direction, direction)


# --- counters and pools ----------------------------------------------------------------------------------------------


def _over_limits(after: State) -> Iterator[PreviewWarning]:
    """Yield a warning for each pool with more checked out, and each counter with more used, than is allowed.

    Nothing is allowed of a right that is of another kind by now, or not there at all.
    """
    for kind, code, amounts in (
        (Kind.POOL, "checked_out_over_limit", after.checked_out),
        (Kind.COUNT, "used_over_limit", after.counters),
    ):
        for key, amount in amounts.items():
            right = after.right(key)
            limit = (after.granted(key) or 0) if right.kind is kind else 0
            if limit == UNLIMITED or not isinstance(limit, int) or amount <= limit:
                continue
            yield PreviewWarning(code, _over_limit(right.label, amount, limit, kind), key)


def _over_limit(name: str, amount: int, limit: int, kind: Kind) -> str:
    if kind is Kind.POOL:
        return (
            f"{name}: {count_are(amount)} checked out, {limit:,} allowed. "
            f"Only returns are possible until {count_are(limit)} left."
        )
    return f"{name}: {count_are(amount)} used, {limit:,} allowed. Nothing more can be used until the counter is reset."


# --- plans beside add-ons --------------------------------------------------------------------------------------------


def _lost_extensions(before: State, after: State) -> Iterator[PreviewWarning]:
    """Yield a warning for what a plan has in use and its add-ons no longer cover."""
    capacity, earlier = after.seat_capacity, before.seat_capacity
    sinks = capacity is not None and (earlier is None or capacity < earlier)
    if sinks and capacity is not None and after.seats_used > capacity:
        yield over_limit(after.seats_used, capacity, of=after.revision.offering_name)
    known = {each.field for each in _over_limits(before)}
    yield from (each for each in _over_limits(after) if each.field not in known)
