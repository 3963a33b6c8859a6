"""Only a part of a quantity changes its offering: n of N become an entitlement of their own."""

from typing import Any

import pytest

from entitlements import engine
from entitlements.engine.recount import differences
from entitlements.models import ActivationCode, Change, Entitlement, FeatureUse, Seat
from entitlements.operations import ChangeOffering, Preview, SeatChoice, SeatMode, TermChoice, TermMode, UndoAct
from tests.cast import NOW, TODAY, Cast, day


@pytest.fixture
def entitlement(cast: Cast) -> Entitlement:
    cast.offer("silver", "seats", seats_sold="per_quantity", seat_limit=None)
    return cast.entitle("gold_seats", quantity=10, seats=6)


def part(cast: Cast, count: int, name: str = "silver_seats", **choices: object) -> ChangeOffering:
    return ChangeOffering(as_of=TODAY, revision_id=cast.revision(name).pk, count=count, **choices)  # type: ignore[arg-type]


def look(operation: ChangeOffering, entitlement: Entitlement) -> Preview:
    return engine.preview(operation, [entitlement.pk], at=NOW)[0]


def codes(preview: Preview) -> list[str]:
    return [problem.code for problem in preview.problems]


def new_of(entitlement: Entitlement) -> Entitlement:
    return Entitlement.objects.exclude(pk=entitlement.pk).latest("created_at")


def test_both_parts_add_up_and_keep_the_term(cast: Cast, entitlement: Entitlement) -> None:
    cast.do(part(cast, 4), [entitlement.pk])
    entitlement.refresh_from_db()
    new = new_of(entitlement)
    assert (entitlement.quantity, entitlement.seats_used, new.quantity, new.seats_used) == (6, 2, 4, 4)
    assert (new.starts_on, new.expires_on) == (entitlement.starts_on, entitlement.expires_on)
    assert new.offering.sku == "SILVER-SEATS"
    assert list(differences()) == []


def test_the_part_has_an_order_of_its_own_with_a_code(cast: Cast, entitlement: Entitlement) -> None:
    cast.do(part(cast, 4), [entitlement.pk])
    order = new_of(entitlement).order
    assert (order == entitlement.order, order.customer) == (False, entitlement.order.customer)
    assert ActivationCode.objects.filter(order=order).count() == 1


def test_the_oldest_seats_go_where_none_are_chosen(cast: Cast, entitlement: Entitlement) -> None:
    preview = look(part(cast, 4), entitlement)
    assert [str(seat) for seat in preview.taken_over] == ["device-0", "device-1", "device-2", "device-3"]


def test_chosen_seats_go_with_the_part(cast: Cast, entitlement: Entitlement) -> None:
    wanted = tuple(Seat.objects.filter(name__in=("device-1", "device-5")).values_list("pk", flat=True))
    preview = look(part(cast, 4, seats=SeatChoice(SeatMode.RELEASE_CHOSEN, wanted)), entitlement)
    assert {str(seat) for seat in preview.taken_over} == {"device-1", "device-5"}
    assert (codes(preview), preview.moves[0].after.seats_used) == ([], 4)


def test_more_seats_than_the_part_are_refused(cast: Cast, entitlement: Entitlement) -> None:
    wanted = tuple(Seat.objects.values_list("pk", flat=True))
    preview = look(part(cast, 4, seats=SeatChoice(SeatMode.RELEASE_CHOSEN, wanted)), entitlement)
    assert "too_many_seats" in codes(preview)


def test_checkouts_go_with_their_seat_and_counters_stay(cast: Cast, entitlement: Entitlement) -> None:
    cast.use(entitlement, "dashboards", 2, seat=Seat.objects.get(name="device-0"))
    cast.use(entitlement, "api_calls", 40)
    cast.do(part(cast, 4), [entitlement.pk])
    assert FeatureUse.objects.get(key="feature.dashboards").entitlement == new_of(entitlement)
    assert FeatureUse.objects.get(key="feature.api_calls").entitlement == entitlement


