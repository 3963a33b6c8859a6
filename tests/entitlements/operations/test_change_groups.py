"""Changing the offering along change groups: which moves, on which terms, and the entitlement that takes over."""

from typing import Any
from uuid import UUID

import pytest
from django.core.exceptions import PermissionDenied

from changegroups.models import ChangeGroup, Membership
from entitlements import engine
from entitlements.models import Act, Change, Entitlement, FeatureUse, Override, Seat, Source
from entitlements.operations import (
    ChangeOffering,
    Preview,
    SeatChoice,
    SeatMode,
    SetOverrides,
    TermChoice,
    TermMode,
    UndoAct,
)
from offerings.revisions import publish
from tests.cast import KEEP, NOW, OLDEST, START, TODAY, Cast, day, is_done
from tests.factories import EditionFactory, FeatureFactory, OfferingFactory, ProductFactory


def ranked(cast: Cast, *names: str, group: str = "Atlas plans", **modes: Any) -> ChangeGroup:
    """Make a change group with offerings from the lowest to the highest."""
    made = ChangeGroup.objects.create(name=group, **modes)
    for priority, name in enumerate(names):
        Membership.objects.create(group=made, offering=cast.offerings[name], priority=priority)
    return made


def to(cast: Cast, name: str, **choices: Any) -> ChangeOffering:
    return ChangeOffering(as_of=TODAY, revision_id=cast.revision(name).pk, **choices)


def look(operation: ChangeOffering | UndoAct, key: UUID) -> Preview:
    return next(each for each in engine.preview(operation, [key], at=NOW) if key in each.ids)


def codes(preview: Preview) -> list[str]:
    return [problem.code for problem in preview.problems]


def successor_of(entitlement: Entitlement) -> Entitlement:
    return Entitlement.objects.exclude(pk=entitlement.pk).get(order=entitlement.order_id)


def test_a_move_against_the_direction_is_refused_with_the_reason(cast: Cast) -> None:
    ranked(cast, "bronze_annual", "silver_annual", change_mode="upgrade")
    problem = look(to(cast, "bronze_annual"), cast.entitle().pk).problems[0]
    assert (problem.code, problem.field) == ("wrong_direction", "target")
    assert "Atlas plans is upgrade only" in problem.message


def test_the_log_names_the_group(cast: Cast) -> None:
    group = ranked(cast, "bronze_annual", "silver_annual", "gold_annual")
    entitlement = cast.entitle()
    cast.do(to(cast, "gold_annual"), [entitlement.pk])
    path = Change.objects.latest("act__made_at").delta["path"]
    assert (path["group"], path["name"], path["rank"]) == (group.pk, "Atlas plans", "upgrade")


def test_a_newer_revision_of_the_same_offering_needs_no_group(cast: Cast) -> None:
    ranked(cast, "silver_annual", "gold_annual", change_mode="downgrade")
    entitlement = cast.entitle()
    cast.offerings["silver_annual"].seat_limit = 8
    cast.offerings["silver_annual"].save()
    publish([cast.offerings["silver_annual"]], published_by=None, published_by_name="tests")
    assert codes(look(to(cast, "silver_annual"), entitlement.pk)) == []


def test_two_groups_on_different_terms_ask_which(cast: Cast) -> None:
    ranked(cast, "silver_annual", "gold_annual", subscribe_mode="keep")
    other = ranked(cast, "silver_annual", "gold_annual", group="Restarts", subscribe_mode="new_term")
    key = cast.entitle().pk
    assert codes(look(to(cast, "gold_annual"), key)) == ["choose_group"]
    assert look(to(cast, "gold_annual", group_id=other.pk), key).lead.after.starts_on == TODAY


def test_editing_the_group_makes_the_preview_stale(cast: Cast) -> None:
    group = ranked(cast, "silver_annual", "gold_annual", subscribe_mode="keep")
    key, operation = cast.entitle().pk, to(cast, "gold_annual")
    seen = {key: look(operation, key).fingerprint}
    ChangeGroup.objects.filter(pk=group.pk).update(quantity_mode="keep_same")
    result = engine.apply(operation, [key], made_by=cast.operations, source=Source.PAGE, expected=seen, at=NOW)
    assert result.outcomes[0].status is engine.OutcomeStatus.STALE


