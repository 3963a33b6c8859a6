"""Drift: entitlements that are not on the newest revision of their offering."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Q

from entitlements.desk.counts import outdated_revisions
from entitlements.models import Entitlement
from offerings.models import Offering, Revision
from offerings.prices import price_line
from offerings.revisions import RevisionDiff, diff_of, newest_revisions
from offerings.tables import PRICES, DiffRow, diff_rows
from offerings.totals import NO_PRICE

CHIPS = 5
IS_OVERRIDDEN = Q(override_count__gt=0)


@dataclass(frozen=True, slots=True)
class OutdatedRevision:
    """An earlier revision with the number of its entitlements, and its differences from the newest revision."""

    revision: Revision
    newest: Revision
    count: int
    overridden: int

    @property
    def diff(self) -> RevisionDiff:
        """Return the differences from this revision to the newest."""
        return diff_of(self.revision, self.newest)

    @property
    def rows(self) -> list[DiffRow]:
        """Return the differences in words."""
        return diff_rows(self.diff)

    @property
    def price(self) -> str:
        """Return the price of one of them before and after, each seat for itself; empty where it stays."""
        before, after = (
            price_line(each.prices, each.terms.get("billing_period", "")) or NO_PRICE
            for each in (self.revision, self.newest)
        )
        return f"{before} → {after}" if before != after else ""

    @property
    def chips(self) -> list[DiffRow]:
        """Return the first few differences, prices apart."""
        return [row for row in self.rows if row.section != PRICES][:CHIPS]

    @property
    def more(self) -> int:
        """Return the number of differences without a chip."""
        return max(0, self.diff.count() - len(self.diff.prices) - CHIPS)


@dataclass(frozen=True, slots=True)
class OutdatedOffering:
    """An offering with its earlier revisions that have entitlements, newest first."""

    offering: Offering
    newest: Revision
    revisions: tuple[OutdatedRevision, ...]

    @property
    def count(self) -> int:
        """Return the number of entitlements on earlier revisions."""
        return sum(each.count for each in self.revisions)


def drift(*, product: str = "") -> list[OutdatedOffering]:
    """Return the offerings with entitlements on earlier revisions, most entitlements first; three queries at most.

    ``product`` is the code of a product to filter by. The counts leave out ended entitlements, and read only the index
    of the foreign key to revisions: nearly all entitlements are on the newest revision, and the query skips these.
    """
    outdated = Entitlement.objects.filter(revision__in=outdated_revisions(), ended_on=None)
    if product:
        outdated = outdated.filter(product__code=product)
    counted = outdated.order_by().values_list("revision")
    return _outdated_offerings(counted.annotate(count=Count("pk"), overridden=Count("pk", filter=IS_OVERRIDDEN)))


def drift_of(revision: Revision) -> OutdatedRevision | None:
    """Return one revision with the number of its entitlements; ``None`` for the newest revision. Two queries."""
    newest = newest_revisions([revision.offering_id])[revision.offering_id]
    if newest.pk == revision.pk:
        return None
    outdated = Entitlement.objects.filter(revision=revision, ended_on=None)
    numbers = outdated.aggregate(count=Count("pk"), overridden=Count("pk", filter=IS_OVERRIDDEN))
    return OutdatedRevision(revision, newest, numbers["count"], numbers["overridden"])


def _outdated_offerings(counts: Iterable[tuple[int, int, int]]) -> list[OutdatedOffering]:
    numbers = {pk: (count, overridden) for pk, count, overridden in counts}
    revisions = Revision.objects.filter(pk__in=numbers).select_related("offering__product").order_by("-number")
    found: dict[int, list[Revision]] = {}
    for revision in revisions:
        found.setdefault(revision.offering_id, []).append(revision)
    newest = newest_revisions(found)
    groups = [
        OutdatedOffering(
            offering=rows[0].offering,
            newest=newest[key],
            revisions=tuple(OutdatedRevision(row, newest[key], *numbers[row.pk]) for row in rows),
        )
        for key, rows in found.items()
    ]
    return sorted(groups, key=lambda group: (-group.count, group.offering.sku))
