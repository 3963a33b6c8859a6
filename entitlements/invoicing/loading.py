"""Read what an order holds and held, and what its schedule makes of it up to a day."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from itertools import groupby
from uuid import UUID

from config.clock import site_day
from entitlements.billing.money import Part
from entitlements.billing.terms import ONE_DAY
from entitlements.engine.billed import billed_before
from entitlements.history.replay import Catalog
from entitlements.invoicing.courses import Course, Step
from entitlements.models import Change, Entitlement
from entitlements.schedule.fold import fold_until
from entitlements.schedule.planned import Planned, pending_of
from entitlements.state import State, load_alone


def courses_on(order: UUID, on: date) -> tuple[list[Course], list[Planned]]:
    """Return the course of each entitlement of an order up to a day, and what is scheduled that does not fit.

    What has left the order is among them, with the days before. What renews by itself does so. A constant number of
    queries for any number of entitlements, and for each amendment.
    """
    held = Entitlement.objects.filter(order=order).values_list("pk", flat=True)
    left = Change.objects.filter(from_order=order).order_by().values_list("entitlement", flat=True)
    present = load_alone({*held, *left})
    parts = {key: list(found) for key, found in billed_before([state.id for state in present]).items()}
    steps = _steps_until_now(present, parts)
    planned = pending_of([order]).get(order, [])
    unfit = []
    renews = any(state.order.renewal for state in present)
    for folded in fold_until(order, planned, before=on + ONE_DAY) if planned or renews else ():
        if not folded.fits:
            unfit += [folded.planned] if folded.planned in planned else []
            continue
        for move in [move for preview in folded.previews for move in preview.moves]:
            known = steps.setdefault(move.id, [])
            known.append((max(folded.planned.effective_on, known[-1][0] if known else date.min), move.after))
        for part in [part for preview in folded.previews if preview.money for part in preview.money.parts]:
            for key in filter(None, {part.gave, part.got}):
                parts.setdefault(key, []).append(part)
    return [Course(order, tuple(known), tuple(parts.get(key, ()))) for key, known in steps.items()], unfit


def _steps_until_now(present: Collection[State], parts: Mapping[UUID, Sequence[Part]]) -> dict[UUID, list[Step]]:
    """Return each state of entitlements up to now with the day from which it held; five queries at most.

    What was created without money, as by an import, is taken to be billed before by nobody: it held ever since.
    """
    rows = Change.objects.filter(entitlement__in=[state.id for state in present]).select_related("act")
    changes = list(rows.order_by("entitlement", "-sequence"))
    catalog = Catalog.of(changes)
    by_key = {key: list(found) for key, found in groupby(changes, lambda row: row.entitlement_id)}
    return {state.id: _steps(state, by_key.get(state.id, ()), catalog, parts.get(state.id, ())) for state in present}


def _steps(present: State, newest_first: Sequence[Change], catalog: Catalog, parts: Sequence[Part]) -> list[Step]:
    state: State | None = present
    found: list[Step] = []
    for row in newest_first:
        if state is not None:
            found.append((_day_of(row), state))
            state = catalog.before(state, row)
    if state is not None:
        found.append((date.min, state))
    elif found and not (parts and parts[0].gave is None):
        found[-1] = (date.min, found[-1][1])
    steps: list[Step] = []
    for day, each in reversed(found):
        steps.append((max(day, steps[-1][0]) if steps else day, each))
    return steps


def _day_of(row: Change) -> date:
    """Return the day from which what a change made holds: the day that its operation counts from."""
    day = row.act.asked.get("as_of")
    return date.fromisoformat(day) if day else site_day(row.act.made_at)
