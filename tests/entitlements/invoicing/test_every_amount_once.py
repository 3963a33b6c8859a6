"""A year of an order: the file of lines and what would be invoiced bill every amount once, and nothing twice."""

from calendar import monthrange
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from uuid import UUID

import pytest

from entitlements import engine
from entitlements.invoicing.drafts import draft_of
from entitlements.invoicing.loading import courses_on
from entitlements.invoicing.stored_lines import rows_due
from entitlements.models import Entitlement, Order, Source
from entitlements.operations import ChangeOffering, Operation, RemoveProduct, Renew
from offerings.models import Charge
from offerings.revisions import publish
from tests.add_ons import offer_add_on
from tests.cast import KEEP, Cast

pytestmark = pytest.mark.django_db

SILVER, GOLD, SERVICE, SUPPORT = (Decimal(amount) for amount in ("130.20", "260.40", "390.60", "520.80"))
"""Of each, the part for a day is exact in months of 28, 30 and 31 days."""
FEE = Decimal(90)
SOLD, ADDED, UPGRADED, ACTIVATED = date(2026, 3, 1), date(2026, 4, 11), date(2026, 5, 16), date(2026, 6, 6)
REMOVED, RENEWED, DOWNGRADED, END = date(2026, 9, 10), date(2027, 2, 20), date(2027, 3, 15), date(2027, 4, 1)
MONTHS = [date(2026 + number // 12, number % 12 + 1, 1) for number in range(2, 16)]
HELD = (  # each price with the days on which it is charged, from one to before the other
    (SILVER, SOLD, UPGRADED),
    (SUPPORT, ADDED, REMOVED),
    (GOLD, UPGRADED, DOWNGRADED),
    (SERVICE, ACTIVATED, DOWNGRADED),
    (SILVER, DOWNGRADED, END),
)


@pytest.fixture
def priced(cast: Cast) -> Cast:
    """Sell Silver, Gold with a fee and a service that starts with its activation, and an add-on, by the month."""
    offer_add_on(cast, "support", available_for=["silver", "gold"])
    names = ("silver_annual", "gold_annual", "support_annual")
    offerings = [cast.offerings[name] for name in names]
    for offering, amount in zip(offerings, (SILVER, GOLD, SUPPORT), strict=True):
        offering.plan.billing_period = "P1M"
        offering.plan.save()
        Charge.objects.filter(offering=offering).delete()
        Charge.objects.create(offering=offering, key="price", kind="recurring", amount=amount, currency="EUR")
    gold = cast.offerings["gold_annual"]
    Charge.objects.create(offering=gold, key="fee", kind="one_time", amount=FEE, currency="EUR")
    Charge.objects.create(
        offering=gold, key="service", kind="recurring", amount=SERVICE, currency="EUR", trigger="service_activation"
    )
    publish(offerings, published_by=None, published_by_name="tests")
    return cast


def moment(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 9, tzinfo=UTC)


def carry_out(cast: Cast, operation: Operation, ids: Sequence[UUID], **triggers: date) -> None:
    result = engine.apply(
        operation,
        ids,
        made_by=cast.operations,
        source=Source.PAGE,
        reason="As agreed",
        at=moment(operation.as_of),
        triggers=triggers,
    )
    assert result.act, [problem for each in result.outcomes for problem in each.preview.problems]


def in_the_draft(order: UUID, month: date) -> Decimal:
    """Return what would be invoiced on the last day of a month."""
    Order.objects.filter(pk=order).update(invoiced_through=month)
    last = month + timedelta(days=monthrange(month.year, month.month)[1] - 1)
    courses, _unfit = courses_on(order, last)
    draft = draft_of(courses, on=last)
    assert not draft.problems
    return sum((each.line.amount for each in draft.lines), Decimal(0))


def in_the_files(order: UUID) -> Decimal:
    """Return the sum of the files of all months."""
    return sum(
        (row[13] for since, until in pairwise(MONTHS) for row in rows_due(since, until, order=order)), Decimal(0)
    )


def by_the_day() -> Decimal:
    """Return what every day of every price comes to, with what is due once."""
    found = FEE
    for price, since, until in HELD:
        for number in range((until - since).days):
            day = since + timedelta(days=number)
            found += price / monthrange(day.year, day.month)[1]
    return found


def change(cast: Cast, plan: Entitlement, day: date) -> None:
    """Carry out what the year has on a day."""
    if day == ADDED:
        cast.entitle("support_annual", order=plan.order_id, at=moment(day))
    elif day == REMOVED:
        added = Entitlement.objects.exclude(pk=plan.pk).get(order=plan.order_id)
        carry_out(cast, RemoveProduct(as_of=day), [added.pk])
    elif day == RENEWED:
        carry_out(cast, Renew(as_of=day), [plan.pk])
    else:
        name = "gold_annual" if day == UPGRADED else "silver_annual"
        target = ChangeOffering(as_of=day, revision_id=cast.revision(name).pk, seats=KEEP)
        carry_out(cast, target, [plan.pk], service_activation=ACTIVATED)


@pytest.mark.parametrize("is_read_late", [False, True], ids=["drafts month by month", "drafts at the end"])
def test_drafts_and_files_together_bill_every_day_once(priced: Cast, *, is_read_late: bool) -> None:
    plan = priced.entitle("silver_annual", at=moment(SOLD))
    Order.objects.update(billing_day=1)
    drafted = Decimal(0)
    for month, following in pairwise(MONTHS):
        Order.objects.update(invoiced_through=None if is_read_late else month)
        for day in (ADDED, UPGRADED, REMOVED, RENEWED, DOWNGRADED):
            if month <= day < following:
                change(priced, plan, day)
        drafted += Decimal(0) if is_read_late else in_the_draft(plan.order_id, month)
    if is_read_late:
        drafted = sum((in_the_draft(plan.order_id, month) for month in MONTHS[:-1]), Decimal(0))
    assert drafted + in_the_files(plan.order_id) == by_the_day()


def test_what_was_made_after_it_was_due_is_in_the_file_of_the_day_it_was_made(priced: Cast) -> None:
    plan = priced.entitle("silver_annual", at=moment(SOLD))
    target = ChangeOffering(as_of=date(2026, 5, 31), revision_id=priced.revision("gold_annual").pk, seats=KEEP)
    engine.apply(
        target,
        [plan.pk],
        made_by=priced.operations,
        source=Source.PAGE,
        reason="As agreed",
        at=moment(date(2026, 6, 2)),
    )
    may, june, july = date(2026, 5, 1), date(2026, 6, 1), date(2026, 7, 1)
    assert list(rows_due(may, june, order=plan.order_id)) == []
    found = [(row[0], row[5]) for row in rows_due(june, july, order=plan.order_id)]
    assert found
    assert {day for day, _charge in found} == {date(2026, 5, 31)}
