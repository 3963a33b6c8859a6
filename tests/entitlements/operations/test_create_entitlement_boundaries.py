"""Create an entitlement: offering, order, customer, codes and quantity, each rule at its boundary, words included."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from entitlements.models import Customer, derived_id
from entitlements.models.customers import NAME_LENGTH, REFERENCE_LENGTH
from entitlements.operations import CreateEntitlement, Preview
from entitlements.operations.create_entitlement import CreationWorld, existing
from entitlements.operations.one_plan import OpenPlans
from entitlements.state import OrderValue
from entitlements.state.loading import revisions_by_id
from offerings.rights import LARGEST
from tests.cast import Cast
from tests.entitlements.values import (
    KEY,
    NOW,
    ORDER,
    OTHER_KEY,
    TODAY,
    codes,
    described,
    gold,
    per_seat,
    revision,
    told,
)

NEW = replace(ORDER, is_new=True, is_new_customer=True)


def ask(**facts: Any) -> CreateEntitlement:
    return CreateEntitlement(**{"as_of": TODAY, "revision_id": 1, "key": KEY, **facts})


def world(**facts: Any) -> CreationWorld:
    return CreationWorld(**{"at": NOW, "target": revision(), "order": NEW, **facts})


def look(operation: CreateEntitlement | None = None, **facts: Any) -> Preview:
    return (operation or ask()).preview((), world(**facts))


def test_how_it_describes_itself() -> None:
    assert described(CreateEntitlement) == (
        "create_entitlement",
        "entitlements.create_entitlement",
        ("Create entitlement", "Create", "Created", "created", "plus", "quiet", False),
        ("Other", "entitlement", True),
        {
            "revision_id": {"label": "Offering"},
            "customer_name": {"label": "New customer"},
            "order_reference": {"label": "Order reference"},
            "codes": {"label": "Activation codes"},
            "quantity": {"label": "Quantity"},
        },
    )
    least = CreateEntitlement(as_of=TODAY, revision_id=7)
    assert (least.order_id, least.customer_id, least.customer_name, least.order_reference) == (None, None, "", "")
    assert (least.codes, least.quantity, least.revision_ids(), least.units([KEY])) == ((), None, (7,), [()])
    assert least.key != CreateEntitlement(as_of=TODAY, revision_id=7).key


def test_a_world_knows_nothing_unless_it_is_read() -> None:
    least = CreationWorld(at=NOW)
    assert (least.target, least.order, least.codes_taken, least.is_created) == (None, None, frozenset(), False)


# --- what is made ----------------------------------------------------------------------------------------------------


def test_the_term_starts_where_the_plan_starts_on_creation() -> None:
    preview = look()
    after = preview.lead.after
    assert (preview.problems, preview.warnings, preview.lead.before, preview.operation) == ((), (), None, ask())
    assert (after.id, after.version, after.sequence, after.order) == (KEY, 0, 0, NEW)
    assert (after.starts_on, after.expires_on, after.activated_at) == (TODAY, date(2027, 11, 21), NOW)


def test_the_term_waits_where_the_plan_waits() -> None:
    after = look(target=revision(terms={"start_type": "manual"})).lead.after
    assert (after.starts_on, after.expires_on, after.activated_at) == (None, None, None)


@pytest.mark.parametrize(
    ("target", "quantity", "made", "problem"),
    [
        (revision(), None, None, None),
        (
            revision(),
            1,
            None,
            ("quantity_not_sold", "Silver is sold with a fixed number of seats. Leave the quantity empty.", "quantity"),
        ),
        (
            revision(),
            0,
            None,
            ("quantity_not_sold", "Silver is sold with a fixed number of seats. Leave the quantity empty.", "quantity"),
        ),
        (per_seat(), 1, 1, None),
        (per_seat(), LARGEST, LARGEST, None),
        (
            per_seat(),
            None,
            None,
            ("quantity_missing", "Give the quantity: this offering is sold per seat.", "quantity"),
        ),
        (
            per_seat(),
            0,
            0,
            ("quantity_out_of_range", "Give a quantity from 1 to 9,223,372,036,854,775,807.", "quantity"),
        ),
    ],
)
def test_the_quantity(target: Any, quantity: int | None, made: int | None, problem: Any) -> None:
    preview = look(ask(quantity=quantity), target=target)
    assert (preview.lead.after.quantity, told(preview.problems)) == (made, [problem] if problem else [])


# --- the offering ----------------------------------------------------------------------------------------------------

RETIRED = ("retired", "Gold is retired. Choose an offering on sale.", "offering")
ALONE = (
    "add_on_without_plan",
    "Gold is sold beside a plan, and this order has no open plan of Atlas. Choose an order that has one.",
    "offering",
)
OLD = ("not_newest_revision", "Gold, revision 1 is no longer the newest. Choose revision 2.", "offering")


@pytest.mark.parametrize(
    ("target", "problems"),
    [
        (gold(), []),
        (gold(is_retired=True), [RETIRED]),
        (gold(newest_number=2), [OLD]),
        (gold(number=2, newest_number=2), []),
        (gold(is_retired=True, newest_number=2), [RETIRED, OLD]),
        (gold(kind="add_on"), [ALONE]),
    ],
)
def test_the_offering(target: Any, problems: list[Any]) -> None:
    assert told(look(target=target).problems) == problems


def test_a_revision_that_is_newer_than_the_newest_known_is_refused_too() -> None:
    assert codes(look(target=gold(number=3, newest_number=2))) == ["not_newest_revision"]


def test_a_revision_that_is_not_there_is_no_question() -> None:
    with pytest.raises(LookupError, match=r"^There is no such revision\.$"):
        look(target=None)


def test_every_problem_is_said_at_once_in_this_order() -> None:
    operation = ask(
        order_id=ORDER.id,
        order_reference="\x00",
        customer_name="\x00",
        codes=("x",),
        quantity=3,
    )
    found = look(operation, target=gold(is_retired=True), order=None, is_created=True)
    assert codes(found) == [
        "retired",
        "quantity_not_sold",
        "already_created",
        "unknown_customer",
        "customer_name_invalid",
        "order_reference_invalid",
        "order_exists",
        "code_format",
    ]


# --- the customer and the order --------------------------------------------------------------------------------------


def test_the_same_request_twice_is_refused() -> None:
    message = "This has been created already: the same request came twice."
    assert told(look(is_created=True).problems) == [("already_created", message, "")]


@pytest.mark.parametrize(
    ("order", "problem"),
    [
        (NEW, None),
        (None, ("unknown_customer", "Choose a customer from the list.", "customer")),
        (
            replace(NEW, customer_name=""),
            ("customer_missing", "Choose a customer, or name a new one.", "customer"),
        ),
        (replace(NEW, customer_name="", is_new_customer=False), None),
    ],
)
def test_the_customer(order: OrderValue | None, problem: Any) -> None:
    assert told(look(order=order).problems) == ([problem] if problem else [])


def test_an_order_that_is_not_there_is_shown_as_a_new_one() -> None:
    order = look(order=None).lead.after.order
    assert (order.id, order.customer_id, order.customer_name, order.is_new) == (KEY, KEY, "", True)


@pytest.mark.parametrize("is_disabled", [False, True])
def test_a_disabled_customer_is_warned_of(is_disabled: bool) -> None:
    warning = ("customer_disabled", "The customer is disabled: the entitlement is out of use.", "")
    found = look(order=replace(NEW, is_customer_disabled=is_disabled))
    assert told(found.warnings) == ([warning] if is_disabled else [])


@pytest.mark.parametrize(("field", "longest"), [("customer_name", NAME_LENGTH), ("order_reference", REFERENCE_LENGTH)])
def test_words_fit_their_columns(field: str, longest: int) -> None:
    assert codes(look(ask(**{field: "x" * longest}))) == []
    assert [(each.code, each.field) for each in look(ask(**{field: "x" * (longest + 1)})).problems] == [
        (f"{field}_too_long", field)
    ]


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({}, None),
        ({"order_reference": "SO-2"}, "order_reference"),
        ({"codes": ("ABC-1",)}, "codes"),
        ({"order_reference": "SO-2", "codes": ("ABC-1",)}, "codes"),
    ],
)
@pytest.mark.parametrize("in_order", [False, True])
def test_reference_and_codes_are_for_new_orders(facts: Any, field: str | None, in_order: bool) -> None:
    operation = ask(order_id=ORDER.id if in_order else None, **facts)
    message = "Order reference and codes are for a new order. Leave them empty."
    problem = [("order_exists", message, field)] if in_order and field else []
    assert told(look(operation).problems) == problem


def test_a_second_plan_in_the_order_is_refused() -> None:
    place = ORDER.id, 1
    found = look(ask(order_id=ORDER.id), order=ORDER, plans=OpenPlans({place: frozenset({OTHER_KEY})}))
    assert [(each.code, each.field) for each in found.problems] == [("has_plan_already", "offering")]


# --- activation codes ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "taken", "problems"),
    [
        ((), (), []),
        (("ABC-1", "ABC-2"), (), []),
        (("ABC-1",), ("ABC-1",), [("code_taken", "ABC-1 is in use already. Choose another code.", "codes")]),
        (("ABC-1", "ABC-1"), (), [("code_twice", "ABC-1 is there twice. Give each code once.", "codes")]),
        (
            ("ABC-1", "ABC-1", "ABC-2"),
            ("ABC-1", "ABC-2"),
            [
                ("code_taken", "ABC-1 is in use already. Choose another code.", "codes"),
                ("code_twice", "ABC-1 is there twice. Give each code once.", "codes"),
                ("code_taken", "ABC-2 is in use already. Choose another code.", "codes"),
            ],
        ),
    ],
)
def test_activation_codes(given: tuple[str, ...], taken: tuple[str, ...], problems: list[Any]) -> None:
    assert told(look(ask(codes=given), codes_taken=frozenset(taken)).problems) == problems


@pytest.mark.parametrize("code", ["", "a b", "\x00", "x" * 200])
def test_what_is_no_code_is_refused_in_short(code: str) -> None:
    [problem] = look(ask(codes=(code, "ABC-1"))).problems
    start, sentence = problem.message.split(": ", 1)
    assert (problem.code, problem.field, start) == ("code_format", "codes", code[:60])
    assert sentence.endswith(".")


# --- reading ---------------------------------------------------------------------------------------------------------


def read(cast: Cast, **facts: Any) -> CreationWorld:
    held = cast.revision("silver_annual").pk
    return ask(revision_id=held, **facts).load((), at=NOW, revisions=revisions_by_id([held]))


def test_a_new_customer_and_order_have_keys_that_follow(cast: Cast, django_assert_num_queries: Any) -> None:
    found = read(cast, customer_name="  Osprey ", order_reference="SO-9", codes=("ABC-1", "a b"))
    assert found.order == OrderValue(
        derived_id(KEY, "order"),
        derived_id(KEY, "customer"),
        "Osprey",
        "SO-9",
        is_new=True,
        is_new_customer=True,
        new_codes=("ABC-1", "a b"),
    )
    assert (found.at, found.target and found.target.id) == (NOW, cast.revision("silver_annual").pk)
    assert (found.codes_taken, found.is_created, found.plans.held) == (frozenset(), False, {})
    with django_assert_num_queries(1):
        ask(customer_name="Osprey").load((), at=NOW, revisions={})


@pytest.mark.parametrize("is_disabled", [False, True])
def test_a_customer_that_is_known_gets_a_new_order(cast: Cast, is_disabled: bool) -> None:
    customer = Customer.objects.get(pk=cast.entitle().order.customer_id)
    if is_disabled:
        Customer.objects.update(disabled_at=NOW)
    found = read(cast, customer_id=customer.pk, order_reference="SO-9", codes=("ABC-1",))
    assert found.order == OrderValue(
        derived_id(KEY, "order"),
        customer.pk,
        customer.name,
        "SO-9",
        is_customer_disabled=is_disabled,
        is_new=True,
        new_codes=("ABC-1",),
    )


def test_what_is_not_there_is_nothing(cast: Cast) -> None:
    assert read(cast, customer_id=UUID(int=9)).order is None
    assert read(cast, order_id=UUID(int=9)).order is None
    assert ask(revision_id=0).load((), at=NOW, revisions={}).target is None


def test_the_plans_of_an_order_are_read(cast: Cast) -> None:
    held = cast.entitle()
    found = read(cast, order_id=held.order_id)
    assert found.order is not None
    assert (found.order.id, found.order.is_new) == (held.order_id, False)
    assert found.plans.held == {(held.order_id, cast.atlas.pk): {held.pk}}
    assert ask(revision_id=0, order_id=held.order_id).load((), at=NOW, revisions={}).plans.held == {}


def test_codes_that_are_taken_are_read(cast: Cast) -> None:
    first = ask(
        revision_id=cast.revision("silver_annual").pk, customer_name="Osprey", order_reference="SO-1", codes=("ABC-1",)
    )
    cast.do(first)
    assert read(cast, codes=("ABC-1", "ABC-2", "a b")).codes_taken == {"ABC-1"}
    assert read(cast).is_created


def test_which_keys_are_there(cast: Cast, django_assert_num_queries: Any) -> None:
    held = cast.entitle()
    with django_assert_num_queries(1):
        assert existing(iter([held.pk, KEY])) == {held.pk}
    with django_assert_num_queries(0):
        assert existing([]) == frozenset()
