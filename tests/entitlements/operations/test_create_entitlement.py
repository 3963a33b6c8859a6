"""Giving a customer an entitlement."""

from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied

from entitlements import engine
from entitlements.models import ActivationCode, Customer, Entitlement, Order, Source
from entitlements.operations import CreateEntitlement, Preview
from tests.cast import NOW, TODAY, Cast, day


def asked(cast: Cast, name: str = "silver_annual", **choices: object) -> CreateEntitlement:
    return CreateEntitlement(as_of=TODAY, revision_id=cast.revision(name).pk, **choices)


def look(operation: CreateEntitlement) -> Preview:
    return engine.preview(operation, at=NOW)[0]


def test_a_new_customer_gets_an_order_with_codes_and_an_entitlement(cast: Cast) -> None:
    cast.do(asked(cast, customer_name="Halden Robotics", order_reference="SO-48213", codes=("AB-1", "AB-2")))
    entitlement = Entitlement.objects.select_related("order__customer").get()
    assert (str(entitlement.order), entitlement.version, entitlement.sequence) == (
        "Halden Robotics, order SO-48213",
        1,
        1,
    )
    assert list(ActivationCode.objects.values_list("code", flat=True)) == ["AB-1", "AB-2"]
    assert (entitlement.starts_on, entitlement.expires_on) == (TODAY, day("2027-11-21"))


def test_an_offering_that_starts_on_first_activation_has_no_term_yet(cast: Cast) -> None:
    entitlement = cast.entitle("silver_trial")
    assert (entitlement.activated_at, entitlement.starts_on, entitlement.expires_on) == (None, None, None)


def test_an_existing_customer_gets_another_order(cast: Cast) -> None:
    customer = Customer.objects.create(name="Tallis Marine")
    cast.do(asked(cast, customer_id=customer.pk, order_reference="SO-2"))
    assert Order.objects.get().customer == customer


def test_an_order_holds_one_plan_per_product(cast: Cast) -> None:
    entitlement = cast.entitle()
    problem = look(asked(cast, "gold_annual", order_id=entitlement.order_id)).problems[0]
    assert (problem.code, problem.field) == ("has_plan_already", "offering")


@pytest.mark.parametrize(
    ("choices", "code", "field"),
    [
        ({}, "customer_missing", "customer"),
        ({"customer_id": uuid4()}, "unknown_customer", "customer"),
        ({"order_id": uuid4()}, "unknown_customer", "customer"),
        ({"customer_name": "x" * 101}, "customer_name_too_long", "customer_name"),
        ({"customer_name": "A\0"}, "customer_name_invalid", "customer_name"),
        ({"customer_name": "A", "order_reference": "x" * 101}, "order_reference_too_long", "order_reference"),
        ({"customer_name": "A", "order_reference": "\ud800"}, "order_reference_invalid", "order_reference"),
        ({"customer_name": "A", "codes": ("AB\0",)}, "code_format", "codes"),
        ({"customer_name": "A", "codes": ("lower",)}, "code_format", "codes"),
        ({"customer_name": "A", "codes": ("AB", "AB")}, "code_twice", "codes"),
        ({"customer_name": "A", "quantity": 3}, "quantity_not_sold", "quantity"),
    ],
)
def test_what_does_not_fit_is_a_problem_on_its_field(
    cast: Cast, choices: dict[str, object], code: str, field: str
) -> None:
    problem = look(asked(cast, **choices)).problems[0]
    assert (problem.code, problem.field) == (code, field)


def test_an_order_that_is_there_takes_no_other_reference_or_codes(cast: Cast) -> None:
    order = cast.entitle().order_id
    preview = look(asked(cast, "gold_annual", order_id=order, codes=("AB-1",)))
    assert "order_exists" in [problem.code for problem in preview.problems]


def test_a_code_in_use_is_a_problem(cast: Cast) -> None:
    cast.do(asked(cast, customer_name="A", codes=("AB-1",)))
    assert [problem.code for problem in look(asked(cast, customer_name="B", codes=("AB-1",))).problems] == [
        "code_taken"
    ]


def test_a_quantity_is_needed_where_seats_are_sold(cast: Cast) -> None:
    assert look(asked(cast, "gold_seats", customer_name="A")).problems[0].code == "quantity_missing"


def test_a_retired_offering_is_refused(cast: Cast) -> None:
    cast.offerings["silver_annual"].retire()
    assert look(asked(cast, customer_name="A")).problems[0].code == "retired"


def test_a_problem_leaves_nothing_half_written(cast: Cast) -> None:
    operation = asked(cast, customer_name="A", codes=("lower",))
    result = engine.apply(operation, made_by=cast.operations, source=Source.PAGE)
    assert result.act is None
    assert not Customer.objects.exists()


def test_support_may_not_create(cast: Cast) -> None:
    with pytest.raises(PermissionDenied):
        engine.apply(asked(cast, customer_name="A"), made_by=cast.people["support"], source=Source.PAGE)
