"""What must be said of every move, of the state after: each rule at its boundaries, then for every operation."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from entitlements import engine
from entitlements.models import Customer
from entitlements.operations import OPERATIONS, Move, RemoveProduct
from entitlements.operations.consequences import OUT_OF_USE, consequences
from entitlements.state import OverrideValue, RevisionValue, State
from offerings.rights import UNLIMITED, Kind, Right, Value
from tests.cast import NOW as CAST_NOW
from tests.cast import Cast
from tests.entitlements.every_operation import EXAMPLES
from tests.entitlements.values import NOW, ORDER, OTHER_KEY, TODAY, created, gold, per_seat, revision, seat, state

DAY = timedelta(days=1)
OUT = replace(ORDER, is_customer_disabled=True)
GRACE = {"standard_expires_on": TODAY - DAY}
EXPIRED = {"standard_expires_on": TODAY - 15 * DAY}
TRIAL = revision(terms={"plan_type": "trial"})


def said(before: State | None, after: State, **move: Any) -> list[str]:
    return [each.code for each in consequences([Move(before, after, **move)], today=TODAY)]


def messages(before: State | None, after: State) -> list[str]:
    return [each.message for each in consequences([Move(before, after)], today=TODAY)]


# --- access ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "codes"),
    [
        (state(), state(), []),
        (state(), state(disabled_at=NOW), ["access_ends"]),
        (state(), state(order=OUT), ["access_ends"]),
        (state(), state(ended_on=TODAY), ["access_ends", "days_lost"]),
        (state(), state(ended_on=TODAY + DAY), ["days_lost"]),
        (state(), created(), ["access_ends"]),
        (state(**GRACE), state(disabled_at=NOW, **GRACE), ["access_ends"]),
        (state(**GRACE), state(**EXPIRED), ["access_ends"]),
        (state(**EXPIRED), state(**GRACE), ["grace_period"]),
        (state(**EXPIRED), state(), []),
        (state(**EXPIRED), state(disabled_at=NOW, **EXPIRED), ["disabled"]),
        (state(disabled_at=NOW), state(), []),
        (state(disabled_at=NOW), state(disabled_at=NOW), ["disabled"]),
        (state(order=OUT), state(order=OUT), ["customer_disabled"]),
        (state(**EXPIRED), state(**EXPIRED), ["expired"]),
        (state(**GRACE), state(**GRACE), ["grace_period"]),
        (created(), state(), []),
        (created(), created(), []),
        (None, state(), []),
        (None, state(order=OUT), ["customer_disabled"]),
        (None, created(), []),
    ],
)
def test_access_that_ends_or_stays_away_is_said(before: State | None, after: State, codes: list[str]) -> None:
    assert said(before, after) == codes


@pytest.mark.parametrize(("days", "codes"), [(-15, ["access_ends"]), (-14, ["access_ends"]), (-13, ["grace_begins"])])
def test_a_day_in_the_past_ends_access_once_the_grace_period_is_over(days: int, codes: list[str]) -> None:
    after = state(overrides={"expires_on": (TODAY + days * DAY).isoformat()})
    assert [code for code in said(state(), after) if code != "days_lost"] == codes


def test_the_reason_of_the_end_is_named() -> None:
    after = state(disabled_at=NOW)
    assert messages(state(), after) == [
        "Access ends now: after this change it is disabled. Clients stop working when their lease ends."
    ]
    assert messages(state(), state(**GRACE))[0] == (
        "The term is over after this change: access ends on 2026-12-04, with the grace period."
    )


def test_an_entitlement_that_another_one_continues_does_not_lose_access() -> None:
    old, new = state(), replace(state(gold()), id=OTHER_KEY)
    moves = [Move(old, replace(old, ended_on=TODAY)), Move(None, new, continues=old, taken_from=old.id)]
    assert consequences(moves, today=TODAY) == ()


def test_an_entitlement_whose_place_another_one_takes_again_does_not_lose_access() -> None:
    new = replace(state(gold()), id=OTHER_KEY)
    old = state(ended_on=TODAY)
    moves = [Move(old, replace(old, ended_on=None)), Move(new, replace(new, ended_on=TODAY))]
    assert consequences(moves, today=TODAY) == ()


def test_every_entitlement_that_ends_alone_loses_access() -> None:
    moves = [Move(replace(state(), id=UUID(int=n)), replace(state(), id=UUID(int=n), ended_on=TODAY)) for n in (1, 2)]
    assert [each.code for each in consequences(moves, today=TODAY)] == ["access_ends", "days_lost"]


def ended(before: State) -> Move:
    return Move(before, replace(before, ended_on=TODAY))


def test_an_entitlement_that_ends_beside_one_that_goes_on_loses_access() -> None:
    other = state(gold(), id=OTHER_KEY, order=replace(ORDER, id=UUID(int=101)))
    moves = [ended(state()), Move(other, replace(other, quantity=3))]
    assert [each.code for each in consequences(moves, today=TODAY)] == ["access_ends", "days_lost"]


def test_an_add_on_that_ends_beside_its_plan_takes_no_access_away() -> None:
    plan, add_on = state(), state(revision(kind="add_on"), id=OTHER_KEY)
    moves = [Move(plan, replace(plan, revision=gold())), ended(add_on)]
    assert consequences(moves, today=TODAY) == ()
    assert [each.code for each in consequences([ended(add_on)], today=TODAY)] == ["access_ends", "days_lost"]
    both = [each.code for each in consequences([ended(plan), ended(add_on)], today=TODAY)]
    assert both == ["access_ends", "days_lost"]


@pytest.mark.parametrize(("product", "codes"), [(1, ["days_lost"]), (2, ["access_ends", "days_lost"])])
def test_a_plan_that_takes_the_place_of_one_that_ends_is_compared_with_that_one(product: int, codes: list[str]) -> None:
    """The place is the order and the product: a plan of another product takes nobody's place."""
    new = state(
        gold(product_id=product), id=OTHER_KEY, starts_on=TODAY, standard_expires_on=date(2027, 11, 21), version=0
    )
    moves = [ended(state()), Move(None, new)]
    assert [each.code for each in consequences(moves, today=TODAY)] == codes


