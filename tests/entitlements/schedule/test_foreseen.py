"""What is scheduled for after the end of a term sees that the term renews by itself, as it will be by then."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from entitlements.invoicing.loading import courses_on
from entitlements.models import Amendment, Entitlement, Order
from entitlements.operations import Disable, RemoveProduct, Renew, TermChoice, TermMode
from entitlements.schedule import (
    Folded,
    apply_due,
    apply_now,
    cancel,
    fold,
    fold_order,
    preview_now,
    preview_scheduled,
)
from entitlements.schedule.fold import foreseen_renewals
from entitlements.schedule.planned import pending_of
from entitlements.schedule.timeline import OrderAmendments
from entitlements.state import State
from offerings.models import SeatsSold
from offerings.revisions import publish
from tests.cast import NOW, TODAY, Cast
from tests.entitlements.pages import client_of, shown
from tests.entitlements.schedule.asking import APRIL, MARCH, change_to, override, quantity, scheduled
from tests.entitlements.schedule.test_automatic import ends, renewing, run

pytestmark = pytest.mark.django_db

NEXT_MARCH, IN_TWO_YEARS = date(2028, 3, 1), date(2028, 6, 1)
NOVEMBER = NOW.replace(day=5)
RESTART = TermChoice(TermMode.RESTART)


def before_of(folded: Folded) -> State:
    """Return the state that the first move of an operation starts from."""
    found = folded.previews[0].lead.before
    assert found is not None
    return found


def fold_of(held: Entitlement) -> list[Folded]:
    return fold_order(held.order_id, pending_of([held.order_id])[held.order_id])


def days_of(held: Entitlement) -> list[date]:
    """Return the days on which an order is foreseen to renew, the next one included."""
    found = foreseen_renewals(held.order_id, pending_of([held.order_id]).get(held.order_id, []))
    return [each.planned.effective_on for each in found]


# --- between what is scheduled ---------------------------------------------------------------------------------------


def test_what_is_scheduled_after_the_term_sees_it_renewed_and_is_applied(cast: Cast, clock: Any) -> None:
    held = renewing(cast, "gold_seats", quantity=10)
    row = scheduled(cast, quantity(20), held, APRIL)
    [folded] = fold_of(held)
    assert before_of(folded).expires_on == NEXT_MARCH
    assert not [warning for preview in folded.previews for warning in preview.warnings]
    assert run(clock, APRIL) == [(), ()]
    row.refresh_from_db()
    assert (row.status, ends(held)) == ("applied", NEXT_MARCH)
    assert list(Amendment.objects.order_by("effective_on").values_list("name", "status")) == [
        ("Automatic renewal", "applied"),
        (row.name, "applied"),
    ]
    call_command("check_entitlements")


def test_a_new_term_counts_from_the_day_and_not_from_a_term_that_is_over(cast: Cast, clock: Any) -> None:
    held = renewing(cast, "gold_monthly", at=NOVEMBER)
    row = scheduled(cast, replace(change_to(cast, "silver_annual"), term=RESTART), held, date(2027, 2, 10))
    [folded] = fold_of(held)
    assert before_of(folded).expires_on == date(2027, 3, 5)
    assert run(clock, date(2027, 2, 10)) == [(), (), (), ()]
    row.refresh_from_db()
    assert (row.status, ends(held)) == ("applied", date(2028, 2, 10))


def test_without_the_setting_nothing_renews_between(cast: Cast) -> None:
    held = cast.entitle("gold_seats", quantity=10)
    scheduled(cast, quantity(20), held, APRIL)
    [folded] = fold_of(held)
    assert before_of(folded).expires_on == MARCH
    assert days_of(held) == []


def test_every_term_until_then_renews_one_after_the_other(cast: Cast) -> None:
    held = renewing(cast)
    scheduled(cast, override(seat_limit=50), held, IN_TWO_YEARS)
    assert before_of(fold_of(held)[0]).expires_on == date(2029, 3, 1)
    assert days_of(held) == [MARCH, NEXT_MARCH, date(2029, 3, 1)]


def test_it_renews_onto_the_newest_revision_where_the_order_says_so(cast: Cast, clock: Any) -> None:
    held = renewing(cast, how="newest")
    offering = cast.offerings["silver_annual"]
    offering.grace_period = "P30D"
    offering.save()
    publish([offering], published_by=None, published_by_name="tests")
    row = scheduled(cast, override(seat_limit=50), held, APRIL)
    assert before_of(fold_of(held)[0]).revision.number == 2
    assert run(clock, APRIL) == [(), ()]
    row.refresh_from_db()
    assert row.status == "applied"


def test_what_changes_the_offering_before_renews_on_that_one(cast: Cast, clock: Any) -> None:
    held = renewing(cast, "gold_annual", how="newest")
    change = scheduled(cast, change_to(cast, "silver_annual"), held, date(2027, 1, 1))
    row = scheduled(cast, override(seat_limit=50), held, APRIL)
    assert before_of(fold_of(held)[1]).revision.sku == "SILVER-ANNUAL"
    assert run(clock, APRIL) == [(), (), ()]
    assert {each.status for each in Amendment.objects.filter(pk__in=[change.pk, row.pk])} == {"applied"}


def test_what_is_scheduled_for_the_day_itself_goes_first(cast: Cast, clock: Any) -> None:
    held = renewing(cast)
    row = scheduled(cast, override(seat_limit=50), held, MARCH)
    assert before_of(fold_of(held)[0]).expires_on == MARCH
    assert run(clock, MARCH) == [(), ()]
    row.refresh_from_db()
    assert row.status == "applied"


# --- what stands in its way ------------------------------------------------------------------------------------------


def test_a_renewal_that_a_person_scheduled_is_the_only_one(cast: Cast, clock: Any) -> None:
    held = renewing(cast)
    scheduled(cast, Renew(as_of=TODAY), held, date(2027, 3, 15))
    row = scheduled(cast, override(seat_limit=50), held, APRIL)
    assert days_of(held) == [date(2028, 3, 15)]
    assert len(fold_of(held)) == 2
    assert run(clock, APRIL) == [(), ()]
    row.refresh_from_db()
    assert row.status == "applied"


def test_what_is_scheduled_between_the_term_and_such_a_renewal_sees_the_term_over(cast: Cast, clock: Any) -> None:
    held = renewing(cast)
    row = scheduled(cast, override(seat_limit=50), held, date(2027, 3, 5))
    scheduled(cast, Renew(as_of=TODAY), held, date(2027, 3, 15))
    assert before_of(fold_of(held)[0]).expires_on == MARCH
    row.refresh_from_db()
    assert run(clock, date(2027, 3, 5)) == [()]


def test_what_ends_or_is_disabled_does_not_renew(cast: Cast) -> None:
    removed, off = renewing(cast), renewing(cast)
    scheduled(cast, RemoveProduct(as_of=TODAY), removed, date(2027, 2, 1))
    assert days_of(removed) == []
    cast.do(Disable(as_of=TODAY), [off.pk], reason="Unpaid")
    assert days_of(off) == []


def test_terms_from_before_the_order_renewed_stay_over(cast: Cast) -> None:
    held = renewing(cast)
    Order.objects.update(renews_from=date(2027, 3, 2))
    assert days_of(held) == []


def test_a_renewal_that_was_cancelled_is_not_foreseen_again(cast: Cast, clock: Any) -> None:
    held = renewing(cast)
    row = scheduled(cast, Renew(as_of=TODAY), held, MARCH)
    later = scheduled(cast, override(seat_limit=50), held, APRIL)
    assert before_of(fold_of(held)[1]).expires_on == NEXT_MARCH
    answer = cancel(row, made_by=cast.operations, reason="No longer wanted", seen=None)
    assert answer.amendment is not None
    assert before_of(fold_of(held)[0]).expires_on == MARCH
    assert run(clock, APRIL) == [()]
    later.refresh_from_db()
    assert later.status == "applied"


def test_one_that_does_not_fit_renews_nothing(cast: Cast) -> None:
    held = renewing(cast, how="newest", seats=5)
    offering = cast.offerings["silver_annual"]
    offering.seat_limit = 2
    offering.save()
    publish([offering], published_by=None, published_by_name="tests")
    scheduled(cast, override(grace_period="P30D"), held, IN_TWO_YEARS)
    assert before_of(fold_of(held)[0]).expires_on == MARCH
    [foreseen] = foreseen_renewals(held.order_id, pending_of([held.order_id])[held.order_id])
    assert not foreseen.fits


# --- by a person, and for many ---------------------------------------------------------------------------------------


def test_applying_before_the_worker_came_renews_first_as_was_seen(cast: Cast, clock: Any) -> None:
    held = renewing(cast, "gold_seats", quantity=10)
    row = scheduled(cast, quantity(20), held, APRIL)
    clock.move_to("2027-03-10T08:00:00Z")
    answer = preview_now(row, made_by=cast.operations)
    assert answer.own is not None
    assert before_of(answer.own).expires_on == NEXT_MARCH
    assert apply_now(row, made_by=cast.operations, seen=answer.fingerprint).amendment is not None
    held.refresh_from_db()
    assert (held.quantity, held.expires_on) == (20, NEXT_MARCH)
    assert list(apply_due(date(2027, 3, 10))) == []


def test_the_same_schedule_is_the_same_in_any_order(cast: Cast) -> None:
    held = renewing(cast, "gold_monthly", at=NOVEMBER)
    scheduled(cast, override(seat_limit=50), held, date(2027, 2, 10))
    scheduled(cast, change_to(cast, "silver_monthly"), held, date(2027, 1, 20))
    planned = pending_of([held.order_id])[held.order_id]
    there, back = (fold_order(held.order_id, each) for each in (planned, planned[::-1]))
    assert [each.outcome for each in there] == [each.outcome for each in back]
    assert [before_of(each).expires_on for each in there] == [date(2027, 2, 5), date(2027, 3, 5)]


def test_as_many_queries_for_ten_terms_as_for_one(cast: Cast) -> None:
    def count(on: date) -> int:
        with CaptureQueriesContext(connection) as captured:
            answer = preview_scheduled(override(seat_limit=50), [held.pk], on=on, made_by=cast.operations)
        assert not answer.problems
        return len(captured)

    held = renewing(cast, "gold_monthly", at=NOVEMBER, how="newest")
    assert count(date(2027, 1, 10)) == count(date(2028, 2, 10))


def test_more_terms_than_anybody_plans_for_are_not_simulated(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    held = renewing(cast, "gold_monthly", at=NOVEMBER)
    monkeypatch.setattr(fold, "MOST_FORESEEN", 3)
    scheduled(cast, override(seat_limit=50), held, IN_TWO_YEARS)
    assert before_of(fold_of(held)[0]).expires_on == date(2027, 3, 5)


# --- pages -----------------------------------------------------------------------------------------------------------


def test_pages_say_when_it_renews_until_something_stands_in_its_way(cast: Cast) -> None:
    held, plain = renewing(cast), cast.entitle()
    client = client_of(cast.operations)
    page, order = shown(client.get(held.get_absolute_url())), shown(client.get(held.order.get_absolute_url()))
    assert "Renews automatically on 1 Mar 2027 <small" in " ".join(page.split())
    assert "Silver annual renews automatically on 1 Mar 2027" in " ".join(order.split())
    assert "<li>1 Mar 2027: Silver annual renews automatically</li>" in order
    assert "By itself: 1 renewal." in order
    assert "Renews automatically on" not in shown(client.get(plain.get_absolute_url()))
    scheduled(cast, RemoveProduct(as_of=TODAY), held, date(2027, 2, 1))
    assert "Renews automatically on" not in shown(client.get(held.get_absolute_url()))


def test_pages_say_that_it_would_not_fit(cast: Cast) -> None:
    held = renewing(cast, how="newest", seats=5)
    offering = cast.offerings["silver_annual"]
    offering.seat_limit = 2
    offering.save()
    publish([offering], published_by=None, published_by_name="tests")
    page = " ".join(shown(client_of(cast.operations).get(held.get_absolute_url())).split())
    assert "Renews automatically on 1 Mar 2027, onto the newest revision" in page
    assert "as things are, it does not fit:" in page


def test_renewals_are_hidden_from_people_who_may_not_see_amendments(cast: Cast) -> None:
    held, person = renewing(cast), cast.people["viewer"]
    person.groups.get().permissions.get(codename="view_amendment").group_set.clear()
    for url in (held.get_absolute_url(), held.order.get_absolute_url()):
        assert "enews automatically on 1 Mar" not in shown(client_of(person).get(url))


def test_the_picture_of_the_order_has_the_terms_that_renew(cast: Cast) -> None:
    held = renewing(cast)
    scheduled(cast, override(seat_limit=50), held, IN_TWO_YEARS)
    found = OrderAmendments.of(held.order_id, renewal="same", today=TODAY)
    assert found.timeline is not None
    assert found.timeline.summary == "1 amendment: 1 scheduled. By itself: 3 renewals."
    first = found.timeline.marks[0]
    assert (first.tone, first.words) == ("ok", "1 Mar 2027: Silver annual renews automatically")
    assert found.timeline.captions[-1].words == "1 Mar 2029"
    assert [each.day for each in found.renewals] == [MARCH]


def test_many_terms_are_listed_in_part(cast: Cast) -> None:
    held = renewing(cast, "gold_monthly", at=NOVEMBER)
    scheduled(cast, override(seat_limit=50), held, IN_TWO_YEARS)
    found = OrderAmendments.of(held.order_id, renewal="same", today=TODAY)
    assert (len(found.ahead), len(found.ahead_in_words), found.ahead_in_words[-1]) == (19, 13, "and 7 more")


# --- the setting -----------------------------------------------------------------------------------------------------


def choose(cast: Cast, held: Entitlement, renewal: str, **data: str) -> Any:
    """Choose how an order renews on its page, and return the answer."""
    client, url = client_of(cast.operations), f"{held.order.get_absolute_url()}renewal/"
    seen = shown(client.get(url)).split('name="seen" value="')[1].split('"')[0]
    return client.post(url, {"renewal": renewal, "seen": seen, **data})


def renewal_of(held: Entitlement) -> str:
    return Order.objects.get(pk=held.order_id).renewal


def test_the_setting_says_first_what_it_makes_of_what_is_scheduled(cast: Cast, clock: Any) -> None:
    held = cast.entitle()
    row = scheduled(cast, replace(change_to(cast, "gold_annual"), term=RESTART), held, APRIL)
    answer = choose(cast, held, "same")
    page = shown(answer)
    assert answer.status_code == 409
    assert "This changes what is scheduled." in page
    assert f"<b>{row.name}</b>" in page
    assert renewal_of(held) == ""
    later = page.split('name="later" value="')[1].split('"')[0]
    assert choose(cast, held, "same", later="0" * len(later)).status_code == 409
    assert choose(cast, held, "same", later=later).status_code == 302
    assert renewal_of(held) == "same"
    assert run(clock, APRIL) == [(), ()]
    row.refresh_from_db()
    assert row.status == "applied"


def test_what_would_no_longer_fit_refuses_the_setting(cast: Cast) -> None:
    held = cast.entitle("gold_seats", quantity=10)
    offering = cast.offerings["gold_seats"]
    offering.seats_sold, offering.seat_limit = SeatsSold.FIXED, 25
    offering.save()
    publish([offering], published_by=None, published_by_name="tests")
    row = scheduled(cast, quantity(20), held, APRIL)
    answer = choose(cast, held, "newest")
    assert answer.status_code == 422
    assert f"“{row.name}”, scheduled for 1 Apr 2027, would no longer fit:" in shown(answer)
    assert renewal_of(held) == ""


def test_the_setting_is_saved_at_once_where_nothing_scheduled_changes(cast: Cast) -> None:
    held = cast.entitle()
    scheduled(cast, override(seat_limit=50), held, date(2027, 1, 10))
    assert choose(cast, held, "same").status_code == 302
    assert renewal_of(held) == "same"


# --- what would be invoiced ------------------------------------------------------------------------------------------


def ends_in_invoices(held: Entitlement, on: date) -> date | None:
    """Return the end of the term as far as what would be invoiced on a day knows."""
    [course], unfit = courses_on(held.order_id, on)
    assert unfit == []
    return course.last.expires_on


def test_what_would_be_invoiced_knows_the_terms_that_renew_by_then(cast: Cast) -> None:
    held, plain = renewing(cast), cast.entitle()
    assert [ends_in_invoices(held, day) for day in (date(2027, 2, 28), MARCH, NEXT_MARCH)] == [
        MARCH,
        NEXT_MARCH,
        date(2029, 3, 1),
    ]
    assert ends_in_invoices(plain, NEXT_MARCH) == MARCH


def test_what_would_be_invoiced_waits_for_a_renewal_that_a_person_scheduled(cast: Cast) -> None:
    held = renewing(cast)
    scheduled(cast, Renew(as_of=TODAY), held, date(2027, 3, 15))
    assert ends_in_invoices(held, date(2027, 3, 5)) == MARCH
    assert ends_in_invoices(held, date(2027, 3, 15)) == date(2028, 3, 15)
