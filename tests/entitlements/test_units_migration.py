"""What migration 0013 makes of the log as it was: units, orders, and the words for seats that went over."""

from importlib import import_module
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest

migration = import_module("entitlements.migrations.0013_fill_units")
OLD, NEW, ORDER, SEAT = (uuid4() for _ in range(4))


class Log:
    """A log in which the change of the old entitlement hands a seat over to the new one."""

    def __init__(self) -> None:
        self.objects = self

    def filter(self, *, act: UUID, entitlement: str) -> "Log":
        assert entitlement == str(OLD)
        return self

    def values_list(self, name: str, *, flat: bool) -> "Log":
        return self

    def first(self) -> dict[str, Any]:
        return {"handed": {"to": str(NEW), "seats": [str(SEAT)]}}


def change(entitlement: UUID, delta: dict[str, Any], *, from_revision: int | None = 1) -> Any:
    held = SimpleNamespace(order_id=ORDER)
    return SimpleNamespace(
        act_id=uuid4(), entitlement_id=entitlement, entitlement=held, from_revision_id=from_revision, delta=delta
    )


def test_what_took_seats_over_belongs_to_the_unit_of_the_other() -> None:
    giver = change(OLD, {"handed": {"to": str(NEW), "seats": [str(SEAT)]}})
    taker = change(NEW, {"received": {"from": str(OLD)}}, from_revision=None)
    assert (str(migration._unit(giver)), str(migration._unit(taker))) == (str(OLD), str(OLD))


@pytest.mark.parametrize(
    ("entitlement", "old", "new", "from_revision"),
    [
        (OLD, {"handed": {"to": "x", "seats": ["s"]}}, {"handed_over": {"to": "x", "seats": ["s"]}}, 1),
        (
            NEW,
            {"received": {"from": str(OLD)}},
            {"took_over": {"from": str(OLD), "seats": [str(SEAT)]}, "fields": {"order": [None, str(ORDER)]}},
            None,
        ),
        (NEW, {"counters": {"k": [1, 2]}}, {"counters": {"k": [1, 2]}}, 1),
        (
            NEW,
            {"fields": {"quantity": [None, 5]}},
            {"fields": {"quantity": [None, 5], "order": [None, str(ORDER)]}},
            None,
        ),
    ],
)
def test_a_delta_is_said_in_new_words_and_in_old_ones_again(
    entitlement: UUID, old: dict[str, Any], new: dict[str, Any], from_revision: int | None
) -> None:
    row = change(entitlement, old, from_revision=from_revision)
    assert migration._with_new_words(Log(), row) == new
    assert migration._with_old_words(new) == old
