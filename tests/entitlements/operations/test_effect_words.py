"""The words and tones of what moves: dates are earlier or later, to be disabled is a loss, never to end is none."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from entitlements.history.chips import chip_of
from entitlements.operations.effects import effects_of
from entitlements.state import OverrideValue, State
from tests.entitlements.values import NOW, created, state

ENDLESS = state(standard_expires_on=None)


def said(before: State | None, after: State, key: str) -> tuple[str, str, str, str]:
    [effect] = [each for each in effects_of(before, after, memo={}) if each.right.key == key]
    chip = chip_of(effect)
    return chip.tone, chip.word, chip.before, chip.after


@pytest.mark.parametrize(
    ("before", "after", "key", "expected"),
    [
        (
            state(),
            state(standard_expires_on=date(2027, 4, 1)),
            "expires_on",
            ("raised", "later", "1 Mar 2027", "1 Apr 2027"),
        ),
        (
            state(),
            state(standard_expires_on=date(2027, 2, 1)),
            "expires_on",
            ("lowered", "earlier", "1 Mar 2027", "1 Feb 2027"),
        ),
        (state(), ENDLESS, "expires_on", ("raised", "never ends", "1 Mar 2027", "never")),
        (ENDLESS, state(), "expires_on", ("lowered", "now ends", "never", "1 Mar 2027")),
        (state(), ENDLESS, "grace_ends_on", ("changed", "never ends", "15 Mar 2027", "never")),
        (None, state(), "expires_on", ("changed", "set", "", "1 Mar 2027")),
        (state(), state(starts_on=date(2026, 4, 1)), "starts_on", ("changed", "later", "1 Mar 2026", "1 Apr 2026")),
        (created(), state(), "starts_on", ("changed", "starts", "not started", "1 Mar 2026")),
        (state(), state(ended_on=date(2026, 11, 21)), "ended_on", ("removed", "ends", "not ended", "21 Nov 2026")),
        (state(ended_on=date(2026, 11, 21)), state(), "ended_on", ("added", "open again", "21 Nov 2026", "not ended")),
        (state(), state(disabled_at=NOW), "is_disabled", ("removed", "disabled", "no", "yes")),
        (state(disabled_at=NOW), state(), "is_disabled", ("added", "enabled", "yes", "no")),
        (created(), state(), "is_activated", ("added", "activated", "no", "yes")),
        (state(), created(), "is_activated", ("lowered", "not activated", "yes", "no")),
        (
            state(),
            state(standard_maintenance_expires_on=date(2026, 12, 1)),
            "maintenance_expires_on",
            ("changed", "ends on a day", "with the license", "1 Dec 2026"),
        ),
    ],
)
def test_a_field_is_said_in_its_own_words(before: Any, after: State, key: str, expected: tuple[str, ...]) -> None:
    assert said(before, after, key) == expected


def test_the_chip_of_a_disabled_entitlement_says_what_it_is_now() -> None:
    for before, after, label in (
        (state(), state(disabled_at=NOW), "Disabled"),
        (state(disabled_at=NOW), state(), "Enabled"),
    ):
        [effect] = effects_of(before, after, memo={})
        assert chip_of(effect).label == label


def test_a_day_of_a_feature_is_set_and_cleared_not_gained_and_lost() -> None:
    before = state()
    after = replace(before, overrides={"expires_on": OverrideValue("")})
    assert said(before, after, "expires_on")[:2] == ("raised", "never ends")