@pytest.mark.parametrize(
    ("before", "found"),
    [
        (state(), ["Silver: 100 days of the current term are lost."]),
        (state(standard_expires_on=TODAY + DAY), ["Silver: 1 day of the current term is lost."]),
        (state(standard_expires_on=TODAY), []),
        (state(standard_expires_on=None), []),
        (state(disabled_at=NOW), ["Silver: 100 days of the current term are lost."]),
        (state(revision(terms={"plan_type": "paid"})), ["Silver: 100 days of the current term are lost."]),
        (state(revision(terms={"plan_type": "trial"})), []),
        (created(), []),
        (state(ended_on=TODAY), []),
    ],
)
def test_the_days_of_a_paid_term_that_an_end_gives_up(before: State, found: list[str]) -> None:
    after = replace(before, ended_on=before.ended_on or TODAY)
    lost = [each.message for each in consequences([Move(before, after)], today=TODAY) if each.code == "days_lost"]
    assert lost == found


# --- the term --------------------------------------------------------------------------------------------------------


def by_hand(day: date, **facts: Any) -> State:
    return state(overrides={"expires_on": day.isoformat()}, **facts)


@pytest.mark.parametrize(
    ("after", "codes"),
    [
        ({"standard_expires_on": date(2027, 3, 1)}, []),
        ({"standard_expires_on": date(2027, 3, 2)}, ["day_kept"]),
        ({"standard_expires_on": date(2027, 2, 28)}, ["day_kept"]),
        ({"standard_expires_on": None}, ["day_kept"]),
    ],
)
def test_a_day_set_by_hand_against_a_new_term_is_said(after: dict[str, Any], codes: list[str]) -> None:
    kept = by_hand(date(2026, 12, 10))
    assert said(kept, replace(kept, **after)) == codes


def test_a_day_that_is_set_now_or_dropped_is_not_kept() -> None:
    before, moved = by_hand(date(2027, 12, 10)), {"standard_expires_on": date(2027, 6, 1)}
    assert said(before, by_hand(date(2027, 12, 11), **moved)) == []
    assert said(before, replace(before, overrides={}, **moved)) == ["days_lost"]


def test_the_warning_names_both_days() -> None:
    before = by_hand(date(2026, 12, 10))
    assert messages(before, replace(before, standard_expires_on=date(2027, 11, 26))) == [
        "Expires: 2026-12-10 stays as it was set by hand. By the new term it would be 2027-11-26."
    ]


