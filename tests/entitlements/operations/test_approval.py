"""What must be proposed: each rule at its boundary, on values alone."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from entitlements.billing.lines import BillingProblem, Invoice, Line, Side
from entitlements.billing.money import Money, Part
from entitlements.operations import SetOverrides
from entitlements.operations.approval import FIELD, ApprovalRules, counted, must_be_proposed
from entitlements.operations.preview import Move, Preview
from entitlements.state import OverrideValue
from offerings.rights import Value
from tests.entitlements.values import LONG_AGO, TODAY, gold, per_seat, revision, seats, state

OPERATION = SetOverrides(as_of=TODAY, values={})


def preview_of(**facts: Any) -> Preview:
    """Return the preview of one move."""
    known = {"before": state(), "after": state(), **facts}
    return Preview(OPERATION, (Move(**known),))


def by_hand(key: str, value: Value, *, standard: Value | None = None, **facts: Any) -> Preview:
    """Return the preview that sets a right by hand."""
    on = revision(rights={} if standard is None else {key: standard})
    return preview_of(after=state(on, overrides={key: OverrideValue(value, **facts)}))


def sentences(preview: Preview, *, count: int = 1, **rules: Any) -> list[str]:
    return [problem.message for problem in must_be_proposed(preview, ApprovalRules(**rules), count=count)]


def test_without_rules_nothing_must_be_proposed() -> None:
    preview = by_hand("seat_limit", "unlimited", set_at=None)
    assert not ApprovalRules()
    assert sentences(preview, count=10_000) == []


@pytest.mark.parametrize(
    "rule",
    [{"outside_group": True}, {"overrides_beyond": 0}, {"releases_over": 0}, {"credits_over": 0}, {"bulk_over": 0}],
)
def test_each_rule_counts_as_one(rule: dict[str, Any]) -> None:
    assert ApprovalRules(**rule)


def test_a_change_outside_the_groups_must_be_proposed() -> None:
    outside, inside = (preview_of(after=state(gold()), path=path) for path in ({"outside": True}, {"group": 3}))
    [problem] = must_be_proposed(outside, ApprovalRules(outside_group=True))
    assert (problem.code, problem.field) == ("must_be_proposed", FIELD)
    assert problem.message == ("A change outside the change groups needs approval. Propose it to somebody who may.")
    assert sentences(inside, outside_group=True) == []
    assert sentences(outside, outside_group=False, bulk_over=1) == []


@pytest.mark.parametrize(
    ("value", "percent", "is_beyond"),
    [
        (5, 0, False),
        (6, 0, True),
        (6, 19, True),
        (6, 20, False),
        (6, 21, False),
        (4, 19, True),
        (4, 20, False),
        (10, 100, False),
        (11, 100, True),
        (0, 99, True),
        (0, 100, False),
        ("unlimited", 10_000, True),
    ],
)
def test_a_number_too_far_from_its_standard_must_be_proposed(value: Value, percent: int, is_beyond: bool) -> None:
    assert bool(sentences(by_hand("seat_limit", value), overrides_beyond=percent)) is is_beyond


@pytest.mark.parametrize(
    ("key", "value", "standard", "is_beyond"),
    [
        ("feature.connectors", 1.5, 1, False),
        ("feature.connectors", 1.51, 1, True),
        ("feature.connectors", 3, "unlimited", True),
        ("feature.calls", "unlimited", "unlimited", False),
        ("feature.calls", 1, 0, True),
        ("feature.calls", 0, 0, False),
        ("feature.sso", True, False, False),
        ("feature.region", "us-east", "eu-central", False),
        ("grace_period", "P90D", "P14D", False),
        ("overdraft", "2", "none", False),
        ("overdraft", "3", "none", True),
        ("overdraft", "50%", "none", False),
        ("overdraft", "60%", "none", True),
        ("overdraft", "none", "unlimited", True),
        ("overdraft", "unlimited", "none", True),
        ("overdraft", "unlimited", "unlimited", False),
    ],
)
def test_numbers_alone_have_a_distance(key: str, value: Value, standard: Value, is_beyond: bool) -> None:
    assert bool(sentences(by_hand(key, value, standard=standard), overrides_beyond=50)) is is_beyond


def test_the_sentence_names_the_value_the_standard_and_the_limit() -> None:
    assert sentences(by_hand("seat_limit", 250), overrides_beyond=50) == [
        "Seats of 250 needs approval: the standard is 5, and 50 % more or less is the most that nobody has to agree to."
        " Propose it to somebody who may."
    ]


def test_what_an_earlier_act_set_by_hand_is_no_matter_of_this_one() -> None:
    assert sentences(by_hand("seat_limit", 250, set_at=LONG_AGO), overrides_beyond=50) == []


def test_the_standard_of_seats_bought_is_their_quantity() -> None:
    bought = state(per_seat(), quantity=200, overrides={"seat_limit": 250})
    assert sentences(preview_of(after=bought), overrides_beyond=25) == []
    assert sentences(preview_of(after=bought), overrides_beyond=24)


@pytest.mark.parametrize(("released", "is_over"), [(0, False), (2, False), (3, True)])
def test_the_release_of_many_seats_must_be_proposed(released: int, is_over: bool) -> None:
    found = sentences(preview_of(released=seats(released)), releases_over=2)
    expected = "The release of more than 2 seats needs approval; this releases 3. Propose it to somebody who may."
    assert found == ([expected] if is_over else [])


@pytest.mark.parametrize(("count", "is_over"), [(1, False), (2, True)])
def test_a_change_of_many_must_be_proposed(count: int, is_over: bool) -> None:
    found = sentences(preview_of(), count=count, bulk_over=1)
    expected = (
        "A change of more than 1 entitlement at once needs approval; this is for 2. Propose it to somebody who may."
    )
    assert found == ([expected] if is_over else [])


def test_every_rule_that_it_falls_under_is_named() -> None:
    after = state(gold(), overrides={"seat_limit": 250})
    preview = preview_of(after=after, released=seats(3), path={"outside": True})
    rules = {"outside_group": True, "overrides_beyond": 10, "releases_over": 1, "bulk_over": 1}
    assert len(sentences(preview, count=2, **rules)) == 4


def test_add_ons_that_change_along_are_not_counted_and_each_created_one_is() -> None:
    along = Preview(OPERATION, (Move(state(), state(gold())), Move(state(), state())))
    created = Preview(OPERATION, (Move(None, state()), Move(None, state())))
    assert counted([along, along]) == 2
    assert counted([created]) == 2
    assert counted([]) == 0


def test_the_fingerprint_does_not_depend_on_who_must_agree() -> None:
    preview = by_hand("seat_limit", 250)
    asked = preview.with_problems(must_be_proposed(preview, ApprovalRules(overrides_beyond=1)))
    assert asked.is_blocked
    assert asked.fingerprint == preview.fingerprint


# --- credits ---------------------------------------------------------------------------------------------------------


def given_back(amount: str, *, currency: str = "EUR", is_known: bool = True) -> Money:
    """Return what a change makes due on its day: one line, and a problem where the sum is not known."""
    line = Line("price", "Price", Side.OLD, None, 1, 1, Decimal(100), 1, Decimal(amount), currency, "Given back.")
    problems = () if is_known else (BillingProblem("old_on_request", "Agree on it by hand."),)
    return Money(TODAY, (Part("Gold", Invoice(TODAY, currency, (line,), problems), Invoice(TODAY, currency)),))


@pytest.mark.parametrize(
    ("money", "is_asked"),
    [
        (given_back("-500"), False),
        (given_back("-500.01"), True),
        (given_back("-501", currency="JPY"), True),
        (given_back("900"), False),
        (given_back("-900", is_known=False), False),
        (None, False),
    ],
)
def test_a_credit_beyond_the_amount_must_be_proposed(money: Money | None, is_asked: bool) -> None:
    found = sentences(replace(preview_of(), money=money), credits_over=500)
    assert bool(found) is is_asked


def test_the_sentence_of_a_credit_says_both_amounts() -> None:
    [found] = sentences(replace(preview_of(), money=given_back("-620.5")), credits_over=500)
    assert found.startswith("Giving back more than EUR 500.00 needs approval; this gives back EUR 620.50.")
