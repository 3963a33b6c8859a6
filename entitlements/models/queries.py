"""Questions about many entitlements at once, each answered by an index."""

from collections.abc import Collection
from datetime import date
from typing import Any, Self

from django.db import connections, models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Coalesce
from django.db.models.lookups import GreaterThan, LessThan

from entitlements.models.customers import LONGEST_SEARCH
from entitlements.models.orders import Order
from offerings.models import Offering, Product

# The expiry with "never" as the last day there is: never NULL, so that pages can be sorted by it.
EXPIRY_DAY = Coalesce("expires_on", Value(date.max, output_field=models.DateField()))


class EntitlementQuerySet(models.QuerySet[Any]):
    """Entitlements by what staff ask for."""

    def with_status(self, today: date) -> Self:
        """Annotate ``status`` on ``today``, in the words and by the rules of ``states.status_of``."""
        return self.annotate(status=_status(_conditions(today)))

    def with_own_status(self, today: date) -> Self:
        """Annotate ``own_status``: the status on ``today`` if the customer is not disabled."""
        conditions = _conditions(today)
        del conditions["customer disabled"]
        return self.annotate(own_status=_status(conditions))

    def in_status(self, statuses: Collection[str], today: date) -> Self:
        """Return entitlements in any of these statuses on ``today``; conditions that indexes can answer."""
        wanted, earlier = Q(), Q()
        for status, condition in _conditions(today).items():
            if status in statuses:
                wanted |= condition & ~earlier if earlier else condition
            earlier |= condition
        return self.filter(wanted) if wanted else self.none()

    def overridden(self) -> Self:
        """Return entitlements with a right, or the expiry, set by hand."""
        return self.filter(override_count__gt=0)

    def overridden_in(self, key: str) -> Self:
        """Return entitlements on which the right ``key``, or the expiry, is set by hand."""
        return self.overridden().filter(overrides__key=key)

    def over_limit(self) -> Self:
        """Return entitlements with more seats in use than their limit and overdraft allow.

        Said twice for PostgreSQL: the first is the condition of the index, and on the second there are statistics, so
        that it knows how few rows that are.
        """
        return self.filter(GreaterThan(F("seats_used") - F("seat_capacity"), 0), seats_used__gt=F("seat_capacity"))

    def expiring_before(self, day: date) -> Self:
        """Return entitlements whose expiry in force is earlier than ``day``, long past ones included."""
        return self.filter(LessThan(EXPIRY_DAY, day))

    def of_product(self, code: str) -> Self:
        """Return entitlements of a product, none where there is no such code. One query: see ``of_offering``."""
        product = Product.objects.filter(code=code).values_list("pk", flat=True).first()
        return self.filter(product=product) if product else self.none()

    def of_offering(self, sku: str) -> Self:
        """Return entitlements on any revision of an offering, none where there is no such SKU.

        One query for the key of the offering: only of a key in plain sight does PostgreSQL know how many rows it has.
        """
        offering = Offering.objects.filter(sku=sku).values_list("pk", flat=True).first()
        return self.filter(offering=offering) if offering else self.none()

    def matching(self, text: str) -> Self:
        """Return entitlements whose customer, order reference or activation code is ``text``; all for no text.

        A part of the customer's name, the start of the order reference, or a whole code; capitals are all one.
        A union of three look-ups, each with an index of its own: one OR over the joins would read every row.
        """
        wanted = text.replace("\0", "").strip()[:LONGEST_SEARCH]
        if not wanted:
            return self.all()
        orders = Order.objects.order_by()
        by_name = orders.filter(customer__name__icontains=wanted).values("pk")
        by_reference = orders.filter(order_reference__istartswith=wanted).values("pk")
        by_code = orders.filter(codes__code=wanted.upper()).values("pk")
        return self.filter(order__in=by_name.union(by_reference, by_code))

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


def _conditions(today: date) -> dict[str, Q]:
    """Return the condition of each status; the first that holds, in this order, says which it is."""
    return {
        "ended": Q(ended_on__lte=today),
        "disabled": Q(disabled_at__isnull=False),
        "customer disabled": Q(order__customer__disabled_at__isnull=False),
        "created": Q(activated_at=None) | Q(starts_on=None) | Q(starts_on__gt=today),
        "active": Q(GreaterThan(EXPIRY_DAY, today)),
        "grace period": Q(grace_ends_on__gt=today),
        "expired": Q(),
    }


def _status(conditions: dict[str, Q]) -> Case:
    *named, last = conditions
    cases = [When(conditions[status], then=Value(status)) for status in named]
    return Case(*cases, default=Value(last), output_field=models.CharField())
