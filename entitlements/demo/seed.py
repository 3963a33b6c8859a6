"""Make the whole demo: catalog, people, a year of sales and what became of them."""

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
from entitlements.demo.people import make_people
from entitlements.demo.sales import Sale, carry_out, date_back, draw_sales
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
    sales = draw_sales(desk, max(0, count - 1))
    assign_cases(story, sales)
    _schedule_catalog(story)
    _schedule_sales(story, sales)
    _schedule_renewals(story, [*sales, showcase])
    story.tell()
    make_change_groups(desk.catalog)
    _finish(story, sales, showcase)
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


def _schedule_sales(story: Story, sales: Sequence[Sale]) -> None:
    weeks: dict[int, list[Sale]] = {}
    for sale in sales:
        story.on(sale.days_ago, partial(_carry_out, story.desk, sale))
        weeks.setdefault(max(1, (sale.days_ago - DAYS_UNTIL_SETTLED) // 7 * 7), []).append(sale)
    for days_ago, settled in weeks.items():
        story.on(days_ago, partial(_settle_in, story.desk, settled))


def _carry_out(desk: Desk, sale: Sale, at: datetime) -> None:
    carry_out(desk, sale, at=at)


def _settle_in(desk: Desk, sales: Sequence[Sale], _at: datetime) -> None:
    settle_in(desk, {sale.key: sale.fill for sale in sales if sale.id})


def _schedule_renewals(story: Story, sales: Sequence[Sale]) -> None:
    """Let billing renew on the first of each month what ends within that month."""
    first = story.desk.today.replace(day=1)
    for months in range(FIRST_DAY // 31 + 1):
        day = first - relativedelta(months=months)
        if day < story.desk.today:
            story.on((story.desk.today - day).days, partial(_renew, story.desk, sales, day))


def _renew(desk: Desk, sales: Sequence[Sale], day: date, at: datetime) -> None:
    renewed = {sale.id for sale in sales if sale.is_renewed}
    ending = Entitlement.objects.filter(
        expires_on__gte=day,
        expires_on__lt=day + relativedelta(months=1),
        disabled_at=None,
        kind=OfferingKind.PLAN,
    ).exclude(revision__terms__plan_type=PlanType.TRIAL)
    ids = [key for key in ending.order_by("pk").values_list("pk", flat=True) if key in renewed]
    desk.do(Renew, ids, at=at, by=BILLING, reference=f"Billing run {day:%Y-%m}")


def _finish(story: Story, sales: Sequence[Sale], showcase: Sale) -> None:
    """Bring seats and use up to date, write notes and dates, and leave one edit of the catalog unpublished."""
    ids = [sale.key for sale in [*sales, showcase] if sale.id]
    for start in range(0, len(ids), BATCH_SIZE):
        bring_up_to_date(story.desk, ids[start : start + BATCH_SIZE])
    finish_showcase(story, showcase)
    _write_notes(story, sales)
    _disable_a_customer(story, sales)
    date_back()
    apply_edit(UNPUBLISHED)


def _write_notes(story: Story, sales: Sequence[Sale]) -> None:
    desk = story.desk
    noted = [sale for sale in sales if sale.id and desk.chance.random() < 0.15]
    authors = [desk.people["support"].pk, desk.people["operations"].pk]
    notes = [
        {
            "pk": new_id(),
            "entitlement": sale.key,
            "text": story.pick(texts.NOTES),
            "author": desk.chance.choice(authors),
            "created_at": desk.moment(desk.chance.randint(0, sale.days_ago)),
        }
        for sale in noted
    ]
    rows.insert(Note, notes)


def _disable_a_customer(story: Story, sales: Sequence[Sale]) -> None:
    """Disable the customer of one sale, an ordinary edit, with its line in Django's log."""
    if not sales:
        return
    desk = story.desk
    customer, at = sales[len(sales) // 2].customer, desk.moment(CUSTOMER_DISABLED)
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
