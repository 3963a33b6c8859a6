"""The prices before and after moves or changes, as rows: the total first, then each. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from entitlements.state import State, price_of
from offerings.totals import PriceStep, Total, price_steps, price_text

Pair = tuple[State | None, State]
"""The states before and after; ``None`` before means that the entitlement was created."""


@dataclass(frozen=True, slots=True)
class PriceRow:
    """One part of a price before and after. ``title`` heads it: an entitlement of several, ``In total``, or empty."""

    step: PriceStep
    title: str = ""
    note: str = ""
    is_total: bool = False


def steps_of(pairs: Iterable[Pair]) -> list[PriceStep]:
    """Return what changes of one or many entitlements make of their price, as one sum."""
    found = list(pairs)
    before = [price_of(state) for state, _after in found if state is not None]
    return price_steps(Total.of(before) if before else None, Total.of(price_of(after) for _before, after in found))


def moved_steps(pairs: Iterable[Pair]) -> list[PriceStep]:
    """Return the steps that change something."""
    return [step for step in steps_of(pairs) if not step.is_unchanged]


def price_rows(named: Sequence[tuple[str, Pair]]) -> list[PriceRow]:
    """Return the rows of a preview: of several entitlements the total, then each by its name.

    Parts of a price that stay are left out, but for the first where everything stays.
    """
    pairs = [pair for _title, pair in named]
    if not pairs:
        return []
    if len(named) == 1:
        return list(_rows(pairs, "", _note(pairs[0])))
    rows = list(_rows(pairs, "In total", "", is_total=True))
    for title, pair in named:
        rows += _rows([pair], title, _note(pair))
    return rows


def _rows(pairs: Sequence[Pair], title: str, note: str, *, is_total: bool = False) -> Iterable[PriceRow]:
    steps = steps_of(pairs)
    shown = [step for step in steps if not step.is_unchanged] or steps[:1]
    return [PriceRow(step, title, note if place == 0 else "", is_total) for place, step in enumerate(shown)]


def _note(pair: Pair) -> str:
    """Return what to know of the price after: a disabled entitlement keeps it, and counts in no sum."""
    after = pair[1]
    is_disabled = after.disabled_at is not None and after.ended_on is None
    return "counts in no sum while it is disabled" if is_disabled else ""


def price_line_of(pairs: Iterable[Pair]) -> str:
    """Return what becomes of a price in one line: ``EUR 829.50 / year → 304.50 / year (+ 12.50)``."""
    return price_text(steps_of(pairs))
