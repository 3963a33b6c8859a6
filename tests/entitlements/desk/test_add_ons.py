"""What add-ons add counts on the page, in lists, on the dashboard and in files; queries and rules say the same."""

from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from entitlements.desk.counts import counts_on
from entitlements.models import Customer, Entitlement
from entitlements.operations import ChangeTerms, Disable
from entitlements.state import load
from tests.add_ons import beside, offer_add_on
from tests.cast import NOW, TODAY, Cast, day
from tests.entitlements.pages import address, client_of, shown

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every test run on the day the cast lives in."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def viewer(cast: Cast) -> Client:
    return client_of(cast.people["viewer"])


@pytest.fixture
def pack(cast: Cast) -> str:
    """Return an add-on of 10 seats and 50 dashboards for each one bought."""
    return offer_add_on(
        cast, "pack", extra_seats=10, seats_sold="per_quantity", extensions={"dashboards": 50}, values={"sso": True}
    )


def text_of(response: Any) -> str:
    return " ".join(shown(response).split())


# --- the page --------------------------------------------------------------------------------------------------------


def test_a_right_says_what_it_is_made_of_with_a_link_to_the_add_on(cast: Cast, viewer: Client, pack: str) -> None:
    plan = cast.entitle("gold_annual", seats=3)
    added = beside(cast, plan, pack, quantity=2)
    page = text_of(viewer.get(address("entitlement", plan)))
    link = f'<a href="{address("entitlement", added)}">Pack annual</a>'
    assert "45 <small" not in page
    assert f'<small class="muted parts">25 + 20 from {link}</small>' in page
    assert f'<small class="muted parts">50 + 100 from {link}</small>' in page
    assert "3 <small>of 45</small>" in page


def test_a_flag_that_an_add_on_turns_on_is_on(cast: Cast, viewer: Client, pack: str) -> None:
    plan = cast.entitle("silver_annual")
    beside(cast, plan, pack, quantity=1)
    [state] = load([plan.pk], on=TODAY)
    assert (state.in_force("feature.sso"), state.granted("feature.sso")) == (False, True)
    assert "off → on from" in text_of(viewer.get(address("entitlement", plan)))


def test_an_add_on_that_is_out_of_force_is_not_on_the_page_of_its_plan(cast: Cast, viewer: Client, pack: str) -> None:
    plan = cast.entitle("silver_annual")
    cast.do(Disable(as_of=TODAY), [beside(cast, plan, pack, quantity=1).pk])
    assert "from <a" not in text_of(viewer.get(address("entitlement", plan)))


def test_a_right_that_only_an_add_on_gives_is_shown_and_not_set_by_hand(cast: Cast, pack: str) -> None:
    plan = cast.entitle("silver_annual")
    beside(cast, plan, pack, quantity=1)
    plan.revision.definitions.pop("feature.dashboards", None)
    page = shown(client_of(cast.operations).get(address("entitlement", plan)))
    assert "feature.dashboards" in page


def test_the_page_of_an_add_on_shows_no_seats_of_its_own(cast: Cast, viewer: Client, pack: str) -> None:
    added = beside(cast, cast.entitle(), pack, quantity=2)
    assert "not sold" in text_of(viewer.get(address("entitlement", added)))
    added.refresh_from_db()
    assert (added.quantity, added.seat_limit, added.seat_capacity) == (2, 0, 0)


# --- lists, filter, dashboard, file ----------------------------------------------------------------------------------


def over(today: Any = TODAY) -> set[UUID]:
    return set(Entitlement.objects.over_limit(today).values_list("pk", flat=True))


def test_a_plan_within_what_its_add_ons_add_is_not_over_its_limit(cast: Cast, viewer: Client, pack: str) -> None:
    plan, alone = cast.entitle("silver_annual", seats=15), cast.entitle("silver_annual", seats=6)
    assert over() == {plan.pk, alone.pk}
    added = beside(cast, plan, pack, quantity=1)
    assert over() == {alone.pk}
    assert counts_on(TODAY).over_limit == 1
    page = text_of(viewer.get(reverse("entitlements:entitlements")))
    assert "15 / 15" in page
    assert page.count("over the limit</span>") == 1
    cast.do(Disable(as_of=TODAY), [added.pk])
    assert over() == {plan.pk, alone.pk}
    assert "15 / 5" in text_of(viewer.get(reverse("entitlements:entitlements")))


