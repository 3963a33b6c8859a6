"""Change terms: each date alone and together, at the boundaries of one another and of the calendar."""

from datetime import date, timedelta
from typing import Any

import pytest

from entitlements.operations import ChangeTerms, Preview
from entitlements.operations.terms import LATEST
from entitlements.state import OverrideValue
from tests.entitlements.values import (
    LONG_AGO,
    TODAY,
    codes,
    created,
    described,
    look,
    revision,
    state,
    told,
)

DAY = timedelta(days=1)
START, END = date(2026, 3, 1), date(2027, 3, 1)
WITH_MAINTENANCE = state(revision(terms={"maintenance_duration": "P1Y"}), standard_maintenance_expires_on=END)


def change(**dates: Any) -> ChangeTerms:
    return ChangeTerms(as_of=TODAY, **dates)


def dates(preview: Preview) -> tuple[Any, ...]:
    after = preview.lead.after
    return after.starts_on, after.standard_expires_on, {key: each.value for key, each in after.overrides.items()}


def test_how_it_describes_itself() -> None:
    assert described(ChangeTerms) == (
        "change_terms",
        "entitlements.change_terms",
        ("Change terms", "Change terms", "Changed terms", "changed the terms of", "calendar", "info", False),
        ("Term", "entitlement", False),
        {
            "starts_on": {"label": "Starts"},
            "expires_on": {"label": "Expires"},
            "maintenance_expires_on": {"label": "Maintenance ends"},
        },
    )
    assert ChangeTerms.words.intro == (
        "A date unlike the standard counts as set by hand: it is marked, and kept when the offering changes."
    )


# --- the dates after -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"expires_on": date(2027, 6, 1)}, (START, END, {"expires_on": "2027-06-01"})),
        ({"expires_on": "never"}, (START, END, {"expires_on": ""})),
        ({"maintenance_expires_on": date(2027, 6, 1)}, (START, END, {"maintenance_expires_on": "2027-06-01"})),
        ({"starts_on": date(2026, 4, 1)}, (date(2026, 4, 1), date(2027, 4, 1), {})),
        (
            {"starts_on": date(2026, 4, 1), "expires_on": END},
            (date(2026, 4, 1), date(2027, 4, 1), {"expires_on": "2027-03-01"}),
        ),
        ({"starts_on": date(2026, 4, 1), "expires_on": date(2027, 4, 1)}, (date(2026, 4, 1), date(2027, 4, 1), {})),
        ({"expires_on": START + DAY}, (START, END, {"expires_on": "2026-03-02"})),
        ({"expires_on": LATEST}, (START, END, {"expires_on": "2999-12-31"})),
    ],
)
def test_the_dates_that_are_given(asked: dict[str, Any], expected: Any) -> None:
    preview = look(change(**asked), state())
    assert (dates(preview), preview.problems) == (expected, ())
    assert (preview.lead.before, preview.operation) == (state(), change(**asked))


def test_a_date_that_equals_the_standard_takes_the_one_set_by_hand_away() -> None:
    before = state(overrides={"expires_on": "2027-06-01"})
    assert dates(look(change(expires_on=END), before)) == (START, END, {})


def test_a_date_that_is_set_already_keeps_who_set_it() -> None:
    by_hand = OverrideValue("2027-06-01", set_at=LONG_AGO, set_by_name="Ada")
    before = state(overrides={"expires_on": by_hand})
    after = look(change(expires_on=date(2027, 6, 1), maintenance_expires_on="never"), before).lead.after
    assert after.overrides["expires_on"] is by_hand


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"expires_on": END}, True),
        ({}, True),
        ({"starts_on": START}, True),
        ({"starts_on": START, "expires_on": END, "maintenance_expires_on": "never"}, True),
        ({"expires_on": END + DAY}, False),
    ],
)
def test_what_changes_nothing_is_refused(asked: dict[str, Any], expected: bool) -> None:
    nothing = ("nothing_to_change", "Nothing would change. Enter another date or text.", "")
    assert told(look(change(**asked), state()).problems) == ([nothing] if expected else [])


# --- the start -------------------------------------------------------------------------------------------------------


def test_the_standard_ends_move_with_the_start_where_they_followed_from_it() -> None:
    after = look(change(starts_on=date(2026, 4, 1)), WITH_MAINTENANCE).lead.after
    assert (after.standard_expires_on, after.standard_maintenance_expires_on) == (date(2027, 4, 1), date(2027, 4, 1))