def test_undo_joins_them_again(cast: Cast, entitlement: Entitlement) -> None:
    cast.use(entitlement, "api_calls", 40)
    act = cast.do(part(cast, 4), [entitlement.pk]).act
    new = new_of(entitlement)
    cast.use(new, "api_calls", 100)
    assert act is not None
    cast.do(UndoAct(as_of=TODAY, act_id=act.pk), [new.pk])
    entitlement.refresh_from_db()
    new.refresh_from_db()
    assert (entitlement.quantity, entitlement.seats_used, new.ended_on, new.seats_used) == (10, 6, TODAY, 0)
    assert FeatureUse.objects.get(entitlement=entitlement, seat=None).amount == 140
    assert list(differences()) == []


def test_redo_parts_them_again(cast: Cast, entitlement: Entitlement) -> None:
    act = cast.do(part(cast, 4), [entitlement.pk]).act
    assert act is not None
    undone = cast.do(UndoAct(as_of=TODAY, act_id=act.pk), [entitlement.pk]).act
    assert undone is not None
    cast.do(UndoAct(as_of=TODAY, act_id=undone.pk), [entitlement.pk])
    entitlement.refresh_from_db()
    new = new_of(entitlement)
    assert (entitlement.quantity, entitlement.seats_used, new.quantity, new.seats_used) == (6, 2, 4, 4)
    assert (new.ended_on, list(differences())) == (None, [])


def test_undone_again_after_a_redo_the_use_of_the_part_is_counted_once(cast: Cast, entitlement: Entitlement) -> None:
    act = cast.do(part(cast, 4), [entitlement.pk]).act
    new = new_of(entitlement)
    cast.use(new, "api_calls", 100)
    for _time in range(3):
        assert act is not None
        act = cast.do(UndoAct(as_of=TODAY, act_id=act.pk), [entitlement.pk]).act
    assert FeatureUse.objects.get(entitlement=entitlement, seat=None).amount == 100


def test_dropping_the_seats_set_by_hand_is_no_fault_in_a_part(cast: Cast, entitlement: Entitlement) -> None:
    cast.override(entitlement, seat_limit=250)
    assert codes(look(part(cast, 4, drop_overrides=("seat_limit",)), entitlement)) == []


def test_both_changes_are_one_unit(cast: Cast, entitlement: Entitlement) -> None:
    act = cast.do(part(cast, 4), [entitlement.pk]).act
    assert set(Change.objects.filter(act=act).values_list("unit", flat=True)) == {entitlement.pk}


@pytest.mark.parametrize(("count", "found"), [(0, True), (1, False), (9, False), (10, True), (11, True)])
def test_a_part_is_from_1_to_all_but_one(cast: Cast, entitlement: Entitlement, count: int, found: bool) -> None:
    assert ("part_out_of_range" in codes(look(part(cast, count), entitlement))) is found


def test_what_is_sold_with_fixed_seats_has_no_parts(cast: Cast) -> None:
    assert codes(look(part(cast, 1, "gold_annual"), cast.entitle("silver_annual"))) == ["part_not_sold"]


def test_the_only_seat_moves_as_a_whole(cast: Cast, entitlement: Entitlement) -> None:
    single = cast.entitle("gold_seats", quantity=1)
    preview = look(part(cast, 1), single)
    assert codes(preview) == ["part_out_of_range"]
    assert "one seat only" in preview.problems[0].message


def test_the_part_may_restart_its_term(cast: Cast, entitlement: Entitlement) -> None:
    cast.do(part(cast, 4, term=TermChoice(TermMode.RESTART)), [entitlement.pk])
    assert new_of(entitlement).expires_on == day("2027-11-21")
    entitlement.refresh_from_db()
    assert entitlement.expires_on == day("2027-03-01")


def test_create_new_is_no_choice_for_a_part(cast: Cast, entitlement: Entitlement) -> None:
    assert "part_is_new" in codes(look(part(cast, 4, term=TermChoice(TermMode.CREATE_NEW)), entitlement))


def test_a_number_of_seats_set_by_hand_stays_with_the_rest(cast: Cast, entitlement: Entitlement) -> None:
    cast.override(entitlement, seat_limit=250, sso=False)
    preview = look(part(cast, 4), entitlement)
    assert "seats_stay_overridden" in [warning.code for warning in preview.warnings]
    cast.do(part(cast, 4), [entitlement.pk])
    entitlement.refresh_from_db()
    assert (entitlement.override_count, new_of(entitlement).override_count) == (2, 1)


