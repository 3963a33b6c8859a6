"""What a preview says of rights with add-ons beside them, and of usage that comes back."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from entitlements.models import Act, Entitlement
from entitlements.operations import ChangeOffering
from tests.add_ons import beside, offer_add_on
from tests.cast import NOW, TODAY, Cast
from tests.entitlements.pages import address, client_of, shown


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every test run on the day the cast lives in."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def staff(cast: Cast) -> Client:
    return client_of(cast.operations)


@pytest.fixture
def plan(cast: Cast) -> Entitlement:
    return cast.entitle("silver_annual", seats=3)


def seats_row(page: str) -> str:
    """Return the row of the seats in the table of the plan."""
    [row] = re.findall(
        r'<tr data-change="[a-z]+">(?:(?!</tr>).)*<th scope="row">Seats</th>.*?</tr>', page, flags=re.DOTALL
    )
    return str(row)


def previewed(staff: Client, plan: Entitlement, **data: object) -> str:
    return shown(staff.post(address("change_offering", plan), {**data, "preview": "1"}))


def test_seats_with_an_add_on_are_compared_as_in_force(cast: Cast, staff: Client, plan: Entitlement) -> None:
    extra = offer_add_on(cast, "extra", available_for=["silver", "gold"], extra_seats=10)
    added = beside(cast, plan, extra)
    carried = seats_row(previewed(staff, plan, target=cast.revision("gold_annual").pk))
    assert '<td class="before">15</td>' in carried
    assert '<td class="after">35</td>' in carried
    page = previewed(staff, plan, target=cast.revision("bronze_annual").pk, add_ons=[str(added.pk)])
    dropped = seats_row(page)
    assert '<td class="before">15</td>' in dropped
    assert '<td class="after">3</td>' in dropped
    assert ">15<" in shown(staff.get(address("entitlement", plan)))


def test_without_a_target_the_dialog_says_what_is_allowed_now(staff: Client, plan: Entitlement) -> None:
    page = shown(staff.get(address("change_offering", plan)))
    assert "3 in use, 5 allowed now" in page
    assert "after the change" not in page


def test_an_undo_lists_the_counters_that_come_back(cast: Cast, staff: Client, plan: Entitlement) -> None:
    cast.use(plan, "api_calls", 41_208)
    cast.do(ChangeOffering(as_of=TODAY, revision_id=cast.revision("gold_annual").pk), [plan.pk], reason="Why")
    cast.use(plan, "api_calls", 12)
    act = Act.objects.latest("made_at", "id")
    page = shown(staff.get(address("undo", plan, act.pk)))
    assert re.search(r"Use comes back: API calls[a-z ]* 12 → <b>41,220</b>", page)
    assert "Goes back to 0" not in page


def test_a_change_lists_no_counter_that_comes_back(cast: Cast, staff: Client, plan: Entitlement) -> None:
    cast.use(plan, "api_calls", 41_208)
    page = previewed(staff, plan, target=cast.revision("gold_annual").pk)
    assert "Use comes back" not in page
    assert "Goes back to 0: API calls" in page


def test_the_longest_values_are_shown_in_full(cast: Cast, staff: Client, plan: Entitlement) -> None:
    day = TODAY + timedelta(days=3)
    page = previewed(staff, plan, target=cast.revision("gold_annual").pk, term="date", expires_on=day.isoformat())
    assert "…</td>" not in page
