"""Import price catalogs, and make a change group of each where asked.

Django takes this command for ``import_catalog`` because this app stands before ``offerings`` in the settings; the
catalog itself knows nothing of change groups.
"""

from argparse import ArgumentParser
from typing import Any

from changegroups.group_files import rank
from changegroups.members import STEP
from changegroups.models import NAME_LENGTH, ChangeGroup
from offerings.catalogs.importer import ImportedCatalog
from offerings.catalogs.values import Catalog
from offerings.management.commands.import_catalog import Command as ImportCatalog
from offerings.models import OfferingKind


class Command(ImportCatalog):
    """``import_catalog`` with ``--change-group``."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the option."""
        super().add_arguments(parser)
        parser.add_argument(
            "--change-group",
            action="store_true",
            help="Rank the plans of each product in a change group of its name, in the order of the catalog.",
        )

    def import_one(self, catalog: Catalog, code: str, options: dict[str, Any]) -> ImportedCatalog:
        """Import one file, then rank its plans where asked; in the same transaction."""
        imported = super().import_one(catalog, code, options)
        if options["change_group"]:
            self.rank_plans(imported)
        return imported

    def rank_plans(self, imported: ImportedCatalog) -> None:
        """Give the product's group its plans, the first of the catalog lowest; modes and other products stay."""
        name = imported.product.name[:NAME_LENGTH]
        group = ChangeGroup.objects.filter(name__iexact=name).first() or ChangeGroup.objects.create(name=name)
        wanted = {
            member.offering.sku: (member.offering_id, member.priority)
            for member in group.memberships.select_related("offering")
            if member.offering.product_id != imported.product.pk
        }
        plans = [offering for offering in imported.offerings if offering.kind == OfferingKind.PLAN]
        rungs = {key: number for number, key in enumerate(dict.fromkeys(each.edition.key for each in plans), 1)}
        wanted |= {each.sku: (each.pk, STEP * rungs[each.edition.key]) for each in plans}
        lines = rank(group, wanted)
        self.stdout.write(f"  Change group {group.name}: {len(plans)} plans, {len(lines)} changes.")
