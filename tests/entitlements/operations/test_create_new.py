"""Create new beyond the plain case: its undo with seats, both sides of it, many at once, orders with several plans."""

from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from entitlements import engine
from entitlements.dialogs.change_offering.choices import Targets
from entitlements.dialogs.change_offering.forms import ChangeSelectionForm
from entitlements.history.timeline import history_page
from entitlements.models import Act, Entitlement, FeatureUse, Seat, Source, new_id
from entitlements.operations import Disable, ReleaseSeats, SeatChoice, SeatMode, TermChoice, TermMode, UndoAct
from entitlements.state import load
from offerings.revisions import publish
from tests.cast import NOW, OLDEST, TODAY, Cast
from tests.entitlements.operations.test_change_groups import borealis, codes, look, ranked, successor_of, to
from tests.factories import EditionFactory, OfferingFactory, ProductFactory


def back(act: Act | None) -> UndoAct:
    assert act is not None
    return UndoAct(as_of=TODAY, act_id=act.pk)


def squeezed(cast: Cast) -> tuple[Entitlement, Act | None]:
    """Move five seats to an offering with three in mode create new, and return the entitlement with the act."""
    ranked(cast, "bronze_annual", "silver_annual", subscribe_mode="create_new")
    old = cast.entitle(seats=5)
    return old, cast.do(to(cast, "bronze_annual", seats=OLDEST), [old.pk]).act


def test_seats_released_by_create_new_come_back_with_its_undo(cast: Cast) -> None:
    old, act = squeezed(cast)
    cast.do(back(act), [old.pk])
    old.refresh_from_db()
    assert old.seats_used == 5
    call_command("check_entitlements")


def test_they_go_again_with_the_redo(cast: Cast) -> None:
    old, act = squeezed(cast)
    undone = cast.do(back(act), [old.pk]).act
    cast.do(back(undone), [old.pk])
    assert successor_of(old).seats_used == 3
    call_command("check_entitlements")


def test_undone_and_redone_twice_nothing_is_lost(cast: Cast) -> None:
    old, act = squeezed(cast)
    for _time in range(4):
        act = cast.do(back(act), [successor_of(old).pk]).act
    assert successor_of(old).seats_used == 3
    cast.do(back(act), [old.pk])
    old.refresh_from_db()
    assert old.seats_used == 5
    call_command("check_entitlements")


def test_an_undo_and_a_redo_count_only_the_use_since(cast: Cast) -> None:
    ranked(cast, "silver_annual", "gold_annual", subscribe_mode="create_new")
    old = cast.entitle()
    cast.use(old, "api_calls", 40)
    act = cast.do(to(cast, "gold_annual"), [old.pk]).act
    new = successor_of(old)
    used = {}
    for name, holder in (("undo", old), ("redo", new), ("undo again", old)):
        act = cast.do(back(act), [old.pk]).act
        used[name] = FeatureUse.objects.filter(entitlement=holder).values_list("amount", flat=True).first() or 0
        cast.use(holder, "api_calls", used[name] + 10)
    assert used == {"undo": 40, "redo": 10, "undo again": 60}


def test_use_between_an_undo_and_its_redo_is_not_counted_twice_by_the_next_undo(cast: Cast) -> None:
    ranked(cast, "silver_annual", "gold_annual", subscribe_mode="create_new")
    old = cast.entitle()
    cast.use(old, "api_calls", 40)
    first = cast.do(to(cast, "gold_annual"), [old.pk]).act
    undone = cast.do(back(first), [old.pk]).act
    cast.use(old, "api_calls", 50)
    cast.do(back(undone), [old.pk])
    used = dict(FeatureUse.objects.values_list("entitlement", "amount"))
    assert used == {old.pk: 40, successor_of(old).pk: 10}
    cast.do(back(first), [old.pk])
    assert dict(FeatureUse.objects.filter(amount__gt=0).values_list("entitlement", "amount")) == {old.pk: 50}


