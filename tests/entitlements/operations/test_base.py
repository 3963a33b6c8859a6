"""What every operation has: how it is stored, who may see it, and what is always refused or warned of."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, ClassVar
from uuid import UUID

import pytest

from entitlements.operations.base import (
    NO_PLANS,
    Operation,
    World,
    blockers,
    label,
    text_problems,
)
from entitlements.operations.seats import REFUSE, SeatChoice, SeatMode
from entitlements.operations.words import EARLIER_CHANGE, Words, Work
from entitlements.state import Delta
from tests.entitlements.values import KEY, NOW, OTHER_KEY, TODAY, state, told


@dataclass(frozen=True, slots=True, kw_only=True)
class Paint(Operation):
    """An operation that is no other's."""

    name: ClassVar[str] = "paint"
    permission: ClassVar[str] = "entitlements.paint"
    words: ClassVar[Words] = Words("Paint", "Paint", "Painted", "painted", "brush", "info")

    colours: tuple[str, ...] = ()
    by_day: dict[str, Any] = field(default_factory=dict)
    seats: SeatChoice = REFUSE
    first: "Paint | None" = None
    key: UUID = KEY


def test_an_operation_is_stored_as_plain_values() -> None:
    inner = Paint(as_of=date(2026, 1, 2))
    asked = Paint(
        as_of=TODAY,
        colours=("red", "blue"),
        by_day={"first": date(2026, 3, 1), "who": OTHER_KEY, "many": (1, None)},
        seats=SeatChoice(SeatMode.RELEASE_CHOSEN, (OTHER_KEY,)),
        first=inner,
    ).asked()
    assert asked == {
        "operation": "paint",
        "version": 1,
        "as_of": "2026-11-21",
        "colours": ["red", "blue"],
        "by_day": {"first": "2026-03-01", "who": str(OTHER_KEY), "many": [1, None]},
        "seats": {"mode": "release_chosen", "chosen": [str(OTHER_KEY)]},
        "first": {
            "operation": "paint",
            "version": 1,
            "as_of": "2026-01-02",
            "colours": [],
            "by_day": {},
            "seats": {"mode": "refuse", "chosen": []},
            "first": None,
            "key": str(KEY),
        },
        "key": str(KEY),
    }


def test_people_see_all_but_the_key_of_what_is_created() -> None:
    seen = Paint(as_of=TODAY).seen()
    assert seen == {name: value for name, value in Paint(as_of=TODAY).asked().items() if name != "key"}
    assert "key" not in seen
    assert Paint(as_of=TODAY, key=OTHER_KEY).seen() == seen


def test_what_an_operation_is_unless_it_says_otherwise() -> None:
    paint = Paint(as_of=TODAY)
    assert (paint.work, paint.creates, paint.tab) == (Work.OTHER, False, "entitlement")
    assert (paint.permissions, paint.needs_reason) == (("entitlements.paint",), False)
    assert paint.units([KEY, OTHER_KEY]) == [(KEY,), (OTHER_KEY,)]
    assert (paint.units([]), paint.revision_ids()) == ([], ())
    assert paint.load([state()], at=NOW, revisions={}) == World(at=NOW)
    assert Paint.title_of(None, state(), Delta()) == "Painted"


def test_the_day_it_counts_from_has_a_label() -> None:
    assert Paint.__dataclass_fields__["as_of"].metadata == {"label": "Counted from"}
    assert label("Order", choose="order", help="Whose?") == {"label": "Order", "choose": "order", "help": "Whose?"}


def test_an_operation_that_does_not_say_what_it_does_is_a_mistake() -> None:
    with pytest.raises(TypeError, match=r"^Paint does not say what it would do\.$"):
        Paint(as_of=TODAY).preview([state()], World(at=NOW))


def test_a_world_knows_nothing_unless_it_is_read() -> None:
    assert (World(at=NOW).seats, World(at=NOW).plans, World(at=NOW).memo) == ({}, NO_PLANS, {})


@pytest.mark.parametrize(("ended_on", "offered"), [(None, True), (TODAY, False), (TODAY + timedelta(days=1), False)])
def test_the_menu_offers_nothing_once_an_entitlement_has_ended(ended_on: date | None, offered: bool) -> None:
    found = state(ended_on=ended_on)
    assert Paint.applies_to(found) is offered
    message = "This entitlement has ended. Create a new one instead."
    assert told(blockers(found)) == ([] if offered else [("ended", message, "")])


# --- words that people write -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("abc", []),
        ("abcd", [("note_too_long", "Use at most 3 characters; this has 4.", "note")]),
        ("x" * 1_200, [("note_too_long", "Use at most 3 characters; this has 1,200.", "note")]),
        ("a\x00b", [("note_invalid", "Leave out control characters.", "note")]),
        (
            "ab\x00d",
            [
                ("note_too_long", "Use at most 3 characters; this has 4.", "note"),
                ("note_invalid", "Leave out control characters.", "note"),
            ],
        ),
    ],
)
def test_words_fit_their_column(text: str, found: list[tuple[str, str, str]]) -> None:
    assert told(text_problems(text, field="note", longest=3)) == found


# --- words -----------------------------------------------------------------------------------------------------------


def test_the_words_of_an_operation() -> None:
    assert (Paint.words.menu, Paint.words.changed) == ("Paint…", "Painted")
    assert (Paint.words.intro, Paint.words.is_dangerous) == ("", False)
    least = Words("T", "s", "d", "set an override on", "i", "t")
    assert (least.changed, least.intro, least.is_dangerous) == ("Set an override on", "", False)


def test_the_words_of_an_operation_that_is_not_known() -> None:
    assert Words("Another change", "Change", "Another change", "changed", "log", "quiet") == EARLIER_CHANGE


def test_the_kinds_of_work_are_words() -> None:
    assert list(Work) == ["Upgrades", "Downgrades", "Overrides", "Term", "Other"]
