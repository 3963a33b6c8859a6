"""What was last seen of an amendment, and whether it would still do that: to the entitlements, and in money."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from entitlements.history.dues import Dues
from entitlements.history.money import money_line
from entitlements.models import Amendment
from entitlements.operations import Preview, Problem
from entitlements.schedule.planned import Folded

NOTHING = "nothing"
DIFFERS = Problem(
    "differs", "It would do something else than what was last seen. Look at it again, then apply or cancel it."
)


def money_to_keep(previews: Iterable[Preview]) -> dict[str, Any]:
    """Return what previews make due, as an amendment keeps it: the sums to compare with, and the same in words."""
    found = list(previews)
    return {"seen": money_of(found), "words": money_in_words(found)}


def money_of(previews: Iterable[Preview]) -> list[Any]:
    """Return the sums that previews make due, and what is not known, as JSON."""
    return [preview.money.seen if preview.money else [] for preview in previews]


def money_in_words(previews: Iterable[Preview]) -> str:
    """Return what previews make due in one line."""
    return money_line(preview.money for preview in previews) or NOTHING


def dues_last_seen(row: Amendment) -> Dues:
    """Return what an amendment was last seen to make due on its day, in sum; nothing where nobody saw any."""
    kept = [sums for sums, _problems in filter(None, row.money["seen"])] if row.money else []
    found = [(currency, amount) for sums in kept for name, _day, currency, amount in sums if name == "now"]
    return Dues.added((currency, None if amount is None else Decimal(amount)) for currency, amount in found)


def difference(row: Amendment, own: Folded) -> Problem | None:
    """Return why an amendment would do something else on its day than what was last seen; ``None`` where it would not.

    Money is compared on the same day alone, and where it was kept: earlier versions did not.
    """
    if own.outcome != row.outcome:
        return DIFFERS
    kept = row.money
    is_other_day = row.is_immediate or own.planned.effective_on != row.effective_on
    if kept is None or is_other_day or kept["seen"] == money_of(own.previews):
        return None
    now, before = money_in_words(own.previews), kept["words"]
    message = f"It would make due {now}; what was last seen was {before}. Look at it again, then apply or cancel it."
    return Problem("differs", message)
