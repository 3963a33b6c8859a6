"""Activating, renewing, disabling and enabling entitlements, their dates and their quantity."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied

from entitlements import engine
from entitlements.models import Entitlement, Source
from entitlements.operations import (
    Activate,
    ChangeTerms,
    Disable,
    Enable,
    Operation,
    Preview,
    Renew,
    SetOverrides,
    SetQuantity,
)
from entitlements.state import Status, load
from tests.cast import NOW, OLDEST, START, TODAY, Cast, day
from tests.factories import PlanFactory


def look(operation: Operation, entitlement: Entitlement) -> Preview:
    return engine.preview(operation, [entitlement.pk], at=NOW)[0]


def codes(preview: Preview) -> list[str]:
    return [problem.code for problem in preview.problems]


def test_activating_starts_the_term(cast: Cast) -> None:
    entitlement = cast.entitle("silver_trial")
    cast.do(Activate(as_of=TODAY), [entitlement.pk])
    entitlement.refresh_from_db()
    assert (entitlement.activated_at, entitlement.starts_on, entitlement.expires_on) == (NOW, TODAY, day("2026-12-21"))


def test_activating_twice_is_refused(cast: Cast) -> None:
    assert codes(look(Activate(as_of=TODAY), cast.entitle())) == ["already_activated"]


def test_renewing_before_expiry_adds_to_the_expiry(cast: Cast) -> None:
    entitlement = cast.entitle()
    cast.do(Renew(as_of=TODAY), [entitlement.pk])
    entitlement.refresh_from_db()
    assert entitlement.expires_on == day("2028-03-01")


def test_renewing_in_the_grace_period_adds_to_the_expiry(cast: Cast) -> None:
    entitlement = cast.entitle("silver_monthly", at=NOW - timedelta(days=34))
    after = look(Renew(as_of=TODAY), entitlement).lead.after
    assert after.expires_on == day("2026-12-18")


def test_renewing_after_the_grace_period_adds_to_today(cast: Cast) -> None:
    entitlement = cast.entitle("silver_monthly")
    assert look(Renew(as_of=TODAY), entitlement).lead.after.expires_on == day("2026-12-21")


def test_renewing_makes_standard_and_actual_expiry_equal(cast: Cast) -> None:
    entitlement = cast.entitle()
    cast.do(ChangeTerms(as_of=TODAY, expires_on=day("2027-06-01")), [entitlement.pk], reason="r")
    cast.do(Renew(as_of=TODAY), [entitlement.pk])
    entitlement.refresh_from_db()
    assert entitlement.expires_on == entitlement.standard_expires_on == day("2028-06-01")
    assert entitlement.override_count == 0


def test_month_ends_count_from_the_original_day(cast: Cast) -> None:
    entitlement = cast.entitle("silver_monthly", at=datetime(2026, 1, 31, 9, tzinfo=UTC))
    assert entitlement.expires_on == day("2026-02-28")
    cast.do(Renew(as_of=day("2026-02-10")), [entitlement.pk], at=datetime(2026, 2, 10, tzinfo=UTC))
    entitlement.refresh_from_db()
    assert entitlement.expires_on == day("2026-03-31")


@pytest.mark.parametrize(
    ("by_hand", "ends"),
    [
        ("2026-11-30", "2026-12-31"),
        ("2026-11-29", "2026-12-29"),
        ("2026-12-31", "2027-01-31"),
        ("2027-02-28", "2027-03-31"),
    ],
)
def test_the_anchor_day_survives_an_end_set_by_hand_to_it(cast: Cast, by_hand: str, ends: str) -> None:
    entitlement = cast.entitle("silver_monthly", at=datetime(2026, 1, 31, 9, tzinfo=UTC))
    cast.do(ChangeTerms(as_of=TODAY, expires_on=day(by_hand)), [entitlement.pk], reason="r")
    assert look(Renew(as_of=TODAY), entitlement).lead.after.expires_on == day(ends)


def test_a_late_renewal_sets_an_anchor_that_later_ones_keep(cast: Cast) -> None:
    entitlement = cast.entitle("silver_monthly", at=datetime(2026, 1, 12, 9, tzinfo=UTC))
    late = datetime(2026, 10, 31, 9, tzinfo=UTC)
    cast.do(Renew(as_of=late.date()), [entitlement.pk], at=late)
    ends = []
    for _time in range(4):
        entitlement.refresh_from_db()
        ends.append((entitlement.expires_on, entitlement.anchor_on))
        cast.do(Renew(as_of=late.date()), [entitlement.pk], at=late)
    days = ("2026-11-30", "2026-12-31", "2027-01-31", "2027-02-28")
    assert ends == [(day(each), late.date()) for each in days]


def test_a_start_moved_after_renewals_leaves_the_anchor(cast: Cast) -> None:
    entitlement = cast.entitle("silver_monthly", at=datetime(2026, 10, 31, 9, tzinfo=UTC))
    cast.do(Renew(as_of=TODAY), [entitlement.pk])
    cast.do(ChangeTerms(as_of=TODAY, starts_on=day("2026-10-15")), [entitlement.pk])
    entitlement.refresh_from_db()
    assert (entitlement.starts_on, entitlement.anchor_on) == (day("2026-10-15"), day("2026-10-31"))
    assert look(Renew(as_of=TODAY), entitlement).lead.after.expires_on == day("2027-01-31")


@pytest.mark.parametrize(("schedule", "left"), [("on_renewal", {}), ("monthly", {"feature.api_calls": 41})])
def test_renewing_resets_usage_where_the_schedule_says_so(cast: Cast, schedule: str, left: dict[str, int]) -> None:
    entitlement = cast.entitle()
    cast.use(entitlement, "api_calls", 41)
    operation = SetOverrides(as_of=TODAY, values={"usage_reset_schedule": schedule})
    cast.do(operation, [entitlement.pk], reason="r")
    assert look(Renew(as_of=TODAY), entitlement).lead.after.counters == left


def maintained(cast: Cast, length: str = "P1Y") -> Entitlement:
    """Return an entitlement by the year, with maintenance sold for a time of its own."""
    cast.plans["maintained"] = PlanFactory(code="maintained", duration="P1Y", maintenance_duration=length)
    return cast.entitle(cast.offer("gold", "maintained", seat_limit=5))


def test_renewing_carries_maintenance_past_the_day_in_force_and_makes_it_standard(cast: Cast) -> None:
    entitlement = maintained(cast)
    cast.do(ChangeTerms(as_of=TODAY, maintenance_expires_on=day("2027-06-01")), [entitlement.pk], reason="r")
    cast.do(Renew(as_of=TODAY), [entitlement.pk])
    entitlement.refresh_from_db()
    assert entitlement.maintenance_expires_on == entitlement.standard_maintenance_expires_on == day("2028-03-01")
    assert entitlement.override_count == 0


def test_renewing_never_shortens_maintenance(cast: Cast) -> None:
    entitlement = maintained(cast)
    cast.do(ChangeTerms(as_of=TODAY, maintenance_expires_on=day("2030-06-01")), [entitlement.pk], reason="r")
    assert look(Renew(as_of=TODAY), entitlement).lead.after.maintenance_expires_on == day("2030-06-01")


def test_renewing_leaves_maintenance_that_was_set_to_never_end(cast: Cast) -> None:
    entitlement = maintained(cast)
    cast.do(ChangeTerms(as_of=TODAY, maintenance_expires_on="never"), [entitlement.pk], reason="r")
    cast.do(Renew(as_of=TODAY), [entitlement.pk])
    entitlement.refresh_from_db()
    assert (entitlement.maintenance_expires_on, entitlement.override_count) == (None, 1)


def test_maintenance_cannot_be_renewed_beyond_the_year_2999(cast: Cast) -> None:
    entitlement = maintained(cast, "P100Y")
    cast.do(ChangeTerms(as_of=TODAY, expires_on=day("2998-06-01")), [entitlement.pk], reason="r")
    assert codes(look(Renew(as_of=TODAY), entitlement)) == ["maintenance_too_late"]


def test_days_are_left_only_from_a_later_start(cast: Cast) -> None:
    entitlement = cast.entitle()
    cast.do(ChangeTerms(as_of=TODAY, starts_on=day("2027-01-01")), [entitlement.pk])
    assert load([entitlement.pk])[0].days_left(TODAY) == 365


@pytest.mark.parametrize(("name", "code"), [("silver_perpetual", "perpetual"), ("silver_trial", "not_activated")])
def test_what_has_no_running_term_cannot_be_renewed(cast: Cast, name: str, code: str) -> None:
    assert codes(look(Renew(as_of=TODAY), cast.entitle(name))) == [code]


def test_disabling_and_enabling_return_to_what_the_facts_say(cast: Cast) -> None:
    entitlement = cast.entitle()
    cast.do(Disable(as_of=TODAY), [entitlement.pk], reason="Not paid")
    assert load([entitlement.pk])[0].status(TODAY) is Status.DISABLED
    cast.do(Enable(as_of=TODAY), [entitlement.pk])
    assert load([entitlement.pk])[0].status(TODAY) is Status.ACTIVE


def test_disabling_twice_and_enabling_what_is_enabled_are_refused(cast: Cast) -> None:
    entitlement = cast.entitle()
    assert codes(look(Enable(as_of=TODAY), entitlement)) == ["not_disabled"]
    cast.do(Disable(as_of=TODAY), [entitlement.pk])
    assert codes(look(Disable(as_of=TODAY), entitlement)) == ["already_disabled"]


def test_an_expiry_set_by_hand_is_flagged(cast: Cast) -> None:
    entitlement = cast.entitle()
    cast.do(ChangeTerms(as_of=TODAY, expires_on=day("2028-01-01")), [entitlement.pk], reason="r")
    entitlement.refresh_from_db()
    assert (entitlement.expires_on, entitlement.standard_expires_on) == (day("2028-01-01"), day("2027-03-01"))
    assert entitlement.override_count == 1


def test_an_expiry_set_to_the_standard_is_not_flagged(cast: Cast) -> None:
    entitlement = cast.entitle()
    cast.do(ChangeTerms(as_of=TODAY, expires_on=day("2028-01-01")), [entitlement.pk], reason="r")
    cast.do(ChangeTerms(as_of=TODAY, expires_on=day("2027-03-01")), [entitlement.pk], reason="r")
    entitlement.refresh_from_db()
    assert entitlement.override_count == 0


def test_an_expiry_can_be_taken_away(cast: Cast) -> None:
    entitlement = cast.entitle()
    cast.do(ChangeTerms(as_of=TODAY, expires_on="never"), [entitlement.pk], reason="r")
    entitlement.refresh_from_db()
    assert (entitlement.expires_on, entitlement.grace_ends_on, entitlement.override_count) == (None, None, 1)


def test_another_start_moves_the_end_of_a_first_term(cast: Cast) -> None:
    entitlement = cast.entitle()
    after = look(ChangeTerms(as_of=TODAY, starts_on=day("2026-04-15")), entitlement).lead.after
    assert (after.starts_on, after.expires_on) == (day("2026-04-15"), day("2027-04-15"))


@pytest.mark.parametrize(
    ("dates", "code", "field"),
    [
        ({"expires_on": "2026-03-01"}, "expiry_before_start", "expires_on"),
        ({"expires_on": "3000-01-01"}, "expiry_too_late", "expires_on"),
        ({"maintenance_expires_on": "2020-01-01"}, "expiry_before_start", "maintenance_expires_on"),
        ({"starts_on": "3000-01-01"}, "start_too_late", "starts_on"),
        ({}, "nothing_to_change", ""),
    ],
)
def test_dates_that_do_not_fit_are_problems_on_their_field(
    cast: Cast, dates: dict[str, str], code: str, field: str
) -> None:
    operation = ChangeTerms(as_of=TODAY, **{name: day(text) for name, text in dates.items()})
    problem = look(operation, cast.entitle()).problems[0]
    assert (problem.code, problem.field) == (code, field)


def test_a_restart_with_a_kept_expiry_in_the_past_is_a_problem_until_it_is_dropped(cast: Cast) -> None:
    from entitlements.operations import ChangeOffering

    entitlement = cast.entitle()
    cast.do(ChangeTerms(as_of=TODAY, expires_on=day("2026-06-01")), [entitlement.pk], reason="r")
    monthly = cast.revision("gold_monthly").pk
    assert codes(look(ChangeOffering(as_of=TODAY, revision_id=monthly), entitlement)) == ["expiry_before_start"]
    dropped = ChangeOffering(as_of=TODAY, revision_id=monthly, drop_overrides=("expires_on",))
    assert codes(look(dropped, entitlement)) == []


def test_the_quantity_is_the_standard_seat_limit(cast: Cast) -> None:
    entitlement = cast.entitle("gold_seats", quantity=40)
    cast.do(SetQuantity(as_of=TODAY, quantity=60), [entitlement.pk])
    entitlement.refresh_from_db()
    assert (entitlement.quantity, entitlement.seat_limit, entitlement.override_count) == (60, 60, 0)


def test_a_lower_quantity_asks_what_to_release(cast: Cast) -> None:
    entitlement = cast.entitle("gold_seats", quantity=4, seats=4)
    assert codes(look(SetQuantity(as_of=TODAY, quantity=2), entitlement)) == ["seats_over_limit"]
    preview = look(SetQuantity(as_of=TODAY, quantity=2, seats=OLDEST), entitlement)
    assert [str(seat) for seat in preview.released] == ["device-0", "device-1"]


@pytest.mark.parametrize(
    ("name", "quantity", "code"),
    [
        ("gold_seats", 0, "quantity_out_of_range"),
        ("gold_seats", 10**20, "quantity_out_of_range"),
        ("gold_seats", 40, "nothing_to_change"),
        ("silver_annual", 10, "quantity_not_sold"),
    ],
)
def test_a_quantity_that_does_not_fit_is_a_problem(cast: Cast, name: str, quantity: int, code: str) -> None:
    entitlement = cast.entitle(name, quantity=40 if name == "gold_seats" else None)
    assert codes(look(SetQuantity(as_of=TODAY, quantity=quantity), entitlement)) == [code]


@pytest.mark.parametrize(
    "operation",
    [
        Activate(as_of=TODAY),
        Renew(as_of=TODAY),
        Disable(as_of=TODAY),
        Enable(as_of=TODAY),
        ChangeTerms(as_of=TODAY, expires_on="never"),
        SetQuantity(as_of=TODAY, quantity=3),
    ],
    ids=lambda operation: operation.name,
)
def test_support_may_not_change_entitlements(cast: Cast, operation: Operation) -> None:
    entitlement = cast.entitle(at=START)
    with pytest.raises(PermissionDenied):
        engine.apply(operation, [entitlement.pk], made_by=cast.people["support"], source=Source.PAGE, reason="r")


def test_a_value_set_by_hand_needs_a_reason_whatever_sets_it(cast: Cast) -> None:
    from entitlements.operations import ChangeOffering, TermChoice, TermMode

    entitlement = cast.entitle()
    term = TermChoice(TermMode.DATE, day("2028-01-01"))
    for operation in (
        ChangeTerms(as_of=TODAY, expires_on=day("2028-01-01")),
        ChangeOffering(as_of=TODAY, revision_id=cast.revision("gold_annual").pk, term=term),
    ):
        result = engine.apply(operation, [entitlement.pk], made_by=cast.operations, source=Source.PAGE, at=NOW)
        assert [problem.code for problem in result.outcomes[0].preview.problems] == ["reason_missing"]


def test_a_missing_reason_leaves_the_fingerprint_as_it_was(cast: Cast) -> None:
    entitlement = cast.entitle()
    operation = ChangeTerms(as_of=TODAY, expires_on=day("2028-01-01"))
    seen = look(operation, entitlement)
    result = engine.apply(operation, [entitlement.pk], made_by=cast.operations, source=Source.PAGE, at=NOW)
    assert result.outcomes[0].preview.fingerprint == seen.fingerprint


def test_yearly_maintenance_is_not_stretched_by_monthly_renewals(cast: Cast) -> None:
    from offerings.revisions import publish

    cast.plans["monthly"].maintenance_duration = "P1Y"
    cast.plans["monthly"].save()
    publish([cast.offerings["silver_monthly"]], published_by=None, published_by_name="tests")
    entitlement = cast.entitle("silver_monthly", at=NOW - timedelta(days=10))
    cast.do(Renew(as_of=TODAY), [entitlement.pk])
    entitlement.refresh_from_db()
    assert entitlement.maintenance_expires_on == day("2027-12-11")
