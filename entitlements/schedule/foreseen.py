"""What renews by itself, before its day comes: which terms, when, and onto which revision.

The rule is that of ``schedule.automatic``, which renews them on the day.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID

from entitlements.models import Amendment, AmendmentKind
from entitlements.models.orders import AutomaticRenewal
from entitlements.operations import Renew
from entitlements.state import Revisions, State, revisions_by_id
from offerings.models import LicenseType, PlanType
from offerings.revisions import newest_revisions

if TYPE_CHECKING:
    from entitlements.schedule.planned import Planned

MOST_FORESEEN = 600
"""How many renewals of an order are simulated, one after the other: those of 50 years of months."""


def renewal_day(state: State) -> date | None:
    """Return the day on which the term of an entitlement renews by itself; ``None`` where it does not. Pure.

    Perpetual licenses, trials, what is disabled, and what has no end have no such term.
    """
    order, terms, end = state.order, state.revision.terms, state.expires_on
    if not order.renewal or order.renews_from is None or end is None or end < order.renews_from:
        return None
    is_off = state.ended_on is not None or state.disabled_at is not None or order.is_customer_disabled
    is_sold = terms.license_type == LicenseType.SUBSCRIPTION and terms.plan_type != PlanType.TRIAL
    return end if is_sold and state.is_activated and not is_off else None


@dataclass(slots=True)
class Renewals:
    """What renews by itself in one order, as its simulation comes to it.

    ``known`` are days with entitlements that a renewal was for, whatever became of it; ``waiting`` the entitlements of
    renewals that are still to come, by the key of what is planned; ``newest`` the newest revisions by offering.
    """

    order: UUID
    known: set[tuple[date, UUID]] = field(default_factory=set)
    waiting: dict[UUID, tuple[UUID, ...]] = field(default_factory=dict)
    newest: Mapping[int, int] = field(default_factory=dict)

    def next(self, states: Iterable[State], *, before: date) -> tuple[Renew, tuple[UUID, ...]] | None:
        """Return the first renewal before a day, counted from its own, with its entitlements. Pure."""
        waiting = {key for keys in self.waiting.values() for key in keys}
        ended = [
            (day, state)
            for state in states
            if state.order.id == self.order and state.id not in waiting and (day := renewal_day(state)) and day < before
        ]
        left = [(day, state) for day, state in ended if (day, state.id) not in self.known]
        if not left:
            return None
        first = min(day for day, _state in left)
        renewed = [state for day, state in left if day == first]
        newest = {
            self.newest[state.revision.offering_id]
            for state in renewed
            if state.order.renewal == AutomaticRenewal.NEWEST and state.revision.offering_id in self.newest
        }
        return Renew(as_of=first, onto=tuple(sorted(newest))), tuple(sorted(state.id for state in renewed))

    def close(self, planned: "Planned", *, fits: bool) -> None:
        """Keep what became of a renewal on its day: one that does not fit waits for a person, and no other is made."""
        if not is_renewal(planned):
            return
        if fits:
            self.waiting.pop(planned.key, None)
            self.known |= {(planned.effective_on, key) for key in planned.entitlements}
        else:
            self.waiting[planned.key] = planned.entitlements


def is_renewal(planned: "Planned") -> bool:
    """Tell whether a planned operation renews, so that nothing renews by itself until then. Pure."""
    return planned.operation is not None and planned.operation.amends == AmendmentKind.RENEWAL


def read_renewals(
    states: Mapping[UUID, Sequence[State]], planned: Mapping[UUID, Sequence["Planned"]], revisions: Revisions
) -> tuple[dict[UUID, Renewals], Revisions]:
    """Return what renews by itself in each order, and the revisions with those to renew onto.

    No query where no order renews by itself, else one; two more where one renews onto newest revisions.
    """
    renewing = {order: {state.order.renewal for state in found} - {""} for order, found in states.items()}
    found = {
        order: Renewals(order, waiting={each.key: each.entitlements for each in planned[order] if is_renewal(each)})
        for order in states
    }
    for order, pairs in _known(order for order, how in renewing.items() if how).items():
        found[order].known = pairs
    if not any(AutomaticRenewal.NEWEST in how for how in renewing.values()):
        return found, revisions
    newest = {
        offering: row.pk for offering, row in newest_revisions({r.offering_id for r in revisions.values()}).items()
    }
    for each in found.values():
        each.newest = newest
    return found, {**revisions, **revisions_by_id(set(newest.values()) - set(revisions))}


def _known(orders: Iterable[UUID]) -> dict[UUID, set[tuple[date, UUID]]]:
    """Return days with entitlements that a renewal of each order was or is for; one query, none without orders."""
    known: defaultdict[UUID, set[tuple[date, UUID]]] = defaultdict(set)
    if keys := list(orders):
        rows = Amendment.objects.filter(order__in=keys, kind=AmendmentKind.RENEWAL).order_by()
        for order, day, entitlements in rows.values_list("order", "effective_on", "entitlements"):
            known[order] |= {(day, UUID(key)) for key in entitlements}
    return dict(known)
