"""The page of an amendment, and where others show it: the entitlement and the order."""

from datetime import UTC, date, datetime
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from entitlements.history.words import days_in_words
from entitlements.models import Amendment, AmendmentStatus
from entitlements.schedule import apply_due, cancel
from entitlements.schedule.timeline import timeline_of
from entitlements.schedule.upcoming import AmendmentLine
from tests.cast import TODAY, Cast
from tests.entitlements.pages import client_of, shown
from tests.entitlements.schedule.asking import APRIL, MARCH, MAY, change_to, quantity, scheduled
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def page_of(client: Client, row: Amendment) -> str:
    answer = client.get(f"/amendments/{row.pk}/")
    assert answer.status_code == 200
    return " ".join(shown(answer).split())


def count_queries(client: Client, url: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        client.get(url)
    return len(queries)


# --- the page --------------------------------------------------------------------------------------------------------


def test_it_says_who_asked_what_it_will_do_and_what_else_is_scheduled(cast: Cast, staff: Client) -> None:
    held = cast.entitle("gold_annual", seats=8)
    row = scheduled(cast, change_to(cast, "silver_annual"), held, MARCH, reference="T-1")
    other = scheduled(cast, change_to(cast, "bronze_annual"), held, APRIL)
    page = page_of(staff, row)
    for words in ("1 Mar 2027", "as agreed", "T-1", "Customer 0", "SO-0", "As it was last seen.", "Gold annual"):
        assert words in page
    assert "As of now 3 seats would be released" in page
    assert "Single sign-on" in page  # removed by Silver
    assert f'<a href="/amendments/{other.pk}/">Bronze annual</a>' in page
    assert "Silver annual, revision 1 → Bronze annual, revision 1" in page_of(staff, other)


def test_a_change_in_between_is_said(cast: Cast, staff: Client) -> None:
    held = cast.entitle("gold_seats", quantity=10)
    row = scheduled(cast, quantity(30), held, MARCH)
    cast.do(quantity(12), [held.pk])
    page = page_of(staff, row)
    assert "It would do something else than what was last seen." in page
    assert "10 → 30" in page


def test_what_stands_against_it_is_said(cast: Cast, staff: Client) -> None:
    held = cast.entitle("gold_annual")
    row = scheduled(cast, change_to(cast, "silver_annual"), held, MARCH)
    cast.offerings["silver_annual"].retire()
    assert "As things are now, it cannot be applied." in page_of(staff, row)


def test_one_that_cannot_be_read_says_so(cast: Cast, staff: Client) -> None:
    row = scheduled(cast, change_to(cast, "silver_annual"), cast.entitle("gold_annual"), MARCH)
    Amendment.objects.filter(pk=row.pk).update(operation={"operation": "later", "version": 99})
    assert "This version cannot read what was asked." in page_of(staff, row)


def test_a_cancelled_one_says_who_and_why_and_offers_nothing(cast: Cast, staff: Client) -> None:
    row = scheduled(cast, change_to(cast, "silver_annual"), cast.entitle("gold_annual"), MARCH)
    cancel(row, made_by=cast.operations, reason="no budget", seen=None)
    page = page_of(staff, row)
    assert "What it would have done" in page
    assert "no budget" in page
    assert "/cancel/" not in page


def test_actions_are_for_people_who_may_schedule(cast: Cast, staff: Client) -> None:
    row = scheduled(cast, change_to(cast, "silver_annual"), cast.entitle("gold_annual"), MARCH)
    assert f"/amendments/{row.pk}/move/" in page_of(staff, row)
    assert f"/amendments/{row.pk}/move/" not in page_of(client_of(cast.people["viewer"]), row)


def test_it_is_refused_without_permission_and_not_found_where_there_is_none(
    cast: Cast, client: Client, staff: Client
) -> None:
    row = scheduled(cast, change_to(cast, "silver_annual"), cast.entitle("gold_annual"), MARCH)
    client.force_login(UserFactory())
    assert client.get(f"/amendments/{row.pk}/").status_code == 403
    assert staff.get(f"/amendments/{uuid4()}/").status_code == 404


# --- the entitlement and the order -----------------------------------------------------------------------------------


def test_the_entitlement_shows_what_is_scheduled_for_it_alone(cast: Cast, staff: Client) -> None:
    held = cast.entitle("gold_annual")
    other = cast.entitle(cast.add_on(), order=held.order_id)
    row = scheduled(cast, change_to(cast, "silver_annual"), held, MARCH)
    page = " ".join(shown(staff.get(f"/entitlements/{held.pk}/")).split())
    assert f'<a href="/amendments/{row.pk}/">Silver annual</a> from 1 Mar 2027' in page
    assert str(row.pk) not in shown(staff.get(f"/entitlements/{other.pk}/"))


def test_one_that_was_set_aside_has_the_tone_of_a_problem(cast: Cast, staff: Client) -> None:
    held = cast.entitle("gold_annual")
    row = scheduled(cast, change_to(cast, "silver_annual"), held, MARCH)
    Amendment.objects.filter(pk=row.pk).update(status=AmendmentStatus.SET_ASIDE)
    for url in (f"/entitlements/{held.pk}/", f"/orders/{held.order_id}/"):
        page = " ".join(shown(staff.get(url)).split())
        assert '<li class="set-aside" data-tone="stop">' in page
        assert "set aside, was due on 1 Mar 2027" in page


def test_the_strip_is_one_query_for_any_number(cast: Cast, staff: Client) -> None:
    held = cast.entitle("gold_seats", quantity=10)
    urls = (f"/entitlements/{held.pk}/", f"/orders/{held.order_id}/")
    scheduled(cast, quantity(20), held, MARCH)
    before = [count_queries(staff, url) for url in urls]
    for number in range(3):
        scheduled(cast, quantity(21 + number), held, date(2027, 4, 1 + number))
    assert [count_queries(staff, url) for url in urls] == before


def test_the_order_lists_all_by_number_with_a_picture(cast: Cast, staff: Client, clock: time_machine.Traveller) -> None:
    held = cast.entitle("gold_seats", quantity=10)
    assert "Amendments table" not in shown(staff.get(f"/orders/{held.order_id}/"))
    scheduled(cast, quantity(20), held, MARCH, name="Twenty")
    scheduled(cast, quantity(50), held, MAY, name="Fifty")
    scheduled(cast, quantity(30), held, APRIL, name="Thirty")
    cancel(Amendment.objects.get(name="Fifty"), made_by=cast.operations, reason="no", seen=None)
    clock.move_to(datetime(2027, 3, 10, 9, tzinfo=UTC))
    list(apply_due(date(2027, 3, 10)))
    answer = client_of(cast.operations).get(f"/orders/{held.order_id}/")
    found = answer.context["amendments"]
    assert [(line.amendment.number, line.amendment.name) for line in found.lines] == [
        (1, "Twenty"),
        (2, "Fifty"),
        (3, "Thirty"),
    ]
    assert [line.amendment.name for line in found.upcoming] == ["Thirty"]
    assert "3 amendments: 1 applied, 1 scheduled, 1 cancelled." in shown(answer)
    assert "1 Apr 2027: Thirty, scheduled" in shown(answer)


def test_amendments_are_hidden_from_people_who_may_not_see_them(cast: Cast) -> None:
    held = cast.entitle("gold_seats", quantity=10)
    row = scheduled(cast, quantity(20), held, MARCH)
    person = cast.people["viewer"]
    person.groups.get().permissions.get(codename="view_amendment").group_set.clear()
    for url in (f"/orders/{held.order_id}/", f"/entitlements/{held.pk}/", "/"):
        answer = client_of(person).get(url)
        assert answer.status_code == 200
        assert f"/amendments/{row.pk}/" not in shown(answer)


# --- pure ------------------------------------------------------------------------------------------------------------


def line(day: date, status: AmendmentStatus, name: str = "Silver") -> AmendmentLine:
    return AmendmentLine(Amendment(name=name, effective_on=day, status=status), TODAY)


def test_the_picture_puts_the_worst_of_a_place_first_and_names_both_ends() -> None:
    lines = [
        line(TODAY, AmendmentStatus.APPLIED, "First"),
        line(TODAY, AmendmentStatus.SET_ASIDE, "Second"),
        line(MAY, AmendmentStatus.SCHEDULED),
    ]
    picture = timeline_of(lines, today=TODAY)
    assert picture
    assert [mark.tone for mark in picture.marks] == ["stop", "info"]
    assert picture.marks[0].words == "21 Nov 2026: First, applied; 21 Nov 2026: Second, set aside"
    assert [caption.words for caption in picture.captions] == ["21 Nov 2026", "1 May 2027"]
    assert picture.summary == "3 amendments: 1 applied, 1 scheduled, 1 set aside."


def test_a_single_day_has_one_caption_and_no_amendment_no_picture() -> None:
    picture = timeline_of([line(TODAY, AmendmentStatus.SCHEDULED)], today=TODAY)
    assert picture
    assert len(picture.captions) == 1
    assert picture.summary == "1 amendment: 1 scheduled."
    assert timeline_of([], today=TODAY) is None


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (TODAY, "today"),
        (date(2026, 11, 22), "in 1 day"),
        (date(2026, 11, 19), "2 days ago"),
        (date(2036, 11, 21), "in 3,653 days"),
    ],
)
def test_the_distance_to_a_day(day: date, words: str) -> None:
    assert days_in_words(day, TODAY) == words


def test_it_says_that_who_asked_is_not_active_any_more(cast: Cast, staff: Client) -> None:
    row = scheduled(cast, change_to(cast, "silver_annual"), cast.entitle("gold_annual"), MARCH)
    assert "no longer active" not in page_of(staff, row)
    asked_by = cast.operations
    viewer = client_of(cast.people["viewer"])
    asked_by.is_active = False
    asked_by.save()
    assert "operations (no longer active)" in page_of(viewer, row)


def test_what_was_scheduled_with_the_right_is_applied_though_the_person_has_lost_it(
    cast: Cast, clock: time_machine.Traveller
) -> None:
    row = scheduled(cast, change_to(cast, "silver_annual"), cast.entitle("gold_annual"), MARCH)
    cast.operations.groups.clear()
    cast.operations.is_active = False
    cast.operations.save()
    clock.move_to(datetime(2027, 3, 1, 9, tzinfo=UTC))
    assert [each.is_applied for each in apply_due(MARCH)] == [True]
    row.refresh_from_db()
    assert (row.requested_by_name, row.closed_by_name) == ("operations", "system (scheduler)")
