"""Import price catalogs in Pricing2Yaml as the drafts of new products."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from offerings.catalogs.errors import CatalogError
from offerings.catalogs.importer import ImportedCatalog, import_catalog
from offerings.catalogs.reader import read_catalog
from offerings.models import Charge, Offering, OfferingKind, SeatsSold
from offerings.prices import Price, plain_amount
from offerings.revisions import NotPublishable, publish
from offerings.rights import BUILT_IN, show


class Command(BaseCommand):
    """Import each file into the product named in the same place; all of them or none."""

    help = (
        "Import price catalogs (Pricing2Yaml 2.1), each into a new product, as drafts. "
        "Several files are imported together or not at all; give --product once for each, in the same order."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="Catalog in YAML, 2 MB at most.")
        parser.add_argument(
            "--product",
            action="append",
            required=True,
            dest="products",
            metavar="CODE",
            help="Code of the new product; once for each file, in the order of the files.",
        )
        parser.add_argument("--dry-run", action="store_true", help="Show what would be made; write nothing.")
        parser.add_argument("--publish", action="store_true", help="Publish the imported offerings too.")

    def handle(self, *, files: list[Path], products: list[str], **options: Any) -> None:
        """Read all files, then write them in one transaction; writes nothing where any of them is bad."""
        if len(files) != len(products):
            raise CommandError(
                f"Give --product once for each file, in the same order: files {len(files)}, products {len(products)}."
            )
        try:
            self.import_all(files, products, is_dry_run=options["dry_run"], is_published=options["publish"])
        except (CatalogError, NotPublishable) as error:
            raise CommandError(str(error)) from error

    def import_all(self, files: list[Path], products: list[str], *, is_dry_run: bool, is_published: bool) -> None:
        """Import, publish and report every file in one transaction, rolled back after a dry run."""
        catalogs = [read_catalog(file) for file in files]
        with transaction.atomic():
            for file, catalog, code in zip(files, catalogs, products, strict=True):
                imported = import_catalog(catalog, product_code=code)
                if is_published:
                    publish(
                        imported.offerings,
                        published_by=None,
                        published_by_name="import_catalog",
                        note=f"Imported from {file.name}",
                    )
                self.report(imported, file, is_dry_run=is_dry_run, is_published=is_published)
            transaction.set_rollback(is_dry_run)
        if is_dry_run:
            self.stdout.write("Dry run: nothing was written.")

    def report(self, imported: ImportedCatalog, file: Path, *, is_dry_run: bool, is_published: bool) -> None:
        """Print what a file made; each offering too in a dry run."""
        add_ons = sum(offering.kind == OfferingKind.ADD_ON for offering in imported.offerings)
        self.stdout.write(
            f"{file.name} -> product {imported.product.code} ({imported.product.name}): "
            f"{len(imported.features)} features, {len(imported.editions)} editions, "
            f"{len(imported.offerings) - add_ons} offerings, {add_ons} add-ons"
            f"{', published as revision 1' if is_published else ', as drafts'}."
        )
        if is_dry_run:
            for offering, charge in zip(imported.offerings, imported.charges, strict=True):
                self.stdout.write(f"  {offering.sku:20}  {offering.name:50}  {_seats(offering):20}  {_price(charge)}")
        for warning in imported.warnings:
            self.stderr.write(self.style.WARNING(f"  {file.name}: {warning}"))


def _seats(offering: Offering) -> str:
    if offering.seats_sold == SeatsSold.FIXED:
        return f"seats: {show(BUILT_IN['seat_limit'], offering.seat_limit)}"
    if offering.extra_seats:
        return f"seats added: {offering.extra_seats:,}"
    return "seats per quantity" if offering.seats_sold == SeatsSold.PER_QUANTITY else ""


def _price(charge: Charge) -> str:
    price = Price(
        charge.key, charge.kind, charge.per, plain_amount(charge.amount), charge.currency, charge.unit, charge.text
    )
    return f"{price.words}, {charge.get_kind_display()}"
