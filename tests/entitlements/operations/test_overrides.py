"""Setting rights by hand, and going back to the standard."""

import pytest
from django.core.exceptions import PermissionDenied

from entitlements import engine
from entitlements.models import Change, Entitlement, Override, Seat, Source
from entitlements.operations import Preview, RevertOverrides, SeatChoice, SeatMode, SetOverrides
from offerings.rights import LARGEST
from tests.cast import KEEP, NOW, OLDEST, START, TODAY, Cast, day


def look(entitlement: Entitlement, **values: object) -> Preview:
    operation = SetOverrides(as_of=TODAY, values=values)
    return engine.preview(operation, [entitlement.pk], at=NOW)[0]


def look_revert(entitlement: Entitlement, *keys: str, seats: SeatChoice = SeatChoice()) -> Preview:  # noqa: B008
    operation = RevertOverrides(as_of=TODAY, keys=keys, seats=seats)
    return engine.preview(operation, [entitlement.pk], at=NOW)[0]


def test_an_override_is_stored_with_who_when_and_why(cast: Cast) -> None:
    entitlement = cast.entitle()
    cast.override(entitlement, seat_limit=250)
    override = Override.objects.get()
    assert (override.value, override.set_by, override.set_at, override.reason) == (
        250,
        cast.operations,
        START,
        "October migration",
    )
    assert (entitlement.seat_limit, entitlement.override_count) == (250, 1)


def test_a_reason_is_required(cast: Cast) -> None:
    entitlement = cast.entitle()
    operation = SetOverrides(as_of=TODAY, values={"seat_limit": 250})
    result = engine.apply(operation, [entitlement.pk], made_by=cast.operations, source=Source.PAGE, reason="  ")
    assert [problem.code for problem in result.outcomes[0].preview.problems] == ["reason_missing"]
    assert not Override.objects.exists()


def test_a_reason_of_a_megabyte_is_refused_on_its_field(cast: Cast) -> None:
    entitlement = cast.entitle()
    operation = SetOverrides(as_of=TODAY, values={"seat_limit": 250})
    result = engine.apply(operation, [entitlement.pk], made_by=cast.operations, source=Source.API, reason="x" * 10**6)
    problem = result.outcomes[0].preview.problems[0]
    assert (problem.field, "1,000,000" in problem.message) == ("reason", True)


@pytest.mark.parametrize("text", ["a\0", "\ud800"])
def test_a_reason_no_database_can_hold_is_refused_on_its_field(cast: Cast, text: str) -> None:
    entitlement = cast.entitle()
    operation = SetOverrides(as_of=TODAY, values={"seat_limit": 250})
    result = engine.apply(operation, [entitlement.pk], made_by=cast.operations, source=Source.API, reason=text)
    assert [problem.code for problem in result.outcomes[0].preview.problems] == ["reason_invalid"]


@pytest.mark.parametrize(
    ("key", "value", "code"),
    [
        ("seat_limit", 0, "invalid_value"),
        ("seat_limit", 10**20, "invalid_value"),
        ("seat_limit", True, "invalid_value"),
        ("lease_period", "P0D", "invalid_value"),
        ("feature.sso", "on", "invalid_value"),
        ("feature.unheard_of", True, "unknown_right"),
        ("concurrency_mode", "concurrent", "not_overridable"),
        ("expires_on", "2027-01-01", "use_change_terms"),
    ],
)
def test_a_value_that_does_not_fit_is_a_problem_on_its_right(cast: Cast, key: str, value: object, code: str) -> None:
    problem = look(cast.entitle(), **{key: value}).problems[0]
    assert (problem.code, problem.field) == (code, key)


def test_all_problems_are_told_at_once(cast: Cast) -> None:
    preview = look(cast.entitle(), seat_limit=0, lease_period="P0D")
    assert [problem.field for problem in preview.problems] == ["seat_limit", "lease_period"]


def test_setting_the_same_value_again_is_refused_and_keeps_the_author(cast: Cast) -> None:
    entitlement = cast.entitle(overrides={"seat_limit": 250})
    assert [problem.code for problem in look(entitlement, seat_limit=250).problems] == ["nothing_to_change"]


def test_an_override_that_says_what_the_standard_says_is_still_an_override(cast: Cast) -> None:
    entitlement = cast.entitle(overrides={"seat_limit": 5})
    assert entitlement.override_count == 1


def test_lowering_the_seats_below_those_in_use_asks_what_to_release(cast: Cast) -> None:
    entitlement = cast.entitle(seats=4)
    assert [problem.code for problem in look(entitlement, seat_limit=2).problems] == ["seats_over_limit"]


