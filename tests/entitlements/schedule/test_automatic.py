"""Orders that renew by themselves: chosen on the order's page, carried out by the worker on the day a term ends."""

from datetime import date
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.management import call_command

from entitlements.models import Act, Amendment, Entitlement, Order, Source
from entitlements.operations import Disable, Renew, UndoAct
from entitlements.schedule import apply_due, cancel
from offerings.revisions import publish
from tests.cast import NOW, TODAY, Cast
from tests.entitlements.pages import client_of, shown
from tests.entitlements.schedule.asking import change_to, scheduled

pytestmark = pytest.mark.django_db

MARCH = date(2027, 3, 1)


def renewing(cast: Cast, name: str = "silver_annual", *, how: str = "same", **facts: Any) -> Entitlement:
    """Return an entitlement of an order that renews by itself from today on."""
    held = cast.entitle(name, **facts)
    Order.objects.filter(pk=held.order_id).update(renewal=how, renews_from=TODAY)
    return held


def run(clock: Any, day: date) -> list[tuple[str, ...]]:
    """Apply what is due on a day, and return the codes of the problems of each."""
    clock.move_to(f"{day.isoformat()}T06:00:00Z")
    return [tuple(problem.code for problem in each.problems) for each in apply_due(day)]


def ends(held: Entitlement) -> date | None:
    held.refresh_from_db()
    return held.expires_on


# --- on its day ------------------------------------------------------------------------------------------------------


def test_a_term_renews_on_the_day_it_ends_and_not_before(cast: Cast, clock: Any) -> None:
    held = renewing(cast)
    assert run(clock, date(2027, 2, 28)) == []
    assert run(clock, MARCH) == [()]
    assert ends(held) == date(2028, 3, 1)
    act, row = Act.objects.latest("made_at"), Amendment.objects.get()
    assert (act.operation, act.source, act.made_by_name, act.reason) == (
        "renew",
        Source.TASK,
        "system (scheduler)",
        "The order renews automatically",
    )
    assert (row.kind, row.status, row.effective_on, row.act, row.name) == (
        "renewal",
        "applied",
        MARCH,
        act,
        "Automatic renewal",
    )
    assert run(clock, MARCH) == []
    call_command("check_entitlements")


def test_a_late_run_renews_each_term_on_its_day(cast: Cast, clock: Any) -> None:
    held = renewing(cast, "gold_monthly", at=NOW.replace(day=5))
    assert run(clock, date(2027, 3, 4)) == [(), (), ()]
    assert ends(held) == date(2027, 3, 5)
    days = list(Amendment.objects.order_by("number").values_list("effective_on", flat=True))
    assert days == [date(2026, 12, 5), date(2027, 1, 5), date(2027, 2, 5)]


def test_the_day_of_month_of_the_start_is_kept(cast: Cast, clock: Any) -> None:
    held = renewing(cast, "gold_monthly", at=NOW.replace(month=10, day=31))
    Order.objects.update(renews_from=date(2026, 11, 1))
    run(clock, date(2027, 3, 1))
    assert ends(held) == date(2027, 3, 31)


def test_a_plan_and_its_add_on_renew_together(cast: Cast, clock: Any) -> None:
    plan = renewing(cast)
    add_on = cast.entitle(cast.add_on(), order=plan.order_id)
    assert run(clock, MARCH) == [()]
    assert (ends(plan), ends(add_on)) == (date(2028, 3, 1), date(2028, 3, 1))
    assert Act.objects.filter(operation="renew").count() == 1


def test_it_renews_onto_the_newest_revision_where_the_order_says_so(cast: Cast, clock: Any) -> None:
    same, newest = renewing(cast), renewing(cast, how="newest")
    offering = cast.offerings["silver_annual"]
    offering.grace_period = "P30D"
    offering.save()
    publish([offering], published_by=None, published_by_name="tests")
    run(clock, MARCH)
    for held in (same, newest):
        held.refresh_from_db()
    assert (same.revision.number, newest.revision.number) == (1, 2)
    assert newest.expires_on == date(2028, 3, 1)


# --- what does not ---------------------------------------------------------------------------------------------------


def test_nothing_renews_unless_the_order_says_so_and_nothing_from_before(cast: Cast, clock: Any) -> None:
    plain, before = cast.entitle(), renewing(cast)
    Order.objects.filter(pk=before.order_id).update(renews_from=date(2027, 3, 2))
    assert run(clock, MARCH) == []
    assert ends(plain) == ends(before) == MARCH


def test_perpetual_licenses_and_disabled_ones_have_no_such_term(cast: Cast, clock: Any) -> None:
    renewing(cast, "silver_perpetual")
    off = renewing(cast)
    cast.do(Disable(as_of=TODAY), [off.pk], reason="Unpaid")
    assert run(clock, date(2029, 1, 1)) == []


