"""What must be proposed to somebody who agrees, in place of being done: the rules of four eyes. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import ngettext

from entitlements.billing.money import Money
from entitlements.operations.preview import Move, Preview, Problem
from entitlements.state import State
from offerings.prices import show_money
from offerings.rights import NUMERIC_KINDS, ON_REQUEST, UNLIMITED, Kind, Right, Value, capacity, show

FIELD = "approval"
"""The field of the problem: it is about who does it, so that no fingerprint depends on it."""


@dataclass(frozen=True, slots=True)
class ApprovalRules:
    """What nobody does alone. ``None`` and ``False`` stand for no such rule.

    ``overrides_beyond`` is how many percent of the standard a number or a price set by hand may differ from it,
    ``releases_over`` how many seats one change may release, ``credits_over`` what one change may give back, in whole
    units of any currency, ``bulk_over`` how many entitlements one act may change.
    """

    outside_group: bool = False
    overrides_beyond: int | None = None
    releases_over: int | None = None
    bulk_over: int | None = None
    credits_over: int | None = None

    def __bool__(self) -> bool:
        return self != ApprovalRules()


def must_be_proposed(preview: Preview, rules: ApprovalRules, *, count: int = 1) -> list[Problem]:
    """Return a problem for each rule that a preview falls under; ``count`` is how many entitlements the act is for."""
    return [_problem(why) for why in _why(preview, rules, count)]


def bulk_problem(most: int, count: int) -> Problem:
    """Return the problem of an act on more entitlements than anybody changes alone."""
    return _problem(_too_many(most, count))


def _problem(why: str) -> Problem:
    return Problem("must_be_proposed", f"{why} Propose it to somebody who may.", FIELD)


def _too_many(most: int, count: int) -> str:
    limit = _limit("%(n)s entitlement", "%(n)s entitlements", most)
    return f"A change of more than {limit} at once needs approval; this is for {count:,}."


def counted(previews: Sequence[Preview]) -> int:
    """Return how many entitlements an act is for: each preview is for one, but for those that make or name several."""
    return sum(map(_counted, previews))


def _counted(preview: Preview) -> int:
    created = sum(move.compared is None for move in preview.moves)
    named = {key for key in preview.operation.named(()) if key in preview.ids}
    return max(1, created, len(named))


def _why(preview: Preview, rules: ApprovalRules, count: int) -> Iterator[str]:
    if rules.outside_group and any(move.path.get("outside") for move in preview.moves):
        yield "A change outside the change groups needs approval."
    if rules.overrides_beyond is not None:
        yield from _overrides(preview.moves, rules.overrides_beyond)
    if rules.releases_over is not None and len(preview.released) > rules.releases_over:
        most = _limit("%(n)s seat", "%(n)s seats", rules.releases_over)
        yield f"The release of more than {most} needs approval; this releases {len(preview.released):,}."
    if rules.credits_over is not None and preview.money:
        yield from _credits(preview.money, rules.credits_over)
    if rules.bulk_over is not None and count > rules.bulk_over:
        yield _too_many(rules.bulk_over, count)


def _credits(money: Money, most: int) -> Iterator[str]:
    """Yield a sentence for each currency in which a change gives back too much in sum, on its day."""
    for due in money.due_now:
        if due.amount is not None and -due.amount > most:
            given, allowed = (show_money(due.currency, Decimal(amount)) for amount in (-due.amount, most))
            yield f"Giving back more than {allowed} needs approval; this gives back {given}."


def _limit(one: str, many: str, count: int) -> str:
    return ngettext(one, many, count) % {"n": f"{count:,}"}


def _overrides(moves: Sequence[Move], percent: int) -> Iterator[str]:
    """Yield a sentence for each number that is set by hand now, too far from its standard."""
    for move in moves:
        for key, override in move.after.overrides.items():
            if override.set_at is not None:  # set by an earlier act
                continue
            right = move.after.right(key)
            if _is_beyond(*_compared(move.after, right, override.value), percent):
                yield _too_far(move.after, right, override.value, percent)


def _too_far(state: State, right: Right, value: Value, percent: int) -> str:
    standard = state.standard(right.key)
    return (
        f"{right.label} of {show(right, value)} needs approval: the standard is {show(right, standard)}, and "
        f"{percent:,} % more or less is the most that nobody has to agree to."
    )


def _compared(state: State, right: Right, value: Value) -> tuple[Value | None, Value | None]:
    """Return two numbers to compare, by hand and standard; the same one twice for what has no distance.

    An overdraft counts by the seats that can be in use with it.
    """
    standard = state.standard(right.key)
    if right.kind is Kind.OVERDRAFT:
        limit = state.in_force("seat_limit")
        seats = [limit and capacity(limit, each) for each in (value, standard or "none")]
        by_hand, usual = (UNLIMITED if each is None and limit else each for each in seats)
        return by_hand, usual
    if right.kind is Kind.PRICE:
        return value, None if standard == ON_REQUEST else standard
    return (value, standard) if right.kind in NUMERIC_KINDS else (value, value)


def _is_beyond(value: Value | None, standard: Value | None, percent: int) -> bool:
    """Tell whether a number is further from its standard than so many percent of it; no limit is beyond any number."""
    if value == standard:
        return False
    if UNLIMITED in (value, standard):
        return True
    base = Decimal(str(standard or 0))
    return abs(Decimal(str(value)) - base) * 100 > percent * abs(base)