def test_deleting_the_group_makes_the_preview_stale(cast: Cast) -> None:
    group = ranked(cast, "silver_annual", "gold_annual")
    key, operation = cast.entitle().pk, to(cast, "gold_annual", group_id=group.pk)
    seen = {key: look(operation, key).fingerprint}
    group.delete()
    result = engine.apply(operation, [key], made_by=cast.operations, source=Source.PAGE, expected=seen, at=NOW)
    assert result.outcomes[0].status is engine.OutcomeStatus.STALE
    assert result.act is None


@pytest.mark.parametrize(
    ("subscribe", "target", "starts_on", "expires_on"),
    [
        ("keep", "gold_monthly", "2026-03-01", "2027-03-01"),
        ("new_term", "gold_annual", "2026-11-21", "2027-11-21"),
        ("keep_if_match", "gold_annual", "2026-03-01", "2027-03-01"),
    ],
)
def test_the_subscribe_mode_decides_the_term(
    cast: Cast, subscribe: str, target: str, starts_on: str, expires_on: str
) -> None:
    ranked(cast, "silver_annual", target, subscribe_mode=subscribe)
    after = look(to(cast, target), cast.entitle().pk).lead.after
    assert (after.starts_on, after.expires_on) == (day(starts_on), day(expires_on))


def test_a_term_chosen_by_hand_goes_before_the_subscribe_mode(cast: Cast) -> None:
    ranked(cast, "silver_annual", "gold_annual", subscribe_mode="create_new")
    preview = look(to(cast, "gold_annual", term=TermChoice(TermMode.KEEP)), cast.entitle().pk)
    assert (len(preview.moves), preview.lead.after.expires_on) == (1, day("2027-03-01"))


@pytest.mark.parametrize(("mode", "found"), [("keep_same", ["quantity_kept"]), ("allow_change", [])])
def test_the_quantity_mode_says_whether_it_may_be_chosen(cast: Cast, mode: str, found: list[str]) -> None:
    ranked(cast, "silver_annual", "gold_seats", quantity_mode=mode, subscribe_mode="keep")
    preview = look(to(cast, "gold_seats", quantity=9), cast.entitle().pk)
    assert codes(preview) == found
    assert preview.lead.after.override_count == 0


def test_keep_same_carries_the_quantity(cast: Cast) -> None:
    ranked(cast, "silver_annual", "gold_seats", quantity_mode="keep_same", subscribe_mode="keep")
    assert look(to(cast, "gold_seats"), cast.entitle().pk).lead.after.quantity == 5


def test_outside_its_group_a_move_needs_permission_and_reason(cast: Cast) -> None:
    ranked(cast, "silver_annual", "gold_annual")
    key, operation = cast.entitle().pk, to(cast, "bronze_annual", is_outside_group=True)
    with pytest.raises(PermissionDenied):
        engine.apply(operation, [key], made_by=cast.people["support"], source=Source.PAGE, reason="r", at=NOW)
    without = engine.apply(operation, [key], made_by=engine.System("tests"), source=Source.TASK, at=NOW)
    assert codes(without.outcomes[0].preview) == ["reason_missing"]
    done = engine.apply(operation, [key], made_by=engine.System("tests"), source=Source.TASK, reason="r", at=NOW)
    assert is_done(done)
    assert Change.objects.latest("act__made_at").delta["path"] == {"outside": True}


def test_what_a_group_opens_is_not_taken_outside_of_it(cast: Cast) -> None:
    ranked(cast, "silver_annual", "gold_annual")
    assert codes(look(to(cast, "gold_annual", is_outside_group=True), cast.entitle().pk)) == ["group_opens_it"]


# --- create new -------------------------------------------------------------------------------------------------------


def moved(cast: Cast, *, seats: int = 3, **choices: Any) -> tuple[Entitlement, Act]:
    """Move an entitlement in mode create new, and return it with the act."""
    ranked(cast, "silver_annual", "gold_annual", subscribe_mode="create_new")
    entitlement = cast.entitle(seats=seats, overrides={"sso": True})
    cast.use(entitlement, "api_calls", 41)
    if seats:
        cast.use(entitlement, "dashboards", 2, seat=Seat.objects.get(name="device-0"))
    act = cast.do(to(cast, "gold_annual", **choices), [entitlement.pk]).act
    entitlement.refresh_from_db()
    assert act is not None
    return entitlement, act


