"""How many entitlements hold what is sold: the one thing the catalog asks of those who use it."""

from collections.abc import Iterable

from django.db.models import Count, Q

from offerings.models import Revision


def holders_by_revision(offering_ids: Iterable[int]) -> dict[int, list[tuple[Revision, int]]]:
    """Return the revisions of each offering, newest first, with how many entitlements not ended hold it; one query."""
    holding = Count("entitlements", filter=Q(entitlements__ended_on=None))
    revisions = Revision.objects.filter(offering__in=list(offering_ids)).order_by("-number").annotate(holding=holding)
    found: dict[int, list[tuple[Revision, int]]] = {}
    for revision in revisions:
        found.setdefault(revision.offering_id, []).append((revision, revision.holding))
    return found


def holders_by_offering(offering_ids: Iterable[int]) -> dict[int, int]:
    """Return how many entitlements not ended each offering has; one query."""
    counted = Revision.objects.filter(offering__in=list(offering_ids), entitlements__ended_on=None).order_by()
    return dict(counted.values_list("offering").annotate(Count("entitlements")))


def holders_of(revision_ids: Iterable[int]) -> dict[int, int]:
    """Return how many entitlements not ended hold each of these revisions; one query, or none."""
    counted = Revision.objects.filter(pk__in=list(revision_ids), entitlements__ended_on=None).order_by()
    return dict(counted.values_list("pk").annotate(Count("entitlements")))