def test_maintenance_set_by_hand_is_said_likewise() -> None:
    before = state(overrides={"maintenance_expires_on": ""}, standard_maintenance_expires_on=date(2027, 3, 1))
    after = replace(before, standard_maintenance_expires_on=None)
    assert messages(before, after) == [
        "Maintenance ends: never stays as it was set by hand. By the new term it would be open."
    ]


LEFT = 100
RUNNING = state(standard_expires_on=TODAY + LEFT * DAY)


def restarted(on: RevisionValue, *, extra: int = 0) -> State:
    """Return the entitlement on a revision with a term from today, and ``extra`` days more."""
    ends = {"P1Y": date(2027, 11, 21), "P1M": date(2026, 12, 21), "": None}[on.terms.duration]
    return replace(RUNNING, revision=on, starts_on=TODAY, standard_expires_on=ends + extra * DAY if ends else None)


@pytest.mark.parametrize(
    ("before", "after", "lost"),
    [
        (RUNNING, restarted(gold()), "100 days"),
        (RUNNING, restarted(gold(), extra=99), "1 day"),
        (RUNNING, restarted(gold(), extra=100), ""),
        (RUNNING, restarted(gold(terms={"duration": "P1M"})), "100 days"),
        (RUNNING, restarted(gold(terms={"duration": ""})), ""),
        (RUNNING, RUNNING, ""),
        (RUNNING, replace(RUNNING, standard_expires_on=TODAY + 99 * DAY), "1 day"),
        (RUNNING, replace(RUNNING, standard_expires_on=TODAY + 101 * DAY), ""),
        (RUNNING, replace(RUNNING, standard_expires_on=TODAY), "100 days"),
        (RUNNING, replace(RUNNING, standard_expires_on=TODAY - DAY), "100 days"),
        (state(**GRACE), restarted(gold()), ""),
        (replace(RUNNING, revision=TRIAL), restarted(gold()), ""),
        (replace(RUNNING, standard_expires_on=None), restarted(gold()), ""),
    ],
)
def test_days_of_a_paid_term_that_are_lost_are_counted(before: State, after: State, lost: str) -> None:
    found = [each.message for each in consequences([Move(before, after)], today=TODAY) if each.code == "days_lost"]
    assert [message.startswith(lost) for message in found] == ([True] if lost else [])


def test_a_term_that_went_back_to_an_earlier_start_is_compared_by_its_end() -> None:
    after = replace(RUNNING, starts_on=date(2026, 1, 1), standard_expires_on=TODAY + 40 * DAY)
    assert messages(RUNNING, after) == ["60 days of the current term are lost."]


def test_create_new_loses_the_days_too() -> None:
    old = RUNNING
    new = replace(restarted(gold(terms={"duration": "P1M"})), id=OTHER_KEY)
    moves = [Move(old, replace(old, ended_on=TODAY)), Move(None, new, continues=old, taken_from=old.id)]
    assert [each.message for each in consequences(moves, today=TODAY)] == [
        "100 days of the current term are lost. To keep them, add what is left."
    ]


# --- overrides -------------------------------------------------------------------------------------------------------


def on(limit: Value | None, *, name: str = "Gold", **rights: Value) -> RevisionValue:
    """Return another offering that grants so many seats."""
    return revision(name, rights={"seat_limit": limit or 0, **rights}, id=2, offering_id=2)


@pytest.mark.parametrize(
    ("kept", "granted", "codes"),
    [
        (10, 25, ["override_below_standard"]),
        (10, UNLIMITED, ["override_below_standard"]),
        (10, 11, ["override_below_standard"]),
        (10, 10, ["override_equals_standard"]),
        (10, 9, []),
        (10, 5, []),
        (10, 4, ["override_outlives_downgrade"]),
        (3, 4, []),
        (UNLIMITED, 25, []),
        (UNLIMITED, 4, ["override_outlives_downgrade"]),
    ],
)
def test_a_kept_number_of_seats_against_what_is_bought(kept: Value, granted: Value, codes: list[str]) -> None:
    before = state(overrides={"seat_limit": kept})
    assert said(before, replace(before, revision=on(granted))) == codes


