"""The change groups of the demo: the editions of each product by rank."""

from changegroups.models import ChangeGroup, Membership
from entitlements.demo.catalog import LADDERS, DemoCatalog, Name
from offerings.models import Offering, PlanType

STEP = 10


def make_change_groups(catalog: DemoCatalog) -> None:
    """Create a change group for the paid subscriptions of each product, ranked by edition; writes.

    Perpetual licenses and trials stay outside, so that the change dialog shows closed targets.
    """
    for product, editions in LADDERS.items():
        members = {
            name: offering
            for name, offering in catalog.offerings.items()
            if name.product == product and name.edition in editions and _is_ranked(offering)
        }
        name = next(iter(members.values())).product.name
        group = ChangeGroup.objects.create(name=f"{name} plans", description=f"Paid subscriptions to {name}.")
        Membership.objects.bulk_create(
            Membership(group=group, offering=offering, priority=_priority(key, editions))
            for key, offering in members.items()
        )


def _is_ranked(offering: Offering) -> bool:
    return bool(offering.plan.duration) and offering.plan.plan_type == PlanType.PAID


def _priority(name: Name, editions: tuple[str, ...]) -> int:
    return (editions.index(name.edition) + 1) * STEP
