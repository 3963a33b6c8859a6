"""The words and tones of a change, by the kind of the right."""

import pytest

from offerings.change_words import OF_PRICE, change_words
from offerings.rights import Direction, Kind


@pytest.mark.parametrize(
    ("kind", "direction", "said"),
    [
        (Kind.FLAG, "added", ("added", "+", "added")),
        (Kind.LIMIT, "lowered", ("lowered", "↓", "lowered")),
        (Kind.DATE, "raised", ("raised", "↑", "later")),
        (Kind.DATE, "lowered", ("lowered", "↓", "earlier")),
        (Kind.DATE, "added", ("changed", "+", "set")),
        (Kind.DATE, "removed", ("changed", "−", "cleared")),
        (Kind.PERIOD, "raised", ("raised", "↑", "longer")),
        (Kind.LEASE, "lowered", ("lowered", "↓", "shorter")),
        (Kind.PERIOD, "added", ("added", "+", "added")),
        (Kind.TEXT, "changed", ("changed", "→", "changed")),
        (Kind.TEXT, "same", ("kept", "=", "same")),
    ],
)
def test_a_change_is_said_in_the_words_of_its_kind(kind: Kind, direction: str, said: tuple[str, str, str]) -> None:
    words = change_words(kind, Direction(direction))
    assert (words.tone, words.sign, words.word) == said


def test_a_price_is_neither_a_gain_nor_a_loss() -> None:
    assert {words.tone for direction, words in OF_PRICE.items() if direction is not Direction.SAME} == {"changed"}
    assert [OF_PRICE[direction].word for direction in (Direction.RAISED, Direction.LOWERED)] == ["raised", "lowered"]
