"""How far entitlements are behind the catalog: who is not on the newest revision."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Q

from entitlements.desk.counts import outdated_revisions
from entitlements.models import Entitlement
from offerings.models import Offering, Revision
from offerings.revisions import RevisionDiff, diff_of, newest_revisions
from offerings.tables import DiffRow, diff_rows

CHIPS = 5
IS_OVERRIDDEN = Q(override_count__gt=0)


@dataclass(frozen=True, slots=True)
class OutdatedRevision:
    """An earlier revision, how many entitlements hold it, and what the newest says otherwise."""

    revision: Revision
    newest: Revision
    count: int
    overridden: int

    @property
    def diff(self) -> RevisionDiff:
        """Return what moving to the newest revision would change."""
        return diff_of(self.revision, self.newest)

    @property
    def rows(self) -> list[DiffRow]:
        """Return the difference in words."""
        return diff_rows(self.diff)

    @property
    def chips(self) -> list[DiffRow]:
        """Return the first few differences."""
        return self.rows[:CHIPS]

    @property
    def more(self) -> int:
        """Return how many differences the chips leave out."""
        return max(0, self.diff.count() - CHIPS)


@dataclass(frozen=True, slots=True)
class OutdatedOffering:
    """An offering with the earlier revisions that are still held, newest first."""

    offering: Offering
    newest: Revision
    revisions: tuple[OutdatedRevision, ...]

    @property
    def count(self) -> int:
        """Return how many entitlements are behind."""
        return sum(each.count for each in self.revisions)


def drift(*, product: str = "") -> list[OutdatedOffering]:
    """Return what is held of earlier revisions, by offering, most first; three queries for any number.

    ``product`` is a code and narrows. The index of the foreign key to revisions counts: entitlements on the newest
    revision, nearly all, are not read. Ended entitlements hold nothing and are left out.
    """
    held = Entitlement.objects.filter(revision__in=outdated_revisions(), ended_on=None)
    if product:
        held = held.filter(product__code=product)
    counted = held.order_by().values_list("revision")
    return _grouped(counted.annotate(count=Count("pk"), overridden=Count("pk", filter=IS_OVERRIDDEN)))


def drift_of(revision: Revision) -> OutdatedRevision | None:
    """Return what is held of one revision; ``None`` where it is the newest. Two queries."""
    newest = newest_revisions([revision.offering_id])[revision.offering_id]
    if newest.pk == revision.pk:
        return None
    held = Entitlement.objects.filter(revision=revision, ended_on=None)
    numbers = held.aggregate(count=Count("pk"), overridden=Count("pk", filter=IS_OVERRIDDEN))
    return OutdatedRevision(revision, newest, numbers["count"], numbers["overridden"])


def _grouped(counts: Iterable[tuple[int, int, int]]) -> list[OutdatedOffering]:
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
