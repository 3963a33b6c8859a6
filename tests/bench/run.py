"""Fill a database and print ratios, each with its target."""

import logging
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import Client
from django.urls import reverse

from entitlements import engine
from entitlements.desk.columns import ENTITLEMENTS
from entitlements.directory.customer_list import HOLDINGS
from entitlements.models import Entitlement, Source
from entitlements.operations import ChangeOffering, SeatChoice, SeatMode
from tests.bench import by_hand
from tests.bench.timing import Spent, measured, repeated
from tests.cast import NOW, TODAY, Cast, make_cast
from tests.entitlements.copies import copy_entitlement
from tests.roles import make_roles

BATCH = 2_000
SMALL = 1_000
SINGLE = 200
REQUESTS = 30
SEATS = 4
SURPLUS = 1


def run(*, entitlements: int) -> None:
    """Make the rows, measure, and print."""
    logging.disable(logging.INFO)
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    make_roles()
    cast = make_cast()
    print(f"PostgreSQL, {entitlements:,} entitlements with {SEATS} seats each\n")
    ids = filled(cast, SMALL)
    small = page_cost(cast, "entitlements:entitlements")
    ids += filled(cast, max(0, entitlements - SMALL))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    large = page_cost(cast, "entitlements:entitlements")
    stock = page_cost(cast, "admin:entitlements_entitlement_changelist")
    line("list page at all rows against 1,000, CPU per request", large.cpu / small.cpu, "at most 1.5")
    line("stock admin change list against the list page, CPU", stock.cpu / large.cpu, "at least 30 at a million")
    dashboard = page_cost(cast, "entitlements:dashboard")
    line("dashboard against the list page, CPU", dashboard.cpu / large.cpu, "at most 2")
    line("list page of 50 rows, kilobytes of HTML", page_bytes(cast, "entitlements:entitlements") / 1_000, "at most 90")
    for sort in ENTITLEMENTS.sorts:
        cost = page_cost(cast, "entitlements:entitlements", sort=sort)
        line(f"list sorted by {sort} against the list as it opens, CPU", cost.cpu / large.cpu, "at most 1.5")
    for holds in HOLDINGS:
        cost = page_cost(cast, "entitlements:customers", holds=holds)
        line(f"customers, {holds}, against the list page, CPU", cost.cpu / large.cpu, "at most 1.5")
    dialog = page_cost(cast, "entitlements:change_offering", ids[0])
    line("opening the dialog that changes the offering, ms of CPU", dialog.cpu / REQUESTS * 1000, "at most 100")
    single(cast, ids[: 2 * SINGLE])
    bulk(cast, ids[2 * SINGLE :])


def line(what: str, ratio: float, target: str) -> None:
    """Print one ratio with its target."""
    print(f"{what:<62} {ratio:8.2f}   {target}")


def filled(cast: Cast, count: int) -> list[UUID]:
    """Make entitlements with seats, quickly, and return their keys."""
    if not count:
        return []
    first = cast.entitle("silver_annual", seats=SEATS).pk
    return [first, *(key for size in sizes(count - 1) for key in copy_entitlement(first, size))]


def sizes(count: int) -> Iterator[int]:
    """Return the sizes of batches that make ``count`` together."""
    for start in range(0, count, BATCH):
        yield min(BATCH, count - start)


def page_cost(cast: Cast, name: str, *args: object, **query: str) -> Spent:
    """Measure requests of a page by an administrator."""
    client, address = administrator(cast), reverse(name, args=args, query=query)
    assert client.get(address).status_code == 200
    return repeated(lambda _number: client.get(address), REQUESTS)


def page_bytes(cast: Cast, name: str) -> int:
    """Return the size of a page for an administrator."""
    return len(administrator(cast).get(reverse(name)).content)


def administrator(cast: Cast) -> Client:
    """Return a browser in which the administrator is logged in."""
    client, person = Client(headers={"host": "localhost"}), cast.people["administrator"]
    person.is_superuser = True
    person.save()
    client.force_login(person, backend=settings.AUTHENTICATION_BACKENDS[-1])
    return client


def operation(cast: Cast) -> ChangeOffering:
    """Return the change that is measured: to another term, fewer seats, the oldest released."""
    oldest = SeatChoice(SeatMode.RELEASE_OLDEST)
    return ChangeOffering(as_of=TODAY, revision_id=cast.revision("bronze_monthly").pk, seats=oldest)


def apply(cast: Cast, ids: list[UUID]) -> None:
    """Change the offering of entitlements as a command would, in batches of one act."""
    act = None
    for start in range(0, len(ids), BATCH):
        act = engine.apply(
            operation(cast), ids[start : start + BATCH], made_by=engine.System("bench"), source=Source.TASK, at=NOW,
            part_of=act,
        ).act  # fmt: skip


def apply_by_hand(cast: Cast, ids: list[UUID]) -> None:
    """Do the same in SQL written by hand."""
    by_hand.change_offering(
        ids,
        revision=cast.revision("bronze_monthly").pk,
        offering=cast.offerings["bronze_monthly"].pk,
        seats=SEATS - SURPLUS,
        surplus=SURPLUS,
        at=NOW,
        ends=TODAY + timedelta(days=30),
    )


def single(cast: Cast, ids: list[UUID]) -> None:
    """Compare one change of offering with one transaction by hand."""
    ours, theirs = ids[:SINGLE], ids[SINGLE:]
    apply(cast, ours[:1])
    apply_by_hand(cast, theirs[:1])
    mine = repeated(lambda number: apply(cast, [ours[number + 1]]), SINGLE - 1)
    plain = repeated(lambda number: apply_by_hand(cast, [theirs[number + 1]]), SINGLE - 1)
    line("one change of offering against SQL by hand, CPU", mine.cpu / plain.cpu, "at most 4")


def bulk(cast: Cast, ids: list[UUID]) -> None:
    """Compare a bulk change with set-based SQL, and with the stock admin's save of each object."""
    half = len(ids) // 2
    with measured() as mine:
        apply(cast, ids[:half])
    with measured() as plain:
        apply_by_hand(cast, ids[half:])
    line(f"bulk change of {half:,} against one SQL transaction, CPU", mine.cpu / plain.cpu, "at most 2.5")
    line(
        f"bulk change of {half:,} against one SQL transaction, wall", mine.wall / plain.wall, "at most 1.5, two workers"
    )
    saved = repeated(lambda number: save_as_admin(cast, ids[number]), SINGLE)
    line("stock admin action for each object against bulk, CPU", saved.cpu / SINGLE * half / mine.cpu, "at least 9")


def save_as_admin(cast: Cast, pk: UUID) -> None:
    """Change one object as a stock admin action does: load, release a seat, save, log."""
    entitlement = Entitlement.objects.select_related("order__customer").get(pk=pk)
    entitlement.offering = cast.offerings["gold_annual"]
    entitlement.revision = cast.revision("gold_annual")
    for seat in entitlement.seats.filter(released_at=None).order_by("activated_at")[:SURPLUS]:
        seat.released_at = NOW
        seat.save()
    entitlement.save()
    LogEntry.objects.create(
        user=cast.operations,
        content_type=ContentType.objects.get_for_model(Entitlement),
        object_id=str(pk),
        object_repr=str(entitlement),
        action_flag=CHANGE,
        change_message="[]",
    )
