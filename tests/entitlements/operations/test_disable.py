"""Disable and Enable: only what is in the other state, never what has ended, nothing but the moment moves."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from entitlements.invoicing.courses import Course
from entitlements.invoicing.drafts import draft_of
from entitlements.operations import Disable, Enable, Operation
from entitlements.state import RevisionValue, State
from tests.entitlements.values import (
    LONG_AGO,
    NOW,
    ORDER,
    TODAY,
    codes,
    created,
    described,
    look,
    revision,
    state,
    told,
)

DISABLE, ENABLE = Disable(as_of=TODAY), Enable(as_of=TODAY)
ENABLED, DISABLED = state(), state(disabled_at=LONG_AGO)


def test_how_they_describe_themselves() -> None:
    assert described(Disable) == (
        "disable",
        "entitlements.disable_entitlement",
        ("Disable", "Disable", "Disabled", "disabled", "disable", "stop", True),
        ("Other", "entitlement", False),
        {},
    )
    assert described(Enable) == (
        "enable",
        "entitlements.disable_entitlement",
        ("Enable", "Enable", "Enabled", "enabled", "enable", "ok", False),
        ("Other", "entitlement", False),
        {},
    )
    assert Disable.words.intro == (
        "Clients stop working when their lease ends. Rights, seats and term stay as they are until it is enabled."
    )
    assert Enable.words.intro == "Clients can be activated and refreshed again, as far as the term allows."


@pytest.mark.parametrize(
    ("found", "can_disable", "can_enable"),
    [
        (ENABLED, True, False),
        (DISABLED, False, True),
        (created(), True, False),
        (replace(ENABLED, ended_on=TODAY), False, False),
        (replace(DISABLED, ended_on=TODAY), False, False),
        (replace(DISABLED, ended_on=TODAY + timedelta(days=1)), False, False),
        (state(order=replace(ORDER, is_customer_disabled=True)), True, False),
    ],
)
def test_the_menu_offers_the_one_that_is_possible(found: State, can_disable: bool, can_enable: bool) -> None:
    assert Disable.applies_to(found) is can_disable
    assert Enable.applies_to(found) is can_enable


def test_only_the_moment_moves() -> None:
    assert look(DISABLE, ENABLED).lead.after == replace(ENABLED, disabled_at=NOW)
    assert look(ENABLE, DISABLED).lead.after == ENABLED
    assert look(DISABLE, ENABLED).lead.before == ENABLED
    assert look(ENABLE, DISABLED).lead.before == DISABLED
    assert [each.problems for each in (look(DISABLE, ENABLED), look(ENABLE, DISABLED))] == [(), ()]
    assert [each.operation for each in (look(DISABLE, ENABLED), look(ENABLE, DISABLED))] == [DISABLE, ENABLE]


@pytest.mark.parametrize(
    ("operation", "found", "problem"),
    [
        (DISABLE, DISABLED, ("already_disabled", "This entitlement is disabled already.", "")),
        (ENABLE, ENABLED, ("not_disabled", "This entitlement is not disabled.", "")),
    ],
)
def test_what_is_so_already_is_refused(operation: Operation, found: State, problem: tuple[str, str, str]) -> None:
    preview = look(operation, found)
    assert told(preview.problems) == [problem]
    assert preview.lead.is_unchanged
    assert preview.operation == operation
    assert codes(look(operation, replace(found, ended_on=TODAY))) == ["ended", problem[0]]


@pytest.mark.parametrize(("operation", "found"), [(DISABLE, ENABLED), (ENABLE, DISABLED)])
@pytest.mark.parametrize("day", [TODAY - timedelta(days=1), TODAY, TODAY + timedelta(days=1)])
def test_what_has_ended_is_refused(operation: Operation, found: State, day: date) -> None:
    assert codes(look(operation, replace(found, ended_on=day))) == ["ended"]


def test_enabling_warns_of_what_the_facts_say_then() -> None:
    expired = replace(DISABLED, standard_expires_on=TODAY)
    assert [each.code for each in look(ENABLE, expired).warnings] == ["grace_period"]
    assert look(ENABLE, replace(DISABLED, standard_expires_on=TODAY + timedelta(days=1))).warnings == ()
    assert [each.code for each in look(DISABLE, ENABLED).warnings] == ["access_ends"]


def test_invoicing_goes_on_where_something_is_billed() -> None:
    priced = state(billed(), activated_at=LONG_AGO)
    disabled = replace(priced, disabled_at=LONG_AGO)
    found = look(DISABLE, priced)
    assert [each.message for each in found.warnings if each.code == "invoicing_goes_on"] == [
        "Invoicing goes on: what is disabled is billed as before. Remove the product to end that."
    ]
    assert [each.message for each in look(ENABLE, disabled).warnings if each.code == "invoicing_goes_on"] == [
        "Invoicing went on while it was disabled, and goes on: nothing is charged or given back now."
    ]
    assert (found.money, look(ENABLE, disabled).money) == (None, None)


@pytest.mark.parametrize("is_disabled", [False, True])
def test_the_invoice_is_the_same_for_what_is_disabled(is_disabled: bool) -> None:
    found = state(billed(), disabled_at=LONG_AGO if is_disabled else None)
    draft = draft_of([Course(found.order.id, ((date.min, found),))], on=TODAY)
    assert [str(each.line.amount) for each in draft.lines] == ["10.00"]


@pytest.mark.parametrize("days", [{"standard_expires_on": TODAY}, {"activated_at": None, "starts_on": None}])
def test_nothing_is_said_where_nothing_is_billed(days: dict[str, object]) -> None:
    codes_of = [each.code for each in look(DISABLE, state(billed(), **days)).warnings]
    assert "invoicing_goes_on" not in codes_of
    assert "invoicing_goes_on" not in [each.code for each in look(DISABLE, ENABLED).warnings]


def billed() -> RevisionValue:
    """Return a plan at EUR 10 a month."""
    price = {
        "key": "price",
        "kind": "recurring",
        "per": "flat",
        "amount": "10",
        "currency": "EUR",
        "unit": "",
        "text": "",
    }
    return revision(prices=(price,), terms={"billing_period": "P1M"})
