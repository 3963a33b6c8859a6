"""Rows of entitlements in the tables of the desk, of customers and of orders."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F

from config.clock import site_today
from entitlements.dialogs.tones import STATUS_TONES, seats_percent, seats_tone
from entitlements.models.queries import EntitlementQuerySet
from offerings.models import Revision

COLUMNS = ("offering_id", "order_id", "seats_used", "seat_limit", "seat_capacity", "override_count")


@dataclass(frozen=True, slots=True)
class EntitlementRow:
    """One entitlement of a table. ``code`` is an activation code; ``overrides`` are the overrides in words."""

    entitlement: Any
    newest_number: int
    code: str = ""
    overrides: str = ""

    @property
    def tone(self) -> str:
        """Return the tone of the status."""
        return STATUS_TONES[self.entitlement.status]

    @property
    def is_newest(self) -> bool:
        """Tell whether the entitlement is on the newest revision of its offering."""
        return bool(self.entitlement.revision_number == self.newest_number)

    @property
    def seats_tone(self) -> str:
        """Return the tone of the seats in use."""
        row = self.entitlement
        return seats_tone(row.seats_used, limit=row.seat_limit, capacity=row.seat_capacity)

    @property
    def seats_percent(self) -> int:
        """Return the used share of the limit in percent."""
        return seats_percent(self.entitlement.seats_used, limit=self.entitlement.seat_limit)


def with_columns(found: EntitlementQuerySet) -> EntitlementQuerySet:
    """Return entitlements with only the columns of a table of a customer or an order: revisions are large."""
    rows = found.with_status(site_today()).only(*COLUMNS, "starts_on", "expires_on", "ended_on", "changed_at")
    annotated: EntitlementQuerySet = rows.annotate(
        order_reference=F("order__order_reference"),
        offering_name=F("revision__offering_name"),
        product_name=F("product__name"),
        revision_number=F("revision__number"),
    )
    return annotated


def entitlement_rows(found: Sequence[Any]) -> list[EntitlementRow]:
    """Return entitlements from ``with_columns`` as rows. One query."""
    newest = newest_numbers({row.offering_id for row in found})
    return [EntitlementRow(row, newest[row.offering_id]) for row in found]


def newest_numbers(offerings: Iterable[int]) -> dict[int, int]:
    """Return the number of the newest revision of each offering; one query."""
    return Revision.objects.filter(offering__in=list(offerings)).newest_numbers()
