"""The words and tones of the fields of an entitlement where they differ from those of their kind. Pure.

Green is what the customer gains, red what the customer loses: to be disabled is a loss, to have no day of expiry any
more is none, and to get one is no gain. Everything else is said as ``offerings.change_words`` says it by kind.
"""

from collections.abc import Mapping

from entitlements.state import EXPIRY, MAINTENANCE_EXPIRY
from entitlements.state.fields import ACTIVATED, CONDITIONS, DISABLED, ENDED, GRACE, STARTS
from offerings.change_words import MINUS, OF_KIND, ChangeWords, change_words
from offerings.rights import Direction, Kind, Right, Value

# What the empty value of a field means.
EMPTY: Mapping[str, str] = {
    EXPIRY.key: "never",
    GRACE.key: "never",
    MAINTENANCE_EXPIRY.key: "with the license",
    STARTS.key: "not started",
    CONDITIONS.key: "none",
    ENDED.key: "not ended",
    ACTIVATED.key: "no",
    DISABLED.key: "no",
}
YES = {ACTIVATED.key: "yes", DISABLED.key: "yes"}

_DATES = OF_KIND[Kind.DATE]
_AT_CREATION = ChangeWords("changed", "+", "set")
_OF_FIELD: Mapping[str, Mapping[Direction, ChangeWords]] = {
    EXPIRY.key: {
        **_DATES,
        Direction.ADDED: ChangeWords("lowered", "↓", "now ends"),
        Direction.REMOVED: ChangeWords("raised", "∞", "never ends"),
    },
    GRACE.key: {
        **_DATES,
        Direction.ADDED: ChangeWords("changed", "→", "now ends"),
        Direction.REMOVED: ChangeWords("changed", "∞", "never ends"),
    },
    MAINTENANCE_EXPIRY.key: {
        **_DATES,
        Direction.ADDED: ChangeWords("changed", "→", "ends on a day"),
        Direction.REMOVED: ChangeWords("changed", "→", "with the license"),
    },
    STARTS.key: {
        Direction.RAISED: ChangeWords("changed", "→", "later"),
        Direction.LOWERED: ChangeWords("changed", "←", "earlier"),
        Direction.ADDED: ChangeWords("changed", "+", "starts"),
        Direction.REMOVED: ChangeWords("changed", MINUS, "not started"),
    },
    ENDED.key: {
        **_DATES,
        Direction.ADDED: ChangeWords("removed", MINUS, "ends"),
        Direction.REMOVED: ChangeWords("added", "+", "open again"),
    },
    ACTIVATED.key: {
        Direction.ADDED: ChangeWords("added", "+", "activated"),
        Direction.REMOVED: ChangeWords("lowered", MINUS, "not activated"),
    },
    DISABLED.key: {
        Direction.ADDED: ChangeWords("removed", MINUS, "disabled"),
        Direction.REMOVED: ChangeWords("added", "+", "enabled"),
    },
}


def effect_words(right: Right, before: Value | None, direction: Direction) -> ChangeWords:
    """Return how the change of a value is said; ``None`` before means that the entitlement is created with it."""
    is_term_day = right.group == "Term" and right.kind is Kind.DATE
    if before is None and is_term_day and direction is Direction.ADDED:
        return _AT_CREATION
    return _OF_FIELD.get(right.key, {}).get(direction) or change_words(right.kind, direction)
