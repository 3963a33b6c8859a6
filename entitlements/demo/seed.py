"""Make the whole demo: catalog, people, a year of orders and what became of them."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import partial

from dateutil.relativedelta import relativedelta
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction

from entitlements.demo import texts
from entitlements.demo.catalog import (
    PUBLICATIONS,
    UNPUBLISHED,
    Name,
    Publication,
    apply_edit,
    make_catalog,
)
from entitlements.demo.desk import BILLING, Desk
from entitlements.demo.ladders import make_change_groups
from entitlements.demo.orders import Order, carry_out, date_back, draw_orders
from entitlements.demo.people import make_people
from entitlements.demo.seats import DAYS_UNTIL_SETTLED, bring_up_to_date, settle_in
from entitlements.demo.showcase import finish_showcase, schedule_showcase
from entitlements.demo.story import Story, assign_cases
from entitlements.engine import rows
from entitlements.models import Customer, Entitlement, Note, new_id
from entitlements.operations import ChangeOffering, Renew
from offerings.models import OfferingKind, PlanType

FIRST_DAY = 400  # days ago
UPDATES = (  # some of the holders move to the newest revision, so many days ago
    (285, Name("atlas", "silver", "annual")),
    (200, Name("github", "TEAM", "annual")),
    (110, Name("zapier", "PROFESSIONAL", "monthly")),
)
CUSTOMER_DISABLED = 12  # days ago
BATCH_SIZE = 2000


@transaction.atomic
def seed(*, count: int, now: datetime) -> int:
    """Make the demo with ``count`` entitlements as of ``now``, and return how many there are; writes.

    The same day and count give the same demo, but for keys.
    """
    begin = now - timedelta(days=FIRST_DAY)
    people = make_people(joined_at=begin)
    desk = Desk(now, make_catalog(at=begin, by=people["manager"]), people)
    story = Story(desk)
    showcase = schedule_showcase(story)
    orders = draw_orders(desk, max(0, count - 1))
    assign_cases(story, orders)
    _schedule_catalog(story)
    _schedule_orders(story, orders)
    _schedule_renewals(story, [*orders, showcase])
    story.tell()
    make_change_groups(desk.catalog)
    _finish(story, orders, showcase)
    return Entitlement.objects.count()


def _schedule_catalog(story: Story) -> None:
    desk = story.desk
    for publication in PUBLICATIONS:
        story.on(publication.days_ago, partial(_publish, desk, publication))
    for days_ago, name in UPDATES:
        story.on(days_ago, partial(_update_some, desk, name))


def _publish(desk: Desk, publication: Publication, at: datetime) -> None:
    desk.catalog.publish(publication.edits, note=publication.note, at=at, by=desk.people["manager"])


def _update_some(desk: Desk, name: Name, at: datetime) -> None:
    """Move every second holder of an offering to its newest revision, in one act."""
    revision_id = desk.catalog.revision_id(name)
    held = Entitlement.objects.filter(offering=desk.catalog.offerings[name]).exclude(revision=revision_id)
    ids = list(held.order_by("pk").values_list("pk", flat=True))[::2]
    by = desk.people["operations"]
    desk.do(ChangeOffering, ids, at=at, by=by, revision_id=revision_id, reason=texts.UPDATE, reference="CHG-77")


def _schedule_orders(story: Story, orders: Sequence[Order]) -> None:
    weeks: dict[int, list[Order]] = {}
    for order in orders:
        story.on(order.days_ago, partial(_carry_out, story.desk, order))
        weeks.setdefault(max(1, (order.days_ago - DAYS_UNTIL_SETTLED) // 7 * 7), []).append(order)
    for days_ago, settled in weeks.items():
        story.on(days_ago, partial(_settle_in, story.desk, settled))


def _carry_out(desk: Desk, order: Order, at: datetime) -> None:
    carry_out(desk, order, at=at)


def _settle_in(desk: Desk, orders: Sequence[Order], _at: datetime) -> None:
    settle_in(desk, {order.key: order.fill for order in orders if order.id})


def _schedule_renewals(story: Story, orders: Sequence[Order]) -> None:
    """Let billing renew on the first of each month what ends within that month."""
    first = story.desk.today.replace(day=1)
    for months in range(FIRST_DAY // 31 + 1):
        day = first - relativedelta(months=months)
        if day < story.desk.today:
            story.on((story.desk.today - day).days, partial(_renew, story.desk, orders, day))


def _renew(desk: Desk, orders: Sequence[Order], day: date, at: datetime) -> None:
    renewed = {order.id for order in orders if order.is_renewed}
    ending = Entitlement.objects.filter(
        expires_on__gte=day,
        expires_on__lt=day + relativedelta(months=1),
        disabled_at=None,
        kind=OfferingKind.PLAN,
    ).exclude(revision__terms__plan_type=PlanType.TRIAL)
    ids = [key for key in ending.order_by("pk").values_list("pk", flat=True) if key in renewed]
    desk.do(Renew, ids, at=at, by=BILLING, reference=f"Billing run {day:%Y-%m}")


def _finish(story: Story, orders: Sequence[Order], showcase: Order) -> None:
    """Bring seats and use up to date, write notes and dates, and leave one edit of the catalog unpublished."""
    ids = [order.key for order in [*orders, showcase] if order.id]
    for start in range(0, len(ids), BATCH_SIZE):
        bring_up_to_date(story.desk, ids[start : start + BATCH_SIZE])
    finish_showcase(story, showcase)
    _write_notes(story, orders)
    _disable_a_customer(story, orders)
    date_back()
    apply_edit(UNPUBLISHED)


def _write_notes(story: Story, orders: Sequence[Order]) -> None:
    desk = story.desk
    noted = [order for order in orders if order.id and desk.chance.random() < 0.15]
    authors = [desk.people["support"].pk, desk.people["operations"].pk]
    notes = [
        {
            "pk": new_id(),
            "entitlement": order.key,
            "text": story.pick(texts.NOTES),
            "author": desk.chance.choice(authors),
            "created_at": desk.moment(desk.chance.randint(0, order.days_ago)),
        }
        for order in noted
    ]
    rows.insert(Note, notes)


def _disable_a_customer(story: Story, orders: Sequence[Order]) -> None:
    """Disable the customer of one order, an ordinary edit, with its line in Django's log."""
    if not orders:
        return
    desk = story.desk
    customer, at = orders[len(orders) // 2].customer, desk.moment(CUSTOMER_DISABLED)
    Customer.objects.filter(pk=customer.pk).update(disabled_at=at)
    LogEntry.objects.create(
        action_time=at,
        user=desk.people["administrator"],
        content_type=ContentType.objects.get_for_model(Customer),
        object_id=str(customer.pk),
        object_repr=str(customer),
        action_flag=CHANGE,
        change_message="Disabled: in administration, no invoice has been paid since spring.",
    )
