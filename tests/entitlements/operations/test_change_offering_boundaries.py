"""Change the offering, as values: quantity, counters, overrides, term, seats, parts, and what is said of each."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from changegroups.models import ChangeGroup, Membership
from changegroups.paths import ChangeGroupValue, Ladder
from entitlements.models import derived_id
from entitlements.operations import ChangeOffering, Preview, SeatMode, TermChoice, TermMode
from entitlements.operations.change_offering import TargetWorld
from entitlements.operations.one_plan import OpenPlans
from entitlements.operations.seats import KEEP, REFUSE, RELEASE_ALL, SeatChoice
from entitlements.operations.terms import DEFAULT_TERM
from entitlements.state import Delta, OverrideValue, RevisionValue, SeatsOver, State, load, revisions_by_id
from tests.cast import Cast
from tests.entitlements.values import (
    KEY,
    LONG_AGO,
    NOW,
    ORDER,
    OTHER_KEY,
    TODAY,
    codes,
    created,
    described,
    gold,
    per_seat,
    revision,
    seat,
    seats,
    state,
    told,
)

OLDEST = SeatChoice(SeatMode.RELEASE_OLDEST)
NEW = TermChoice(TermMode.CREATE_NEW)
RESTART = TermChoice(TermMode.RESTART)
STRANGER = UUID(int=77)


def choose(*numbers: int) -> SeatChoice:
    return SeatChoice(SeatMode.RELEASE_CHOSEN, tuple(seat(number).id for number in numbers))


def group(*, held: int = 1, target: int = 2, members: tuple[int, int] = (1, 2), **modes: str) -> Ladder:
    known = {
        "change_mode": "both",
        "subscribe_mode": "keep",
        "quantity_mode": "allow_change",
        "term_changes": "allowed",
    }
    values = {**known, **modes}
    only = ChangeGroupValue(7, "Atlas", priorities=dict(zip(members, (held, target), strict=True)), **values)
    return Ladder({}, (only,), frozenset({1}))


def ask(**facts: Any) -> ChangeOffering:
    return ChangeOffering(**{"as_of": TODAY, "revision_id": 2, "key": OTHER_KEY, **facts})


def look(
    before: State,
    target: RevisionValue | None,
    *,
    active: int = 0,
    ladder: Ladder | None = None,
    plans: OpenPlans | None = None,
    created: frozenset[UUID] = frozenset(),
    **facts: Any,
) -> Preview:
    world = TargetWorld(
        at=NOW,
        seats={before.id: seats(active)},
        plans=plans or OpenPlans(),
        target=target,
        ladder=ladder or Ladder({}, ()),
        created=created,
    )
    return ask(**facts).preview([before], world)


def warned(preview: Preview) -> list[str]:
    return [each.code for each in preview.warnings]


# --- what is asked ---------------------------------------------------------------------------------------------------


def test_how_it_describes_itself() -> None:
    assert described(ChangeOffering) == (
        "change_offering",
        "entitlements.change_offering",
        ("Change offering", "Change", "Changed offering", "changed the offering of", "swap", "info", False),
        ("Other", "entitlement", False),
        {
            "revision_id": {"label": "Offering"},
            "quantity": {"label": "Quantity"},
            "count": {"label": "Only a part"},
            "seats": {"label": "Seats in use"},
            "term": {"label": "Term"},
            "drop_overrides": {"label": "Overrides dropped"},
            "drop_add_ons": {"label": "Add-ons dropped"},
            "drops_unfitting": {"label": "Add-ons that do not fit are dropped"},
            "keep_counters": {"label": "Usage counts kept"},
            "is_outside_group": {"label": "Outside change groups"},
        },
    )
    least = ChangeOffering(as_of=TODAY, revision_id=7)
    assert (least.quantity, least.count, least.seats, least.term) == (None, None, REFUSE, DEFAULT_TERM)
    assert (least.drop_overrides, least.keep_counters, least.group_id, least.is_outside_group) == (
        (),
        False,
        None,
        False,
    )
    assert (least.drop_add_ons, least.drops_unfitting) == ((), False)
    assert (least.revision_ids(), least.key != ChangeOffering(as_of=TODAY, revision_id=7).key) == ((7,), True)


@pytest.mark.parametrize("outside", [False, True])
def test_leaving_the_groups_needs_a_permission_and_a_reason(outside: bool) -> None:
    operation = ask(is_outside_group=outside)
    more = ("changegroups.change_outside_group",) if outside else ()
    assert operation.permissions == ("entitlements.change_offering", *more)
    assert operation.needs_reason is outside


def test_a_world_knows_nothing_unless_it_is_read() -> None:
    least = TargetWorld(at=NOW)
    assert (least.target, least.ladder, least.created) == (None, Ladder({}, ()), frozenset())


# --- the move --------------------------------------------------------------------------------------------------------


def test_only_the_revision_moves_where_the_terms_agree() -> None:
    before = state(overrides={"seat_limit": 9})
    preview = look(before, gold())
    [move] = preview.moves
    assert (move.before, move.after) == (before, replace(before, revision=gold()))
    assert (preview.problems, preview.warnings, move.path, move.continues) == ((), (), {}, None)
    assert preview.operation == ask()


def test_what_waited_starts_now_where_the_target_starts_on_creation() -> None:
    assert look(created(), gold()).lead.after.activated_at == NOW


def test_a_license_without_end_may_go_on_to_a_revision_with_one() -> None:
    endless = state(revision(terms={"license_type": "perpetual", "duration": ""}), standard_expires_on=None)
    newer = revision(id=9, number=2, newest_number=2)
    assert codes(look(endless, newer)) == []
    assert codes(look(endless, newer, term=TermChoice(TermMode.KEEP))) == ["no_term_to_keep"]


def test_an_offering_that_is_not_there_is_refused() -> None:
    unknown = ("unknown_offering", "There is no such offering. Choose one from the list.", "target")
    preview = look(state(), None)
    assert told(preview.problems) == [unknown]
    assert (preview.lead.is_unchanged, preview.operation) == (True, ask())
    assert codes(look(state(ended_on=TODAY), None)) == ["ended", "unknown_offering"]


@pytest.mark.parametrize(
    ("target", "facts", "refused"),
    [
        (revision(), {}, True),
        (revision(), {"term": RESTART}, False),
        (revision(), {"seats": RELEASE_ALL}, False),
        (revision(), {"drop_overrides": ("grace_period",)}, False),
        (revision(id=9, number=2, newest_number=2), {}, False),
    ],
)
def test_where_nothing_moves_it_is_there_already(target: RevisionValue, facts: Any, refused: bool) -> None:
    before = state(overrides={"grace_period": "P1D"}, seats_used=1)
    already = ("already_there", "This entitlement is already on Silver, revision 1.", "target")
    assert told(look(before, target, active=1, **facts).problems) == ([already] if refused else [])


def test_what_is_refused_anyway_is_not_called_there_already() -> None:
    assert codes(look(state(ended_on=TODAY), revision())) == ["ended"]


def test_every_problem_is_said_at_once_in_this_order() -> None:
    before = state(
        overrides={"feature.gone": 1, "expires_on": "2026-11-21"}, ended_on=TODAY, seats_used=9, quantity=None
    )
    target = gold(kind="add_on", is_retired=True, newest_number=2, terms={"duration": "P1M"})
    found = look(
        before,
        target,
        ladder=group(change_mode="downgrade"),
        quantity=3,
        drop_overrides=("grace_period",),
    )
    assert codes(found) == [
        "ended",
        "wrong_direction",
        "other_kind",
        "retired",
        "not_newest_revision",
        "quantity_not_sold",
        "override_without_right",
        "expiry_before_start",
        "seats_over_limit",
    ]


def test_warnings_stand_in_this_order() -> None:
    uses = {seat(0).id: {"feature.boards": 1}}
    before = state(overrides={"seat_limit": 5, "overdraft": "0"}, disabled_at=LONG_AGO, seats_used=9, seat_uses=uses)
    found = look(before, gold(terms={"duration": "P1M"}), seats=KEEP)
    assert warned(found) == [
        "over_limit",
        "disabled",
        "days_lost",
        "override_equals_standard",
        "checked_out_over_limit",
    ]


# --- counters and overrides ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "keep", "kept"),
    [
        (gold(), False, False),
        (gold(offering_id=0), False, False),
        (gold(), True, True),
        (revision(id=9, number=2), False, True),
        (revision(id=9, number=2), True, True),
    ],
)
def test_counters_reset_unless_kept_or_within_one_offering(target: RevisionValue, keep: bool, kept: bool) -> None:
    preview = look(state(counters={"feature.calls": 4}), target, keep_counters=keep)
    assert preview.lead.after.counters == ({"feature.calls": 4} if kept else {})


def test_the_overrides_named_are_dropped_and_the_others_kept() -> None:
    before = state(overrides={"seat_limit": 9, "grace_period": "P1D"})
    found = look(before, gold(), drop_overrides=("seat_limit",))
    assert (list(found.lead.after.overrides), codes(found)) == (["grace_period"], [])


# --- quantity --------------------------------------------------------------------------------------------------------

KEPT = "The change group keeps the quantity at {}. Change it in a step of its own."
NOT_SOLD = ("quantity_not_sold", "Gold is sold with a fixed number of seats. Leave the quantity empty.", "quantity")
OUT = ("quantity_out_of_range", "Give a quantity from 1 to 9,223,372,036,854,775,807.", "quantity")


@pytest.mark.parametrize(
    ("held", "target", "quantity", "after", "problem"),
    [
        (state(), gold(), None, None, None),
        (state(), gold(), 3, None, NOT_SOLD),
        (state(), gold(), 0, None, NOT_SOLD),
        (state(per_seat(), quantity=9), gold(), None, None, None),
        (state(per_seat(), quantity=9), per_seat(id=9, offering_id=9), None, 9, None),
        (state(per_seat(), quantity=9), per_seat(id=9, offering_id=9), 3, 3, None),
        (state(per_seat(), quantity=9), per_seat(id=9, offering_id=9), 0, 9, OUT),
        # The seats of a fixed offering are the quantity to start from.
        (state(), per_seat(), None, 5, None),
        (state(), per_seat(), 1, 1, None),
        (state(overrides={"seat_limit": 9}), per_seat(), None, 5, None),
        (state(revision(rights={"seat_limit": 1})), per_seat(), None, 1, None),
        (
            state(revision(rights={"seat_limit": 0})),
            per_seat(),
            None,
            None,
            ("quantity_missing", "Give the quantity: this offering is sold per seat.", "quantity"),
        ),
        (
            state(revision(rights={"seat_limit": "unlimited"})),
            per_seat(),
            None,
            None,
            ("quantity_missing", "Give the quantity: this offering is sold per seat.", "quantity"),
        ),
        (state(revision(rights={"seat_limit": "unlimited"})), per_seat(), 4, 4, None),
    ],
)
def test_the_quantity(
    held: State, target: RevisionValue, quantity: int | None, after: int | None, problem: Any
) -> None:
    preview = look(held, target, quantity=quantity)
    assert (preview.lead.after.quantity, told(preview.problems)) == (after, [problem] if problem else [])


@pytest.mark.parametrize(
    ("held", "quantity", "kept"),
    [
        (9, None, None),
        (9, 8, "9"),
        (9, 9, None),
        (9, 10, "9"),
        (3_000, 1, "3,000"),
    ],
)
def test_a_group_may_keep_the_quantity(held: int, quantity: int | None, kept: str | None) -> None:
    before = state(per_seat(), quantity=held)
    target = per_seat(id=9, offering_id=9)
    keeps = group(quantity_mode="keep_same", members=(3, 9))
    found = look(before, target, ladder=keeps, quantity=quantity)
    assert told(found.problems) == ([("quantity_kept", KEPT.format(kept), "quantity")] if kept else [])
    assert look(before, target, ladder=group(members=(3, 9)), quantity=quantity).problems == ()


@pytest.mark.parametrize(
    ("limit", "quantity", "found"),
    [
        (5, 5, []),
        (5, 4, ["quantity_kept"]),
        (5, 6, ["quantity_kept"]),
        ("unlimited", 4, []),
        ("unlimited", 0, [OUT[0]]),
    ],
)
def test_a_group_keeps_the_seats_of_a_fixed_offering_as_the_quantity(
    limit: Any, quantity: int, found: list[str]
) -> None:
    held = state(revision(rights={"seat_limit": limit}))
    assert (
        codes(look(held, per_seat(), ladder=group(quantity_mode="keep_same", members=(1, 3)), quantity=quantity))
        == found
    )


# --- route -----------------------------------------------------------------------------------------------------------


def test_the_group_that_opens_the_move_is_noted() -> None:
    preview = look(state(), gold(), ladder=group())
    assert preview.lead.path["group"] == 7
    assert codes(look(state(), gold(), ladder=group(), group_id=8)) == ["group_closed"]
    assert look(state(), gold(), ladder=group(change_mode="downgrade"), is_outside_group=True).lead.path == {
        "outside": True
    }


def test_the_group_says_what_happens_to_the_term() -> None:
    monthly = gold(terms={"duration": "P1M"})
    assert look(state(), monthly, ladder=group()).lead.after.starts_on == date(2026, 3, 1)
    assert look(state(), monthly, ladder=group(subscribe_mode="new_term")).lead.after.starts_on == TODAY
    assert len(look(state(), monthly, ladder=group(subscribe_mode="create_new")).moves) == 2


# --- seats -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("choice", "gone", "problems", "warnings"),
    [
        (REFUSE, 0, ["seats_over_limit"], []),
        (OLDEST, 1, [], []),
        (RELEASE_ALL, 6, [], []),
        (KEEP, 0, [], ["over_limit"]),
        (choose(4), 1, [], []),
        (choose(), 0, ["choose_more_seats"], []),
    ],
)
def test_the_seats_in_use_are_settled(choice: SeatChoice, gone: int, problems: list[str], warnings: list[str]) -> None:
    preview = look(state(seats_used=6), gold(), active=6, seats=choice)
    assert (len(preview.released), codes(preview), warned(preview)) == (gone, problems, warnings)
    assert preview.lead.after.seats_used == 6 - gone


def test_being_over_the_limit_before_is_asked_about_again() -> None:
    assert codes(look(state(seats_used=6), gold(), active=6)) == ["seats_over_limit"]
    assert codes(look(state(seats_used=5), gold(), active=5)) == []


def test_a_second_plan_in_the_order_is_refused() -> None:
    plans = OpenPlans({(ORDER.id, 2): frozenset({STRANGER})})
    found = look(state(), gold(product_id=2), ladder=group(), plans=plans)
    assert [(each.code, each.field) for each in found.problems] == [("has_plan_already", "target")]


# --- a new one in the place of the old one ---------------------------------------------------------------------------


def test_the_old_one_ends_and_the_new_one_goes_on_from_it() -> None:
    before = state(seats_used=2, counters={"feature.calls": 4}, overrides={"seat_limit": 9})
    preview = look(before, gold(), active=2, term=NEW, seats=choose(1))
    old, new = preview.moves
    assert (old.before, old.after.ended_on, old.after.seats_used, len(old.released)) == (before, TODAY, 0, 1)
    assert (new.before, new.after.id, new.continues) == (None, derived_id(OTHER_KEY, KEY), before)
    assert (new.after.starts_on, new.after.counters, new.after.seats_used) == (TODAY, {}, 1)
    assert new.after.activated_at == NOW
    assert (new.taken_over, new.taken_from) == ((seat(0),), KEY)
    assert (codes(preview), warned(preview)) == ([], ["creates_new", "days_lost"])


def test_a_new_one_keeps_no_counters() -> None:
    used = state(counters={"feature.calls": 4})
    message = "A new entitlement counts from 0. Do not keep what is used."
    problem = ("counters_start_at_0", message, "keep_counters")
    assert told(look(used, gold(), term=NEW, keep_counters=True).problems) == [problem]
    assert codes(look(used, gold(), keep_counters=True)) == []


def test_a_new_one_takes_another_offering() -> None:
    message = "A new entitlement takes another offering. Choose to keep or restart the term instead."
    found = look(state(), revision(id=9, number=2, newest_number=2), term=NEW)
    assert told(found.problems) == [("same_offering", message, "term")]
    assert codes(look(state(), gold(), term=NEW)) == []
    assert codes(look(state(), gold(offering_id=0), term=NEW)) == []


def test_the_same_request_twice_is_refused() -> None:
    made = frozenset({derived_id(OTHER_KEY, KEY)})
    message = "This has been created already: the same request came twice."
    assert told(look(state(), gold(), term=NEW, created=made).problems) == [("already_created", message, "")]
    assert codes(look(state(), gold(), term=NEW, created=frozenset({KEY}))) == []
    assert codes(look(state(), gold(), created=frozenset({KEY}))) == []


# --- a part ----------------------------------------------------------------------------------------------------------

NINE = state(per_seat(), quantity=9, seats_used=3)
OTHER_PER_SEAT = per_seat(id=9, offering_id=9)


def test_a_part_goes_with_its_seats_and_the_rest_stays() -> None:
    preview = look(NINE, OTHER_PER_SEAT, active=3, count=2)
    rest, part = preview.moves
    assert (rest.before, rest.after, rest.released) == (NINE, replace(NINE, quantity=7, seats_used=1), ())
    assert (part.before, part.after.id, part.after.quantity) == (None, derived_id(OTHER_KEY, KEY), 2)
    assert (part.after.revision, part.after.seats_used, part.taken_over) == (OTHER_PER_SEAT, 2, seats(2))
    assert (part.taken_from, part.continues, part.after.order.is_new) == (KEY, NINE, True)
    assert (part.after.starts_on, part.after.standard_expires_on) == (NINE.starts_on, NINE.standard_expires_on)
    assert (codes(preview), warned(preview)) == ([], ["creates_part"])


@pytest.mark.parametrize(
    ("count", "problems"),
    [(0, ["part_out_of_range"]), (1, []), (8, []), (9, ["part_out_of_range"]), (10, ["part_out_of_range"])],
)
def test_a_part_is_less_than_all(count: int, problems: list[str]) -> None:
    preview = look(NINE, OTHER_PER_SEAT, active=3, count=count)
    assert codes(preview) == problems
    assert len(preview.moves) == (1 if problems else 2)
    ended = look(replace(NINE, ended_on=TODAY), OTHER_PER_SEAT, active=3, count=count)
    assert codes(ended) == ["ended", *problems]
    assert preview.operation == ask(count=count)


@pytest.mark.parametrize(
    ("choice", "going", "problems"),
    [
        (choose(2), [2], []),
        (choose(0, 2), [0, 2], []),
        (choose(0, 1, 2), [0, 1, 2], ["seats_over_limit", "too_many_seats"]),
        (choose(9), [], ["seat_unknown"]),
        (REFUSE, [0, 1], []),
    ],
)
def test_the_seats_chosen_go_with_the_part(choice: SeatChoice, going: list[int], problems: list[str]) -> None:
    preview = look(NINE, OTHER_PER_SEAT, active=3, count=2, seats=choice)
    assert [each.name for each in preview.taken_over] == [f"device-{number}" for number in going]
    assert (codes(preview), preview.released) == (problems, ())


def test_all_seats_of_a_part_may_be_released() -> None:
    preview = look(NINE, OTHER_PER_SEAT, active=3, count=2, seats=RELEASE_ALL)
    rest, part = preview.moves
    assert (rest.released, part.taken_over, part.after.seats_used) == (seats(2), (), 0)


@pytest.mark.parametrize(
    ("term", "starts", "problems"),
    [
        (DEFAULT_TERM, TODAY, []),
        (RESTART, TODAY, []),
        (TermChoice(TermMode.KEEP), date(2026, 3, 1), []),
    ],
)
def test_the_term_of_a_part_restarts_at_most(term: TermChoice, starts: date, problems: list[str]) -> None:
    monthly = per_seat(id=9, offering_id=9, terms={"duration": "P1M"})
    for ladder in (None, group(subscribe_mode="create_new", members=(3, 9))):
        preview = look(NINE, monthly, active=3, count=2, term=term, ladder=ladder)
        assert (preview.lead.after.starts_on, codes(preview)) == (starts, problems)
        assert preview.lead.after.activated_at == LONG_AGO
        assert ("days_lost" in warned(preview)) is (starts == TODAY)


def test_a_part_may_end_on_a_day() -> None:
    until = TermChoice(TermMode.DATE, date(2027, 6, 1))
    preview = look(NINE, OTHER_PER_SEAT, active=3, count=2, term=until)
    assert (preview.lead.after.expires_on, codes(preview)) == (date(2027, 6, 1), [])


def test_a_part_may_drop_overrides_and_notes_its_group() -> None:
    before = replace(NINE, overrides={"grace_period": OverrideValue("P1D")})
    preview = look(
        before,
        OTHER_PER_SEAT,
        active=3,
        count=2,
        drop_overrides=("grace_period",),
        ladder=group(members=(3, 9)),
    )
    rest, part = preview.moves
    assert (codes(preview), list(rest.after.overrides), list(part.after.overrides)) == ([], ["grace_period"], [])
    assert (rest.path, part.path["group"]) == ({}, 7)
    assert look(before, OTHER_PER_SEAT, count=2).lead.path == {}


@pytest.mark.parametrize(("before", "facts"), [(state(), {}), (NINE, {"count": 2}), (state(), {"term": NEW})])
def test_what_a_batch_shares_is_in_every_move(before: State, facts: Any) -> None:
    world = TargetWorld(at=NOW, target=OTHER_PER_SEAT)
    preview = ask(**facts).preview([before], world)
    assert all(move.memo is world.memo for move in preview.moves)
    assert preview.taken_over == ()


def test_a_part_is_new_anyway() -> None:
    message = "A part becomes an entitlement of its own anyway. Choose to keep or restart the term."
    found = look(NINE, OTHER_PER_SEAT, active=3, count=2, term=NEW)
    assert told(found.problems) == [("part_is_new", message, "term")]


def test_a_part_that_is_there_already_is_refused() -> None:
    made = frozenset({derived_id(OTHER_KEY, KEY)})
    assert codes(look(NINE, OTHER_PER_SEAT, active=3, count=2, created=made)) == ["already_created"]


def test_warnings_of_a_part_stand_before_those_of_its_move() -> None:
    before = replace(NINE, disabled_at=LONG_AGO)
    assert warned(look(before, OTHER_PER_SEAT, active=3, count=2)) == ["creates_part", "disabled"]


# --- reading ---------------------------------------------------------------------------------------------------------


def test_an_offering_that_is_not_there_reads_nothing(django_assert_num_queries: Any, db: None) -> None:
    with django_assert_num_queries(0):
        found = ask().load([state()], at=NOW, revisions={1: revision()})
    assert found == TargetWorld(at=NOW)


@pytest.mark.parametrize(
    ("held", "target", "facts", "queries"),
    [
        (state(), gold(), {}, 0),
        (state(revision(has_change_groups=True)), gold(), {}, 1),
        (state(), gold(has_change_groups=True), {}, 1),
        (state(revision(has_change_groups=True)), revision(id=9, has_change_groups=True), {}, 0),
        # The seats and the keys of what is created.
        (state(seats_used=1), gold(), {"term": NEW}, 2),
        (state(), gold(), {"term": NEW}, 1),
        (NINE, OTHER_PER_SEAT, {"count": 2}, 2),
        # The plans of the order for another product, but for a part: it has an order of its own.
        (state(), gold(product_id=2), {}, 1),
        (NINE, replace(OTHER_PER_SEAT, product_id=2), {"count": 2}, 2),
    ],
)
def test_only_what_is_needed_is_read(
    held: State, target: RevisionValue, facts: Any, queries: int, django_assert_num_queries: Any, db: None
) -> None:
    with django_assert_num_queries(queries):
        found = ask(revision_id=target.id, **facts).load([held], at=NOW, revisions={target.id: target})
    assert (found.at, found.target) == (NOW, target)


@pytest.mark.parametrize(("seats_used", "is_read"), [(4, False), (5, False), (6, True)])
def test_seats_are_read_where_they_do_not_fit(cast: Cast, seats_used: int, is_read: bool) -> None:
    held = cast.entitle("gold_annual", seats=seats_used)
    before = state(id=held.pk, seats_used=seats_used)
    found = ask(seats=OLDEST).load([before], at=NOW, revisions={2: gold()})
    assert list(found.seats) == ([held.pk] if is_read else [])
    unlimited = gold(rights={"seat_limit": "unlimited"})
    assert not ask(seats=OLDEST).load([before], at=NOW, revisions={2: unlimited}).seats


def test_the_seats_of_what_ends_are_read_and_what_is_created_already(cast: Cast) -> None:
    held = cast.entitle(seats=2)
    [before] = load([held.pk])
    target = cast.revision("gold_annual").pk
    operation = ask(revision_id=target, term=NEW)
    assert len(operation.load([before], at=NOW, revisions=revisions_by_id([target])).seats[held.pk]) == 2
    cast.do(operation, [held.pk])
    again = operation.load([before], at=NOW, revisions=revisions_by_id([target]))
    assert again.created == {derived_id(OTHER_KEY, held.pk)}


def test_the_groups_around_what_is_held_and_the_target_are_read(cast: Cast) -> None:
    made = ChangeGroup.objects.create(name="Atlas")
    for priority, name in enumerate(("silver_annual", "gold_annual")):
        Membership.objects.create(group=made, offering=cast.offerings[name], priority=priority)
    target = cast.revision("gold_annual").pk
    states = load([cast.entitle().pk, cast.entitle("gold_annual").pk])
    found = ask(revision_id=target).load(states, at=NOW, revisions=revisions_by_id([target]))
    assert [each.name for each in found.ladder.groups] == ["Atlas"]
    assert set(found.ladder.offerings) == {cast.offerings[name].pk for name in ("silver_annual", "gold_annual")}
    only = ask(revision_id=target).load(states[1:], at=NOW, revisions=revisions_by_id([target]))
    assert only.ladder.groups == ()


def test_the_plan_of_the_product_to_come_into_is_read(cast: Cast) -> None:
    one, two = cast.entitle(), cast.entitle()
    [coming] = load([one.pk])
    elsewhere = replace(coming.revision, product_id=cast.atlas.pk + 1)
    before = replace(coming, id=STRANGER, order=load([two.pk])[0].order, revision=elsewhere)
    target = replace(coming.revision, id=2, offering_id=2)
    found = ask().load([before], at=NOW, revisions={2: target})
    assert found.plans.held == {(two.order_id, cast.atlas.pk): {two.pk}}


# --- the log ---------------------------------------------------------------------------------------------------------

OVER = SeatsOver(OTHER_KEY, ())


@pytest.mark.parametrize(
    ("before", "after", "delta", "title"),
    [
        (None, state(gold()), Delta(path={"group": 7}), "Created in place of another"),
        (None, state(gold()), Delta(took_over=OVER), "Created in place of another"),
        (None, state(gold()), Delta({"order": (None, "b")}, took_over=OVER), "Created in place of another"),
        (None, state(gold()), Delta({"order": ("b", "b")}, took_over=OVER), "Created in place of another"),
        (None, state(gold()), Delta({"order": ("a", "b")}, took_over=OVER), "Split off from another"),
        (None, state(gold()), Delta(), "Changed offering"),
        (state(), state(ended_on=TODAY), Delta(handed_over=OVER), "Ended for a new entitlement"),
        (state(), state(), Delta(handed_over=OVER), "Moved a part into a new entitlement"),
        (state(), state(revision(id=9, number=4)), Delta(), "Updated to revision 4"),
        (state(revision(id=9, number=4)), state(), Delta(), "Updated to revision 1"),
        (state(), state(gold(offering_id=0)), Delta(), "Changed offering"),
        (state(), state(revision(id=1, number=4)), Delta(), "Changed offering"),
        (state(), state(gold()), Delta(), "Changed offering"),
        (created(), created(gold()), Delta(), "Changed offering"),
    ],
)
def test_the_title_says_what_was_done(before: State | None, after: State, delta: Delta, title: str) -> None:
    assert ChangeOffering.title_of(before, after, delta) == title
