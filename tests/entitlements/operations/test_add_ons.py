"""Add-ons hold: at creation, at a change of the plan and at its end, whichever operation moves them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext

from entitlements import engine
from entitlements.engine.recount import differences
from entitlements.models import Act, Change, Entitlement, Source
from entitlements.operations import (
    OPERATIONS,
    Activate,
    ChangeOffering,
    ChangeTerms,
    CreateEntitlement,
    Disable,
    Enable,
    Operation,
    Preview,
    ReleaseSeats,
    RemoveProduct,
    Renew,
    RevertOverrides,
    SeatChoice,
    SeatMode,
    SetOverrides,
    SetQuantity,
    Step,
    TermChoice,
    TermMode,
    Together,
    TransferEntitlement,
    UndoAct,
    read,
)
from entitlements.operations.add_ons import Relation, add_on_problems, conflicts, unfitting
from entitlements.operations.preview import Move
from offerings.relations import Relations
from tests.add_ons import beside, offer_add_on, publish_again, relate
from tests.cast import NOW, TODAY, Cast, day, make_person
from tests.entitlements.copies import copy_entitlement
from tests.entitlements.values import KEY, OTHER_KEY, revision, state
from tests.factories import OfferingFactory, ProductFactory

pytestmark = pytest.mark.django_db


def look(operation: Operation, *ids: UUID) -> list[Preview]:
    return engine.preview(operation, ids, at=NOW)


def problems(operation: Operation, *ids: UUID) -> list[tuple[str, str, str]]:
    return [(each.code, each.message, each.field) for found in look(operation, *ids) for each in found.problems]


def warned(operation: Operation, *ids: UUID) -> list[str]:
    return [each.code for found in look(operation, *ids) for each in found.warnings]


def creation(cast: Cast, name: str, order: UUID | None = None, **fields: object) -> CreateEntitlement:
    where = {"order_id": order} if order else {"customer_name": "Osprey Freight"}
    return CreateEntitlement(as_of=TODAY, revision_id=cast.revision(name).pk, **{**where, **fields})


def to(cast: Cast, name: str, **fields: object) -> ChangeOffering:
    return ChangeOffering(as_of=TODAY, revision_id=cast.revision(name).pk, **fields)


def transfer(order: UUID) -> TransferEntitlement:
    return TransferEntitlement(as_of=TODAY, order_id=order)


def undo_of(entitlement: Entitlement) -> UndoAct:
    """Return the undo of the newest act on an entitlement."""
    act = Change.objects.filter(entitlement=entitlement).latest("sequence").act_id
    return UndoAct(as_of=TODAY, act_id=act)


# --- the rule, on values ---------------------------------------------------------------------------------------------


def plan(edition: str = "silver"):
    return state(revision(edition.title(), relations=Relations(edition)), id=UUID(int=9))


def add_on(key: int, edition: str, **relations: Mapping[str, str]):
    on = revision(edition.title(), kind="add_on", id=key, offering_id=key, relations=Relations(edition, **relations))
    return state(on, id=UUID(int=key))


SILVER, SUPPORT, LITE = {"silver": "Silver"}, {"support": "Support"}, {"lite": "Lite"}


@pytest.mark.parametrize(
    ("members", "found"),
    [
        ([], []),
        ([plan()], []),
        ([add_on(1, "extra")], [(Relation.WITHOUT_PLAN, 1)]),
        ([plan(), add_on(1, "extra")], []),
        ([plan(), add_on(1, "extra", available_for=SILVER)], []),
        ([plan("gold"), add_on(1, "extra", available_for=SILVER)], [(Relation.NOT_AVAILABLE, 1)]),
        ([plan("gold"), add_on(1, "extra", available_for={**SILVER, "gold": "Gold"})], []),
        ([plan(), add_on(1, "extra", depends_on=SUPPORT)], [(Relation.MISSING, 1)]),
        ([plan(), add_on(1, "extra", depends_on=SUPPORT), add_on(2, "support")], []),
        (
            [plan(), add_on(1, "extra", depends_on={**SUPPORT, **LITE}), add_on(2, "support")],
            [(Relation.MISSING, 1)],
        ),
        ([plan(), add_on(1, "extra", excludes=LITE)], []),
        ([plan(), add_on(1, "extra", excludes=LITE), add_on(2, "lite")], [(Relation.EXCLUDED, 1)]),
        ([plan(), add_on(1, "extra"), add_on(2, "lite", excludes={"extra": "Extra"})], [(Relation.EXCLUDED, 2)]),
        ([plan(), add_on(1, "extra", excludes={"extra": "Extra"})], []),
        (
            [plan(), add_on(1, "extra", excludes={"extra": "Extra"}), add_on(2, "extra")],
            [(Relation.EXCLUDED, 1)],
        ),
    ],
)
def test_the_relations_that_an_order_does_not_keep(members: list, found: list[tuple[Relation, int]]) -> None:
    assert [(each.relation, each.add_on.id.int) for each in conflicts(members)] == found


def test_what_cannot_stay_takes_along_what_depends_on_it() -> None:
    support = add_on(1, "support", available_for=SILVER)
    extra, more = add_on(2, "extra", depends_on=SUPPORT), add_on(3, "more", depends_on={"extra": "Extra"})
    free = add_on(4, "free")
    assert unfitting(plan("gold"), [support, extra, more, free]) == [support, extra, more]
    assert unfitting(plan(), [support, extra, more, free]) == []


def test_what_an_order_did_not_keep_before_blocks_nothing() -> None:
    alone = add_on(1, "extra", depends_on=SUPPORT)
    held = {(alone.order.id, 1): (alone,)}
    assert add_on_problems([Move(plan(), plan())], held) == []
    support = add_on(2, "support")
    assert add_on_problems([Move(None, support)], held)[0].code == Relation.WITHOUT_PLAN
    assert len(add_on_problems([Move(None, support)], held)) == 1


# --- creation --------------------------------------------------------------------------------------------------------


@pytest.fixture
def extra(cast: Cast) -> str:
    """Return an add-on for Silver and Gold that adds 10 seats."""
    return offer_add_on(cast, "extra_seats", available_for=["silver", "gold"], extra_seats=10)


def test_an_add_on_is_sold_into_the_order_of_a_plan_it_goes_with(cast: Cast, extra: str) -> None:
    held = cast.entitle("silver_annual")
    assert problems(creation(cast, extra, held.order_id)) == []
    assert beside(cast, held, extra).ended_on is None


def test_an_add_on_without_available_for_goes_with_every_plan(cast: Cast) -> None:
    support = offer_add_on(cast, "support")
    for name in ("bronze_annual", "gold_seats"):
        held = cast.entitle(name, quantity=3 if name == "gold_seats" else None)
        assert problems(creation(cast, support, held.order_id)) == []


def test_an_add_on_is_not_sold_alone(cast: Cast, extra: str) -> None:
    message = "Extra seats annual is sold beside a plan, and this order has no open plan of Atlas Analytics. "
    [found] = problems(creation(cast, extra))
    assert found == ("add_on_without_plan", f"{message}Choose an order that has one.", "offering")


def test_an_add_on_is_not_sold_beside_a_plan_it_is_not_available_for(cast: Cast, extra: str) -> None:
    held = cast.entitle("bronze_annual")
    [(code, message, field)] = problems(creation(cast, extra, held.order_id))
    assert (code, field) == ("add_on_not_available", "offering")
    assert message == (
        "Extra seats annual is available for Gold, Silver, and this order has Bronze annual. "
        "Choose another add-on, or change the plan first."
    )


def test_an_add_on_is_not_sold_without_what_it_depends_on(cast: Cast) -> None:
    support = offer_add_on(cast, "support")
    more = offer_add_on(cast, "more", depends_on=["support"])
    held = cast.entitle()
    sentence = "More annual depends on Support, which this order does not have. Add Support first."
    assert problems(creation(cast, more, held.order_id)) == [("add_on_missing", sentence, "offering")]
    beside(cast, held, support)
    assert problems(creation(cast, more, held.order_id)) == []


@pytest.mark.parametrize(("first", "second"), [("lite", "full"), ("full", "lite")])
def test_add_ons_that_exclude_each_other_on_either_side_are_not_sold_together(
    cast: Cast, first: str, second: str
) -> None:
    offer_add_on(cast, "lite")
    offer_add_on(cast, "full", excludes=["lite"])
    held = cast.entitle()
    beside(cast, held, f"{first}_annual")
    assert [code for code, _message, _field in problems(creation(cast, f"{second}_annual", held.order_id))] == [
        "add_on_excluded"
    ]


def test_what_has_ended_counts_no_more(cast: Cast, extra: str) -> None:
    held = cast.entitle()
    cast.do(undo_of(held), [held.pk])
    assert [code for code, *_ in problems(creation(cast, extra, held.order_id))] == ["add_on_without_plan"]


def test_a_plan_of_another_product_is_no_plan_for_it(cast: Cast, extra: str) -> None:
    cast.offerings["other"] = OfferingFactory(product=ProductFactory(name="Borealis"))
    publish_again(cast, "other")
    order = cast.entitle("other").order_id
    assert [code for code, *_ in problems(creation(cast, extra, order))] == ["add_on_without_plan"]


def test_only_what_is_published_is_used_for_selling(cast: Cast, extra: str) -> None:
    held = cast.entitle("silver_annual")
    relate(cast, "extra_seats", available_for=["bronze"])
    assert problems(creation(cast, extra, held.order_id)) == []
    publish_again(cast, extra)
    assert [code for code, *_ in problems(creation(cast, extra, held.order_id))] == ["add_on_not_available"]


def test_steps_see_what_earlier_steps_made(cast: Cast, extra: str) -> None:
    held = cast.entitle("bronze_annual")
    support = offer_add_on(cast, "support")
    more = offer_add_on(cast, "more", depends_on=["support"], available_for=["silver"])
    steps = (
        Step(operation=to(cast, "silver_annual"), ids=(held.pk,)),
        Step(operation=creation(cast, support, held.order_id)),
        Step(operation=creation(cast, more, held.order_id)),
    )
    assert problems(Together(as_of=TODAY, steps=steps)) == []
    without = Together(as_of=TODAY, steps=steps[1:])
    assert [code for code, *_ in problems(without)] == ["add_on_not_available"]
    alone = Together(as_of=TODAY, steps=(steps[0], steps[2]))
    assert [code for code, *_ in problems(alone)] == ["add_on_missing"]


# --- a change of the plan --------------------------------------------------------------------------------------------


def test_an_add_on_that_fits_is_carried(cast: Cast, extra: str) -> None:
    held = cast.entitle("silver_annual")
    added = beside(cast, held, extra)
    cast.do(to(cast, "gold_annual"), [held.pk])
    added.refresh_from_db()
    assert (added.ended_on, added.order_id) == (None, held.order_id)


def test_an_add_on_that_does_not_fit_is_a_problem_until_it_is_dropped(cast: Cast, extra: str) -> None:
    held = cast.entitle("silver_annual")
    added = beside(cast, held, extra)
    sentence = (
        "Extra seats annual does not go with Bronze annual: it is available for Gold, Silver. "
        "Drop it along with the change."
    )
    assert problems(to(cast, "bronze_annual"), held.pk) == [("add_on_not_available", sentence, "add_ons")]
    dropping = to(cast, "bronze_annual", drop_add_ons=(added.pk,))
    assert problems(dropping, held.pk) == []
    assert "add_ons_dropped" in warned(dropping, held.pk)
    cast.do(dropping, [held.pk])
    added.refresh_from_db()
    assert added.ended_on == TODAY


def test_a_dropped_add_on_is_a_move_of_the_same_preview_in_the_log(cast: Cast, extra: str) -> None:
    held = cast.entitle("silver_annual")
    added = beside(cast, held, extra)
    [preview] = look(to(cast, "bronze_annual", drop_add_ons=(added.pk,)), held.pk)
    assert preview.ids == (held.pk, added.pk)
    assert "entitlements.create_entitlement" in preview.permissions
    cast.do(to(cast, "bronze_annual", drop_add_ons=(added.pk,)), [held.pk])
    act = Act.objects.latest("made_at", "pk")
    assert set(act.changes.values_list("entitlement", "unit")) == {(held.pk, held.pk), (added.pk, held.pk)}


def test_add_ons_to_drop_are_stored_and_read_strictly() -> None:
    operation = ChangeOffering(as_of=TODAY, revision_id=7, drop_add_ons=(KEY, OTHER_KEY), drops_unfitting=True)
    asked = operation.asked()
    assert (asked["drop_add_ons"], asked["drops_unfitting"]) == ([str(KEY), str(OTHER_KEY)], True)
    assert read(asked) == operation
    for wrong in ({"drop_add_ons": ["x"]}, {"drop_add_ons": [1]}, {"drop_add_ons": "x"}, {"drops_unfitting": 1}):
        assert read({**asked, **wrong}) is None
    earlier = {name: value for name, value in asked.items() if name not in ("drop_add_ons", "drops_unfitting")}
    assert read(earlier) == ChangeOffering(as_of=TODAY, revision_id=7, key=operation.key)


def test_an_add_on_that_fits_may_be_dropped_too(cast: Cast, extra: str) -> None:
    held = cast.entitle("silver_annual")
    first, second = beside(cast, held, extra), beside(cast, held, extra)
    cast.do(to(cast, "gold_annual", drop_add_ons=(second.pk,)), [held.pk])
    ended = dict(Entitlement.objects.values_list("pk", "ended_on"))
    assert (ended[held.pk], ended[first.pk], ended[second.pk]) == (None, None, TODAY)


def test_dropping_what_another_one_depends_on_is_a_problem(cast: Cast) -> None:
    support, more = offer_add_on(cast, "support"), offer_add_on(cast, "more", depends_on=["support"])
    held = cast.entitle("silver_annual")
    first, second = beside(cast, held, support), beside(cast, held, more)
    found = problems(to(cast, "gold_annual", drop_add_ons=(first.pk,)), held.pk)
    sentence = "More annual depends on Support, which would go. End More annual first, or both together."
    assert found == [("add_on_missing", sentence, "add_ons")]
    assert problems(to(cast, "gold_annual", drop_add_ons=(first.pk, second.pk)), held.pk) == []


def test_dropping_all_that_do_not_fit_takes_along_what_depends_on_them(cast: Cast) -> None:
    support = offer_add_on(cast, "support", available_for=["silver"])
    more, free = offer_add_on(cast, "more", depends_on=["support"]), offer_add_on(cast, "free")
    held = cast.entitle("silver_annual")
    gone, kept = [beside(cast, held, support), beside(cast, held, more)], beside(cast, held, free)
    cast.do(to(cast, "gold_annual", drops_unfitting=True), [held.pk])
    ended = dict(Entitlement.objects.values_list("pk", "ended_on"))
    assert [ended[each.pk] for each in gone] == [TODAY, TODAY]
    assert ended[kept.pk] is None


def test_an_add_on_to_drop_that_is_not_there_is_a_problem(cast: Cast, extra: str) -> None:
    held, other = cast.entitle("silver_annual"), cast.entitle("silver_annual")
    elsewhere = beside(cast, other, extra)
    for key in (elsewhere.pk, KEY):
        found = problems(to(cast, "gold_annual", drop_add_ons=(key,)), held.pk)
        assert [(code, field) for code, _message, field in found] == [("add_on_gone", "add_ons")]


def test_a_dropped_add_on_gives_its_own_seats_up(cast: Cast) -> None:
    name = offer_add_on(cast, "assistant", seats_sold="per_quantity")
    held = cast.entitle("silver_annual")
    added = beside(cast, held, name, quantity=3)
    cast.occupy(added, 2)
    [preview] = look(to(cast, "gold_annual", drop_add_ons=(added.pk,)), held.pk)
    assert len(preview.released) == 2
    cast.do(to(cast, "gold_annual", drop_add_ons=(added.pk,)), [held.pk])
    added.refresh_from_db()
    assert (added.seats_used, added.seats.filter(released_at=None).count()) == (0, 0)


def test_undo_brings_dropped_add_ons_back_and_redo_drops_them_again(cast: Cast, extra: str) -> None:
    held = cast.entitle("silver_annual", seats=9)
    added = beside(cast, held, extra)
    drop = to(cast, "bronze_annual", drop_add_ons=(added.pk,), seats=SeatChoice(SeatMode.RELEASE_OLDEST))
    cast.do(drop, [held.pk])
    held.refresh_from_db()
    assert held.seats_used == 3
    cast.do(undo_of(held), [held.pk])
    held.refresh_from_db()
    added.refresh_from_db()
    assert (held.offering_id, added.ended_on, held.seats_used) == (cast.offerings["silver_annual"].pk, None, 9)
    cast.do(undo_of(held), [held.pk])
    added.refresh_from_db()
    assert added.ended_on == TODAY


def test_a_plan_of_which_add_ons_alone_are_dropped_leaves_the_log_in_order(cast: Cast, extra: str) -> None:
    held = cast.entitle("silver_annual")
    added = beside(cast, held, extra)
    cast.do(to(cast, "silver_annual", drop_add_ons=(added.pk,)), [held.pk])
    added.refresh_from_db()
    assert added.ended_on == TODAY
    assert list(differences()) == []


def test_a_redo_that_ends_an_add_on_asks_for_what_ending_it_asks_for(cast: Cast, extra: str) -> None:
    held = cast.entitle("silver_annual")
    added = beside(cast, held, extra)
    cast.do(to(cast, "gold_annual", drop_add_ons=(added.pk,)), [held.pk])
    for _way in ("undo", "redo"):
        [preview] = look(undo_of(held), held.pk)
        assert "entitlements.create_entitlement" in preview.permissions
        cast.do(undo_of(held), [held.pk])


@pytest.mark.parametrize("where", ["transfer_entitlement", "change_offering.operation"])
def test_an_add_on_that_left_after_its_unit_was_read_stays_where_it_is(
    cast: Cast, extra: str, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    held, other = cast.entitle("silver_annual"), cast.entitle("silver_annual")
    added = beside(cast, held, extra)
    cast.do(transfer(other.order_id), [added.pk])
    unit = (held.pk, added.pk)
    monkeypatch.setattr(f"entitlements.operations.{where}.units_with_add_ons", lambda _ids, **_wanted: [unit])
    is_transfer = where == "transfer_entitlement"
    operation = transfer(empty_order(cast)) if is_transfer else to(cast, "gold_annual", drop_add_ons=(added.pk,))
    result = engine.apply(operation, [held.pk], made_by=cast.operations, source=Source.PAGE, at=NOW)
    added.refresh_from_db()
    assert (added.order_id, added.ended_on) == (other.order_id, None)
    codes = [problem.code for outcome in result.outcomes for problem in outcome.preview.problems]
    assert codes == ([] if is_transfer else ["add_on_gone"])


def test_an_add_on_that_is_sold_per_quantity_by_now_was_bought_once(cast: Cast) -> None:
    name = offer_add_on(cast, "boost", seats_sold="fixed", seat_limit=5, extra_seats=10)
    added = beside(cast, cast.entitle("silver_annual"), name)
    offering = cast.offerings[name]
    offering.seats_sold, offering.seat_limit = "per_quantity", None
    offering.save()
    publish_again(cast, name)
    cast.do(to(cast, name), [added.pk])
    added.refresh_from_db()
    assert added.quantity == 1


def test_a_new_entitlement_keeps_the_add_ons_of_the_one_it_takes_the_place_of(cast: Cast, extra: str) -> None:
    held = cast.entitle("silver_annual")
    added = beside(cast, held, extra)
    cast.do(to(cast, "gold_annual", term=TermChoice(TermMode.CREATE_NEW)), [held.pk])
    new = Entitlement.objects.get(order=held.order_id, kind="plan", ended_on=None)
    assert new.pk != held.pk
    assert problems(creation(cast, extra, held.order_id)) == []
    added.refresh_from_db()
    assert added.ended_on is None
    refused = to(cast, "bronze_annual", term=TermChoice(TermMode.CREATE_NEW))
    assert [code for code, *_ in problems(refused, new.pk)] == ["add_on_not_available"]


def test_a_part_leaves_the_add_ons_with_the_rest(cast: Cast) -> None:
    support = offer_add_on(cast, "support", available_for=["gold"])
    held = cast.entitle("gold_seats", quantity=9)
    added = beside(cast, held, support)
    assert problems(to(cast, "silver_annual", count=2), held.pk) == []
    found = problems(to(cast, "silver_annual", count=2, drop_add_ons=(added.pk,)), held.pk)
    assert [(code, field) for code, _message, field in found] == [("part_keeps_add_ons", "add_ons")]


def test_an_add_on_changes_only_to_one_that_fits(cast: Cast, extra: str) -> None:
    lite = offer_add_on(cast, "lite", available_for=["gold"])
    free = offer_add_on(cast, "free")
    held = cast.entitle("silver_annual")
    added = beside(cast, held, extra)
    assert [(code, field) for code, _message, field in problems(to(cast, lite), added.pk)] == [
        ("add_on_not_available", "target")
    ]
    assert problems(to(cast, free), added.pk) == []


def test_an_update_of_an_add_on_that_no_longer_goes_with_the_plan_is_refused(cast: Cast, extra: str) -> None:
    held = cast.entitle("silver_annual")
    added = beside(cast, held, extra)
    relate(cast, "extra_seats", available_for=["gold"])
    publish_again(cast, extra)
    assert problems(to(cast, "silver_annual", drop_add_ons=(added.pk,)), held.pk) == []
    assert [code for code, *_ in problems(to(cast, extra), added.pk)] == ["add_on_not_available"]


def test_who_may_not_end_what_was_sold_may_not_drop_it(cast: Cast, extra: str) -> None:
    person = make_person("changer", role="Viewer")
    changing = Permission.objects.get(codename="change_offering", content_type__app_label="entitlements")
    person.user_permissions.add(changing)
    held = cast.entitle("silver_annual")
    added = beside(cast, held, extra)
    [preview] = engine.preview(to(cast, "gold_annual", drop_add_ons=(added.pk,)), [held.pk], at=NOW, made_by=person)
    assert [(each.code, each.field) for each in preview.problems] == [("not_permitted", "add_ons")]
    [carried] = engine.preview(to(cast, "gold_annual"), [held.pk], at=NOW, made_by=person)
    assert carried.problems == ()


# --- the end, and leaving an order: every operation ------------------------------------------------------------------


@dataclass(frozen=True)
class Trio:
    """A plan with an add-on, and another add-on that depends on that."""

    plan: Entitlement
    support: Entitlement
    more: Entitlement


@pytest.fixture
def trio(cast: Cast) -> Trio:
    support = offer_add_on(cast, "support", seats_sold="per_quantity")
    more = offer_add_on(cast, "more", depends_on=["support"])
    held = cast.entitle("silver_annual", seats=2)
    return Trio(held, beside(cast, held, support, quantity=4), beside(cast, held, more))


def elsewhere(cast: Cast) -> UUID:
    return cast.entitle("gold_annual").order_id


def empty_order(cast: Cast) -> UUID:
    held = cast.entitle("gold_annual")
    cast.do(undo_of(held), [held.pk])
    return held.order_id


Asked = Callable[[Cast, Entitlement], Operation]
ENDS_OR_LEAVES: dict[str, Asked] = {
    "undo_act": lambda cast, each: undo_of(each),
    "remove_product": lambda cast, each: RemoveProduct(as_of=TODAY),
    "transfer_entitlement": lambda cast, each: transfer(elsewhere(cast)),
    "together": lambda cast, each: Together(
        as_of=TODAY, steps=(Step(operation=transfer(elsewhere(cast)), ids=(each.pk,)),)
    ),
}
STAYS: dict[str, Asked] = {
    "activate": lambda cast, each: Activate(as_of=TODAY),
    "renew": lambda cast, each: Renew(as_of=TODAY),
    "disable": lambda cast, each: Disable(as_of=TODAY),
    "enable": lambda cast, each: Enable(as_of=TODAY),
    "change_terms": lambda cast, each: ChangeTerms(as_of=TODAY, expires_on=day("2028-01-01")),
    "release_seats": lambda cast, each: ReleaseSeats(as_of=TODAY),
    "set_overrides": lambda cast, each: SetOverrides(as_of=TODAY, values={"grace_period": "P30D"}),
    "revert_overrides": lambda cast, each: RevertOverrides(as_of=TODAY, keys=("grace_period",)),
    "set_quantity": lambda cast, each: SetQuantity(as_of=TODAY, quantity=2),
}
CREATES_OR_CHANGES = {"create_entitlement", "change_offering", "import_entitlements"}
RELATIONS = {each.value for each in Relation}


def test_every_operation_is_known_to_end_to_stay_or_to_create() -> None:
    assert {each.name for each in OPERATIONS} == {*ENDS_OR_LEAVES, *STAYS, *CREATES_OR_CHANGES}


@pytest.mark.parametrize("name", sorted(ENDS_OR_LEAVES))
def test_an_add_on_that_another_depends_on_neither_ends_nor_leaves(cast: Cast, trio: Trio, name: str) -> None:
    operation = ENDS_OR_LEAVES[name](cast, trio.support)
    found = {code for code, *_ in problems(operation, trio.support.pk)} & RELATIONS
    assert found == {"add_on_missing"}


@pytest.mark.parametrize("name", sorted(ENDS_OR_LEAVES))
def test_an_add_on_on_which_nothing_depends_may_end_or_leave(cast: Cast, trio: Trio, name: str) -> None:
    relate(cast, "more", depends_on=[])
    publish_again(cast, "more_annual")
    free = beside(cast, trio.plan, "more_annual")
    operation = ENDS_OR_LEAVES[name](cast, free)
    assert {code for code, *_ in problems(operation, free.pk)} & RELATIONS == set()


@pytest.mark.parametrize("name", sorted(STAYS))
@pytest.mark.parametrize("which", ["plan", "support", "more"])
def test_what_stays_in_its_order_asks_nothing_of_add_ons(cast: Cast, trio: Trio, name: str, which: str) -> None:
    held = getattr(trio, which)
    assert {code for code, *_ in problems(STAYS[name](cast, held), held.pk)} & RELATIONS == set()


def test_a_plan_does_not_end_while_add_ons_are_open(cast: Cast, trio: Trio) -> None:
    found = problems(undo_of(trio.plan), trio.plan.pk)
    sentence = "{} is open beside this plan and would stay without one. Drop or end it first."
    assert found == [("add_on_without_plan", sentence.format(name), "") for name in ("Support annual", "More annual")]


def test_add_ons_end_one_after_the_other_and_then_the_plan(cast: Cast, trio: Trio) -> None:
    for each in (trio.more, trio.support, trio.plan):
        cast.do(undo_of(each), [each.pk])
    assert not Entitlement.objects.filter(order=trio.plan.order_id, ended_on=None).exists()


def test_the_add_ons_of_a_plan_go_along_with_it(cast: Cast, trio: Trio) -> None:
    order = empty_order(cast)
    assert "add_ons_go_along" in warned(transfer(order), trio.plan.pk)
    cast.do(transfer(order), [trio.plan.pk])
    assert set(Entitlement.objects.filter(order=order, ended_on=None).values_list("pk", flat=True)) == {
        trio.plan.pk,
        trio.support.pk,
        trio.more.pk,
    }
    cast.do(undo_of(trio.plan), [trio.plan.pk])
    assert Entitlement.objects.filter(order=trio.plan.order_id, ended_on=None).count() == 3


def test_a_selection_of_a_plan_and_its_add_ons_is_transferred_once(cast: Cast, trio: Trio) -> None:
    ids = [trio.more.pk, trio.plan.pk, trio.support.pk]
    [preview] = look(transfer(empty_order(cast)), *ids)
    assert (preview.ids, preview.problems) == ((trio.plan.pk, trio.support.pk, trio.more.pk), ())


def test_an_add_on_is_transferred_only_to_where_it_fits(cast: Cast, extra: str) -> None:
    held = cast.entitle("silver_annual")
    added = beside(cast, held, extra)
    for name, found in (("bronze_annual", ["add_on_not_available"]), ("gold_annual", [])):
        order = cast.entitle(name).order_id
        assert [code for code, *_ in problems(transfer(order), added.pk)] == found
    assert [code for code, *_ in problems(transfer(empty_order(cast)), added.pk)] == ["add_on_without_plan"]


def test_what_opens_again_must_fit_what_is_there_by_now(cast: Cast) -> None:
    lite, full = offer_add_on(cast, "lite"), offer_add_on(cast, "full", excludes=["lite"])
    held = cast.entitle("silver_annual")
    first = beside(cast, held, lite)
    cast.do(undo_of(first), [first.pk])
    beside(cast, held, full)
    assert [code for code, *_ in problems(undo_of(first), first.pk)] == ["add_on_excluded"]


def test_undo_of_a_change_of_plan_is_refused_where_an_add_on_sold_since_does_not_fit(cast: Cast) -> None:
    golden = offer_add_on(cast, "golden", available_for=["gold"])
    held = cast.entitle("silver_annual")
    cast.do(to(cast, "gold_annual"), [held.pk])
    undo = undo_of(held)
    beside(cast, held, golden)
    found = problems(undo, held.pk)
    assert [code for code, *_ in found] == ["add_on_not_available"]


def test_two_add_ons_that_exclude_each_other_do_not_come_into_one_order_in_one_act(cast: Cast) -> None:
    lite, full = offer_add_on(cast, "lite"), offer_add_on(cast, "full", excludes=["lite"])
    ids = [beside(cast, cast.entitle(), name).pk for name in (lite, full)]
    order = cast.entitle().order_id
    previews = look(transfer(order), *ids)
    assert [[each.code for each in preview.problems] for preview in previews] == [["add_on_excluded"]] * 2
    assert [preview.problems for preview in look(transfer(order), ids[0])] == [()]


# --- seat capacity ---------------------------------------------------------------------------------------------------


def test_what_add_ons_add_counts_where_seats_must_fit(cast: Cast, extra: str) -> None:
    held = cast.entitle("gold_annual", seats=12)
    added = beside(cast, held, extra)
    assert problems(to(cast, "silver_annual"), held.pk) == []
    found = problems(to(cast, "silver_annual", drop_add_ons=(added.pk,)), held.pk)
    assert [(code, field) for code, _message, field in found] == [("seats_over_limit", "seats")]
    release = to(cast, "silver_annual", drop_add_ons=(added.pk,), seats=SeatChoice(SeatMode.RELEASE_OLDEST))
    [preview] = look(release, held.pk)
    assert len(preview.released) == 7


def test_a_limit_set_by_hand_is_extended_too(cast: Cast, extra: str) -> None:
    held = cast.entitle("silver_annual", seats=14)
    beside(cast, held, extra)
    assert problems(SetOverrides(as_of=TODAY, values={"seat_limit": 4}), held.pk) == []
    found = problems(SetOverrides(as_of=TODAY, values={"seat_limit": 3}), held.pk)
    assert [code for code, *_ in found] == ["seats_over_limit"]


LOWERS: dict[str, Asked] = {
    "undo_act": lambda cast, each: undo_of(each),
    "disable": lambda cast, each: Disable(as_of=TODAY),
    "change_terms": lambda cast, each: ChangeTerms(as_of=TODAY, expires_on=day("2026-10-01")),
    "set_quantity": lambda cast, each: SetQuantity(as_of=TODAY, quantity=1),
    "transfer_entitlement": lambda cast, each: transfer(elsewhere(cast)),
    "change_offering": lambda cast, each: to(cast, offer_add_on(cast, "free")),
    "together": lambda cast, each: Together(as_of=TODAY, steps=(Step(operation=Disable(as_of=TODAY), ids=(each.pk,)),)),
}


@pytest.mark.parametrize("name", sorted(LOWERS))
@pytest.mark.parametrize(("used", "is_said"), [(13, True), (5, False)])
def test_an_operation_on_an_add_on_says_that_the_seats_of_the_plan_no_longer_fit(
    cast: Cast, name: str, used: int, is_said: bool
) -> None:
    pack = offer_add_on(cast, "pack", extra_seats=4, seats_sold="per_quantity")
    held = cast.entitle("silver_annual", seats=used)
    added = beside(cast, held, pack, quantity=2)
    found = [
        each.message for each in look(LOWERS[name](cast, added), added.pk)[0].warnings if each.code == "over_limit"
    ]
    allowed = 9 if name == "set_quantity" else 5
    said = f"Silver annual: 13 seats are in use and {allowed} allowed: "
    said += "no seat can be activated until use is below the limit."
    assert found == ([said] if is_said else [])


def test_an_operation_that_lowers_nothing_says_nothing(cast: Cast, extra: str) -> None:
    held = cast.entitle("silver_annual", seats=14)
    added = beside(cast, held, extra)
    for operation in (Renew(as_of=TODAY), SetOverrides(as_of=TODAY, values={"grace_period": "P30D"})):
        assert "over_limit" not in warned(operation, added.pk)


def test_a_step_that_ends_an_add_on_after_the_plan_has_moved_says_so(cast: Cast, extra: str) -> None:
    held = cast.entitle("gold_annual", seats=14)
    added = beside(cast, held, extra)
    steps = (
        Step(operation=to(cast, "silver_annual"), ids=(held.pk,)),
        Step(operation=Disable(as_of=TODAY), ids=(added.pk,)),
    )
    operation = Together(as_of=TODAY, steps=steps)
    assert (problems(operation), "over_limit" in warned(operation)) == ([], True)
    other_way = Together(as_of=TODAY, steps=steps[::-1])
    assert [code for code, *_ in problems(other_way)] == ["seats_over_limit"]


# --- quantity --------------------------------------------------------------------------------------------------------


@pytest.fixture
def limited(cast: Cast) -> str:
    """Return an add-on of 2 seats each, bought 2 to 6 at once in steps of 2."""
    cast.atlas.catalog = {"constraints": {"PACK": {"minQuantity": 2, "maxQuantity": 6, "quantityStep": 2}}}
    cast.atlas.save()
    return offer_add_on(cast, "pack", source_name="PACK", extra_seats=2, seats_sold="per_quantity")


def allowed(operation: Operation, *ids: UUID) -> list[tuple[str, str]]:
    return [(code, field) for code, _message, field in problems(operation, *ids)]


@pytest.mark.parametrize(
    ("quantity", "found"),
    [
        (None, [("quantity_missing", "quantity")]),
        (0, [("quantity_out_of_range", "quantity")]),
        (1, [("quantity_not_allowed", "quantity")]),
        (2, []),
        (3, [("quantity_not_allowed", "quantity")]),
        (6, []),
        (8, [("quantity_not_allowed", "quantity")]),
    ],
)
def test_the_limits_on_the_number_bought_hold_at_creation(
    cast: Cast, limited: str, quantity: int | None, found: list[tuple[str, str]]
) -> None:
    order = cast.entitle().order_id
    assert allowed(creation(cast, limited, order, quantity=quantity)) == found


@pytest.mark.parametrize(("quantity", "is_allowed"), [(2, True), (3, False), (6, True), (7, False)])
def test_the_limits_on_the_number_bought_hold_for_another_quantity(
    cast: Cast, limited: str, quantity: int, is_allowed: bool
) -> None:
    added = beside(cast, cast.entitle(), limited, quantity=4)
    found = problems(SetQuantity(as_of=TODAY, quantity=quantity), added.pk)
    sentence = "This can be bought 2 to 6, in steps of 2. Give such a quantity."
    assert found == ([] if is_allowed else [("quantity_not_allowed", sentence, "quantity")])


def test_all_of_one_add_on_in_an_order_count_against_the_most(cast: Cast, limited: str) -> None:
    held = cast.entitle()
    first = beside(cast, held, limited, quantity=4)
    second = beside(cast, held, limited, quantity=2)
    assert allowed(creation(cast, limited, held.order_id, quantity=2)) == [("add_on_too_many", "offering")]
    assert allowed(SetQuantity(as_of=TODAY, quantity=4), second.pk) == [("add_on_too_many", "")]
    assert allowed(SetQuantity(as_of=TODAY, quantity=2), first.pk) == []


def test_an_add_on_that_is_not_sold_per_quantity_says_that_its_limits_cannot_be_kept(cast: Cast) -> None:
    cast.atlas.catalog = {"constraints": {"PACK": {"minQuantity": 2}}}
    cast.atlas.save()
    pack = offer_add_on(cast, "pack", source_name="PACK", extra_seats=2)
    found = problems(creation(cast, pack, cast.entitle().order_id))
    sentence = "Pack annual can be bought 2 or more, and is not sold per quantity. Sell it so first."
    assert found == [("quantity_not_allowed", sentence, "offering")]


def test_an_add_on_that_was_bought_once_is_one_when_it_is_sold_per_quantity(cast: Cast, extra: str) -> None:
    pack = offer_add_on(cast, "pack", extra_seats=2, seats_sold="per_quantity")
    added = beside(cast, cast.entitle(), extra)
    cast.do(to(cast, pack), [added.pk])
    added.refresh_from_db()
    assert added.quantity == 1


# --- queries ---------------------------------------------------------------------------------------------------------


def with_add_ons(cast: Cast, extra: str, count: int) -> list[UUID]:
    """Return so many plans, each with an add-on in its order."""
    held = cast.entitle("silver_annual", seats=2)
    added = beside(cast, held, extra)
    plans = [held.pk, *copy_entitlement(held.pk, count - 1)]
    copies = copy_entitlement(added.pk, count - 1)
    for key, copy in zip(plans[1:], copies, strict=True):
        Entitlement.objects.filter(pk=copy).update(order=Entitlement.objects.get(pk=key).order_id)
    return plans


def query_counts(operation: Operation, ids: list[UUID]) -> tuple[int, int]:
    with CaptureQueriesContext(connection) as looked:
        engine.preview(operation, ids, at=NOW)
    with CaptureQueriesContext(connection) as applied:
        result = engine.apply(operation, ids, made_by=engine.System("tests"), source=Source.TASK, at=NOW)
    assert result.act is not None
    assert len(result.outcomes) == len(ids)
    return len(looked), len(applied)


@pytest.mark.parametrize("name", ["carry", "drop", "undo"])
def test_one_and_many_plans_with_add_ons_need_as_many_queries(cast: Cast, extra: str, name: str) -> None:
    counts = []
    for count in (1, 60):
        ids = with_add_ons(cast, extra, count)
        if name == "undo":
            cast.do(to(cast, "gold_annual"), ids)
            act = Act.objects.latest("made_at", "pk").pk
            operation: Operation = UndoAct(as_of=TODAY, act_id=act)
        else:
            target = "gold_annual" if name == "carry" else "bronze_annual"
            operation = to(cast, target, drops_unfitting=name == "drop")
        counts.append(query_counts(operation, ids))
    assert counts[0] == counts[1]
