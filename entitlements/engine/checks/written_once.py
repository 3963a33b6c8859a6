"""Check the tables that are written once: their triggers, open erasures, the digests of rows. Writes nothing."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Count, Exists, F, Max, OuterRef, QuerySet

from config.digests import digest_of
from config.triggers import refuses_changes
from entitlements.engine.checks.findings import Code, Difference
from entitlements.models import Act, Change
from entitlements.models.privacy import GUARDS, Erasure
from offerings.models import AppendOnly, Revision

BATCH_SIZE = 2000


def unprotected_tables() -> Iterator[Difference]:
    """Yield the tables that are written once and whose triggers are missing, changed or switched off; a query each."""
    written_once = {model._meta.db_table for model in AppendOnly.__subclasses__()}
    for table in sorted(written_once | set(GUARDS)):
        if not refuses_changes(table, GUARDS.get(table)):
            yield Difference(f"table {table}", Code.TRIGGER_MISSING, "triggers", "missing", "UPDATE and DELETE refused")


def open_erasures() -> Iterator[Difference]:
    """Yield the erasures that are open: each lets texts in the log be replaced; one query."""
    for erasure in Erasure.objects.filter(finished_at=None).order_by("pk"):
        yield Difference(f"erasure {erasure.pk}", Code.ERASURE_OPEN, "finished_at", "nothing", "the end of the erasure")


def act_differences(*, batch_size: int = BATCH_SIZE) -> Iterator[Difference]:
    """Yield acts that do not fit their digest, and acts without changes; a query for each batch."""
    changes = Change.objects.filter(act=OuterRef("pk"))
    for act in _rows(Act.objects.annotate(has_changes=Exists(changes)), size=batch_size):
        if digest_of(act) != act.digest:
            yield Difference(f"act {act.pk}", Code.ACT_REWRITTEN, "digest", act.digest or "none", digest_of(act))
        if not act.has_changes:
            yield Difference(f"act {act.pk}", Code.ACT_WITHOUT_CHANGES, "changes", "none", "at least one")


def revision_differences(*, batch_size: int = BATCH_SIZE) -> Iterator[Difference]:
    """Yield revisions that do not fit their digest, and offerings whose revisions have a gap in their numbers."""
    for row in _rows(Revision.objects.all(), size=batch_size):
        if digest_of(row) != row.digest:
            name = f"revision {row.pk}"
            yield Difference(name, Code.REVISION_REWRITTEN, "digest", row.digest or "none", digest_of(row))
    numbers = Revision.objects.order_by().values("offering").annotate(count=Count("pk"), newest=Max("number"))
    for each in numbers.exclude(count=F("newest")).values_list("offering", "count", "newest"):
        yield Difference(f"offering {each[0]}", Code.REVISION_GONE, "revisions", each[1], each[2])


def _rows(rows: "QuerySet[Any]", *, size: int) -> Iterator[Any]:
    """Yield rows in order of their keys, ``size`` for each query."""
    page = list(rows.order_by("pk")[:size])
    while page:
        yield from page
        page = list(rows.filter(pk__gt=page[-1].pk).order_by("pk")[:size])
