"""The number of entitlements that hold an offering or a revision: the one query of the catalog about holders."""

from collections.abc import Iterable

from django.db.models import Count, Q

from offerings.models import Revision


def holders_by_revision(offering_ids: Iterable[int]) -> dict[int, list[tuple[Revision, int]]]:
    """Return the revisions of each offering, newest first, with the number of entitlements not ended; one query."""
    holders = Count("entitlements", filter=Q(entitlements__ended_on=None))
    revisions = Revision.objects.filter(offering__in=list(offering_ids)).order_by("-number").annotate(holders=holders)
    found: dict[int, list[tuple[Revision, int]]] = {}
    for revision in revisions:
        found.setdefault(revision.offering_id, []).append((revision, revision.holders))
    return found


def holders_by_offering(offering_ids: Iterable[int]) -> dict[int, int]:
    """Return the number of entitlements not ended by offering id; one query."""
    counted = Revision.objects.filter(offering__in=list(offering_ids), entitlements__ended_on=None).order_by()
    return dict(counted.values_list("offering").annotate(Count("entitlements")))


def holders_of(revision_ids: Iterable[int]) -> dict[int, int]:
    """Return the number of entitlements not ended by revision id; one query, none without ids."""
    counted = Revision.objects.filter(pk__in=list(revision_ids), entitlements__ended_on=None).order_by()
    return dict(counted.values_list("pk").annotate(Count("entitlements")))