@pytest.mark.parametrize(
    ("mode", "problems", "warnings", "left"),
    [
        (SeatMode.REFUSE, ["seats_over_limit"], ["creates_part"], 7),
        (SeatMode.RELEASE_OLDEST, [], ["creates_part"], 4),
        (SeatMode.RELEASE_ALL, [], ["creates_part", "over_limit"], 7),
        (SeatMode.KEEP, [], ["creates_part", "over_limit"], 7),
    ],
)
def test_the_choice_of_seats_holds_for_the_rest_too(
    cast: Cast, mode: SeatMode, problems: list[str], warnings: list[str], left: int
) -> None:
    cast.offer("silver", "seats", seats_sold="per_quantity", seat_limit=None)
    full = cast.entitle("gold_seats", quantity=5, seats=8)
    preview = look(part(cast, 1, seats=SeatChoice(mode)), full)
    assert codes(preview) == problems
    assert [warning.code for warning in preview.warnings] == warnings
    assert preview.moves[0].after.seats_used == left


@pytest.mark.parametrize(("chosen", "problems"), [(3, []), (2, ["seats_over_limit"])])
def test_too_few_chosen_seats_are_refused(cast: Cast, chosen: int, problems: list[str]) -> None:
    cast.offer("silver", "seats", seats_sold="per_quantity", seat_limit=None)
    full = cast.entitle("gold_seats", quantity=5, seats=5)
    wanted = tuple(Seat.objects.order_by("activated_at").values_list("pk", flat=True)[:chosen])
    preview = look(part(cast, 3, seats=SeatChoice(SeatMode.RELEASE_CHOSEN, wanted)), full)
    assert codes(preview) == problems


def test_released_seats_of_both_sides_come_back_with_the_undo(cast: Cast) -> None:
    cast.offer("silver", "seats", seats_sold="per_quantity", seat_limit=None)
    full = cast.entitle("gold_seats", quantity=5, seats=8)
    act = cast.do(part(cast, 1, seats=SeatChoice(SeatMode.RELEASE_OLDEST)), [full.pk]).act
    assert act is not None
    cast.do(UndoAct(as_of=TODAY, act_id=act.pk, seats=SeatChoice(SeatMode.KEEP)), [full.pk])
    full.refresh_from_db()
    assert (full.seats_used, list(differences())) == (8, [])


def test_a_part_can_be_split_off_within_the_offering(cast: Cast, entitlement: Entitlement) -> None:
    cast.do(part(cast, 4, "gold_seats"), [entitlement.pk])
    assert new_of(entitlement).revision == entitlement.revision


def test_the_same_request_twice_makes_one_part(cast: Cast, entitlement: Entitlement) -> None:
    operation = part(cast, 4)
    cast.do(operation, [entitlement.pk])
    assert codes(look(operation, entitlement)) == ["already_created"]
    assert Entitlement.objects.count() == 2


@pytest.mark.parametrize(
    ("choice", "code"), [({"quantity": 50}, "part_has_count"), ({"keep_counters": True}, "counters_start_at_0")]
)
def test_a_part_has_no_quantity_and_no_counters_of_its_own(
    cast: Cast, entitlement: Entitlement, choice: dict[str, Any], code: str
) -> None:
    assert codes(look(part(cast, 4, **choice), entitlement)) == [code]


def test_a_seat_active_again_on_the_rest_does_not_come_back_twice(cast: Cast, entitlement: Entitlement) -> None:
    act = cast.do(part(cast, 2), [entitlement.pk]).act
    assert act is not None
    moved = Seat.objects.filter(entitlement=new_of(entitlement)).earliest("activated_at")
    again = Seat.objects.create(
        entitlement=entitlement,
        seat_id=moved.seat_id,
        name="again",
        activated_at=NOW,
        lease_expires_at=NOW,
        last_refresh_at=NOW,
    )
    Entitlement.objects.filter(pk=entitlement.pk).update(seats_used=5)
    undo = UndoAct(as_of=TODAY, act_id=act.pk)
    [preview] = engine.preview(undo, [entitlement.pk], at=NOW)
    assert "partner_releases" in [warning.code for warning in preview.warnings]
    cast.do(undo, [entitlement.pk])
    assert Seat.objects.filter(seat_id=moved.seat_id, released_at=None).get() == again
    assert list(differences()) == []
