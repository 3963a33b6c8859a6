"""Prices that are agreed by hand: set, reverted, kept or dropped with another offering, summed and taken back."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from entitlements import engine
from entitlements.engine.check import check
from entitlements.models import Act, Entitlement, Override
from entitlements.operations import (
    ChangeOffering,
    Operation,
    Preview,
    Renew,
    RevertOverrides,
    SetOverrides,
    SetQuantity,
    UndoAct,
)
from entitlements.renewals.price import price_on
from entitlements.state import load, price_of, revisions_by_id, summed_price, summed_prices
from offerings.models import Charge
from offerings.revisions import publish
from tests.cast import NOW, TODAY, Cast
from tests.entitlements.copies import copy_entitlement

KEY = "charge.price.price"

pytestmark = pytest.mark.django_db


def priced(cast: Cast, name: str, key: str = "price", **facts: Any) -> None:
    """Publish an offering with a charge that says something else."""
    Charge.objects.update_or_create(offering=cast.offerings[name], key=key, defaults={"currency": "EUR", **facts})
    publish([cast.offerings[name]], published_by=None, published_by_name="tests")


def agree(cast: Cast, entitlement: Entitlement, amount: str, key: str = KEY) -> None:
    cast.do(SetOverrides(as_of=TODAY, values={key: amount}), [entitlement.pk], reason="Agreed with Halden")


def look(operation: Operation, entitlement: Entitlement) -> Preview:
    [preview] = engine.preview(operation, [entitlement.pk], at=NOW)
    return preview


def line(entitlement: Entitlement) -> str:
    [state] = load([entitlement.pk])
    return price_of(state).line


@pytest.fixture
def sold(cast: Cast) -> Entitlement:
    """Return 25 seats at EUR 12 a year each."""
    priced(cast, "gold_seats", amount="12", per="seat")
    return cast.entitle("gold_seats", quantity=25)


def test_an_agreed_price_is_in_force_and_goes_with_the_quantity(cast: Cast, sold: Entitlement) -> None:
    assert line(sold) == "EUR 300.00 / year"
    agree(cast, sold, "9.5")
    assert line(sold) == "EUR 237.50 / year"
    cast.do(SetQuantity(as_of=TODAY, quantity=10), [sold.pk])
    assert line(sold) == "EUR 95.00 / year"
    assert list(check()) == []


def test_reverting_and_undoing_lead_back_to_the_price_list(cast: Cast, sold: Entitlement) -> None:
    agree(cast, sold, "9.5")
    cast.do(RevertOverrides(as_of=TODAY, keys=(KEY,)), [sold.pk])
    assert line(sold) == "EUR 300.00 / year"
    cast.do(UndoAct(as_of=TODAY, act_id=Act.objects.latest("made_at", "id").pk), [sold.pk])
    assert line(sold) == "EUR 237.50 / year"
    assert Override.objects.get(key=KEY).reason == "Agreed with Halden"
    assert list(check()) == []


def test_the_preview_says_the_price_before_and_after(sold: Entitlement) -> None:
    preview = look(SetOverrides(as_of=TODAY, values={KEY: "9.5"}), sold)
    [effect] = preview.lead.effects
    assert (effect.right.label, effect.shown_before, effect.shown_after) == ("Price", "EUR 12.00", "EUR 9.50")
    assert (effect.words.tone, effect.words.word) == ("changed", "lowered")


@pytest.mark.parametrize(
    ("values", "floors", "code", "sentence"),
    [
        ({KEY: "9.5"}, (KEY,), "no_floor", "Price is agreed exactly. Set it exactly."),
        (
            {KEY: "9.555"},
            (),
            "invalid_value",
            "Price: Write at most 2 digits after the point: EUR has no smaller part.",
        ),
        ({KEY: 9.5}, (), "invalid_value", 'Price: Write the amount as text: "19.9".'),
        ({KEY: "-1"}, (), "invalid_value", "Price: Write the amount in digits, such as 1200 or 19.90, 0 or more."),
        ({"charge.setup.price": "1"}, (), "unknown_right", "Gold per seat has no right charge.setup.price."),
    ],
)
def test_what_cannot_be_agreed_is_a_problem(
    sold: Entitlement, values: dict[str, Any], floors: tuple[str, ...], code: str, sentence: str
) -> None:
    preview = look(SetOverrides(as_of=TODAY, values=values, floors=floors), sold)
    assert [(each.code, each.message) for each in preview.problems if each.code != "nothing_to_change"] == [
        (code, sentence)
    ]


@pytest.mark.parametrize(("currency", "amount", "words"), [("JPY", "1250", "JPY 1,250"), ("BHD", "1.234", "BHD 1.234")])
def test_an_amount_has_the_places_of_its_currency(cast: Cast, currency: str, amount: str, words: str) -> None:
    priced(cast, "silver_annual", currency=currency, amount="5")
    entitlement = cast.entitle("silver_annual")
    agree(cast, entitlement, amount)
    assert line(entitlement) == f"{words} / year"
    too_fine = look(SetOverrides(as_of=TODAY, values={KEY: f"{amount}{'' if '.' in amount else '.'}5"}), entitlement)
    assert "invalid_value" in [each.code for each in too_fine.problems]


def test_a_price_on_request_gets_an_amount(cast: Cast) -> None:
    priced(cast, "silver_annual", amount=None, text="Contact us")
    entitlement = cast.entitle("silver_annual")
    assert line(entitlement) == "on request (Contact us)"
    agree(cast, entitlement, "700")
    assert line(entitlement) == "EUR 700.00 / year"
    [state] = load([entitlement.pk])
    assert state.standard(KEY) == "on request"


# --- another offering ------------------------------------------------------------------------------------------------


def test_another_offering_keeps_it_with_a_warning_where_the_price_list_differs(cast: Cast) -> None:
    priced(cast, "bronze_annual", amount="80")
    entitlement = cast.entitle("silver_annual")
    agree(cast, entitlement, "90")
    change = ChangeOffering(as_of=TODAY, revision_id=cast.revision("bronze_annual").pk)
    warnings = {each.code: each.message for each in look(change, entitlement).warnings}
    assert warnings["agreed_price_kept"] == "Price: EUR 90.00 stays as agreed although Bronze annual costs EUR 80.00."
    cast.do(change, [entitlement.pk])
    assert line(entitlement) == "EUR 90.00 / year"
    assert list(check()) == []


def test_another_offering_that_costs_what_was_agreed_says_so(cast: Cast) -> None:
    priced(cast, "bronze_annual", amount="90")
    entitlement = cast.entitle("silver_annual")
    agree(cast, entitlement, "90")
    change = ChangeOffering(as_of=TODAY, revision_id=cast.revision("bronze_annual").pk)
    warnings = [each for each in look(change, entitlement).warnings if each.field == KEY]
    assert [each.code for each in warnings] == ["override_equals_standard"]


@pytest.mark.parametrize(
    ("facts", "code", "sentence"),
    [
        (
            {"currency": "USD"},
            "override_other_currency",
            "Price was agreed in EUR; Bronze annual costs USD. Drop this override.",
        ),
        (
            {"key": "license"},
            "override_without_right",
            "Bronze annual has no charge for the price that was agreed. Drop this override.",
        ),
    ],
)
def test_without_the_same_charge_in_the_same_currency_it_must_be_dropped(
    cast: Cast, facts: dict[str, Any], code: str, sentence: str
) -> None:
    Charge.objects.filter(offering=cast.offerings["bronze_annual"]).update(**facts)
    publish([cast.offerings["bronze_annual"]], published_by=None, published_by_name="tests")
    entitlement = cast.entitle("silver_annual")
    agree(cast, entitlement, "90")
    target = cast.revision("bronze_annual").pk
    problems = look(ChangeOffering(as_of=TODAY, revision_id=target), entitlement).problems
    assert [(each.code, each.message, each.field) for each in problems] == [(code, sentence, KEY)]
    cast.do(ChangeOffering(as_of=TODAY, revision_id=target, drop_overrides=(KEY,)), [entitlement.pk])
    assert Override.objects.count() == 0
    assert list(check()) == []


def test_a_new_revision_keeps_it_and_a_renewal_costs_what_was_agreed(cast: Cast, sold: Entitlement) -> None:
    agree(cast, sold, "9.5")
    priced(cast, "gold_seats", amount="14")
    newest = cast.revision("gold_seats").pk
    [state] = load([sold.pk])
    assert price_on(revisions_by_id([newest])[newest], state).line == "EUR 237.50 / year"
    cast.do(Renew(as_of=TODAY, onto=(newest,)), [sold.pk])
    assert line(sold) == "EUR 237.50 / year"


def test_a_new_revision_in_another_currency_is_refused_until_it_is_dropped(cast: Cast, sold: Entitlement) -> None:
    agree(cast, sold, "9.5")
    priced(cast, "gold_seats", amount="14", currency="USD")
    newest = cast.revision("gold_seats").pk
    [state] = load([sold.pk])
    assert price_on(revisions_by_id([newest])[newest], state).line == "USD 350.00 / year"
    problems = look(Renew(as_of=TODAY, onto=(newest,)), sold).problems
    assert [each.code for each in problems] == ["override_other_currency"]


# --- sums ------------------------------------------------------------------------------------------------------------


def test_sums_take_what_is_agreed_in_as_many_queries_for_any_number(cast: Cast, sold: Entitlement) -> None:
    others = copy_entitlement(sold.pk, 3)
    for key in (sold.pk, others[0]):
        agree(cast, Entitlement.objects.get(pk=key), "10")
    found = Entitlement.objects.all()
    assert summed_price(found, TODAY).line == "EUR 1,100.00 / year"
    assert [each.line for each in summed_prices(found, TODAY).values()] == ["EUR 1,100.00 / year"]
    with CaptureQueriesContext(connection) as few:
        summed_price(found, TODAY)
    for key in copy_entitlement(sold.pk, 10):
        agree(cast, Entitlement.objects.get(pk=key), "8.88")
    with CaptureQueriesContext(connection) as many:
        assert summed_price(found, TODAY).line == "EUR 3,320.00 / year"
    assert len(few) == len(many) == 3
