"""Add-ons in dialogs: carried or dropped with a change of plan, refused at creation, and said at a transfer."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from entitlements.models import Entitlement
from tests.add_ons import beside, offer_add_on
from tests.cast import NOW, TODAY, Cast
from tests.entitlements.pages import HTMX, address, client_of, look_and_confirm, shown

REFUSED = 422
WHY = "Extra annual does not go with Bronze annual: it is available for Gold, Silver. Drop it along with the change."


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every test run on the day the cast lives in."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def staff(cast: Cast) -> Client:
    return client_of(cast.operations)


@pytest.fixture
def extra(cast: Cast) -> str:
    return offer_add_on(cast, "extra", available_for=["silver", "gold"], extra_seats=10)


@pytest.fixture
def plan(cast: Cast) -> Entitlement:
    return cast.entitle("silver_annual", seats=3)


@pytest.fixture
def added(cast: Cast, plan: Entitlement, extra: str) -> Entitlement:
    return beside(cast, plan, extra)


def choice(cast: Cast, name: str, *dropped: Entitlement) -> dict[str, object]:
    return {"target": cast.revision(name).pk, "add_ons": [str(each.pk) for each in dropped]}


def test_the_dialog_says_of_each_add_on_that_it_is_carried(
    cast: Cast, staff: Client, plan: Entitlement, added: Entitlement
) -> None:
    page = shown(staff.post(address("change_offering", plan), {**choice(cast, "gold_annual"), "preview": "1"}))
    assert f'name="add_ons" id="add-on-{added.pk}" value="{added.pk}"' in page
    assert "Goes with Gold annual: carried." in page
    assert "15 allowed" not in page
    assert "35 allowed after the change" in page


def test_the_dialog_says_why_an_add_on_cannot_be_carried(
    cast: Cast, staff: Client, plan: Entitlement, added: Entitlement
) -> None:
    url = address("change_offering", plan)
    page = shown(staff.post(url, {**choice(cast, "bronze_annual"), "preview": "1"}, headers=HTMX))
    assert page.count(WHY) == 2
    refused = look_and_confirm(staff, url, choice(cast, "bronze_annual"))
    assert (refused.status_code, WHY in shown(refused)) == (REFUSED, True)
    added.refresh_from_db()
    assert added.ended_on is None


def test_a_dropped_add_on_ends_with_the_change(
    cast: Cast, staff: Client, plan: Entitlement, added: Entitlement
) -> None:
    url = address("change_offering", plan)
    page = shown(staff.post(url, {**choice(cast, "bronze_annual", added), "preview": "1"}))
    assert "Ends on 21 Nov 2026, with what it gives: Extra annual." in page
    assert WHY not in page
    assert look_and_confirm(staff, url, choice(cast, "bronze_annual", added)).status_code == 302
    added.refresh_from_db()
    assert added.ended_on == TODAY
    assert "Dropped with a change of its plan" in shown(staff.get(address("history", added)))


def test_an_order_without_add_ons_shows_no_choice_of_them(cast: Cast, staff: Client) -> None:
    held = cast.entitle()
    page = shown(staff.post(address("change_offering", held), {**choice(cast, "gold_annual"), "preview": "1"}))
    assert "carried with the plan unless dropped" not in page


@pytest.mark.parametrize("key", ["x", "1", "<b>", "\ud800", "00000000-0000-0000-0000-00000000000g"])
def test_an_add_on_that_is_no_key_is_refused_with_a_sentence(
    cast: Cast, staff: Client, plan: Entitlement, added: Entitlement, key: str
) -> None:
    typed = {"target": cast.revision("gold_annual").pk, "add_ons": key.encode("utf-8", "replace").decode()}
    response = staff.post(address("change_offering", plan), typed)
    assert (response.status_code, "Choose add-ons from those listed." in shown(response)) == (REFUSED, True)


def test_an_add_on_is_not_created_alone(cast: Cast, staff: Client, extra: str) -> None:
    typed = {"offering": cast.revision(extra).pk, "customer_name": "Osprey Freight", "customer": "new"}
    before = Entitlement.objects.count()
    staff.post(reverse("entitlements:create"), typed)
    assert Entitlement.objects.count() == before


def test_the_act_says_what_was_asked_of_add_ons(
    cast: Cast, staff: Client, plan: Entitlement, added: Entitlement
) -> None:
    look_and_confirm(staff, address("change_offering", plan), choice(cast, "gold_annual", added))
    act = plan.changes.latest("sequence").act_id
    page = shown(staff.get(reverse("entitlements:act", args=[act])))
    assert "Add-ons dropped" in page


def test_the_dialog_takes_as_many_queries_for_many_add_ons_as_for_one(
    cast: Cast, staff: Client, plan: Entitlement, extra: str
) -> None:
    def queries() -> int:
        typed = {**choice(cast, "gold_annual"), "preview": "1"}
        staff.post(address("change_offering", plan), typed)
        with CaptureQueriesContext(connection) as seen:
            staff.post(address("change_offering", plan), typed)
        return len(seen)

    beside(cast, plan, extra)
    few = queries()
    for _ in range(4):
        beside(cast, plan, extra)
    assert queries() == few


# --- removal ---------------------------------------------------------------------------------------------------------


def test_the_dialog_to_remove_asks_about_add_ons_only_where_there_are_any(
    staff: Client, cast: Cast, plan: Entitlement, extra: str
) -> None:
    url = address("remove_product", plan)
    assert "drops_add_ons" not in shown(staff.get(url))
    added = beside(cast, plan, extra)
    assert 'name="drops_add_ons"' in shown(staff.get(url))
    assert "drops_add_ons" not in shown(staff.get(address("remove_product", added)))


def test_a_plan_is_removed_with_its_add_ons_on_its_page(
    staff: Client, cast: Cast, plan: Entitlement, extra: str
) -> None:
    added, url = beside(cast, plan, extra), address("remove_product", plan)
    refused = look_and_confirm(staff, url, {"reason": "Cancelled"})
    assert refused.status_code == REFUSED
    assert "Extra annual is open beside this plan and would stay without one." in shown(refused)
    page = shown(staff.post(url, {"drops_add_ons": "on", "reason": "Cancelled", "preview": "1"}))
    assert "Ends on 21 Nov 2026, with what it gives: Extra annual." in page
    assert "device-0" in page
    assert look_and_confirm(staff, url, {"drops_add_ons": "on", "reason": "Cancelled"}).status_code == 302
    assert set(Entitlement.objects.values_list("pk", "ended_on")) == {(plan.pk, TODAY), (added.pk, TODAY)}


def test_a_removal_without_add_ons_needs_nothing_but_its_reason(staff: Client, cast: Cast, plan: Entitlement) -> None:
    url = address("remove_product", plan)
    refused = look_and_confirm(staff, url, {})
    assert refused.status_code == REFUSED
    assert "Give a reason: it is kept in History." in shown(refused)
    assert look_and_confirm(staff, url, {"reason": "Cancelled"}).status_code == 302
    plan.refresh_from_db()
    assert plan.ended_on == TODAY