def test_what_was_renewed_or_changed_before_needs_no_other(cast: Cast, clock: Any) -> None:
    held = renewing(cast)
    cast.do(Renew(as_of=TODAY), [held.pk])
    assert run(clock, MARCH) == []


def test_what_is_scheduled_for_the_day_goes_first(cast: Cast, clock: Any) -> None:
    held = renewing(cast, "gold_annual")
    scheduled(cast, change_to(cast, "silver_annual"), held, MARCH)
    assert run(clock, MARCH) == [(), ()]
    held.refresh_from_db()
    assert (held.offering.sku, held.expires_on) == ("SILVER-ANNUAL", date(2028, 3, 1))


# --- set aside, cancelled, undone ------------------------------------------------------------------------------------


def test_what_cannot_be_renewed_is_set_aside_once_and_shown(cast: Cast, clock: Any) -> None:
    held = renewing(cast, how="newest", seats=5)
    offering = cast.offerings["silver_annual"]
    offering.seat_limit = 2
    offering.save()
    publish([offering], published_by=None, published_by_name="tests")
    [codes] = run(clock, MARCH)
    assert codes
    row = Amendment.objects.get()
    assert (row.status, row.kind) == ("set_aside", "renewal")
    assert row.problems
    assert ends(held) == MARCH
    assert run(clock, date(2027, 3, 5)) == []
    assert Amendment.objects.count() == 1
    assert "Automatic renewal" in shown(client_of(cast.operations).get(held.order.get_absolute_url()))


def test_what_a_person_cancelled_or_undid_is_not_renewed_again(cast: Cast, clock: Any) -> None:
    held = renewing(cast)
    run(clock, MARCH)
    cast.do(UndoAct(as_of=MARCH, act_id=Act.objects.latest("made_at").pk), [held.pk], at=NOW.replace(year=2027))
    assert ends(held) == MARCH
    assert run(clock, date(2027, 3, 2)) == []
    refused = renewing(cast, how="newest", seats=5)
    offering = cast.offerings["silver_annual"]
    offering.seat_limit = 2
    offering.save()
    publish([offering], published_by=None, published_by_name="tests")
    run(clock, date(2028, 3, 2))
    row = Amendment.objects.get(order=refused.order)
    assert cancel(row, made_by=cast.operations, reason="Left", seen=None).amendment is not None
    assert run(clock, date(2028, 3, 3)) == []


def test_a_dry_run_says_it_and_writes_nothing(cast: Cast, clock: Any, capsys: pytest.CaptureFixture[str]) -> None:
    renewing(cast)
    clock.move_to("2027-03-01T06:00:00Z")
    call_command("apply_amendments", "--dry-run")
    assert "Automatic renewal" in capsys.readouterr().out
    assert not Amendment.objects.exists()


# --- pages -----------------------------------------------------------------------------------------------------------


def test_it_is_chosen_on_the_orders_page_and_logged(cast: Cast) -> None:
    order, client = cast.entitle().order, client_of(cast.operations)
    page = shown(client.get(order.get_absolute_url()))
    assert "Automatic renewal…" in page
    assert "<dd>not by itself</dd>" in page
    url = f"{order.get_absolute_url()}renewal/"
    seen = shown(client.get(url)).split('name="seen" value="')[1].split('"')[0]
    assert client.post(url, {"renewal": "newest", "seen": seen}).status_code == 302
    order.refresh_from_db()
    assert (order.renewal, order.renews_from) == ("newest", TODAY)
    said = LogEntry.objects.latest("pk").change_message
    assert "not by itself → automatically, onto the newest revision" in said or "Renewal: " in said
    assert "<dd>automatically, onto the newest revision</dd>" in shown(client.get(order.get_absolute_url()))
    assert client.post(url, {"renewal": "", "seen": seen}).status_code == 409
    assert client.post(url, {"renewal": "weekly", "seen": seen}).status_code == 422


def test_support_may_not_choose_it(cast: Cast) -> None:
    order = cast.entitle().order
    url = f"{order.get_absolute_url()}renewal/"
    assert client_of(cast.people["support"]).get(url).status_code == 403
    assert "Automatic renewal…" not in shown(client_of(cast.people["support"]).get(order.get_absolute_url()))


def test_renewals_say_what_renews_by_itself(cast: Cast) -> None:
    renewing(cast)
    cast.entitle()
    page = shown(client_of(cast.operations).get("/renewals/", {"month": "2027-03"}))
    assert page.count("renews automatically, as it is") == 1