def test_a_seat_that_went_on_and_was_released_there_is_no_fault_of_an_earlier_undo(cast: Cast) -> None:
    old = cast.entitle(seats=2)
    released = cast.do(ReleaseSeats(as_of=TODAY), [old.pk]).act
    cast.do(back(released), [old.pk])
    cast.do(to(cast, "gold_annual", term=TermChoice(TermMode.CREATE_NEW)), [old.pk])
    cast.do(ReleaseSeats(as_of=TODAY), [successor_of(old).pk])
    assert codes(look(back(released), old.pk)) == ["already_undone"]


def test_the_seats_that_go_with_an_undo_can_be_chosen_on_either_side(cast: Cast) -> None:
    ranked(cast, "bronze_annual", "gold_annual", subscribe_mode="create_new")
    old = cast.entitle("bronze_annual", seats=2)
    act = cast.do(to(cast, "gold_annual"), [old.pk]).act
    assert act is not None
    more = cast.occupy(successor_of(old), 3, at=NOW)
    chosen = SeatChoice(SeatMode.RELEASE_CHOSEN, tuple(seat.pk for seat in more[:2]))
    assert codes(look(UndoAct(as_of=TODAY, act_id=act.pk, seats=chosen), old.pk)) == []
    unknown = SeatChoice(SeatMode.RELEASE_CHOSEN, (*chosen.chosen, new_id()))
    assert codes(look(UndoAct(as_of=TODAY, act_id=act.pk, seats=unknown), old.pk)) == ["seat_unknown"]


def test_the_other_side_says_which_seats_go_and_another_one_makes_it_stale(cast: Cast) -> None:
    ranked(cast, "silver_annual", "gold_annual", subscribe_mode="create_new")
    old = cast.entitle(seats=3)
    act = cast.do(to(cast, "gold_annual"), [old.pk]).act
    assert act is not None
    cast.occupy(successor_of(old), 4, at=NOW)
    operation = UndoAct(as_of=TODAY, act_id=act.pk, seats=OLDEST)
    seen = look(operation, old.pk)
    assert "device-0, device-1" in next(each.message for each in seen.warnings if each.code == "partner_releases")
    cast.occupy(successor_of(old), 1, at=NOW)
    expected = {old.pk: seen.fingerprint}
    result = engine.apply(operation, [old.pk], made_by=cast.operations, source=Source.PAGE, expected=expected, at=NOW)
    assert {outcome.status for outcome in result.outcomes} == {engine.OutcomeStatus.STALE}


def test_both_sides_say_that_the_order_has_another_plan_by_now(cast: Cast) -> None:
    borealis(cast)
    ranked(cast, "silver_annual", "borealis", subscribe_mode="create_new")
    old = cast.entitle()
    act = cast.do(to(cast, "borealis"), [old.pk]).act
    new = successor_of(old)
    cast.entitle(order=old.order_id)
    assert codes(look(back(act), old.pk)) == codes(look(back(act), new.pk)) == ["has_plan_already"]


def test_a_move_to_another_product_is_not_undone_beside_a_newer_plan(cast: Cast) -> None:
    borealis(cast)
    ranked(cast, "silver_annual", "borealis", subscribe_mode="keep")
    entitlement = cast.entitle()
    act = cast.do(to(cast, "borealis"), [entitlement.pk]).act
    cast.entitle(order=entitlement.order_id)
    result = engine.apply(back(act), [entitlement.pk], made_by=cast.operations, source=Source.PAGE, at=NOW)
    assert codes(result.outcomes[0].preview) == ["has_plan_already"]


def test_two_plans_of_one_order_do_not_move_to_one_product(cast: Cast) -> None:
    borealis(cast)
    product = ProductFactory(code="cirrus", name="Cirrus")
    edition = EditionFactory(product=product, key="pro", name="Pro")
    cast.offerings["cirrus"] = OfferingFactory(
        sku="CIRRUS", name="Cirrus Pro", product=product, edition=edition, plan=cast.plans["annual"], seat_limit=9
    )
    publish([cast.offerings["cirrus"]], published_by=None, published_by_name="tests")
    ranked(cast, "silver_annual", "borealis", "cirrus", subscribe_mode="keep")
    one = cast.entitle()
    other = cast.entitle("borealis", order=one.order_id)
    result = engine.apply(to(cast, "cirrus"), [one.pk, other.pk], made_by=cast.operations, source=Source.PAGE, at=NOW)
    assert [codes(outcome.preview) for outcome in result.outcomes] == [["has_plan_already"]] * 2