@pytest.mark.parametrize(
    ("kept", "granted", "codes"),
    [(10, 25, []), (10, 10, []), (10, 4, ["override_outlives_downgrade"]), (10, 6, [])],
)
def test_a_floor_never_gives_less_than_the_standard(kept: int, granted: int, codes: list[str]) -> None:
    before = state(overrides={"seat_limit": OverrideValue(kept, is_floor=True)})
    assert said(before, replace(before, revision=on(granted))) == codes


@pytest.mark.parametrize(
    ("quantity", "codes"),
    [
        (60, ["override_below_standard"]),
        (50, ["override_equals_standard"]),
        (49, []),
        (40, []),
        (39, ["override_outlives_downgrade"]),
    ],
)
def test_an_override_of_seats_against_the_quantity(quantity: int, codes: list[str]) -> None:
    before = state(per_seat(), overrides={"seat_limit": 50}, quantity=40)
    assert said(before, replace(before, quantity=quantity)) == codes


@pytest.mark.parametrize(
    ("kept", "granted", "codes"),
    [
        (True, False, ["override_outlives_downgrade"]),
        (True, True, ["override_equals_standard"]),
        (False, True, ["override_below_standard"]),
        (False, False, ["override_equals_standard"]),
    ],
)
def test_a_kept_switch_against_the_target(kept: bool, granted: bool, codes: list[str]) -> None:
    before = state(revision(rights={"feature.sso": False}), overrides={"feature.sso": kept})
    assert said(before, replace(before, revision=on(5, **{"feature.sso": granted}))) == codes


def test_an_override_is_quiet_where_its_standard_does_not_move() -> None:
    before = state(per_seat(), overrides={"seat_limit": 2, "grace_period": "P14D"}, quantity=4)
    assert said(before, replace(before, disabled_at=None, standard_expires_on=date(2028, 3, 1))) == []


def test_an_override_that_is_set_now_is_no_kept_one() -> None:
    before = state(overrides={"seat_limit": 250})
    assert said(before, state(on(25), overrides={"seat_limit": 10})) == []


def test_what_is_kept_is_named_with_what_is_granted() -> None:
    before = state(overrides={"seat_limit": 10})
    assert messages(before, replace(before, revision=on(25))) == [
        "Seats: 10 stays although Gold grants 25: a kept override gives less."
    ]
    assert messages(before, replace(before, revision=on(None))) == [
        "Seats: 10 stays although Gold grants 0: a kept override."
    ]


def test_nothing_granted_is_called_nothing() -> None:
    key = "feature.region"
    before = state(revision(rights={key: "eu"}), overrides={key: "us"})
    assert messages(before, replace(before, revision=on(5, **{key: ""}))) == [
        "Data region: us stays although Gold grants nothing: a kept override."
    ]


def test_a_right_that_was_not_there_or_could_not_be_compared_was_not_lowered() -> None:
    key = "feature.calls"
    base = revision(rights={key: 3})
    as_text = {**base.sheet.definitions, key: Right(key, Kind.TEXT, "API calls")}
    text = replace(base, sheet=base.sheet._replace(values={**base.sheet.values, key: "many"}, definitions=as_text))
    after = state(on(5, **{key: 3}), overrides={key: 4})
    assert said(state(overrides={key: 4}), after) == []
    assert said(state(text, overrides={key: 4}), after) == []
    assert said(state(on(5, **{key: 9}), overrides={key: 4}), after) == ["override_outlives_downgrade"]


# --- counters and pools ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("used", "allowed", "codes"), [(5, 5, []), (6, 5, ["used_over_limit"]), (6, UNLIMITED, [])])
def test_a_counter_over_its_limit_is_said(used: int, allowed: Value, codes: list[str]) -> None:
    counted = state(revision(rights={"feature.calls": allowed}), counters={"feature.calls": used})
    assert said(counted, counted) == codes


@pytest.mark.parametrize(
    ("out", "allowed", "codes"), [(5, 5, []), (6, 5, ["checked_out_over_limit"]), (6, UNLIMITED, [])]
)
def test_a_pool_over_its_limit_is_said(out: int, allowed: Value, codes: list[str]) -> None:
    uses = {seat(0).id: {"feature.boards": 2}, seat(1).id: {"feature.boards": out - 2}}
    pool = state(revision(rights={"feature.boards": allowed}), seat_uses=uses, seats_used=2)
    assert said(pool, pool) == codes


