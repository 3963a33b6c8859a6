"""Create the whole demo: the catalog, the people, and a year of sales with their later events."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import partial

from dateutil.relativedelta import relativedelta
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction

from entitlements.demo import texts
from entitlements.demo.add_ons import sell_extra_seats
from entitlements.demo.agreements import make_agreements
from entitlements.demo.amendments import schedule_amendments
from entitlements.demo.cases import assign_cases
from entitlements.demo.catalog import (
    PUBLICATIONS,
    UNPUBLISHED,
    Name,
    Publication,
    apply_edit,
    make_catalog,
)
from entitlements.demo.customer_details import write_details
from entitlements.demo.ladders import make_change_groups
from entitlements.demo.people import make_people
from entitlements.demo.renewals import contact_customers, let_seats_come_and_go
from entitlements.demo.run import BILLING, DemoRun
from entitlements.demo.sales import Sale, create_entitlement, date_back, draw_sales
from entitlements.demo.schedule import Schedule
from entitlements.demo.seats import DAYS_UNTIL_SEATS, activate_seats, refresh_use
from entitlements.demo.showcase import finish_showcase, schedule_showcase
from entitlements.engine import rows
from entitlements.models import Customer, Entitlement, Note, NoteKind, new_id
from entitlements.operations import ChangeOffering, Renew
from offerings.models import OfferingKind, PlanType

FIRST_DAY = 400  # days ago
UPDATES = (  # days ago, and an offering; every second entitlement moves to the newest revision
    (285, Name("atlas", "silver", "annual")),
    (200, Name("github", "TEAM", "annual")),
    (110, Name("zapier", "PROFESSIONAL", "monthly")),
)
CUSTOMER_DISABLED = 12  # days ago
ADD_ONS = 3
BATCH_SIZE = 2000


@transaction.atomic
def seed(*, count: int, now: datetime) -> int:
    """Create the demo with ``count`` entitlements as of ``now``, and return their number; writes.

    The same day and count give the same demo, except for keys.
    """
    begin = now - timedelta(days=FIRST_DAY)
    people = make_people(joined_at=begin)
    run = DemoRun(now, make_catalog(at=begin, by=people["manager"]), people)
    schedule = Schedule(run)
    showcase = schedule_showcase(schedule)
    add_ons = min(ADD_ONS, max(0, count - 1) // 10)
    sales = draw_sales(run, max(0, count - 1 - add_ons))
    assign_cases(schedule, sales)
    _schedule_catalog(schedule)
    _schedule_sales(schedule, sales)
    _schedule_renewals(schedule, [*sales, showcase])
    make_change_groups(run.catalog, at=begin, by=people["manager"])
    schedule.carry_out()
    sell_extra_seats(run, add_ons)
    _finish(schedule, sales, showcase)
    schedule_amendments(run)
    make_agreements(run)
    return Entitlement.objects.count()


def _schedule_catalog(schedule: Schedule) -> None:
    run = schedule.run
    for publication in PUBLICATIONS:
        schedule.on(publication.days_ago, partial(_publish, run, publication))
    for days_ago, name in UPDATES:
        schedule.on(days_ago, partial(_update_some, run, name))


def _publish(run: DemoRun, publication: Publication, at: datetime) -> None:
    run.catalog.publish(publication.edits, note=publication.note, at=at, by=run.people["manager"])


def _update_some(run: DemoRun, name: Name, at: datetime) -> None:
    """Move every second entitlement of an offering to the newest revision, in one act."""
    revision_id = run.catalog.revision_id(name)
    outdated = Entitlement.objects.filter(offering=run.catalog.offerings[name]).exclude(revision=revision_id)
    ids = list(outdated.order_by("pk").values_list("pk", flat=True))[::2]
    by = run.people["operations"]
    run.carry_out(ChangeOffering, ids, at=at, by=by, revision_id=revision_id, reason=texts.UPDATE, reference="CHG-77")


def _schedule_sales(schedule: Schedule, sales: Sequence[Sale]) -> None:
    weeks: dict[int, list[Sale]] = {}
    for sale in sales:
        schedule.on(sale.days_ago, partial(create_entitlement, schedule.run, sale))
        weeks.setdefault(max(1, (sale.days_ago - DAYS_UNTIL_SEATS) // 7 * 7), []).append(sale)
    for days_ago, week in weeks.items():
        schedule.on(days_ago, partial(_activate_seats, schedule.run, week))


def _activate_seats(run: DemoRun, sales: Sequence[Sale], _at: datetime) -> None:
    activate_seats(run, {sale.key: sale.fill for sale in sales if sale.id})


def _schedule_renewals(schedule: Schedule, sales: Sequence[Sale]) -> None:
    """Schedule the billing runs: on the first of each month they renew the entitlements that end within the month."""
    first = schedule.run.today.replace(day=1)
    for months in range(FIRST_DAY // 31 + 1):
        day = first - relativedelta(months=months)
        if day < schedule.run.today:
            schedule.on((schedule.run.today - day).days, partial(_renew, schedule.run, sales, day))


def _renew(run: DemoRun, sales: Sequence[Sale], day: date, at: datetime) -> None:
    renewed = {sale.id for sale in sales if sale.is_renewed}
    ending = Entitlement.objects.filter(
        expires_on__gte=day,
        expires_on__lt=day + relativedelta(months=1),
        disabled_at=None,
        kind=OfferingKind.PLAN,
    ).exclude(revision__terms__plan_type=PlanType.TRIAL)
    ids = [key for key in ending.order_by("pk").values_list("pk", flat=True) if key in renewed]
    run.carry_out(Renew, ids, at=at, by=BILLING, reference=f"Billing run {day:%Y-%m}")


def _finish(schedule: Schedule, sales: Sequence[Sale], showcase: Sale) -> None:
    """Refresh seats and use, write notes and dates, and make one edit of the catalog without publishing it."""
    ids = [sale.key for sale in [*sales, showcase] if sale.id]
    for start in range(0, len(ids), BATCH_SIZE):
        refresh_use(schedule.run, ids[start : start + BATCH_SIZE])
    finish_showcase(schedule, showcase)
    _write_notes(schedule, sales)
    _disable_a_customer(schedule, sales)
    customers = {sale.customer.pk: sale.customer for sale in sales}
    write_details(schedule.run, list(customers.values()), showcase.customer)
    contact_customers(schedule.run)
    for start in range(0, len(ids), BATCH_SIZE):
        let_seats_come_and_go(schedule.run, ids[start : start + BATCH_SIZE])
    date_back()
    apply_edit(UNPUBLISHED, at=schedule.run.now, by=schedule.run.people["manager"])


def _write_notes(schedule: Schedule, sales: Sequence[Sale]) -> None:
    run = schedule.run
    noted = [sale for sale in sales if sale.id and run.random.random() < 0.15]
    authors = [run.people["support"].pk, run.people["operations"].pk]
    notes = [
        {
            "pk": new_id(),
            "kind": NoteKind.NOTE.value,
            "about": None,
            "entitlement": sale.key,
            "text": schedule.pick(texts.NOTES),
            "author": run.random.choice(authors),
            "created_at": run.moment(run.random.randint(0, sale.days_ago)),
        }
        for sale in noted
    ]
    rows.insert(Note, notes)


def _disable_a_customer(schedule: Schedule, sales: Sequence[Sale]) -> None:
    """Disable the customer of one sale, an ordinary edit, with its line in Django's log."""
    if not sales:
        return
    run = schedule.run
    customer, at = sales[len(sales) // 2].customer, run.moment(CUSTOMER_DISABLED)
    Customer.objects.filter(pk=customer.pk).update(disabled_at=at)
    LogEntry.objects.create(
        action_time=at,
        user=run.people["administrator"],
        content_type=ContentType.objects.get_for_model(Customer),
        object_id=str(customer.pk),
        object_repr=str(customer),
        action_flag=CHANGE,
        change_message="Disabled: in administration, no invoice has been paid since spring.",
    )
