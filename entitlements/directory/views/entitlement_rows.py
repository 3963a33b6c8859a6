"""Rows of entitlements in the tables of the desk, of customers and of orders."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import F

from config.clock import site_today
from entitlements.dialogs.tones import STATUS_TONES, seats_percent, seats_tone
from entitlements.models.queries import EntitlementQuerySet
from entitlements.operations.add_ons_beside import add_ons_beside
from entitlements.state import COUNTED, Sold, State, load, totals_by_id
from offerings.models import Revision
from offerings.totals import Total

NO_TOTAL = Total()
COLUMNS = (
    "offering_id",
    "order_id",
    "revision_id",
    "quantity",
    "ended_on",
    "seats_used",
    "seat_limit",
    "seat_capacity",
    "override_count",
)


@dataclass(frozen=True, slots=True)
class EntitlementRow:
    """One entitlement of a table. ``overrides`` are the overrides in words.

    ``extended`` is the state of a plan with add-ons beside it, ``total`` the price in force.
    """

    entitlement: Any
    newest_number: int
    overrides: str = ""
    extended: State | None = None
    total: Total = NO_TOTAL

    @property
    def price(self) -> str:
        """Return the price in force in one line, with its period; empty where the entitlement has ended."""
        return "" if self.entitlement.ended_on else self.total.line

    @property
    def price_counts(self) -> bool:
        """Tell whether the price counts in sums."""
        return self.entitlement.status in COUNTED

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
        capacity = self.extended.seat_capacity if self.extended else self.entitlement.seat_capacity
        return seats_tone(self.entitlement.seats_used, limit=self.seat_limit, capacity=capacity)

    @property
    def seats_percent(self) -> int:
        """Return the used share of the limit in percent."""
        return seats_percent(self.entitlement.seats_used, limit=self.seat_limit)

    @property
    def seat_limit(self) -> int | None:
        """Return the limit with add-ons; ``None`` is unlimited."""
        if self.extended is None:
            limit: int | None = self.entitlement.seat_limit
            return limit
        return self.extended.seat_limit if isinstance(self.extended.seat_limit, int) else None


def with_columns(found: EntitlementQuerySet) -> EntitlementQuerySet:
    """Return entitlements with only the columns of a table of a customer or an order: revisions are large."""
    rows = found.with_status(site_today()).only(*COLUMNS, "starts_on", "expires_on", "changed_at")
    annotated: EntitlementQuerySet = rows.annotate(
        order_reference=F("order__order_reference"),
        offering_name=F("revision__offering_name"),
        product_name=F("product__name"),
        revision_number=F("revision__number"),
    )
    return annotated


def entitlement_rows(found: Sequence[Any]) -> list[EntitlementRow]:
    """Return entitlements from ``with_columns`` as rows.

    Three queries, one more where some are overridden, seven more where orders hold add-ons.
    """
    newest = newest_numbers({row.offering_id for row in found})
    extended = extended_plans([row.pk for row in found])
    totals = totals_of(found)
    return [
        EntitlementRow(row, newest[row.offering_id], extended=extended.get(row.pk), total=totals[row.pk])
        for row in found
    ]


def totals_of(found: Sequence[Any]) -> dict[UUID, Total]:
    """Return the price in force of each entitlement; one query for any number, two where some are overridden."""
    sold = {row.pk: Sold(row.revision_id, row.quantity) for row in found if not row.ended_on}
    totals = totals_by_id(sold, overridden=[row.pk for row in found if row.override_count])
    return {row.pk: totals.get(row.pk, NO_TOTAL) for row in found}


def extended_plans(ids: Iterable[UUID]) -> dict[UUID, State]:
    """Return the plans with open add-ons beside them, as states; one query, seven more where there are any."""
    plans = list(add_ons_beside(ids))
    return {state.id: state for state in load(plans)} if plans else {}


def newest_numbers(offerings: Iterable[int]) -> dict[int, int]:
    """Return the number of the newest revision of each offering; one query."""
    return Revision.objects.filter(offering__in=list(offerings)).newest_numbers()
