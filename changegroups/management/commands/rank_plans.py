"""Rank the plans of a product in a change group."""

from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils.translation import ngettext

from changegroups.group_files import rank_offerings
from changegroups.members import STEP
from changegroups.models import NAME_LENGTH, ChangeGroup
from config.actors import System, actor, add_as_option
from config.differences import differences
from config.edit_log import logged
from config.name_fields import hidden_problem
from config.snapshots import snapshot_of
from offerings.models import Offering, OfferingKind, Product

RANK = [
    "changegroups.add_changegroup",
    *(f"changegroups.{verb}_membership" for verb in ("add", "change", "delete")),
]


class Command(BaseCommand):
    """``manage.py rank_plans``: a change group in the order of the price list."""

    help = (
        "Rank the plans on sale of a product in a change group, the first of the price list lowest; plans of one "
        "edition share a priority. The group is made where there is none of the name. Its modes and its offerings of "
        "other products stay."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the product, the group and the dry run."""
        parser.add_argument("--product", required=True, metavar="CODE", help="code of the product")
        parser.add_argument("--change-group", default="", metavar="NAME", help="name of the group; else the product's")
        parser.add_argument("--dry-run", action="store_true", help="show what would be done; write nothing")
        add_as_option(parser)

    def handle(self, *, product: str, change_group: str, dry_run: bool, **options: Any) -> None:
        """Rank the plans in one transaction, and print every difference."""
        made_by = actor(options, RANK)
        found = Product.objects.filter(code=product).first()
        if found is None:
            raise CommandError(f"There is no product {product}. Correct the code, or import its catalog first.")
        name = change_group.strip() or found.name
        if len(name) > NAME_LENGTH:
            raise CommandError(f"Give the group a name of {NAME_LENGTH} characters at most.")
        if hidden := hidden_problem(name):
            raise CommandError(hidden)
        plans = found.offerings.on_sale().filter(kind=OfferingKind.PLAN).select_related("edition")
        ranked = list(plans.order_by("position", "name", "sku"))
        if not ranked:
            raise CommandError(f"{found.name} has no plan on sale, so there is nothing to rank.")
        with transaction.atomic():
            self.rank_plans(found, ranked, name, made_by)
            transaction.set_rollback(dry_run)
        if dry_run:
            self.stdout.write("Dry run: nothing was written.")

    def rank_plans(self, product: Product, plans: list[Offering], name: str, made_by: User | System) -> None:
        """Give the group exactly these plans of the product; its plans of other products stay."""
        found = ChangeGroup.objects.select_for_update().filter(name_folded=name).first()
        group = found or ChangeGroup(name=name)
        if alike := group.same_names():
            raise CommandError(alike["name"])
        if found is None:
            group.save()
        before = snapshot_of(group)
        others = group.memberships.select_related("offering").exclude(offering__product=product)
        wanted = {member.offering.sku: (member.offering_id, member.priority) for member in others}
        rungs = {key: number for number, key in enumerate(dict.fromkeys(plan.edition_id for plan in plans), 1)}
        wanted |= {plan.sku: (plan.pk, STEP * rungs[plan.edition_id]) for plan in plans}
        with logged(*filter(None, [found]), made_by=made_by) as edit:
            if found is None:
                edit.add(group)
            rank_offerings(group, wanted)
            lines = differences(before, snapshot_of(group))
        counts = (
            ngettext("%(count)d plan", "%(count)d plans", len(plans)) % {"count": len(plans)},
            ngettext("%(count)d change", "%(count)d changes", len(lines)) % {"count": len(lines)},
        )
        self.stdout.write(f"Change group {group.name}: {', '.join(counts)}.")
        for line in lines:
            self.stdout.write(f"  {line}")