def test_standard_ends_that_were_renewed_stay() -> None:
    renewed = state(
        revision(terms={"maintenance_duration": "P1Y"}),
        standard_expires_on=END + DAY,
        standard_maintenance_expires_on=END + DAY,
    )
    after = look(change(starts_on=date(2026, 4, 1)), renewed).lead.after
    assert (after.standard_expires_on, after.standard_maintenance_expires_on) == (END + DAY, END + DAY)


@pytest.mark.parametrize(
    ("starts", "problems"),
    [
        (END - DAY, []),
        (
            END,
            [("start_after_end", "The term's standard end is 2027-03-01. Choose an earlier start.", "starts_on")],
        ),
        (
            END + DAY,
            [("start_after_end", "The term's standard end is 2027-03-01. Choose an earlier start.", "starts_on")],
        ),
    ],
)
def test_a_start_is_before_a_standard_end_that_stays(starts: date, problems: list[Any]) -> None:
    renewed = state(starts_on=date(2025, 1, 1))
    assert told(look(change(starts_on=starts), renewed).problems) == problems


@pytest.mark.parametrize(
    ("starts", "late"), [(LATEST - DAY, False), (LATEST, False), (LATEST + DAY, True), (date.max, True)]
)
def test_a_start_is_before_the_year_3000(starts: date, late: bool) -> None:
    before = state(revision(terms={"duration": "", "license_type": "perpetual"}), standard_expires_on=None)
    problem = ("start_too_late", "Choose a day before the year 3000.", "starts_on")
    preview = look(change(starts_on=starts), before)
    assert told(preview.problems) == ([problem] if late else [])
    assert preview.lead.after.starts_on == starts


def test_a_start_beyond_the_calendar_moves_no_standard_end() -> None:
    preview = look(change(starts_on=date.max), WITH_MAINTENANCE)
    assert codes(preview) == ["start_too_late"]
    assert preview.lead.after.standard_expires_on == END


def test_a_start_on_the_last_day_moves_the_standard_end() -> None:
    assert look(change(starts_on=LATEST), state()).lead.after.standard_expires_on == date(3000, 12, 31)


# --- problems --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["expires_on", "maintenance_expires_on"])
@pytest.mark.parametrize(
    ("day", "code"),
    [
        (START - DAY, "expiry_before_start"),
        (START, "expiry_before_start"),
        (START + DAY, None),
        (LATEST, None),
        (LATEST + DAY, "expiry_too_late"),
        ("never", None),
    ],
)
def test_each_end_against_the_start(key: str, day: Any, code: str | None) -> None:
    found = look(change(**{key: day}), WITH_MAINTENANCE)
    assert [(each.code, each.field) for each in found.problems] == ([(code, key)] if code else [])


def test_an_end_is_compared_with_the_start_that_is_given() -> None:
    asked = change(starts_on=date(2026, 6, 1), expires_on=date(2026, 6, 1))
    assert codes(look(asked, state())) == ["expiry_before_start"]
    assert codes(look(change(starts_on=date(2026, 1, 1), expires_on=START), state())) == []


def test_a_start_after_an_end_set_by_hand_is_refused() -> None:
    before = state(overrides={"expires_on": "2026-06-01"})
    assert codes(look(change(starts_on=date(2026, 6, 1)), before)) == ["expiry_before_start"]
    assert codes(look(change(starts_on=date(2026, 5, 31)), before)) == []


@pytest.mark.parametrize("asked", [{"expires_on": date(2027, 6, 1)}, {"starts_on": date(2026, 6, 1)}, {}])
def test_before_activation_there_is_no_term_to_change(asked: dict[str, Any]) -> None:
    preview = look(change(**asked), created())
    message = "The term has not started yet. Activate the entitlement first."
    assert told(preview.problems) == [("not_activated", message, "")]
    assert preview.lead.after.starts_on is None


def test_every_problem_is_said_at_once() -> None:
    asked = change(starts_on=LATEST + DAY, expires_on=START, maintenance_expires_on=START)
    found = look(asked, state(ended_on=TODAY))
    assert codes(found) == ["ended", "expiry_before_start", "expiry_before_start", "start_too_late"]
    assert codes(look(change(), state(ended_on=TODAY))) == ["ended"]
