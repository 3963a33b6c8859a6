"""A needed reason is a problem of the preview, not a surprise after the confirmation."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from changegroups.models import ChangeGroup, Membership
from tests.cast import NOW, Cast
from tests.entitlements.pages import HTMX, address, client_of, look_and_confirm, shown

BESIDE_THE_VALUE = "Give a reason: it is shown beside the value."
IN_HISTORY = "Give a reason: it is kept in History."


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every test run on the day the cast lives in."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def staff(cast: Cast) -> Client:
    return client_of(cast.operations)


def preview(client: Client, url: str, **data: Any) -> str:
    return shown(client.post(url, {**data, "preview": "1"}, headers={**HTMX, "HX-Target": "preview"}))


def problems(page: str) -> str:
    found = re.search(r'id="problems">(.*?)</ul>', page, flags=re.DOTALL)
    return found[1] if found else ""


def is_asked(page: str) -> bool:
    return "data-required>required</small>" in page


def is_off(page: str) -> bool:
    return bool(re.search(r'data-submit id="submit" disabled aria-describedby="problems" data-blocked', page))


def test_a_value_by_hand_asks_for_a_reason_in_its_preview(staff: Client, cast: Cast) -> None:
    url = address("override", cast.entitle(), "seat_limit")
    without, given = preview(staff, url, value="250"), preview(staff, url, value="250", reason="Audit")
    assert (BESIDE_THE_VALUE in problems(without), is_asked(without), is_off(without)) == (True, True, True)
    assert (problems(given), is_asked(given), is_off(given)) == ("", True, False)


def test_a_blank_reason_is_none(staff: Client, cast: Cast) -> None:
    page = preview(staff, address("override", cast.entitle(), "seat_limit"), value="250", reason="  ")
    assert BESIDE_THE_VALUE in problems(page)


@pytest.mark.parametrize("name", ["change_terms", "change_offering"])
def test_a_day_by_hand_asks_for_a_reason(staff: Client, cast: Cast, name: str) -> None:
    data = {"target": cast.revision("gold_annual").pk, "term": "date", "expires_on": "2027-06-30"}
    page = preview(staff, address(name, cast.entitle()), **data)
    assert (BESIDE_THE_VALUE in problems(page), is_asked(page), is_off(page)) == (True, True, True)


def test_a_move_outside_of_groups_asks_for_a_reason(staff: Client, cast: Cast) -> None:
    group = ChangeGroup.objects.create(name="Atlas plans")
    for priority, name in enumerate(("silver_annual", "gold_annual")):
        Membership.objects.create(group=group, offering=cast.offerings[name], priority=priority)
    url = address("change_offering", cast.entitle())
    outside = preview(staff, url, target=f"outside:{cast.revision('bronze_annual').pk}")
    inside = preview(staff, url, target=cast.revision("gold_annual").pk)
    assert (IN_HISTORY in problems(outside), is_asked(outside), is_off(outside)) == (True, True, True)
    assert (problems(inside), is_asked(inside), is_off(inside)) == ("", False, False)


def test_other_problems_are_said_beside_it(staff: Client, cast: Cast) -> None:
    data = {"target": cast.revision("bronze_annual").pk, "term": "date", "expires_on": "2027-06-30"}
    page = preview(staff, address("change_offering", cast.entitle(seats=5)), **data)
    assert "5 seats are in use and 3 allowed" in problems(page)
    assert BESIDE_THE_VALUE in problems(page)


def test_nothing_is_asked_before_a_choice(staff: Client, cast: Cast) -> None:
    page = shown(staff.get(address("change_offering", cast.entitle()), headers=HTMX))
    assert "Give a reason" not in page
    assert not is_asked(page)


def test_the_plain_page_refuses_and_says_so_on_the_field(staff: Client, cast: Cast) -> None:
    url = address("change_terms", cast.entitle())
    response = look_and_confirm(staff, url, {"expires_on": "2027-06-30"})
    assert response.status_code == 422
    assert re.search(rf'id="id_reason_error"><li>{BESIDE_THE_VALUE}', shown(response))
    assert 'data-submit id="submit" aria-describedby="problems" data-blocked' in shown(response)


def test_a_selection_says_it_above_its_rows(staff: Client, cast: Cast) -> None:
    silver, entitlement = cast.offerings["silver_annual"], cast.entitle()
    held = entitlement.revision
    silver.overdraft = "2"
    silver.save()
    from offerings.revisions import publish

    publish([silver], published_by=None, published_by_name="tests")
    url = reverse("entitlements:move_revision", args=[held.pk])
    data = {"target": str(cast.revision("silver_annual").pk), "term": "date", "expires_on": "2027-06-30"}
    page = shown(staff.post(url, data, headers={**HTMX, "HX-Target": "preview"}))
    assert BESIDE_THE_VALUE in page
    assert is_asked(page)
    assert 'name="confirm" value="1" disabled aria-describedby="problems"' in page
