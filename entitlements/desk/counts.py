"""Counts of entitlements by status, and of entitlements that staff watch."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib.admin.models import LogEntry
from django.core.cache import cache
from django.db.models import Count, Q, QuerySet, Sum
from django.utils import timezone

from entitlements.models import Entitlement
from entitlements.state import Status
from offerings.models import Offering, Revision
from offerings.revisions import unpublished

EXPIRING_DAYS = 30
MANY = 100_000
FEW = 1_000  # entitlements that are counted for each view of the list
CACHE_SECONDS = 60
WATCHED = ("overridden", "overrides", "outdated")


@dataclass(frozen=True, slots=True)
class Counts:
    """Counts of entitlements on one day; what staff watch is counted of those that have not ended.

    ``expires_before`` is the first day that does not count as expiring soon; ``overrides`` are rights set by hand, of
    which one entitlement may have several.

    ``counted_at`` (aware UTC) is set where the numbers may be up to a minute old.
    """

    expires_before: date
    counted_at: datetime | None = None
    by_status: Mapping[Status, int] = field(default_factory=dict)
    overridden: int = 0
    overrides: int = 0
    over_limit: int = 0
    outdated: int = 0
    expiring: int = 0

    @property
    def total(self) -> int:
        """Return the number of entitlements, ended ones included."""
        return sum(self.by_status.values())


def recent_counts(today: date) -> Counts:
    """Return the counts on ``today``, from ``MANY`` entitlements on with counts of up to a minute ago.

    One pass over a million rows takes about a second, too long for each view of the dashboard. The estimated number
    of rows comes from PostgreSQL's statistics.
    """
    is_kept = (Entitlement.objects.estimated_count() or 0) >= MANY
    found: Counts | None = cache.get(_key(today)) if is_kept else None
    if found is None:
        found = counts_on(today)
        kept = replace(found, counted_at=timezone.now())
        cache.set(_key(today), kept, CACHE_SECONDS)
        return kept if is_kept else found
    return found


def counts_at_hand(today: date) -> Counts | None:
    """Return the counts on ``today`` where they cost next to nothing; ``None`` where nobody has counted for a minute.

    Up to ``FEW`` entitlements are counted; of more, the counts are those of the last view of the dashboard.
    """
    if Entitlement.objects.order_by().values("pk")[: FEW + 1].count() <= FEW:
        return counts_on(today)
    found: Counts | None = cache.get(_key(today))
    return found


def _key(today: date) -> str:
    return f"entitlements.counts.{today.isoformat()}"


def unpublished_count() -> int:
    """Return the number of offerings on sale with unpublished changes, as of the newest line in the log.

    Comparing every draft with its newest revision is most of the work of the dashboard. Every edit of the catalog
    leaves a line in the log; what is written past the log is seen a minute later. Two queries, six more after an edit.
    """
    newest = LogEntry.objects.order_by("-pk").values_list("pk", flat=True).first()
    revision = Revision.objects.order_by("-pk").values_list("pk", flat=True).first()
    key = f"offerings.unpublished.{newest}.{revision}"
    found: int | None = cache.get(key)
    if found is None:
        found = len(unpublished(Offering.objects.on_sale()))
        cache.set(key, found, CACHE_SECONDS)
    return found


def counts_on(today: date) -> Counts:
    """Return the counts on ``today``: one query that reads every entitlement once, and one with an index of its own.

    No index answers the first, as a status depends on the day; a query for each count would read every row each time.
    The second reads those over the limit of their offering alone, and asks about the add-ons beside them.
    """
    expires_before = today + timedelta(days=EXPIRING_DAYS + 1)
    rows = (
        Entitlement.objects.with_status(today)
        .order_by()
        .values("status")
        .annotate(
            count=Count("pk"),
            overridden=Count("pk", filter=Q(override_count__gt=0)),
            overrides=Sum("override_count"),
            outdated=Count("pk", filter=Q(revision__in=outdated_revisions())),
            expiring=Count("pk", filter=Q(expires_on__lt=expires_before)),
        )
    )
    found = {Status(row.pop("status")): row for row in rows}
    watched = [row for status, row in found.items() if status is not Status.ENDED]
    return Counts(
        expires_before=expires_before,
        by_status={status: found[status]["count"] if status in found else 0 for status in Status},
        **{name: sum(row[name] for row in watched) for name in WATCHED},
        over_limit=Entitlement.objects.over_limit(today).count(),
        expiring=found[Status.ACTIVE]["expiring"] if Status.ACTIVE in found else 0,
    )


def outdated_revisions() -> QuerySet[Revision, Any]:
    """Return the keys of the revisions that are not the newest of their offering, as a query to nest."""
    return Revision.objects.outdated().order_by().values("pk")
