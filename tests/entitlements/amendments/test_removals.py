"""A removal that waits is kept, moved or cancelled in the same request as a change of what it removes; and its days."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Permission
from django.test import Client

from entitlements import engine
from entitlements.models import Amendment, Entitlement, Source
from entitlements.operations import ReleaseSeats, RemoveProduct, SeatChoice, SeatMode
from entitlements.schedule import apply_due, apply_now, carry_out, later_after, move, preview_scheduled, seen_later
from entitlements.schedule.facts import NAME
from entitlements.schedule.scheduling import preview_move
from tests.cast import TODAY, Cast
from tests.entitlements.pages import HTMX, client_of, seen_in, shown
from tests.entitlements.schedule.asking import APRIL, MARCH, MAY, ask, change_to, codes, quantity, scheduled
from tests.entitlements.schedule.proposing import make_asker, proposed
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def held(cast: Cast) -> Entitlement:
    return cast.entitle("gold_seats", quantity=10)


@pytest.fixture
def removal(cast: Cast, held: Entitlement) -> Amendment:
    """Return a removal that waits for April."""
    return scheduled(cast, RemoveProduct(as_of=TODAY), held, APRIL, name="The end")


def confirm(client: Client, url: str, data: Mapping[str, Any], **headers: str) -> Any:
    """Ask for a preview, then confirm what it showed."""
    seen = seen_in(client.post(url, {**data, "preview": "1"}))
    return client.post(url, {**data, "seen": seen}, headers=headers)


# --- scheduled before it ---------------------------------------------------------------------------------------------


def test_a_change_before_it_asks_what_becomes_of_it(cast: Cast, held: Entitlement, removal: Amendment) -> None:
    answer = ask(cast, quantity(30), held, MARCH)
    assert codes(answer) == ["removal_pending"]
    assert answer.problems[0].message.startswith("“The end”, scheduled for 1 Apr 2027, removes what this changes.")
    assert Amendment.objects.count() == 1


def test_it_is_kept_where_the_person_says_so(cast: Cast, held: Entitlement, removal: Amendment) -> None:
    assert scheduled(cast, quantity(30), held, MARCH, keeps=[removal.pk]).number == 2
    removal.refresh_from_db()
    assert removal.status == "scheduled"


def test_it_is_cancelled_where_the_person_says_so(cast: Cast, held: Entitlement, removal: Amendment) -> None:
    scheduled(cast, quantity(30), held, MARCH, cancels=[removal.pk])
    removal.refresh_from_db()
    assert removal.status == "cancelled"


def test_what_concerns_another_product_asks_nothing(cast: Cast, held: Entitlement, removal: Amendment) -> None:
    other = cast.entitle("silver_annual")
    assert scheduled(cast, RemoveProduct(as_of=TODAY), other, MARCH)
    assert codes(preview_move(removal, on=MAY)) == []


def test_what_only_releases_seats_asks_nothing(cast: Cast) -> None:
    held = cast.entitle("gold_annual", seats=3)
    scheduled(cast, RemoveProduct(as_of=TODAY), held, APRIL)
    result = carry_out(
        ReleaseSeats(as_of=TODAY, seats=SeatChoice(SeatMode.RELEASE_ALL)),
        [held.pk],
        made_by=cast.operations,
        source=Source.PAGE,
        expected={},
        seen=_seen(cast, ReleaseSeats(as_of=TODAY, seats=SeatChoice(SeatMode.RELEASE_ALL)), held),
    )
    assert "removal_pending" not in [p.code for each in result.result.outcomes for p in each.preview.problems]


def _seen(cast: Cast, operation: ReleaseSeats, held: Entitlement) -> str:
    return seen_later(later_after(engine.preview(operation, [held.pk], made_by=cast.operations)))


def test_moving_what_was_decided_already_asks_nothing_again(cast: Cast, held: Entitlement, removal: Amendment) -> None:
    row = scheduled(cast, quantity(30), held, MARCH, keeps=[removal.pk])
    assert move(row, on=date(2027, 3, 9), made_by=cast.operations, seen=None).amendment


# --- what comes before it only now ------------------------------------------------------------------------------------


@pytest.fixture
def late(cast: Cast, held: Entitlement) -> Amendment:
    """Return what waits for May, did not fit when the removal was scheduled for April, and would fit before it."""
    row = scheduled(cast, quantity(3), held, MAY, name="Three seats")
    cast.occupy(held, 5)
    scheduled(cast, RemoveProduct(as_of=TODAY), held, APRIL, name="The end")
    cast.do(ReleaseSeats(as_of=TODAY, seats=SeatChoice(SeatMode.RELEASE_ALL)), [held.pk], reason="moved")
    return row


def the_end() -> Amendment:
    return Amendment.objects.get(name="The end")


def test_moving_something_before_it_asks_what_becomes_of_it(cast: Cast, late: Amendment) -> None:
    answer = move(late, on=MARCH, made_by=cast.operations, seen=None)
    assert (codes(answer), answer.amendment) == (["removal_pending"], None)
    assert move(late, on=MARCH, made_by=cast.operations, seen=None, keeps=[the_end().pk]).amendment
    assert the_end().status == "scheduled"
    assert move(late, on=date(2027, 3, 9), made_by=cast.operations, seen=None).amendment  # it was decided


def test_it_is_cancelled_along_with_a_move(cast: Cast, late: Amendment) -> None:
    assert move(late, on=MARCH, made_by=cast.operations, seen=None, cancels=[the_end().pk]).amendment
    assert the_end().status == "cancelled"


def test_applying_something_before_it_asks_too(cast: Cast, late: Amendment) -> None:
    end = the_end()
    assert "removal_pending" in codes(apply_now(late, made_by=cast.operations, seen=None))
    answer = apply_now(late, made_by=cast.operations, seen=None, keeps=[end.pk])
    assert "removal_pending" not in codes(answer)


@pytest.mark.parametrize("step", ["move", "edit"])
def test_the_step_asks_and_takes_the_answer(staff: Client, late: Amendment, step: str) -> None:
    end, url = the_end(), f"/amendments/{late.pk}/{step}/"
    data = {"effective_on": "2027-03-01", NAME: "Three seats", "reason": "as agreed"}
    asked = take(staff, url, data)
    assert asked.status_code == 422
    page = shown(asked)
    assert f'name="keeps" id="keeps-{end.pk}"' in page
    assert f'name="cancels" id="cancels-{end.pk}"' in page
    assert "removes what this changes" in page
    late.refresh_from_db()
    assert late.effective_on == MAY
    assert f'id="keeps-{end.pk}" value="{end.pk}" checked' in shown(
        staff.post(url, {**data, "keeps": str(end.pk), "preview": "1"})
    )
    assert take(staff, url, {**data, "keeps": str(end.pk)}).status_code == 302
    late.refresh_from_db()
    assert (late.effective_on, the_end().status) == (MARCH, "scheduled")


def take(client: Client, url: str, data: Mapping[str, Any]) -> Any:
    """Ask a step for a preview, then confirm what it showed."""
    [seen] = seen_in(client.post(url, {**data, "preview": "1"}))
    return client.post(url, {**data, "seen": seen})


# --- proposals -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("day", [None, MARCH], ids=["now", "a day"])
def test_an_approval_asks_what_becomes_of_it(
    cast: Cast, staff: Client, held: Entitlement, removal: Amendment, day: date | None
) -> None:
    row = proposed(quantity(30), held, by=make_asker(), on=day)
    url = f"/proposals/{row.pk}/approve/"
    asked = take(staff, url, {})
    assert asked.status_code == 422
    assert f'name="keeps" id="keeps-{removal.pk}"' in shown(asked)
    row.refresh_from_db()
    assert row.status == "proposed"
    assert take(staff, url, {"keeps": str(removal.pk)}).status_code == 302
    row.refresh_from_db()
    removal.refresh_from_db()
    assert (row.status, removal.status) == ("scheduled" if day else "applied", "scheduled")


@pytest.mark.parametrize("when", [{}, {"when": "day", "effective_on": "2027-03-01"}], ids=["now", "a day"])
def test_what_is_kept_may_be_proposed(
    staff: Client, held: Entitlement, removal: Amendment, when: dict[str, str]
) -> None:
    url, data = f"/entitlements/{held.pk}/set-quantity/", {"quantity": "30", "reason": "x", **when}
    seen = seen_in(staff.post(url, {**data, "keeps": str(removal.pk), "preview": "1"}))
    answer = staff.post(url, {**data, "keeps": str(removal.pk), "propose": "1", "seen": seen})
    assert answer.status_code == 302
    assert Amendment.objects.filter(status="proposed").count() == 1


# --- on pages --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("when", [{}, {"when": "day", "effective_on": "2027-03-01"}], ids=["now", "a day"])
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "dialog"])
def test_the_card_asks_and_takes_the_answer(
    cast: Cast,
    staff: Client,
    held: Entitlement,
    removal: Amendment,
    when: dict[str, str],
    headers: dict[str, str],
) -> None:
    url = f"/entitlements/{held.pk}/set-quantity/"
    data = {"quantity": "30", "reason": "x", **when}
    asked = confirm(staff, url, data, **headers)
    assert asked.status_code == 422
    page = shown(asked)
    assert f'name="keeps" id="keeps-{removal.pk}"' in page
    assert f'name="cancels" id="cancels-{removal.pk}"' in page
    assert f'href="/amendments/{removal.pk}/move/"' in page
    assert "removes what this changes" in page
    held.refresh_from_db()
    assert held.quantity == 10
    done = confirm(staff, url, {**data, "keeps": str(removal.pk)}, **headers)
    assert done.status_code == (200 if headers else 302)
    held.refresh_from_db()
    removal.refresh_from_db()
    assert (held.quantity, removal.status) == (10 if when else 30, "scheduled")


def test_it_is_cancelled_along_from_the_card(cast: Cast, staff: Client, held: Entitlement, removal: Amendment) -> None:
    url = f"/entitlements/{held.pk}/set-quantity/"
    assert confirm(staff, url, {"quantity": "30", "reason": "x", "cancels": str(removal.pk)}).status_code == 302
    removal.refresh_from_db()
    assert removal.status == "cancelled"


def test_a_tick_on_something_else_is_no_answer(
    cast: Cast, staff: Client, held: Entitlement, removal: Amendment
) -> None:
    url = f"/entitlements/{held.pk}/set-quantity/"
    for tick in ("nonsense", str(held.pk)):
        answer = confirm(staff, url, {"quantity": "30", "reason": "x", "keeps": tick})
        assert answer.status_code == 422


def test_who_may_not_schedule_may_still_keep_it(cast: Cast, held: Entitlement, removal: Amendment) -> None:
    person = UserFactory()
    names = ("view_entitlement", "set_quantity")
    person.user_permissions.set(Permission.objects.filter(codename__in=names))
    client = client_of(person)
    url = f"/entitlements/{held.pk}/set-quantity/"
    page = shown(client.post(url, {"quantity": "30", "preview": "1"}))
    assert f'id="keeps-{removal.pk}"' in page
    assert f'id="cancels-{removal.pk}"' not in page
    assert "/move/" not in page
    assert confirm(client, url, {"quantity": "30", "keeps": str(removal.pk)}).status_code == 302


# --- days that cannot be ---------------------------------------------------------------------------------------------


def starts_in_april(held: Entitlement) -> None:
    """Let the first term start later than today."""
    ends = date(2028, 4, 1)
    dates = {"starts_on": APRIL, "anchor_on": APRIL, "expires_on": ends, "standard_expires_on": ends}
    Entitlement.objects.filter(pk=held.pk).update(**dates, grace_ends_on=date(2028, 5, 1))


@pytest.mark.parametrize("day", [APRIL, MAY])
def test_nothing_happens_to_what_is_gone_by_then(cast: Cast, held: Entitlement, removal: Amendment, day: date) -> None:
    for operation in (RemoveProduct(as_of=TODAY), quantity(30)):
        answer = ask(cast, operation, held, day)
        assert codes(answer) == ["removed_already"]
        assert "“The end” ends it on 1 Apr 2027 already." in answer.problems[0].message
    assert Amendment.objects.count() == 1


def test_an_earlier_removal_asks_for_the_cancellation_of_the_later(
    cast: Cast, held: Entitlement, removal: Amendment
) -> None:
    assert "later_no_longer_fits" in codes(ask(cast, RemoveProduct(as_of=TODAY), held, MARCH))
    assert scheduled(cast, RemoveProduct(as_of=TODAY), held, MARCH, cancels=[removal.pk])


def test_a_day_before_the_start_is_refused(cast: Cast, staff: Client, held: Entitlement) -> None:
    starts_in_april(held)
    assert codes(ask(cast, quantity(30), held, MARCH)) == ["before_start"]
    data = {"quantity": "30", "reason": "x", "when": "day", "effective_on": "2027-03-01"}
    answer = confirm(staff, f"/entitlements/{held.pk}/set-quantity/", data)
    assert answer.status_code == 422
    assert "starts on 1 Apr 2027. Choose that day or a later one." in "".join(
        answer.context["form"].errors["effective_on"]
    )
    assert ask(cast, quantity(30), held, APRIL).amendment


def test_a_day_inside_what_was_applied_is_refused(cast: Cast, held: Entitlement, clock: time_machine.Traveller) -> None:
    scheduled(cast, quantity(30), held, MARCH, name="Thirty")
    clock.move_to(datetime(2027, 3, 5, 9, tzinfo=UTC))
    assert [each.is_applied for each in apply_due(date(2027, 3, 5))] == [True]
    for day in (date(2027, 2, 1), MARCH):
        answer = ask(cast, quantity(40), held, day)
        assert codes(answer) == ["inside_applied"]
        assert "“Thirty” was applied on 1 Mar 2027." in answer.problems[0].message
    assert codes(ask(cast, quantity(40), held, date(2027, 3, 2))) == ["not_later"]
    assert Amendment.objects.count() == 1


def test_one_that_waits_is_applied_before_the_start(cast: Cast, held: Entitlement) -> None:
    row = scheduled(cast, quantity(30), held, MAY)
    starts_in_april(held)
    assert apply_now(row, made_by=cast.operations, seen=None).amendment


def test_the_preview_says_all_of_it(cast: Cast, held: Entitlement, removal: Amendment) -> None:
    answer = preview_scheduled(change_to(cast, "silver_annual"), [held.pk], on=MARCH, made_by=cast.operations)
    [later] = answer.later
    assert (later.asks_to_be_kept, later.can_be_cancelled, later.is_kept) == (True, True, False)