def test_use_of_a_right_that_is_missing_or_of_another_kind_is_over_the_limit() -> None:
    uses = {seat(0).id: {"feature.calls": 1}}
    missing = state(counters={"feature.calls": 1})
    other = state(revision(rights={"feature.calls": 9}), seat_uses=uses, seats_used=1)
    assert said(missing, missing) == ["used_over_limit"]
    assert said(other, other) == ["checked_out_over_limit"]


def test_the_sentences_name_use_and_limit() -> None:
    counted = state(revision(rights={"feature.calls": 1000}), counters={"feature.calls": 2000})
    assert messages(counted, counted) == [
        "API calls: 2,000 are used, 1,000 allowed. Nothing more can be used until the counter is reset."
    ]


def test_of_what_has_ended_nothing_but_that_is_said() -> None:
    uses = {seat(0).id: {"feature.boards": 6}}
    pool = state(revision(rights={"feature.boards": 5}), seat_uses=uses, seats_used=1)
    assert said(pool, replace(pool, ended_on=TODAY)) == ["access_ends", "days_lost"]


# --- every operation -------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name", sorted(each.name for each in OPERATIONS if not (each.creates or each is RemoveProduct))
)
def test_every_operation_says_that_the_entitlement_is_out_of_use(cast: Cast, name: str) -> None:
    example = EXAMPLES[name](cast, 1)
    Customer.objects.update(disabled_at=CAST_NOW)
    [preview] = engine.preview(example.operation, example.ids, at=CAST_NOW)
    is_disabled = preview.lead.after.disabled_at is not None
    assert ("disabled" if is_disabled else "customer_disabled") in {each.code for each in preview.warnings}


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(operation.name for operation in OPERATIONS if not operation.creates))
def test_every_operation_says_whether_access_ends(cast: Cast, name: str) -> None:
    example = EXAMPLES[name](cast, 1)
    [preview] = engine.preview(example.operation, example.ids, at=CAST_NOW)
    ends = preview.lead.after.status(example.operation.as_of) in OUT_OF_USE
    assert ("access_ends" in {each.code for each in preview.warnings}) is ends


def test_each_warning_names_the_field_it_belongs_to() -> None:
    before = state(on(5, **{"feature.calls": 9}), overrides={"seat_limit": 10}, counters={"feature.calls": 2})
    after = replace(before, revision=revision(rights={"seat_limit": 25, "feature.calls": 1}))
    shorter = replace(after, standard_expires_on=date(2027, 2, 28))
    found = consequences([Move(before, shorter)], today=TODAY)
    assert [(each.code, each.field) for each in found] == [
        ("days_lost", "term"),
        ("override_below_standard", "seat_limit"),
        ("used_over_limit", "feature.calls"),
    ]
    assert found[0].message == "1 day of the current term is lost."
    kept = state(overrides={"expires_on": "2026-12-10"})
    [warning] = consequences([Move(kept, replace(kept, standard_expires_on=None))], today=TODAY)
    assert (warning.code, warning.field) == ("day_kept", "expires_on")


@pytest.mark.parametrize(
    ("granted", "expected"),
    [
        (10, ("override_equals_standard", "Seats is standard in Gold. Drop its override to follow Gold.")),
        (4, ("override_outlives_downgrade", "Seats: 10 stays although Gold grants 4: a kept override.")),
    ],
)
def test_the_words_about_a_kept_override(granted: int, expected: tuple[str, str]) -> None:
    before = state(overrides={"seat_limit": 10})
    [warning] = consequences([Move(before, replace(before, revision=on(granted)))], today=TODAY)
    assert (warning.code, warning.message, warning.field) == (*expected, "seat_limit")


@pytest.mark.parametrize(("days", "is_lost"), [(-1, False), (0, True), (1, True)])
def test_a_term_starts_anew_from_today_on(days: int, is_lost: bool) -> None:
    """A start before today is no new term: the ends are compared, and the later one loses nothing."""
    after = replace(restarted(gold()), starts_on=TODAY + days * DAY)
    assert ("days_lost" in said(RUNNING, after)) is is_lost
