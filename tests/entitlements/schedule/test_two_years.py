"""Two years of one order, by a stopped clock: every state on its day, in a zone 14 hours ahead and in one with DST.

The 28th of March and the 31st of October 2027 are the days on which the clocks of Vienna change; 2028 has a leap day.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from django.utils import timezone

from config.clock import site_today
from entitlements.engine.check import check
from entitlements.models import Act, Amendment, Entitlement, Source, new_id
from entitlements.operations import (
    ChangeOffering,
    CreateEntitlement,
    Operation,
    RemoveProduct,
    Renew,
    SetOverrides,
    SetQuantity,
    TermChoice,
    TermMode,
    UndoAct,
)
from entitlements.schedule import apply_due, cancel, carry_out, preview_scheduled, schedule
from entitlements.schedule.upcoming import amendments_of
from entitlements.schedule.worlds import moment_of
from tests.add_ons import offer_add_on
from tests.cast import Cast

pytestmark = pytest.mark.django_db

ZONES = ("Pacific/Kiritimati", "Europe/Vienna")
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
FIRST = date(2026, 11, 30)
RESTART = TermChoice(TermMode.RESTART)
Facts = tuple[str, int | None, int | None, date | None]
"""The offering, the quantity, the limit of seats, and the day on which the term ends."""


def facts_of(plan: UUID) -> Facts:
    row = Entitlement.objects.select_related("offering").get(pk=plan)
    return row.offering.sku, row.quantity, row.seat_limit, row.expires_on


@pytest.fixture(params=ZONES)
def _zone(request: pytest.FixtureRequest, settings: Any) -> Iterator[None]:
    settings.TIME_ZONE = request.param
    with timezone.override(None):
        yield


class Story:
    """One order with everything that is scheduled for it on its first day, in no order at all."""

    def __init__(self, cast: Cast, clock: time_machine.Traveller) -> None:
        self.cast, self.clock = cast, clock
        self.go_to(FIRST)
        self.plan, self.support = new_id(), new_id()
        bronze = cast.revision("bronze_annual").pk
        create = CreateEntitlement(as_of=FIRST, revision_id=bronze, customer_name="Halden", key=self.plan)
        cast.do(create, at=timezone.now())
        self.order = Entitlement.objects.get(pk=self.plan).order_id
        self.rows = {name: self.schedule(name, day, *asked) for name, (day, *asked) in self.asked().items()}

    def asked(self) -> dict[str, tuple[Any, ...]]:
        """Return what is scheduled: the day, the operation and the entitlements, by name."""
        to_gold = replace(self.change("gold_seats"), quantity=10)
        support = self.cast.revision(offer_add_on(self.cast, "support")).pk
        add = CreateEntitlement(as_of=FIRST, revision_id=support, order_id=self.order, key=self.support)
        return {
            "upgrade": (date(2027, 3, 28), to_gold, self.plan),
            "quantity": (date(2027, 6, 1), SetQuantity(as_of=FIRST, quantity=25), self.plan),
            "downgrade": (date(2027, 11, 30), replace(self.change("silver_monthly"), term=RESTART), self.plan),
            "another upgrade": (date(2028, 5, 1), self.change("gold_monthly"), self.plan),
            "add-on": (date(2027, 7, 1), add),
            "add-on removed": (date(2027, 10, 31), RemoveProduct(as_of=FIRST), self.support),
            "renewal 1": (date(2027, 12, 29), Renew(as_of=FIRST), self.plan),
            "renewal 2": (date(2028, 1, 29), Renew(as_of=FIRST), self.plan),
            "renewal 3": (date(2028, 2, 28), Renew(as_of=FIRST), self.plan),
            "override": (date(2028, 2, 29), SetOverrides(as_of=FIRST, values={"seat_limit": 40}), self.plan),
            "renewal 4": (date(2028, 3, 29), Renew(as_of=FIRST), self.plan),
        }

    def change(self, name: str) -> ChangeOffering:
        return ChangeOffering(as_of=FIRST, revision_id=self.cast.revision(name).pk)

    def schedule(self, name: str, on: date, operation: Operation, *ids: UUID) -> Amendment:
        by = self.cast.operations
        answer = schedule(operation, ids, on=on, made_by=by, seen=None, name=name, reason="as agreed")
        assert answer.amendment, (name, answer.problems)
        return answer.amendment

    def go_to(self, day: date, *, after: timedelta = MINUTE) -> None:
        """Go to a minute after midnight of a day of the site."""
        self.clock.move_to(moment_of(day) + after)

    def work(self) -> list[tuple[str, str]]:
        """Apply what is due, and return the names with how each ended."""
        return [(each.amendment.name, each.amendment.status) for each in apply_due(site_today())]

    def undo(self, act: Act | None) -> Act:
        """Take back what an act did, as its page does; return the act of that."""
        assert act is not None
        by = self.cast.operations
        operation = UndoAct(as_of=site_today(), act_id=act.pk)
        source = Source.PAGE
        answer = carry_out(
            operation, [self.plan], made_by=by, source=source, expected=None, seen=None, reason="by mistake"
        )
        assert answer.result.act, answer.result.outcomes
        return answer.result.act


@pytest.fixture
def story(cast: Cast, clock: time_machine.Traveller, _zone: None) -> Story:
    return Story(cast, clock)


YEAR, DECEMBER, JANUARY = date(2027, 11, 30), date(2027, 12, 30), date(2028, 1, 30)
LEAP, MARCH, APRIL = date(2028, 2, 29), date(2028, 3, 30), date(2028, 4, 30)
BRONZE: Facts = ("BRONZE-ANNUAL", None, 3, YEAR)
STATES: tuple[tuple[date, str, Facts], ...] = (
    (date(2027, 3, 28), "upgrade", ("GOLD-SEATS", 10, 10, YEAR)),
    (date(2027, 6, 1), "quantity", ("GOLD-SEATS", 25, 25, YEAR)),
    (date(2027, 7, 1), "add-on", ("GOLD-SEATS", 25, 25, YEAR)),
    (date(2027, 10, 31), "add-on removed", ("GOLD-SEATS", 25, 25, YEAR)),
    (date(2027, 11, 30), "downgrade", ("SILVER-MONTHLY", None, 5, DECEMBER)),
    (date(2027, 12, 29), "renewal 1", ("SILVER-MONTHLY", None, 5, JANUARY)),
    (date(2028, 1, 29), "renewal 2", ("SILVER-MONTHLY", None, 5, LEAP)),  # the 30th of February is the 29th
    (date(2028, 2, 28), "renewal 3", ("SILVER-MONTHLY", None, 5, MARCH)),  # and the anchor stays the 30th
    (date(2028, 2, 29), "override", ("SILVER-MONTHLY", None, 40, MARCH)),
    (date(2028, 3, 29), "renewal 4", ("SILVER-MONTHLY", None, 40, APRIL)),
)


def support_of(story: Story) -> tuple[date, date | None] | None:
    """Return the first day of the add-on and the day on which it ended; ``None`` before it is there."""
    return Entitlement.objects.filter(pk=story.support).values_list("starts_on", "ended_on").first()  # type: ignore[return-value]


def test_every_state_begins_with_its_day_and_not_a_minute_before(story: Story) -> None:
    before = BRONZE
    for day, name, facts in STATES:
        story.go_to(day, after=-MINUTE)
        assert story.work() == []
        assert facts_of(story.plan) == before, day
        story.go_to(day)
        assert story.work() == [(name, "applied")]
        assert facts_of(story.plan) == facts, day
        before = facts
    assert support_of(story) == (date(2027, 7, 1), date(2027, 10, 31))
    assert list(check()) == []


def test_the_end_of_the_story_is_cancelled_undone_and_redone(story: Story) -> None:
    for day, _name, _facts in STATES:
        story.go_to(day)
        story.work()
    story.go_to(date(2028, 4, 2))
    left = story.rows["another upgrade"]
    assert cancel(left, made_by=story.cast.operations, reason="no budget", seen=None).amendment
    story.rows["renewal 4"].refresh_from_db()
    undone = story.undo(story.rows["renewal 4"].act)
    assert facts_of(story.plan) == ("SILVER-MONTHLY", None, 40, MARCH)
    story.go_to(date(2028, 4, 3))
    story.undo(undone)
    assert facts_of(story.plan) == ("SILVER-MONTHLY", None, 40, APRIL)
    story.go_to(date(2028, 11, 30))
    assert story.work() == []
    told = [(each.amendment.name, each.amendment.effective_on, each.status) for each in amendments_of(story.order)]
    names = [(name, row.effective_on) for name, row in story.rows.items()]
    ends = {"another upgrade": "cancelled"}
    assert told == [
        *((name, day, ends.get(name, "applied")) for name, day in names),
        ("Undo of “renewal 4”", date(2028, 4, 2), "applied, undone"),
        ("Redo of “renewal 4”", date(2028, 4, 3), "applied"),
    ]
    assert list(check()) == []


def test_a_worker_that_was_away_for_months_applies_in_order_of_the_days_agreed(story: Story) -> None:
    late = [date(2027, 6, 20), date(2027, 9, 20), date(2027, 12, 20), date(2028, 3, 20), date(2028, 3, 31)]
    done = []
    for day in late:
        story.go_to(day)
        due = [(name, "applied") for on, name, _facts in STATES if on <= day and name not in done]
        assert story.work() == due
        done += [name for name, _status in due]
        assert facts_of(story.plan) == next(facts for on, _name, facts in reversed(STATES) if on <= day)
    acts = Act.objects.exclude(amendment=None).order_by("made_at", "pk").select_related("amendment")
    assert [(act.amendment.name, act.asked["as_of"]) for act in acts] == [
        (name, day.isoformat()) for day, name, _facts in STATES
    ]
    assert support_of(story) == (date(2027, 7, 1), date(2027, 10, 31))
    assert list(check()) == []


LATER_WORDS = "Choose a day after today, or make the change now."
SOONER_WORDS = "Choose a day before the year 3000."


@pytest.mark.usefixtures("_zone")
def test_days_far_in_the_past_and_the_future_are_refused_in_clear_words(
    cast: Cast, clock: time_machine.Traveller
) -> None:
    clock.move_to(moment_of(FIRST) + MINUTE)
    held = cast.entitle("silver_annual")
    operation = SetOverrides(as_of=FIRST, values={"seat_limit": 9})
    for on, words in (
        (date.min, LATER_WORDS),
        (date(1970, 1, 1), LATER_WORDS),
        (FIRST, LATER_WORDS),
        (date(3000, 1, 1), SOONER_WORDS),
        (date.max, SOONER_WORDS),
    ):
        seen = preview_scheduled(operation, [held.pk], on=on)
        answer = schedule(operation, [held.pk], on=on, made_by=cast.operations, seen=None, reason="x")
        for each in (seen, answer):
            assert words in [problem.message for problem in each.problems], on
    assert not Amendment.objects.exists()
    assert schedule(operation, [held.pk], on=FIRST + DAY, made_by=cast.operations, seen=None, reason="x").amendment
