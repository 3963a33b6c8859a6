"""The change groups of the demo: the editions of each product by rank."""

from datetime import datetime

from django.contrib.auth.models import User

from changegroups.models import ChangeGroup, Effective, Membership
from config.edit_log import logged
from entitlements.demo.catalog import LADDERS, DemoCatalog
from offerings.models import PlanType

STEP = 10
PAID_TO_THE_END = "slack"  # its downgrades take effect at the end of the term


def make_change_groups(catalog: DemoCatalog, *, at: datetime, by: User) -> None:
    """Create a change group for the paid subscriptions of each product, ranked by edition; writes.

    Perpetual licenses and trials stay outside, so that the change dialog shows closed targets.
    """
    for product, editions in LADDERS.items():
        members = {
            name: offering
            for name, offering in catalog.offerings.items()
            if name.product == product and name.edition in editions
            if offering.plan.duration and offering.plan.plan_type == PlanType.PAID
        }
        label = next(iter(members.values())).product.name
        with logged(made_by=by, at=at) as edit:
            group = ChangeGroup.objects.create(
                name=f"{label} plans",
                description=f"Paid subscriptions to {label}.",
                effective_for_downgrades=Effective.END_OF_TERM if product == PAID_TO_THE_END else "",
            )
            edit.add(group)
            Membership.objects.bulk_create(
                Membership(group=group, offering=offering, priority=(editions.index(name.edition) + 1) * STEP)
                for name, offering in members.items()
            )
