"""Queries for many entitlements, each with an index."""

from collections.abc import Collection
from datetime import date
from typing import Any, Self

from django.db import connections, models
from django.db.models import Case, F, Q, Value, When
from django.db.models.lookups import GreaterThan, LessThan

from config.folding import fold
from entitlements.models.orders import NamedBy, keys_matching
from entitlements.models.seats_added import EXPIRY_DAY, capacity_with_add_ons, seats_added
from offerings.models import Offering, Product


class EntitlementQuerySet(models.QuerySet[Any]):
    """Queries for entitlements."""

    def with_status(self, today: date) -> Self:
        """Annotate ``status`` on ``today``, by the rules of ``state.status_of``."""
        return self.annotate(status=_status(_conditions(today)))

    def with_own_status(self, today: date) -> Self:
        """Annotate ``own_status``: the status on ``today`` as if the customer were enabled."""
        conditions = _conditions(today)
        del conditions["customer disabled"]
        return self.annotate(own_status=_status(conditions))

    def in_status(self, statuses: Collection[str], today: date) -> Self:
        """Return entitlements in any of ``statuses`` on ``today``; indexes answer the conditions."""
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

    def over_limit(self, today: date) -> Self:
        """Return entitlements with more seats in use than limit, add-ons in force on ``today`` and overdraft allow.

        The condition without add-ons stands twice for PostgreSQL: the second form is the condition of the index, and
        PostgreSQL keeps statistics on the first, which tell how few rows match. Add-ons only add to a capacity, so
        they are asked about for those few.
        """
        alone = self.filter(GreaterThan(F("seats_used") - F("seat_capacity"), 0), seats_used__gt=F("seat_capacity"))
        return alone.filter(GreaterThan(F("seats_used"), capacity_with_add_ons(today)))

    def with_seats_added(self, today: date) -> Self:
        """Annotate ``seats_added``: how many seats add-ons in force on ``today`` add to a plan; ``None`` for none."""
        return self.annotate(seats_added=seats_added(today))

    def expiring_before(self, day: date) -> Self:
        """Return entitlements whose expiry in force is earlier than ``day``, past expiries included."""
        return self.filter(LessThan(EXPIRY_DAY, day))

    def of_product(self, code: str) -> Self:
        """Return entitlements of a product; none for an unknown code. One query: see ``of_offering``."""
        product = Product.objects.filter(code=code).values_list("pk", flat=True).first()
        return self.filter(product=product) if product else self.none()

    def of_offering(self, sku: str) -> Self:
        """Return entitlements on any revision of an offering; none for an unknown SKU.

        One query reads the key of the offering: PostgreSQL estimates the number of rows from a literal key only.
        """
        offering = Offering.objects.filter(sku=sku).values_list("pk", flat=True).first()
        return self.filter(offering=offering) if offering else self.none()

    def matching(self, text: str, named_by: Collection[NamedBy] = tuple(NamedBy)) -> Self:
        """Return entitlements in orders that fit ``text``; an empty ``text`` matches every entitlement.

        ``text`` is a part of the customer's name, the start of the order reference, or a whole activation code, as far
        as ``named_by`` has them.
        """
        return self.filter(order__in=keys_matching(text, named_by)) if fold(text) else self.all()

    def estimated_count(self) -> int | None:
        """Return the number of entitlements in PostgreSQL's statistics; ``None`` without statistics. One query.

        An exact count would read the whole table for every page.
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
    """Return the condition of each status; an entitlement has the first status whose condition holds."""
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