def test_groups_that_open_a_move_on_the_same_terms_ask_nothing(cast: Cast) -> None:
    ranked(cast, "silver_annual", "gold_annual", subscribe_mode="keep", change_mode="both")
    ranked(cast, "silver_annual", "gold_annual", group="Only up", subscribe_mode="keep", change_mode="upgrade")
    assert codes(look(to(cast, "gold_annual"), cast.entitle().pk)) == []


def test_within_its_offering_nothing_new_is_created(cast: Cast) -> None:
    operation = to(cast, "silver_annual", term=TermChoice(TermMode.CREATE_NEW))
    assert codes(look(operation, cast.entitle().pk)) == ["same_offering"]


def test_what_is_disabled_stays_disabled_in_the_new_one(cast: Cast) -> None:
    ranked(cast, "silver_trial", "gold_annual", subscribe_mode="create_new")
    trial = cast.entitle("silver_trial")
    cast.do(Disable(as_of=TODAY), [trial.pk], reason="Unpaid")
    cast.do(to(cast, "gold_annual"), [trial.pk])
    new = successor_of(trial)
    assert (new.disabled_at, new.starts_on) == (NOW, TODAY)


def test_a_bulk_act_of_new_and_changed_ones_is_undone_and_redone_as_one(cast: Cast) -> None:
    ranked(cast, "silver_annual", "silver_monthly", "gold_annual", subscribe_mode="keep_if_match")
    kept, ended = cast.entitle(seats=3), cast.entitle("silver_monthly", seats=2)
    act = cast.do(to(cast, "gold_annual"), [kept.pk, ended.pk]).act
    assert act is not None
    ids = list(act.changes.values_list("entitlement", flat=True))
    redone = cast.do(back(cast.do(back(act), ids).act), ids).act
    assert successor_of(ended).seats_used == 2
    cast.do(back(redone), ids)
    kept.refresh_from_db()
    ended.refresh_from_db()
    assert (kept.seats_used, ended.seats_used, kept.ended_on, ended.ended_on) == (3, 2, None, None)
    call_command("check_entitlements")


def test_create_new_and_its_undo_take_as_many_queries_for_fifty_as_for_one(cast: Cast) -> None:
    ranked(cast, "silver_annual", "gold_annual", subscribe_mode="create_new")
    counts = []
    for number in (1, 50):
        ids = [cast.entitle(seats=1, overrides={"sso": True}).pk for _each in range(number)]
        with CaptureQueriesContext(connection) as forth:
            act = cast.do(to(cast, "gold_annual"), ids).act
        with CaptureQueriesContext(connection) as undoing:
            cast.do(back(act), ids)
        counts.append((len(forth), len(undoing)))
    assert counts[0] == counts[1]


def test_history_says_what_became_of_each_side(cast: Cast) -> None:
    old, _act = squeezed(cast)
    told = [history_page(load([key])[0]).entries[0] for key in (old.pk, successor_of(old).pk)]
    assert [entry.title for entry in told] == ["Ended for a new entitlement", "Created in place of another"]
    assert [entry.may_undo for entry in told] == [True, True]
    assert "3 seats handed over" in [chip.label for chip in told[0].chips]


def test_a_seat_active_again_in_another_product_is_not_brought_back_twice(cast: Cast) -> None:
    borealis(cast)
    cast.offerings["borealis"].seat_limit = 3
    cast.offerings["borealis"].save()
    publish([cast.offerings["borealis"]], published_by=None, published_by_name="tests")
    ranked(cast, "borealis", "silver_annual", subscribe_mode="create_new")
    old = cast.entitle(seats=5)
    act = cast.do(to(cast, "borealis", seats=OLDEST), [old.pk]).act
    gone = Seat.objects.filter(entitlement=old, released_at__isnull=False).first()
    assert gone is not None
    cast.occupy(successor_of(old), 1, at=NOW)
    Seat.objects.filter(entitlement=successor_of(old), activated_at__gte=NOW).update(seat_id=gone.seat_id)
    cast.do(back(act), [old.pk])
    old.refresh_from_db()
    assert old.seats_used == Seat.objects.filter(entitlement=old, released_at=None).count() == 5


