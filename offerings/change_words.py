"""The word, sign and tone of one value that moves, by the kind of its right. Pure.

The one table for every page: a date is earlier or later, never lowered or raised; a period is shorter or longer.
Where a field of an entitlement needs words of its own (an expiry that goes away is not a loss), they are in
``entitlements.operations.effect_words``, which builds on this table.
"""

from dataclasses import dataclass

from offerings.kinds import Direction, Kind

MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True, slots=True)
class ChangeWords:
    """How a change is said. ``tone`` is one of the tones of changes in the style sheets, and colours nothing else."""

    tone: str
    sign: str
    word: str


def _words(tone: Direction, sign: str, word: str) -> ChangeWords:
    return ChangeWords(str(tone), sign, word)


ADDED, REMOVED, RAISED, LOWERED, CHANGED = (
    _words(direction, sign, str(direction))
    for direction, sign in (
        (Direction.ADDED, "+"),
        (Direction.REMOVED, MINUS),
        (Direction.RAISED, "↑"),
        (Direction.LOWERED, "↓"),
        (Direction.CHANGED, "→"),
    )
)
SAME = ChangeWords("kept", "=", "same")
DIRECTIONS = {
    Direction.SAME: SAME,
    Direction.ADDED: ADDED,
    Direction.REMOVED: REMOVED,
    Direction.RAISED: RAISED,
    Direction.LOWERED: LOWERED,
    Direction.CHANGED: CHANGED,
}

LATER, EARLIER = _words(Direction.RAISED, "↑", "later"), _words(Direction.LOWERED, "↓", "earlier")
SET, CLEARED = _words(Direction.CHANGED, "+", "set"), _words(Direction.CHANGED, MINUS, "cleared")
LONGER, SHORTER = _words(Direction.RAISED, "↑", "longer"), _words(Direction.LOWERED, "↓", "shorter")

OF_KIND: dict[Kind, dict[Direction, ChangeWords]] = {
    Kind.DATE: {
        Direction.RAISED: LATER,
        Direction.LOWERED: EARLIER,
        Direction.ADDED: SET,
        Direction.REMOVED: CLEARED,
    },
    Kind.PERIOD: {Direction.RAISED: LONGER, Direction.LOWERED: SHORTER},
    Kind.LEASE: {Direction.RAISED: LONGER, Direction.LOWERED: SHORTER},
}
# A price that moves is neither a gain nor a loss of the customer's rights.
OF_PRICE = {
    direction: words if direction is Direction.SAME else _words(Direction.CHANGED, words.sign, words.word)
    for direction, words in DIRECTIONS.items()
}
OF_KIND[Kind.PRICE] = OF_PRICE


def change_words(kind: Kind, direction: Direction) -> ChangeWords:
    """Return how the change of a right of a kind is said."""
    return OF_KIND.get(kind, {}).get(direction) or DIRECTIONS[direction]
