"""Activate: the term starts today, once, and never after the entitlement has ended."""

from datetime import date

import pytest

from entitlements.operations import Activate
from entitlements.state import State
from tests.entitlements.values import LONG_AGO, NOW, TODAY, codes, created, described, look, revision, state, told

ACTIVATE = Activate(as_of=TODAY)


def test_how_it_describes_itself() -> None:
    assert described(Activate) == (
        "activate",
        "entitlements.activate_entitlement",
        ("Activate", "Activate", "Activated", "activated", "play", "ok", False),
        ("Term", "entitlement", False),
        {},
    )
    assert Activate.words.intro == "The term starts today."


@pytest.mark.parametrize(
    ("found", "offered"),
    [(created(), True), (created(ended_on=TODAY), False), (state(), False), (state(ended_on=TODAY), False)],
)
def test_the_menu_offers_it_before_the_first_term(found: State, offered: bool) -> None:
    assert Activate.applies_to(found) is offered


def test_the_term_starts_today() -> None:
    before = created(revision(terms={"maintenance_duration": "P2Y"}), overrides={"expires_on": "2027-11-21"})
    preview = look(ACTIVATE, before)
    after = preview.lead.after
    assert (preview.problems, preview.warnings, preview.operation) == ((), (), ACTIVATE)
    assert (after.activated_at, after.starts_on) == (NOW, TODAY)
    assert (after.standard_expires_on, after.standard_maintenance_expires_on) == (
        date(2027, 11, 21),
        date(2028, 11, 21),
    )
    assert (preview.lead.before, after.overrides) == (before, {})


def test_a_second_time_is_refused() -> None:
    preview = look(ACTIVATE, state(ended_on=TODAY))
    assert told(preview.problems)[1:] == [
        ("already_activated", "This entitlement is activated already. Renew it instead.", "")
    ]
    assert codes(preview) == ["ended", "already_activated"]
    assert preview.lead.is_unchanged
    assert preview.operation == ACTIVATE
    assert codes(look(ACTIVATE, state())) == ["already_activated"]


@pytest.mark.parametrize(
    ("expires", "problems"),
    [("2026-11-20", ["expiry_before_start"]), ("2026-11-21", ["expiry_before_start"]), ("2026-11-22", [])],
)
def test_an_expiry_set_by_hand_before_the_start_is_refused(expires: str, problems: list[str]) -> None:
    assert codes(look(ACTIVATE, created(overrides={"expires_on": expires}))) == problems


def test_all_problems_and_warnings_are_said() -> None:
    before = created(ended_on=date(2026, 11, 22), disabled_at=LONG_AGO, overrides={"expires_on": "2026-11-21"})
    preview = look(ACTIVATE, before)
    assert codes(preview) == ["ended", "expiry_before_start"]
    assert [each.code for each in preview.warnings] == ["disabled"]