def test_the_undo_dialog_of_the_ended_one_lists_the_seats_of_the_new_one(cast: Cast) -> None:
    ranked(cast, "silver_annual", "gold_annual", subscribe_mode="create_new")
    old = cast.entitle(seats=3)
    act = cast.do(to(cast, "gold_annual"), [old.pk]).act
    assert act is not None
    cast.occupy(successor_of(old), 4, at=NOW)
    client = Client()
    client.force_login(cast.operations, backend="django.contrib.auth.backends.ModelBackend")
    url = reverse("entitlements:undo", args=[old.pk, act.pk])
    page = client.post(url, {"seats": "release_chosen", "preview": "1"}).content.decode()
    assert page.count('name="release"') == 7


def test_the_log_names_the_group_or_says_that_it_was_left(cast: Cast) -> None:
    ranked(cast, "silver_annual", "gold_annual")
    along, outside = cast.entitle(), cast.entitle()
    cast.do(to(cast, "gold_annual"), [along.pk])
    cast.do(to(cast, "bronze_annual", is_outside_group=True), [outside.pk], reason="Agreed")
    told = [history_page(load([key])[0]).entries[0] for key in (along.pk, outside.pk)]
    words = [chip.label for entry in told for chip in entry.chips]
    assert {"through Atlas plans", "outside change groups"} <= set(words)


@pytest.mark.parametrize(
    ("choices", "shown"),
    [
        ({"term": TermChoice(TermMode.CREATE_NEW)}, "End these, create new ones"),
        ({"is_outside_group": True}, "Outside change groups"),
    ],
)
def test_the_act_page_says_what_was_asked(cast: Cast, choices: dict[str, Any], shown: str) -> None:
    ranked(cast, *(("silver_annual", "gold_annual") if "term" in choices else ("silver_annual", "silver_monthly")))
    act = cast.do(to(cast, "gold_annual", **choices), [cast.entitle(seats=2).pk], reason="Agreed").act
    assert act is not None
    client = Client()
    client.force_login(cast.operations, backend="django.contrib.auth.backends.ModelBackend")
    page = client.get(reverse("entitlements:act", args=[act.pk])).content.decode()
    assert shown in page
    assert "Is outside group" not in page


def test_each_side_of_an_undo_says_what_becomes_of_the_other_and_of_seats(cast: Cast) -> None:
    old, act = squeezed(cast)
    assert act is not None
    client = Client()
    client.force_login(cast.operations, backend="django.contrib.auth.backends.ModelBackend")
    keys = (old.pk, successor_of(old).pk)
    pages = [client.get(reverse("entitlements:undo", args=[key, act.pk])).content.decode() for key in keys]
    for page in pages:
        assert "The entitlement that was created ends with this." in page
        assert "An entitlement that had ended opens again with this." in page
        assert "3 seats go over, 0 released." in page
        assert "2 seats come back" in page


def test_the_form_for_many_names_a_change_group_and_reaches_its_products(cast: Cast) -> None:
    borealis(cast)
    group = ranked(cast, "silver_annual", "borealis")
    typed = {"target": cast.revision("borealis").pk, "seats": "refuse", "term": "default", "group": group.pk}
    form = ChangeSelectionForm(typed, as_of=TODAY, entitlements=[cast.entitle()])
    assert form.is_valid(), form.errors
    assert form.build().group_id == group.pk


def test_the_dialog_judges_terms_by_the_revision_that_is_held(cast: Cast) -> None:
    ranked(cast, "silver_annual", "gold_annual", term_changes="refused")
    entitlement = cast.entitle()
    cast.offerings["silver_annual"].plan = cast.plans["monthly"]
    cast.offerings["silver_annual"].edition = EditionFactory(product=cast.atlas, key="silver-plus", name="Silver plus")
    cast.offerings["silver_annual"].save()
    publish([cast.offerings["silver_annual"]], published_by=None, published_by_name="tests")
    [upgrades] = [each for each in Targets.of(load([entitlement.pk])[0]).groups() if each.heading == "Upgrade"]
    assert "Gold annual" in [target.name for target in upgrades.targets]
