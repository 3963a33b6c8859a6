"""Questions about many entitlements at once, each answered by an index."""

from datetime import date
from typing import Any, Self

from django.db import connections, models
from django.db.models import Case, Q, Value, When

from entitlements.models.customers import LONGEST_SEARCH, EntitlementGroup
from offerings.models import Offering


class EntitlementQuerySet(models.QuerySet[Any]):
    """Entitlements by what staff ask for."""

    def with_status(self, today: date) -> Self:
        """Annotate ``status`` on ``today``, in the words and by the rules of ``states.status_of``."""
        by_customer = When(group__customer__disabled_at__isnull=False, then=Value("customer disabled"))
        return self.annotate(status=_status(today, by_customer))

    def with_own_status(self, today: date) -> Self:
        """Annotate ``own_status``: the status on ``today`` if the customer is not disabled."""
        return self.annotate(own_status=_status(today))

    def overridden(self) -> Self:
        """Return entitlements with a right, or the expiry, set by hand."""
        return self.filter(override_count__gt=0)

    def of_offering(self, sku: str) -> Self:
        """Return entitlements on any revision of an offering; none where there is no such SKU."""
        return self.filter(offering=models.Subquery(Offering.objects.filter(sku=sku).values("pk")[:1]))

    def matching(self, text: str) -> Self:
        """Return entitlements whose customer, order reference or activation code is ``text``; all for no text.

        A part of the customer's name, the start of the order reference, or a whole code; capitals are all one.
        A union of three look-ups, each with an index of its own: one OR over the joins would read every row.
        """
        wanted = text.replace("\0", "").strip()[:LONGEST_SEARCH]
        if not wanted:
            return self.all()
        groups = EntitlementGroup.objects.order_by()
        by_name = groups.filter(customer__name__icontains=wanted).values("pk")
        by_reference = groups.filter(order_reference__istartswith=wanted).values("pk")
        by_code = groups.filter(codes__code=wanted.upper()).values("pk")
        return self.filter(group__in=by_name.union(by_reference, by_code))

    def about_count(self) -> int | None:
        """Return about how many entitlements there are from PostgreSQL's statistics; ``None`` where nobody knows.

        Counting them would read the whole table for every page.
        """
        connection = connections[self.db]
        if connection.vendor != "postgresql":
            return None
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass", [self.model._meta.db_table]
            )
            [estimate] = cursor.fetchone()
        return int(estimate) if estimate > 0 else None


def _status(today: date, *by_customer: When) -> Case:
    is_waiting = Q(activated_at=None) | Q(starts_on=None) | Q(starts_on__gt=today)
    return Case(
        When(ended_on__lte=today, then=Value("ended")),
        When(disabled_at__isnull=False, then=Value("disabled")),
        *by_customer,
        When(is_waiting, then=Value("created")),
        When(Q(expires_on=None) | Q(expires_on__gt=today), then=Value("active")),
        When(grace_ends_on__gt=today, then=Value("grace period")),
        default=Value("expired"),
        output_field=models.CharField(),
    )
