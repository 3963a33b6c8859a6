"""Read what an order holds, and what its schedule makes of it up to a day."""

from collections.abc import Iterable
from datetime import date, timedelta
from uuid import UUID

from entitlements.invoicing.courses import Course, courses_of
from entitlements.models import Entitlement
from entitlements.schedule.fold import Planned, fold_until, pending_of
from entitlements.state import State, load_alone

ONE_DAY = timedelta(days=1)


def courses_on(order: UUID, on: date) -> tuple[list[Course], list[Planned]]:
    """Return the course of each entitlement of an order up to a day, and what is scheduled that does not fit.

    What renews by itself does so. A constant number of queries for any number of entitlements, and for each amendment.
    """
    held = load_alone(Entitlement.objects.filter(order=order).values_list("pk", flat=True))
    moments: list[tuple[date, Iterable[State]]] = [(date.min, held)]
    planned = pending_of([order]).get(order, [])
    unfit = []
    states = {state.id: state for state in held}
    renews = any(state.order.renewal for state in held)
    for folded in fold_until(order, planned, before=on + ONE_DAY) if planned or renews else ():
        if folded.fits:
            states |= {move.id: move.after for preview in folded.previews for move in preview.moves}
            inside = [state for state in states.values() if state.order.id == order]
            moments.append((folded.planned.effective_on, inside))
        elif folded.planned in planned:
            unfit.append(folded.planned)
    return courses_of(moments), unfit
