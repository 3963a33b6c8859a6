"""Renew: from which day the new term counts, at each boundary of expiry and grace, and what is refused."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest

from entitlements.operations import Preview, Renew, SeatChoice, SeatMode
from entitlements.operations.renew import RenewWorld
from entitlements.operations.seats import REFUSE
from entitlements.operations.terms import LATEST
from entitlements.state import Delta, OverrideValue, RevisionValue, SeatValue, State
from tests.entitlements.values import (
    KEY,
    NOW,
    TODAY,
    codes,
    created,
    described,
    gold,
    look,
    revision,
    seats,
    state,
    told,
)

DAY = timedelta(days=1)
RENEW = Renew(as_of=TODAY)
WITH_MAINTENANCE = {"maintenance_duration": "P1Y"}


def monthly(ends: date, *, starts: date = date(2026, 1, 31), grace: str = "P14D", **facts: Any) -> State:
    silver = revision(rights={"grace_period": grace}, terms={"duration": "P1M", **facts.pop("terms", {})})
    return state(silver, starts_on=starts, standard_expires_on=ends, **facts)


def ends(preview: Preview) -> tuple[date | None, date | None]:
    assert preview.problems == ()
    return preview.lead.after.standard_expires_on, preview.lead.after.expires_on


def test_how_it_describes_itself() -> None:
    assert described(Renew) == (
        "renew",
        "entitlements.renew_entitlement",
        ("Renew", "Renew", "Renewed", "renewed", "renew", "ok", False),
        ("Term", "entitlement", False),
        {
            "onto": {"label": "Onto the newest revision"},
            "seats": {"label": "Seats in use", "only_with": "onto"},
        },
    )
    assert Renew.words.intro == (
        "Adds one term to the expiry in force, or to today where the grace period is over. "
        "Of a perpetual license, renews the maintenance."
    )


@pytest.mark.parametrize(
    ("today", "grace", "renewed"),
    [
        # It started on the 31st: while the term goes on, it ends on the last day of a month.
        (date(2026, 11, 29), "P14D", date(2026, 12, 31)),
        (date(2026, 11, 30), "P14D", date(2026, 12, 31)),
        (date(2026, 12, 13), "P14D", date(2026, 12, 31)),
        (date(2026, 12, 14), "P14D", date(2027, 1, 14)),
        (date(2026, 12, 15), "P14D", date(2027, 1, 15)),
        (date(2026, 11, 29), "P0D", date(2026, 12, 31)),
        (date(2026, 11, 30), "P0D", date(2026, 12, 31)),
        (date(2026, 12, 1), "P0D", date(2027, 1, 1)),
    ],
)
def test_the_term_goes_on_until_the_grace_period_is_over(today: date, grace: str, renewed: date) -> None:
    before = monthly(date(2026, 11, 30), grace=grace)
    assert ends(look(Renew(as_of=today), before)) == (renewed, renewed)


def test_an_end_set_by_hand_is_where_the_new_term_starts_and_is_set_by_hand_no_more() -> None:
    before = monthly(TODAY + 7 * DAY, overrides={"expires_on": "2027-02-28", "seat_limit": 9})
    preview = look(RENEW, before)
    assert ends(preview) == (date(2027, 3, 31), date(2027, 3, 31))
    assert preview.lead.after.overrides == {"seat_limit": OverrideValue(9)}
    assert (preview.lead.before, preview.operation) == (before, RENEW)


def test_a_term_without_a_known_start_counts_from_its_end() -> None:
    assert ends(look(RENEW, monthly(TODAY + 7 * DAY, starts=None)))[0] == date(2026, 12, 28)  # type: ignore[arg-type]


# --- refused ---------------------------------------------------------------------------------------------------------

NOT_ACTIVATED = ("not_activated", "The term has not started yet. Activate the entitlement first.", "")
PERPETUAL = ("perpetual", "A perpetual license does not end, so there is nothing to renew.", "")
NEVER = ("never_expires", "This entitlement never expires. Change the terms to give it an end first.", "")
LATE = ("expiry_too_late", "This entitlement runs beyond the year 2999 already.", "")


@pytest.mark.parametrize(
    ("before", "problem"),
    [
        (created(), NOT_ACTIVATED),
        (created(revision(terms={"duration": ""})), NOT_ACTIVATED),
        (state(revision(terms={"duration": ""}), standard_expires_on=None), PERPETUAL),
        (state(revision(terms={"duration": ""}), overrides={"expires_on": "2028-01-01"}), PERPETUAL),
        (state(overrides={"expires_on": ""}), NEVER),
        (state(standard_expires_on=LATEST + DAY), LATE),
    ],
)
def test_what_has_no_term_to_add_to_is_refused(before: State, problem: tuple[str, str, str]) -> None:
    preview = look(RENEW, before)
    assert told(preview.problems) == [problem]
    assert preview.lead.is_unchanged
    assert preview.operation == RENEW


@pytest.mark.parametrize(
    ("expires", "problems"),
    [
        (date(2999, 11, 30), []),
        (date(2999, 12, 1), ["expiry_too_late"]),
        (LATEST, ["expiry_too_late"]),
    ],
)
def test_the_new_term_ends_before_the_year_3000(expires: date, problems: list[str]) -> None:
    before = monthly(expires, starts=date(2999, 1, expires.day))
    found = look(RENEW, before)
    assert codes(found) == problems
    assert [each.field for each in found.problems] == ["expires_on"] * len(problems)


def test_what_has_ended_is_refused_with_every_reason() -> None:
    assert codes(look(RENEW, state(ended_on=TODAY))) == ["ended"]
    assert codes(look(RENEW, created(ended_on=TODAY))) == ["ended", "not_activated"]


def test_a_start_after_the_new_end_is_refused() -> None:
    before = monthly(TODAY - 30 * DAY, starts=date(2027, 1, 1))
    assert codes(look(RENEW, before)) == ["expiry_before_start"]


# --- counters --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schedule", "kept"), [("on_renewal", False), ("monthly", True), ("never", True), (None, True)]
)
def test_counters_start_again_where_the_schedule_says_so(schedule: str | None, kept: bool) -> None:
    rights = {"usage_reset_schedule": schedule} if schedule else {}
    before = state(revision(rights=rights), counters={"feature.calls": 4})
    assert look(RENEW, before).lead.after.counters == ({"feature.calls": 4} if kept else {})


# --- maintenance -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("length", "standard", "by_hand", "renewed", "overridden"),
    [
        # Maintenance of its own length: one term more, and never less than there was.
        ("P1Y", date(2027, 3, 1), None, date(2028, 3, 1), False),
        ("P1Y", date(2030, 1, 1), None, date(2030, 1, 1), False),
        ("P1Y", date(2027, 3, 1), "2027-08-01", date(2028, 3, 1), False),
        ("P1Y", date(2027, 3, 1), "2029-08-01", date(2029, 8, 1), False),
        ("P1Y", None, None, date(2028, 3, 1), False),
        ("P1Y", date(2027, 3, 1), "", None, True),
        # Maintenance as long as the license: what was set by hand stays.
        ("", None, None, None, False),
        ("", None, "2027-08-01", date(2027, 8, 1), True),
    ],
)
def test_maintenance_follows_where_it_is_sold_for_a_time(
    length: str, standard: date | None, by_hand: str | None, renewed: date | None, overridden: bool
) -> None:
    overrides = {} if by_hand is None else {"maintenance_expires_on": by_hand}
    silver = revision(terms={"maintenance_duration": length})
    preview = look(RENEW, state(silver, standard_maintenance_expires_on=standard, overrides=overrides))
    after = preview.lead.after
    assert (after.maintenance_expires_on, "maintenance_expires_on" in after.overrides) == (renewed, overridden)
    assert preview.problems == ()


@pytest.mark.parametrize(("ends_on", "late"), [(LATEST - DAY, False), (LATEST, False), (LATEST + DAY, True)])
def test_maintenance_ends_before_the_year_3000(ends_on: date, late: bool) -> None:
    silver = revision(terms=WITH_MAINTENANCE)
    found = look(RENEW, state(silver, standard_maintenance_expires_on=ends_on))
    message = "Maintenance would end after the year 2999. Change the terms: let it never end, or end earlier."
    problem = ("maintenance_too_late", message, "maintenance_expires_on")
    assert told(found.problems) == ([problem] if late else [])


def test_both_ends_may_be_too_late() -> None:
    silver = revision(terms=WITH_MAINTENANCE)
    found = look(RENEW, state(silver, standard_expires_on=LATEST))
    assert codes(found) == ["expiry_too_late", "maintenance_too_late"]


# --- maintenance of a perpetual license ------------------------------------------------------------------------------


def perpetual(ends: date | None, *, by_hand: str | None = None) -> State:
    terms = {"license_type": "perpetual", "duration": "", "maintenance_duration": "P1Y"}
    overrides = {} if by_hand is None else {"maintenance_expires_on": by_hand}
    return state(
        revision(terms=terms), standard_expires_on=None, standard_maintenance_expires_on=ends, overrides=overrides
    )


@pytest.mark.parametrize(
    ("ends", "by_hand", "expected"),
    [
        (TODAY + DAY, None, date(2027, 11, 22)),
        (TODAY, None, date(2027, 11, 21)),
        (TODAY - DAY, None, date(2027, 11, 21)),
        (TODAY + DAY, "2027-01-31", date(2028, 1, 31)),
        (TODAY + DAY, "2026-01-31", date(2027, 11, 21)),
    ],
)
def test_the_maintenance_of_a_perpetual_license_is_renewed(ends: date, by_hand: str | None, expected: date) -> None:
    preview = look(RENEW, perpetual(ends, by_hand=by_hand))
    after = preview.lead.after
    assert (codes(preview), after.expires_on, after.maintenance_expires_on) == ([], None, expected)
    assert after.overrides == {}


def test_maintenance_that_never_ends_has_nothing_to_renew() -> None:
    assert codes(look(RENEW, perpetual(TODAY, by_hand=""))) == ["maintenance_never_ends"]


# --- onto the newest revision ----------------------------------------------------------------------------------------

RENEW_ONTO_4 = Renew(as_of=TODAY, onto=(4,))


def newest(**facts: Any) -> RevisionValue:
    return revision(**{"id": 4, "number": 4, "newest_number": 4, **facts})


def look_onto(
    before: State, target: RevisionValue, *, seats: SeatChoice = REFUSE, active: Sequence[SeatValue] = ()
) -> Preview:
    operation = Renew(as_of=TODAY, onto=(target.id,), seats=seats)
    world = RenewWorld(at=NOW, seats={KEY: tuple(active)}, targets={target.offering_id: target})
    return operation.preview([before], world)


def test_onto_the_newest_revision_both_steps_are_one_move() -> None:
    before = state(overrides={"feature.sso": True})
    target = newest(rights={"seat_limit": 8, "feature.sso": False})
    preview = look_onto(before, target)
    [move] = preview.moves
    assert (preview.problems, move.before, move.after.revision) == ((), before, target)
    assert (move.after.expires_on, move.after.seat_limit) == (date(2028, 3, 1), 8)
    assert move.after.overrides == before.overrides
    assert preview.permissions == ("entitlements.change_offering", "entitlements.renew_entitlement")


def test_the_term_added_is_the_one_of_the_newest_revision() -> None:
    preview = look_onto(state(), newest(terms={"duration": "P2Y"}))
    assert preview.lead.after.expires_on == date(2029, 3, 1)


def test_an_entitlement_on_the_newest_revision_is_renewed_as_it_is() -> None:
    target = newest()
    preview = look_onto(state(target), target)
    assert (preview.problems, preview.lead.after.expires_on) == ((), date(2028, 3, 1))
    assert preview.permissions == ("entitlements.renew_entitlement",)


def test_an_entitlement_of_another_offering_keeps_its_revision() -> None:
    before = state(gold())
    assert look_onto(before, newest()).lead.after.revision == before.revision


@pytest.mark.parametrize(
    ("before", "target", "found"),
    [
        (state(seats_used=4), newest(rights={"seat_limit": 3}), ["seats_over_limit"]),
        (state(), newest(newest_number=5), ["not_newest_revision"]),
        (state(), newest(terms={"duration": ""}), ["perpetual"]),
        (state(ended_on=TODAY), newest(), ["ended"]),
        (state(overrides={"feature.sso": True}), newest(), ["override_without_right"]),
    ],
)
def test_what_blocks_either_step_blocks_both(before: State, target: RevisionValue, found: list[str]) -> None:
    preview = look_onto(before, target)
    assert (codes(preview), preview.lead.is_unchanged or preview.is_blocked) == (found, True)


def test_seats_that_do_not_fit_the_newest_revision_are_released() -> None:
    before, target = state(seats_used=4), newest(rights={"seat_limit": 3})
    preview = look_onto(before, target, seats=SeatChoice(SeatMode.RELEASE_OLDEST), active=seats(4))
    assert (preview.problems, preview.released, preview.lead.after.seats_used) == ((), seats(4)[:1], 3)


def test_the_title_names_the_revision_where_it_moved() -> None:
    after = state(newest())
    assert Renew.title_of(state(), after, Delta()) == "Renewed onto revision 4"
    assert Renew.title_of(after, after, Delta()) == "Renewed"
    assert RENEW_ONTO_4.revision_ids() == (4,)
