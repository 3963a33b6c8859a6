"""What earlier changes made due, read where something is given back: never more than was charged."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, Subquery

from config.clock import site_day
from entitlements.billing.due import NOTHING_BILLED, Billed, has_triggers
from entitlements.billing.money import Money, Part
from entitlements.models import Change
from entitlements.operations import Operation, Preview
from entitlements.operations.money import billed_by
from entitlements.state import State


def with_what_was_billed(operation: Operation, previews: Sequence[Preview], world: Any) -> list[Preview]:
    """Return previews whose money knows what earlier changes made due.

    One query; none where nothing is given back, or nothing has changed since the first day of the term.
    """
    wanted = wanted_by(operation, previews)
    return with_billed(operation, previews, world, billed_before(wanted)) if wanted else list(previews)


def wanted_by(operation: Operation, previews: Iterable[Preview]) -> set[UUID]:
    """Return the entitlements of which it matters what was made due before. Pure.

    Where charges have triggers, the change that brought them says from when they are billed, and what is due on a day
    to come may have to be taken back: also where nothing else is due.
    """
    pairs = ((each, state) for each in previews for state in billed_by(each.moves, on=operation.as_of))
    return {state.id for each, state in pairs if (each.money and _has_changed(state)) or has_triggers(state)}


def _has_changed(state: State) -> bool:
    """Tell whether anything changed since the first day of the term: until then it is billed as its price says."""
    return state.anchor is None or state.changed_at is None or site_day(state.changed_at) > state.anchor


def with_billed(operation: Operation, previews: Iterable[Preview], world: Any, billed: Billed) -> list[Preview]:
    """Return previews with their money worked out anew, where it matters what earlier changes made due. Pure."""
    return [
        replace(each, money=operation.money_of(each, world, billed)) if any(key in billed for key in each.ids) else each
        for each in previews
    ]


def billed_before(keys: Collection[UUID]) -> Billed:
    """Return what the changes of entitlements made due, the oldest first; one query.

    The first change of a unit holds it for all of the unit.
    """
    if not keys:
        return NOTHING_BILLED
    first = Change.objects.filter(act=OuterRef("act"), entitlement=OuterRef("unit")).order_by()
    rows = Change.objects.filter(entitlement__in=keys).order_by("entitlement", "sequence")
    found: dict[UUID, list[Part]] = {}
    for key, stored in rows.values_list("entitlement", Subquery(first.values("money")[:1])):
        money = Money.read(stored)
        for part in money.parts if money else ():
            if key in (part.gave, part.got):
                found.setdefault(key, []).append(part)
    return found