def test_create_new_ends_the_old_and_starts_a_new_one_in_the_same_order(cast: Cast) -> None:
    old, act = moved(cast)
    new = successor_of(old)
    assert (old.ended_on, old.seats_used) == (TODAY, 0)
    assert (new.offering, new.starts_on, new.expires_on) == (cast.offerings["gold_annual"], TODAY, day("2027-11-21"))
    assert set(act.changes.values_list("entitlement", flat=True)) == {old.pk, new.pk}


def test_create_new_copies_kept_overrides_with_their_author_and_moves_seats_and_checkouts(cast: Cast) -> None:
    old, _act = moved(cast)
    new = successor_of(old)
    override = Override.objects.get(entitlement=new)
    assert (override.key, override.value, override.set_at) == ("feature.sso", True, START)
    assert new.seats_used == Seat.objects.filter(entitlement=new, released_at=None).count() == 3
    assert FeatureUse.objects.get(key="feature.dashboards").entitlement == new
    assert not FeatureUse.objects.filter(entitlement=new, key="feature.api_calls", amount__gt=0).exists()


def test_create_new_keeps_the_quantity(cast: Cast) -> None:
    ranked(cast, "gold_seats", "gold_annual", "silver_annual", subscribe_mode="create_new")
    entitlement = cast.entitle("gold_seats", quantity=40)
    cast.offerings["silver_annual"].seats_sold = "per_quantity"
    cast.offerings["silver_annual"].seat_limit = None
    cast.offerings["silver_annual"].save()
    publish([cast.offerings["silver_annual"]], published_by=None, published_by_name="tests")
    cast.do(to(cast, "silver_annual"), [entitlement.pk])
    assert successor_of(entitlement).quantity == 40


def test_create_new_releases_what_does_not_fit(cast: Cast) -> None:
    ranked(cast, "bronze_annual", "silver_annual", subscribe_mode="create_new")
    entitlement = cast.entitle(seats=5)
    assert codes(look(to(cast, "bronze_annual"), entitlement.pk)) == ["seats_over_limit"]
    cast.do(to(cast, "bronze_annual", seats=OLDEST), [entitlement.pk])
    assert successor_of(entitlement).seats_used == 3


def test_the_preview_of_create_new_shows_the_new_rights_and_says_so(cast: Cast) -> None:
    ranked(cast, "silver_annual", "gold_annual", subscribe_mode="create_new")
    preview = look(to(cast, "gold_annual"), cast.entitle(seats=2).pk)
    assert "creates_new" in [warning.code for warning in preview.warnings]
    assert preview.lead.after.seat_limit == 25
    assert [str(seat) for seat in preview.taken_over] == ["device-0", "device-1"]


@pytest.mark.parametrize("side", ["old", "new"])
def test_one_undo_ends_the_new_and_reopens_the_old(cast: Cast, side: str) -> None:
    old, act = moved(cast)
    new = successor_of(old)
    cast.do(UndoAct(as_of=TODAY, act_id=act.pk), [old.pk if side == "old" else new.pk])
    old.refresh_from_db()
    new.refresh_from_db()
    assert (old.ended_on, old.seats_used, new.ended_on, new.seats_used) == (None, 3, TODAY, 0)
    assert FeatureUse.objects.get(key="feature.dashboards").entitlement == old


def test_redo_brings_the_new_one_back(cast: Cast) -> None:
    old, act = moved(cast)
    new = successor_of(old)
    undone = cast.do(UndoAct(as_of=TODAY, act_id=act.pk), [old.pk]).act
    assert undone is not None
    cast.do(UndoAct(as_of=TODAY, act_id=undone.pk), [new.pk])
    old.refresh_from_db()
    new.refresh_from_db()
    assert (old.ended_on, old.seats_used, new.ended_on, new.seats_used) == (TODAY, 0, None, 3)


