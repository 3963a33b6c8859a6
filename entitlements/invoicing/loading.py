"""Read what an order holds, and what its schedule makes of it up to a day."""

from collections.abc import Iterable
from datetime import date, timedelta
from uuid import UUID

from entitlements.billing.due import has_triggers
from entitlements.billing.money import NO_DAYS, Days, Part
from entitlements.engine.billed import billed_before
from entitlements.invoicing.courses import Course, courses_of
from entitlements.models import Entitlement
from entitlements.schedule.fold import fold_until
from entitlements.schedule.planned import Planned, pending_of
from entitlements.state import State, load_alone

ONE_DAY = timedelta(days=1)


def courses_on(order: UUID, on: date) -> tuple[list[Course], list[Planned]]:
    """Return the course of each entitlement of an order up to a day, and what is scheduled that does not fit.

    What renews by itself does so. A constant number of queries for any number of entitlements, and for each amendment.
    """
    held = load_alone(Entitlement.objects.filter(order=order).values_list("pk", flat=True))
    moments: list[tuple[date, Iterable[State]]] = [(date.min, held)]
    billed = billed_before([state.id for state in held if has_triggers(state)])
    waits = {key: [(date.min, _last_waits(parts, key))] for key, parts in billed.items()}
    planned = pending_of([order]).get(order, [])
    unfit = []
    states = {state.id: state for state in held}
    renews = any(state.order.renewal for state in held)
    for folded in fold_until(order, planned, before=on + ONE_DAY) if planned or renews else ():
        if folded.fits:
            states |= {move.id: move.after for preview in folded.previews for move in preview.moves}
            inside = [state for state in states.values() if state.order.id == order]
            moments.append((folded.planned.effective_on, inside))
            for part in [part for preview in folded.previews if preview.money for part in preview.money.parts]:
                if part.got is not None:
                    waits.setdefault(part.got, []).append((folded.planned.effective_on, part.waits))
        elif folded.planned in planned:
            unfit.append(folded.planned)
    return courses_of(moments, {key: tuple(found) for key, found in waits.items()}), unfit


def _last_waits(parts: Iterable[Part], key: UUID) -> Days:
    """Return the charges that start later than their change, by the last change of an entitlement that says so."""
    found = [part.waits for part in parts if part.got == key]
    return found[-1] if found else NO_DAYS
