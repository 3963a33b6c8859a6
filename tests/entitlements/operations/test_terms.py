"""When a term starts and ends, at each boundary: the day before, the day itself, the day after, and no day."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from changegroups.models import SubscribeMode
from entitlements.operations.terms import (
    DEFAULT_TERM,
    LATEST,
    TERMS,
    TermChoice,
    TermMode,
    TermOutcome,
    end_of_maintenance,
    end_of_term,
    expiry_problems,
    order_problems,
    resolved_mode,
    same_terms,
    standard_mode,
    started,
    starts_on_creation,
    with_changed_term,
)
from entitlements.state import OverrideValue, RevisionValue, State
from tests.entitlements.values import LONG_AGO, NOW, TODAY, created, gold, revision, state, told

PERPETUAL = {"license_type": "perpetual", "duration": ""}
MONTHLY = {"duration": "P1M"}
DAY = timedelta(days=1)
KEPT = (TermMode.DEFAULT, TermMode.KEEP)


def changed(before: State, target: RevisionValue, mode: TermMode, day: date | None = None, **words: str) -> TermOutcome:
    """Return the entitlement on a target, with the term that is asked for."""
    after = replace(before, revision=target)
    return with_changed_term(before, after, TermChoice(mode, day), today=TODAY, at=NOW, **words)


def dates(found: State) -> tuple[date | None, date | None, date | None]:
    return found.starts_on, found.standard_expires_on, found.expires_on


def test_the_modes_have_words_in_the_order_of_the_choices() -> None:
    assert list(TERMS.items()) == [
        ("default", "As the change group says, else keep where license type and duration are equal, else restart"),
        ("keep", "Keep"),
        ("restart", "Restart today"),
        ("restart_and_add", "Restart today and add what is left"),
        ("create_new", "End these, create new ones"),
        ("create_new_and_add", "End these, create new ones and add what is left"),
        ("date", "Until a date"),
    ]
    assert TermChoice(TermMode.DEFAULT, None) == DEFAULT_TERM


# --- one term --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("duration", "starts", "anchor", "ends"),
    [
        ("P1Y", "2026-03-01", None, "2027-03-01"),
        ("P1M", "2026-01-31", None, "2026-02-28"),
        ("P1M", "2026-02-28", 31, "2026-03-31"),
        ("P14D", "2026-02-28", None, "2026-03-14"),
        ("", "2026-03-01", None, None),
    ],
)
def test_the_end_of_a_term(duration: str, starts: str, anchor: int | None, ends: str | None) -> None:
    found = end_of_term(revision(terms={"duration": duration}), date.fromisoformat(starts), anchor=anchor)
    assert found == (ends and date.fromisoformat(ends))


@pytest.mark.parametrize(("length", "ends"), [("P1Y", date(2027, 3, 1)), ("", None)])
def test_the_end_of_maintenance(length: str, ends: date | None) -> None:
    assert end_of_maintenance(revision(terms={"maintenance_duration": length}), date(2026, 3, 1)) == ends


def test_a_term_that_starts_says_when_the_entitlement_was_activated() -> None:
    sold = revision(terms={"maintenance_duration": "P2Y"})
    after = started(created(sold), today=TODAY, at=NOW)
    assert (after.starts_on, after.standard_expires_on) == (TODAY, date(2027, 11, 21))
    assert (after.standard_maintenance_expires_on, after.activated_at) == (date(2028, 11, 21), NOW)


def test_a_term_that_starts_again_keeps_the_moment_of_activation() -> None:
    assert started(state(), today=TODAY, at=NOW).activated_at == LONG_AGO
    assert started(created(), today=TODAY).activated_at is None


@pytest.mark.parametrize(
    ("start_type", "starts"), [("on_creation", True), ("first_activation", False), ("manual", False), ("", False)]
)
def test_which_terms_start_on_creation(start_type: str, starts: bool) -> None:
    assert starts_on_creation(revision(terms={"start_type": start_type})) is starts


@pytest.mark.parametrize(
    ("terms", "same"),
    [
        ({}, True),
        ({"maintenance_duration": "P1Y", "start_type": "manual", "plan_type": "trial"}, True),
        ({"duration": "P1M"}, False),
        ({"license_type": "perpetual"}, False),
        (PERPETUAL, False),
    ],
)
def test_terms_are_the_same_where_license_type_and_duration_are(terms: dict[str, str], same: bool) -> None:
    assert same_terms(revision(), revision(terms=terms)) is same
    assert same_terms(revision(terms=terms), revision()) is same


# --- what happens to the term where nobody chooses -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("subscribe", "same", "other"),
    [
        ("", TermMode.KEEP, TermMode.RESTART),
        (SubscribeMode.KEEP, TermMode.KEEP, TermMode.KEEP),
        (SubscribeMode.NEW_TERM, TermMode.RESTART, TermMode.RESTART),
        (SubscribeMode.CREATE_NEW, TermMode.CREATE_NEW, TermMode.CREATE_NEW),
        (SubscribeMode.KEEP_IF_MATCH, TermMode.KEEP, TermMode.CREATE_NEW),
    ],
)
def test_the_mode_of_the_group_decides(subscribe: str, same: TermMode, other: TermMode) -> None:
    assert standard_mode(state(), gold(), subscribe) is same
    assert standard_mode(state(), gold(terms=MONTHLY), subscribe) is other
    assert standard_mode(state(), gold(terms=MONTHLY, offering_id=0), subscribe) is other
    assert standard_mode(state(), revision(id=9, number=2, terms=MONTHLY), subscribe) is TermMode.KEEP


def test_without_a_group_nothing_is_said_about_the_term() -> None:
    assert standard_mode(state(), gold()) is TermMode.KEEP
    assert resolved_mode(state(), gold(), DEFAULT_TERM) is TermMode.KEEP


@pytest.mark.parametrize(
    ("held", "target", "mode"),
    [
        ({}, {}, TermMode.KEEP),
        ({}, PERPETUAL, TermMode.KEEP),
        (PERPETUAL, {}, TermMode.RESTART),
        (PERPETUAL, PERPETUAL, TermMode.KEEP),
    ],
)
def test_a_license_without_end_has_no_term_to_keep(held: Any, target: Any, mode: TermMode) -> None:
    ends = None if held else date(2027, 3, 1)
    before = state(revision(terms=held), standard_expires_on=ends)
    assert standard_mode(before, gold(terms=target), SubscribeMode.KEEP) is mode


@pytest.mark.parametrize(
    ("chosen", "same", "other"),
    [
        (TermMode.DEFAULT, TermMode.KEEP, TermMode.CREATE_NEW),
        (TermMode.DATE, TermMode.KEEP, TermMode.RESTART),
        (TermMode.KEEP, TermMode.KEEP, TermMode.KEEP),
        (TermMode.RESTART, TermMode.RESTART, TermMode.RESTART),
        (TermMode.RESTART_AND_ADD, TermMode.RESTART_AND_ADD, TermMode.RESTART_AND_ADD),
        (TermMode.CREATE_NEW, TermMode.CREATE_NEW, TermMode.CREATE_NEW),
    ],
)
def test_what_is_chosen_wins_over_the_group(chosen: TermMode, same: TermMode, other: TermMode) -> None:
    mode = SubscribeMode.KEEP_IF_MATCH
    assert resolved_mode(state(), gold(), TermChoice(chosen), mode) is same
    assert resolved_mode(state(), gold(terms=MONTHLY), TermChoice(chosen), mode) is other


# --- the term after the change ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "target", "expected"),
    [
        (TermMode.KEEP, {}, ("2026-03-01", "2027-03-01")),
        (TermMode.KEEP, MONTHLY, ("2026-03-01", "2027-03-01")),
        (TermMode.KEEP, PERPETUAL, ("2026-03-01", None)),
        (TermMode.RESTART, {}, ("2026-11-21", "2027-11-21")),
        (TermMode.RESTART, MONTHLY, ("2026-11-21", "2026-12-21")),
        (TermMode.RESTART, PERPETUAL, ("2026-11-21", None)),
        (TermMode.RESTART_AND_ADD, {}, ("2026-11-21", "2028-02-29")),
        (TermMode.RESTART_AND_ADD, PERPETUAL, ("2026-11-21", None)),
        (TermMode.DEFAULT, {}, ("2026-03-01", "2027-03-01")),
        (TermMode.DEFAULT, MONTHLY, ("2026-11-21", "2026-12-21")),
    ],
)
def test_the_term_that_a_choice_gives(mode: TermMode, target: Any, expected: tuple[str, str | None]) -> None:
    starts, ends = expected
    found = changed(state(), gold(terms=target), mode)
    end = ends and date.fromisoformat(ends)
    assert (dates(found.state), found.problems) == ((date.fromisoformat(starts), end, end), ())


def test_the_group_says_what_the_default_is() -> None:
    found = changed(state(), gold(terms=MONTHLY), TermMode.DEFAULT, subscribe=SubscribeMode.KEEP)
    assert found.state.starts_on == date(2026, 3, 1)


def test_an_expiry_set_by_hand_that_equals_the_new_standard_is_set_by_hand_no_more() -> None:
    found = changed(state(overrides={"expires_on": "2026-12-21"}), gold(terms=MONTHLY), TermMode.RESTART)
    assert found.state.overrides == {}


@pytest.mark.parametrize(
    ("held", "target", "mode", "refused"),
    [
        (PERPETUAL, {}, TermMode.KEEP, True),
        (PERPETUAL, PERPETUAL, TermMode.KEEP, False),
        ({}, {}, TermMode.KEEP, False),
        ({}, PERPETUAL, TermMode.KEEP, False),
        (PERPETUAL, {}, TermMode.RESTART, False),
        (PERPETUAL, {}, TermMode.DEFAULT, False),
    ],
)
def test_no_end_can_be_kept_where_there_is_none(held: Any, target: Any, mode: TermMode, refused: bool) -> None:
    before = state(revision(terms=held), standard_expires_on=None if held else date(2027, 3, 1))
    message = "A perpetual license has no expiry to keep. Choose restart, or a date."
    found = changed(before, gold(terms=target), mode)
    assert told(found.problems) == ([("no_term_to_keep", message, "term")] if refused else [])


def test_a_default_that_keeps_within_one_offering_is_not_refused_for_want_of_an_end() -> None:
    before = state(revision(terms=PERPETUAL), standard_expires_on=None)
    assert changed(before, revision(id=9, number=2), TermMode.DEFAULT).problems == ()


# --- at the end of time ----------------------------------------------------------------------------------------------


def test_the_last_day_of_all() -> None:
    assert date(2999, 12, 31) == LATEST


@pytest.mark.parametrize(("extra", "is_late"), [(-1, False), (0, False), (1, True)])
def test_a_term_ends_before_the_year_3000_with_what_is_left(extra: int, is_late: bool) -> None:
    restarted = TODAY + timedelta(days=30)
    left = (LATEST - restarted).days + extra
    before = state(standard_expires_on=TODAY + timedelta(days=left))
    found = changed(before, gold(terms={"duration": "P30D"}), TermMode.RESTART_AND_ADD)
    message = "With what is left the term would end after the year 2999. Choose restart, or a date."
    assert told(found.problems) == ([("expiry_too_late", message, "term")] if is_late else [])
    assert found.state.standard_expires_on == LATEST + extra * DAY


def test_what_is_left_is_added_to_the_last_day_of_all_at_most() -> None:
    before = state(standard_expires_on=TODAY + 2 * DAY)
    found = with_changed_term(
        before,
        replace(before, revision=gold(terms={"duration": "P90Y"})),
        TermChoice(TermMode.RESTART_AND_ADD),
        today=date(2950, 1, 1),
        at=NOW,
    )
    assert found.state.standard_expires_on == LATEST


# --- until a date ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "target", "by_hand"),
    [
        (date(2027, 6, 1), {}, {"expires_on": OverrideValue("2027-06-01")}),
        (date(2027, 3, 1), {}, {}),
        (date(2026, 3, 2), {}, {"expires_on": OverrideValue("2026-03-02")}),
        (LATEST, PERPETUAL, {"expires_on": OverrideValue("2999-12-31")}),
    ],
)
def test_a_date_unlike_the_standard_is_set_by_hand(day: date, target: Any, by_hand: Any) -> None:
    found = changed(state(), gold(terms=target), TermMode.DATE, day)
    assert (found.state.expires_on, found.state.overrides, found.problems) == (day, by_hand, ())


def test_a_date_that_is_set_already_keeps_who_set_it() -> None:
    by_hand = OverrideValue("2027-06-01", set_at=NOW, set_by_name="Ada")
    before = state(overrides={"expires_on": by_hand})
    assert changed(before, gold(), TermMode.DATE, date(2027, 6, 1)).state.overrides == {"expires_on": by_hand}


@pytest.mark.parametrize("group", ["", SubscribeMode.CREATE_NEW])
def test_a_date_wins_over_a_restart(group: str) -> None:
    found = changed(state(), gold(terms=MONTHLY), TermMode.DATE, date(2027, 6, 1), subscribe=group)
    assert dates(found.state) == (TODAY, date(2026, 12, 21), date(2027, 6, 1))


def test_a_date_that_is_wrong_leaves_the_expiry_alone() -> None:
    found = changed(state(), gold(), TermMode.DATE, date(2026, 3, 1))
    assert [each.code for each in found.problems] == ["expiry_before_start"]
    assert found.state.expires_on == date(2027, 3, 1)
    assert told(changed(state(), gold(), TermMode.DATE).problems) == [
        ("expiry_missing", "Give the day the term is to end.", "expires_on")
    ]


def test_a_date_brings_an_end_to_a_license_without_one() -> None:
    before = state(revision(terms=PERPETUAL), standard_expires_on=None)
    found = changed(before, gold(), TermMode.DATE, date(2027, 6, 1))
    assert (found.state.expires_on, found.problems) == (date(2027, 6, 1), ())


# --- before activation -----------------------------------------------------------------------------------------------

FIRST_USE = {"start_type": "first_activation"}


@pytest.mark.parametrize("mode", [TermMode.DEFAULT, TermMode.KEEP, TermMode.RESTART])
def test_a_term_starts_on_the_way_where_the_target_starts_on_creation(mode: TermMode) -> None:
    found = changed(created(overrides={"expires_on": "2027-11-21"}), gold(), mode)
    assert dates(found.state) == (TODAY, date(2027, 11, 21), date(2027, 11, 21))
    assert (found.state.activated_at, found.state.overrides, found.problems) == (NOW, {}, ())


def test_a_date_ends_a_term_that_starts_on_the_way() -> None:
    found = changed(created(), gold(), TermMode.DATE, date(2027, 6, 1))
    assert dates(found.state) == (TODAY, date(2027, 11, 21), date(2027, 6, 1))


@pytest.mark.parametrize("mode", list(TermMode))
def test_a_term_that_waits_for_its_activation_is_left_alone(mode: TermMode) -> None:
    target = gold(terms=FIRST_USE)
    found = changed(created(), target, mode, date(2027, 6, 1))
    message = "The term has not started yet. Activate the entitlement first, then set its expiry."
    assert told(found.problems) == ([("not_activated", message, "term")] if mode is TermMode.DATE else [])
    assert found.state == created(target)


# --- expiry and start ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("starts", "ends", "refused"),
    [
        (date(2026, 3, 1), date(2026, 2, 28), True),
        (date(2026, 3, 1), date(2026, 3, 1), True),
        (date(2026, 3, 1), date(2026, 3, 2), False),
        (None, date(2026, 3, 1), False),
        (date(2026, 3, 1), None, False),
        (None, None, False),
    ],
)
def test_a_term_in_force_ends_after_it_starts(starts: date | None, ends: date | None, refused: bool) -> None:
    message = f"The term would start on {starts} and end on {ends}. Drop or change the expiry."
    found = told(order_problems(state(starts_on=starts, standard_expires_on=ends)))
    assert found == ([("expiry_before_start", message, "expires_on")] if refused else [])


@pytest.mark.parametrize(("mode", "is_kept"), [(mode, mode in KEPT) for mode in TermMode if mode is not TermMode.DATE])
def test_a_term_that_a_person_lets_start_anew_drops_the_expiry_set_by_hand(mode: TermMode, is_kept: bool) -> None:
    found = changed(state(overrides={"expires_on": "2027-08-01"}), gold(terms=MONTHLY), mode)
    assert ("expires_on" in found.state.overrides) is is_kept
    assert found.problems == ()


def test_a_kept_expiry_before_the_new_start_is_refused() -> None:
    found = changed(state(overrides={"expires_on": "2026-11-21"}), gold(terms=MONTHLY), TermMode.DEFAULT)
    assert [each.code for each in found.problems] == ["expiry_before_start"]


def test_a_start_agreed_for_a_later_day_is_not_pulled_to_today() -> None:
    later = TODAY + 10 * DAY
    before = state(starts_on=later, standard_expires_on=date(2027, 12, 1))
    found = changed(before, gold(terms=MONTHLY), TermMode.RESTART)
    assert dates(found.state) == (later, date(2027, 1, 1), date(2027, 1, 1))


# --- maintenance -----------------------------------------------------------------------------------------------------

YEARLY, MONTH, NONE_OF_ITS_OWN = "P1Y", "P1M", ""


@pytest.mark.parametrize(
    ("earlier", "target", "stored", "ends"),
    [
        (YEARLY, YEARLY, date(2028, 3, 1), date(2028, 3, 1)),
        (YEARLY, NONE_OF_ITS_OWN, date(2027, 3, 1), None),
        (NONE_OF_ITS_OWN, YEARLY, None, date(2027, 3, 1)),
        (NONE_OF_ITS_OWN, MONTH, None, date(2026, 12, 21)),
        (NONE_OF_ITS_OWN, "P8M20D", None, date(2027, 8, 10)),
        (NONE_OF_ITS_OWN, "P8M21D", None, date(2026, 11, 22)),
    ],
)
def test_maintenance_follows_the_target_and_is_never_over_at_its_start(
    earlier: str, target: str, stored: date | None, ends: date | None
) -> None:
    perpetual = {**PERPETUAL, "maintenance_duration": earlier}
    before = state(revision(terms=perpetual), standard_expires_on=None, standard_maintenance_expires_on=stored)
    found = changed(before, gold(terms={**PERPETUAL, "maintenance_duration": target}), TermMode.KEEP)
    assert found.state.standard_maintenance_expires_on == ends


def test_a_term_that_starts_anew_starts_its_maintenance_anew() -> None:
    found = changed(state(), gold(terms={"maintenance_duration": MONTH}), TermMode.RESTART)
    assert found.state.standard_maintenance_expires_on == date(2026, 12, 21)


TOO_EARLY = ("expiry_before_start", "The term starts on 2026-03-01. Choose a later day for its end.", "until")
TOO_LATE = ("expiry_too_late", "Choose a day before the year 3000, or no end at all.", "until")
STARTS = date(2026, 3, 1)


@pytest.mark.parametrize(
    ("starts", "ends", "problem"),
    [
        (STARTS, None, ("expiry_missing", "Give the day the term is to end.", "until")),
        (None, None, ("expiry_missing", "Give the day the term is to end.", "until")),
        (STARTS, STARTS - DAY, TOO_EARLY),
        (STARTS, STARTS, TOO_EARLY),
        (STARTS, STARTS + DAY, None),
        (None, STARTS, None),
        (STARTS, LATEST, None),
        (STARTS, LATEST + DAY, TOO_LATE),
        (None, LATEST + DAY, TOO_LATE),
    ],
)
def test_an_expiry_that_is_given(starts: date | None, ends: date | None, problem: Any) -> None:
    assert told(expiry_problems(starts, ends, field="until")) == ([problem] if problem else [])


def test_an_expiry_belongs_to_its_field() -> None:
    assert [each.field for each in expiry_problems(None, None)] == ["expires_on"]