def test_a_later_change_of_the_new_one_refuses_the_undo_of_both(cast: Cast) -> None:
    old, act = moved(cast)
    new = successor_of(old)
    operation = SetOverrides(as_of=TODAY, values={"seat_limit": 9})
    cast.do(operation, [new.pk], reason="r")
    undo = UndoAct(as_of=TODAY, act_id=act.pk)
    assert codes(look(undo, old.pk)) == codes(look(undo, new.pk)) == ["changed_since"]
    result = engine.apply(undo, [old.pk], made_by=cast.operations, source=Source.PAGE, at=NOW)
    assert result.act is None


def test_a_seat_activated_since_goes_back_too_where_there_is_room(cast: Cast) -> None:
    old, act = moved(cast)
    cast.occupy(successor_of(old), 1, at=NOW)
    cast.do(UndoAct(as_of=TODAY, act_id=act.pk), [old.pk])
    old.refresh_from_db()
    assert old.seats_used == 4


def test_seats_without_room_in_the_old_one_are_asked_about(cast: Cast) -> None:
    old, act = moved(cast)
    cast.occupy(successor_of(old), 4, at=NOW)
    assert codes(look(UndoAct(as_of=TODAY, act_id=act.pk), old.pk)) == ["seats_over_limit"]
    cast.do(UndoAct(as_of=TODAY, act_id=act.pk, seats=SeatChoice(SeatMode.RELEASE_OLDEST)), [old.pk])
    old.refresh_from_db()
    assert old.seats_used == Seat.objects.filter(entitlement=old, released_at=None).count() == 5


def test_the_stored_numbers_and_the_log_stay_sound(cast: Cast) -> None:
    from django.core.management import call_command

    old, act = moved(cast)
    call_command("check_entitlements")
    undone = cast.do(UndoAct(as_of=TODAY, act_id=act.pk, seats=KEEP), [old.pk]).act
    call_command("check_entitlements")
    assert undone is not None
    cast.do(UndoAct(as_of=TODAY, act_id=undone.pk, seats=KEEP), [old.pk])
    call_command("check_entitlements")


# --- across products --------------------------------------------------------------------------------------------------


def borealis(cast: Cast) -> None:
    """Make another product with single sign-on, but without an audit log."""
    product = ProductFactory(code="borealis", name="Borealis")
    FeatureFactory(product=product, key="sso", kind="flag", name="Single sign-on")
    edition = EditionFactory(product=product, key="pro", name="Pro")
    cast.offerings["borealis"] = OfferingFactory(
        sku="BOREALIS", name="Borealis Pro", product=product, edition=edition, plan=cast.plans["annual"], seat_limit=9
    )
    publish([cast.offerings["borealis"]], published_by=None, published_by_name="tests")


def test_another_product_is_refused_without_a_group(cast: Cast) -> None:
    borealis(cast)
    assert codes(look(to(cast, "borealis"), cast.entitle().pk)) == ["other_product"]


def test_within_a_group_rights_map_by_key_and_the_rest_is_removed(cast: Cast) -> None:
    borealis(cast)
    ranked(cast, "silver_annual", "borealis", subscribe_mode="keep")
    entitlement = cast.entitle(overrides={"sso": True})
    preview = look(to(cast, "borealis"), entitlement.pk)
    removed = [effect.right.key for effect in preview.lead.effects if effect.direction == "removed"]
    assert "feature.data_region" in removed
    cast.do(to(cast, "borealis"), [entitlement.pk])
    entitlement.refresh_from_db()
    assert (entitlement.product.name, entitlement.override_count) == ("Borealis", 1)


def test_an_override_the_other_product_lacks_is_a_problem_until_dropped(cast: Cast) -> None:
    borealis(cast)
    ranked(cast, "silver_annual", "borealis", subscribe_mode="keep")
    key = cast.entitle(overrides={"audit_log": True}).pk
    assert codes(look(to(cast, "borealis"), key)) == ["override_without_right"]
    assert codes(look(to(cast, "borealis", drop_overrides=("feature.audit_log",)), key)) == []


def test_an_order_that_holds_the_other_product_already_refuses_the_move(cast: Cast) -> None:
    borealis(cast)
    ranked(cast, "silver_annual", "borealis", subscribe_mode="keep")
    entitlement = cast.entitle()
    cast.entitle("borealis", order=entitlement.order_id)
    assert codes(look(to(cast, "borealis"), entitlement.pk)) == ["has_plan_already"]