def test_an_entitlement_over_its_limit_may_have_another_right_set(cast: Cast) -> None:
    entitlement = cast.entitle(seats=7)
    assert not look(entitlement, lease_period="P7D").is_blocked


def test_an_overdraft_adds_to_the_capacity(cast: Cast) -> None:
    entitlement = cast.entitle(overrides={"seat_limit": 250, "overdraft": "10%"})
    assert entitlement.seat_capacity == 275


def test_the_capacity_never_outgrows_its_column(cast: Cast) -> None:
    entitlement = cast.entitle(overrides={"seat_limit": LARGEST, "overdraft": "50%"})
    assert (entitlement.seat_limit, entitlement.seat_capacity) == (LARGEST, LARGEST)


def test_an_override_of_the_grace_period_moves_the_end_of_grace(cast: Cast) -> None:
    entitlement = cast.entitle(overrides={"grace_period": "P30D"})
    assert entitlement.grace_ends_on == day("2027-03-31")


def test_reverting_brings_the_standard_back(cast: Cast) -> None:
    entitlement = cast.entitle(overrides={"seat_limit": 250})
    cast.do(RevertOverrides(as_of=TODAY, keys=("seat_limit",)), [entitlement.pk])
    entitlement.refresh_from_db()
    assert (entitlement.seat_limit, entitlement.override_count) == (5, 0)


def test_reverting_shows_the_seats_that_would_go_oldest_first(cast: Cast) -> None:
    entitlement = cast.entitle(seats=7, overrides={"seat_limit": 250})
    preview = look_revert(entitlement, "seat_limit", seats=OLDEST)
    assert [str(seat) for seat in preview.released] == ["device-0", "device-1"]


def test_reverting_can_release_chosen_seats(cast: Cast) -> None:
    entitlement = cast.entitle(seats=6, overrides={"seat_limit": 250})
    chosen = Seat.objects.get(name="device-3")
    seats = SeatChoice(SeatMode.RELEASE_CHOSEN, (chosen.pk,))
    cast.do(RevertOverrides(as_of=TODAY, keys=("seat_limit",), seats=seats), [entitlement.pk])
    assert not Seat.objects.filter(name="device-3", released_at=None).exists()


def test_reverting_a_right_that_is_standard_is_refused(cast: Cast) -> None:
    assert [problem.code for problem in look_revert(cast.entitle(), "seat_limit").problems] == ["not_overridden"]


def test_reverting_the_expiry_brings_the_computed_day_back(cast: Cast) -> None:
    from entitlements.operations import ChangeTerms

    entitlement = cast.entitle()
    cast.do(ChangeTerms(as_of=TODAY, expires_on=day("2028-01-01")), [entitlement.pk], reason="Agreed by phone")
    cast.do(RevertOverrides(as_of=TODAY, keys=("expires_on",)), [entitlement.pk])
    entitlement.refresh_from_db()
    assert (entitlement.expires_on, entitlement.override_count) == (day("2027-03-01"), 0)


def test_without_permission_nothing_is_written(cast: Cast) -> None:
    entitlement = cast.entitle()
    operation = SetOverrides(as_of=TODAY, values={"seat_limit": 250})
    with pytest.raises(PermissionDenied):
        engine.apply(operation, [entitlement.pk], made_by=cast.people["support"], source=Source.PAGE, reason="r")
    assert Change.objects.count() == 1


def test_a_stale_preview_writes_nothing(cast: Cast) -> None:
    entitlement = cast.entitle()
    operation = SetOverrides(as_of=TODAY, values={"seat_limit": 250})
    seen = {entitlement.pk: engine.preview(operation, [entitlement.pk], at=NOW)[0].fingerprint}
    cast.override(entitlement, seat_limit=100, at=NOW)
    result = engine.apply(
        operation, [entitlement.pk], made_by=cast.operations, source=Source.PAGE, expected=seen, reason="r", at=NOW
    )
    assert result.outcomes[0].status is engine.OutcomeStatus.STALE
    assert Override.objects.get().value == 100


def test_an_override_never_makes_an_ended_entitlement_change(cast: Cast) -> None:
    entitlement = cast.entitle()
    Entitlement.objects.update(ended_on=TODAY)
    assert [problem.code for problem in look(entitlement, seat_limit=9).problems] == ["ended"]


def test_keeping_seats_over_the_limit_is_possible(cast: Cast) -> None:
    entitlement = cast.entitle(seats=6, overrides={"seat_limit": 250})
    cast.do(RevertOverrides(as_of=TODAY, keys=("seat_limit",), seats=KEEP), [entitlement.pk])
    entitlement.refresh_from_db()
    assert (entitlement.seats_used, entitlement.seat_capacity) == (6, 5)