def test_an_add_on_counts_to_the_end_of_its_grace_period_and_no_longer(cast: Cast, pack: str) -> None:
    plan = cast.entitle("silver_annual", seats=15)
    added = beside(cast, plan, pack, quantity=1)
    cast.do(ChangeTerms(as_of=TODAY, expires_on=day("2026-12-01")), [added.pk], reason="Agreed")
    added.refresh_from_db()
    last = added.grace_ends_on
    assert last is not None
    for on, is_over in ((day("2026-11-30"), False), (last.replace(day=last.day - 1), False), (last, True)):
        assert (over(on) == {plan.pk}) is is_over
        [state] = load([plan.pk], on=on)
        assert (state.seat_capacity == 5) is is_over


def test_the_file_and_the_pages_of_order_and_customer_count_add_ons_too(cast: Cast, viewer: Client, pack: str) -> None:
    plan = cast.entitle("silver_annual", seats=15)
    beside(cast, plan, pack, quantity=3)
    rows = b"".join(viewer.get(reverse("entitlements:entitlements_csv")).streaming_content).decode()  # type: ignore[attr-defined]
    assert ",15,35," in rows
    for name, key in (("order", plan.order_id), ("customer", plan.order.customer_id)):
        assert "15 / 35" in text_of(viewer.get(reverse(f"entitlements:{name}", args=[key])))


def test_lists_take_as_many_queries_for_many_plans_with_add_ons_as_for_one(
    cast: Cast, viewer: Client, pack: str
) -> None:
    def queries() -> list[int]:
        found = []
        for url in (reverse("entitlements:entitlements"), reverse("entitlements:entitlements") + "?over_limit=on"):
            viewer.get(url)
            with CaptureQueriesContext(connection) as seen:
                viewer.get(url)
            found.append(len(seen))
        return found

    def sell() -> None:
        beside(cast, cast.entitle("silver_annual", seats=16), pack, quantity=1)

    sell()
    few = queries()
    for _ in range(4):
        sell()
    assert queries() == few


# --- queries and rules say the same ----------------------------------------------------------------------------------


@pytest.mark.parametrize("overdraft", ["none", "3", "10%", "7%", "unlimited"])
@pytest.mark.parametrize("is_by_hand", [False, True])
@pytest.mark.parametrize("quantity", [1, 4])
def test_the_filter_and_the_rule_agree_on_every_overdraft(
    cast: Cast, pack: str, overdraft: str, is_by_hand: bool, quantity: int
) -> None:
    if is_by_hand:
        plan = cast.entitle("gold_annual", overrides={"overdraft": overdraft})
    else:
        name = cast.offer("gold", "perpetual", seat_limit=25, overdraft=overdraft)
        plan = cast.entitle(name)
    beside(cast, plan, pack, quantity=quantity)
    [state] = load([plan.pk], on=TODAY)
    limit = 25 + 10 * quantity
    extra = {"none": 0, "3": 3, "10%": limit // 10, "7%": limit * 7 // 100, "unlimited": None}[overdraft]
    assert state.seat_capacity == (None if extra is None else limit + extra)
    for used in (limit, limit + (extra or 0), limit + (extra or 0) + 1):
        Entitlement.objects.filter(pk=plan.pk).update(seats_used=used)
        assert (over() == {plan.pk}) is (extra is not None and used > limit + extra)


@pytest.mark.parametrize("name", ["silver_annual", "gold_seats"])
def test_a_limit_set_by_hand_and_an_unlimited_one_are_extended(cast: Cast, pack: str, name: str) -> None:
    quantity = 7 if name == "gold_seats" else None
    for value, capacity in ((40, 50), ("unlimited", None)):
        plan = cast.entitle(name, quantity=quantity, overrides={"seat_limit": value})
        beside(cast, plan, pack, quantity=1)
        assert load([plan.pk], on=TODAY)[0].seat_capacity == capacity
        Entitlement.objects.filter(pk=plan.pk).update(seats_used=51)
        assert (plan.pk in over()) is (capacity is not None)


def test_the_largest_quantity_overflows_nothing(cast: Cast, pack: str) -> None:
    plan = cast.entitle("silver_annual", seats=6)
    beside(cast, plan, pack, quantity=2**63 - 1)
    beside(cast, plan, pack, quantity=2**63 - 1)
    assert over() == set()
    assert load([plan.pk], on=TODAY)[0].seat_capacity == 2**63 - 1


def test_a_disabled_customer_takes_nothing_from_a_plan(cast: Cast, pack: str) -> None:
    plan = cast.entitle("silver_annual", seats=15)
    beside(cast, plan, pack, quantity=1)
    Customer.objects.update(disabled_at=NOW)
    assert (over(), load([plan.pk], on=TODAY)[0].seat_capacity) == (set(), 15)
