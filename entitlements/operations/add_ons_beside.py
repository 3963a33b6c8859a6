"""Which add-ons are open beside plans, and the units they make with them: one query."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

from django.db.models import F

from entitlements.models import Entitlement
from entitlements.operations.add_ons import joined_by_dependence
from entitlements.operations.base import Unit
from offerings.models import OfferingKind
from offerings.relations import Relations


def add_ons_beside(ids: Iterable[UUID]) -> dict[UUID, list[UUID]]:
    """Return the open add-ons beside each open plan among the entitlements, earliest first; one query."""
    beside = "order__entitlements"
    pairs = (
        Entitlement.objects.filter(pk__in=list(ids), kind=OfferingKind.PLAN, ended_on=None)
        .filter(
            order__entitlements__kind=OfferingKind.ADD_ON,
            order__entitlements__ended_on=None,
            order__entitlements__product=F("product"),
        )
        .order_by("pk", beside)
    )
    found: defaultdict[UUID, list[UUID]] = defaultdict(list)
    for plan, add_on in pairs.values_list("pk", beside):
        found[plan].append(add_on)
    return dict(found)


def units_with_add_ons(ids: Sequence[UUID], *, wanted: Collection[UUID] | None = None) -> list[Unit]:
    """Return each plan with its open add-ons (only those ``wanted``, where given), and all else alone; one query."""
    if not ids:
        return []
    beside = {
        key: [each for each in members if wanted is None or each in wanted]
        for key, members in add_ons_beside(ids).items()
    }
    with_their_plan = {key for members in beside.values() for key in members}
    return [(key, *beside.get(key, ())) for key in ids if key not in with_their_plan]


def with_dependents(units: Sequence[Unit]) -> list[Unit]:
    """Return units with add-ons that depend on each other in one; one query, none where fewer than two are alone."""
    alone = [unit[0] for unit in units if len(unit) == 1]
    if len(alone) < 2:
        return list(units)
    rows = Entitlement.objects.filter(pk__in=alone, kind=OfferingKind.ADD_ON, ended_on=None).order_by()
    facts = rows.values_list("pk", "order", "product", "revision__relations")
    return joined_by_dependence(
        units, ((key, (order, product), Relations.from_json(stored)) for key, order, product, stored in facts)
    )
