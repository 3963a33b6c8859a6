"""Read what an order holds, and what its schedule makes of it up to a day."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from entitlements.invoicing.courses import Course, courses_of
from entitlements.models import Entitlement
from entitlements.schedule.fold import Planned, fold_order, pending_of
from entitlements.state import State, load_alone


def courses_on(order: UUID, on: date) -> tuple[list[Course], list[Planned]]:
    """Return the course of each entitlement of an order up to a day, and what is scheduled that does not fit.

    A constant number of queries for any number of entitlements, and for each amendment.
    """
    held = load_alone(Entitlement.objects.filter(order=order).values_list("pk", flat=True))
    moments: list[tuple[date, Iterable[State]]] = [(date.min, held)]
    planned = [each for each in pending_of([order]).get(order, []) if each.effective_on <= on]
    unfit = []
    states = {state.id: state for state in held}
    for folded in fold_order(order, planned) if planned else ():
        if folded.fits:
            states |= {move.id: move.after for preview in folded.previews for move in preview.moves}
            inside = [state for state in states.values() if state.order.id == order]
            moments.append((folded.planned.effective_on, inside))
        else:
            unfit.append(folded.planned)
    return courses_of(moments), unfit
