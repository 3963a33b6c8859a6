"""Import price catalogs in Pricing2Yaml as the drafts of new or existing products."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from config.actors import System, actor, add_as_option, name_of
from offerings.catalogs.errors import CatalogError
from offerings.catalogs.import_plan import Action, ImportPlan, Item, Section
from offerings.catalogs.importer import ImportedCatalog, MadeByHand, StalePlan, import_catalog
from offerings.catalogs.reader import DIALECTS, read_catalog
from offerings.catalogs.values import Catalog
from offerings.revisions import NotPublishable, publish

IMPORT = ["offerings.add_offering", "offerings.change_offering"]
PUBLISH = "offerings.publish_offering"
SIGNS = {Action.ADDED: "+", Action.CHANGED: "~", Action.RETIRED: "-", Action.REINSTATED: "^"}


class Command(BaseCommand):
    """``manage.py import_catalog``: each file into the product at the same place; all files or none."""

    help = (
        "Import price catalogs (Pricing2Yaml 1.0 to 3.0), each into the draft of a product. A code no product has "
        "makes a new one; else what the file adds, changes or leaves out is added, changed or retired. Several files "
        "are imported together or not at all; give --product once for each, in the same order."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="Catalog in YAML, 2 MB at most.")
        product = "Code of the product, new or not; once for each file, in the order of the files."
        parser.add_argument("--product", action="append", required=True, dest="products", metavar="CODE", help=product)
        dialect = "Read the files by this syntax version."
        parser.add_argument("--dialect", choices=list(DIALECTS), default="", help=dialect)
        parser.add_argument("--dry-run", action="store_true", help="Show what would be done; write nothing.")
        parser.add_argument("--publish", action="store_true", help="Publish the imported offerings too.")
        existing = "Import also into products made by hand: what has the same key is brought up to the file."
        parser.add_argument("--into-existing", action="store_true", help=existing)
        emptying = "Go on although every feature or every plan this product has now would be retired."
        parser.add_argument("--confirm-emptying", action="append", default=[], metavar="CODE", help=emptying)
        add_as_option(parser)

    def handle(self, *, files: list[Path], products: list[str], **options: Any) -> None:
        """Read all files, then write them in one transaction; write nothing where one file is bad."""
        needed = [*IMPORT, PUBLISH] if options["publish"] else IMPORT
        options["made_by"] = actor(options, needed)
        if len(files) != len(products):
            raise CommandError(
                f"Give --product once for each file, in the same order: files {len(files)}, products {len(products)}."
            )
        if len(set(products)) < len(products):
            raise CommandError("Two files go into one product. Import them one after the other, the older one first.")
        try:
            self.import_all(files, products, options)
        except MadeByHand as error:
            raise CommandError(f"{error} Use --into-existing to say so.") from error
        except (CatalogError, NotPublishable, StalePlan) as error:
            raise CommandError(str(error)) from error

    def import_all(self, files: list[Path], products: list[str], options: dict[str, Any]) -> None:
        """Import, publish and report every file in one transaction, rolled back after a dry run."""
        catalogs = [read_catalog(file, dialect=options["dialect"]) for file in files]
        with transaction.atomic():
            for catalog, code in zip(catalogs, products, strict=True):
                self.import_one(catalog, code, options)
            transaction.set_rollback(options["dry_run"])
        if options["dry_run"]:
            self.stdout.write("Dry run: nothing was written.")

    def import_one(self, catalog: Catalog, code: str, options: dict[str, Any]) -> None:
        """Import, publish and report one file."""
        made_by: User | System = options["made_by"]
        imported = import_catalog(catalog, product_code=code, made_by=made_by, into_existing=options["into_existing"])
        self.report(imported.plan, options)
        if imported.plan.emptied and not options["dry_run"] and code not in options["confirm_emptying"]:
            reasons = " ".join(imported.plan.emptied)
            raise CommandError(
                f"{catalog.head.file}: product {code}: {reasons} Check that this is the right file and product. "
                f"If it is, give --confirm-emptying {code}. Nothing was written."
            )
        if options["publish"]:
            self.publish(imported, Path(catalog.head.file).name, made_by)

    def publish(self, imported: ImportedCatalog, file: str, made_by: User | System) -> None:
        """Publish the drafts of the imported offerings."""
        note, name = f"Imported from {file}", name_of(made_by)
        published = publish(imported.offerings, published_by=made_by, published_by_name=name, note=note)
        self.stdout.write(f"  {len(published)} published.")

    def report(self, plan: ImportPlan, options: dict[str, Any]) -> None:
        """Print the counts of each section; in a dry run also every row."""
        file, is_new = Path(plan.rows.catalog.head.file).name, ", new" if plan.is_new else ""
        self.stdout.write(f"{file} -> product {plan.product.code} ({plan.product.name}{is_new}): {summary(plan)}.")
        if options["dry_run"]:
            for item in plan.items:
                self.print_item(item)
            for reason in plan.emptied:
                self.stdout.write(self.style.WARNING(f"  {reason} The import will ask for --confirm-emptying."))
        for warning in plan.warnings:
            self.stderr.write(self.style.WARNING(f"  {file}: {warning}"))

    def print_item(self, item: Item) -> None:
        """Print one row: a new row in one line, any other row with its differences below."""
        new = "  ".join(difference.after for difference in item.differences if item.action is Action.ADDED)
        self.stdout.write(
            f"  {SIGNS[item.action]} {item.section[:-1]:8}  {item.key:20}  {item.name:50}  {new}".rstrip()
        )
        if item.action is not Action.ADDED:
            for difference in item.differences:
                arrow = f": {difference.before} -> {difference.after}" if difference.before or difference.after else ""
                self.stdout.write(f"      {difference.label}{arrow}")


def summary(plan: ImportPlan) -> str:
    """Return the counts of written and unchanged rows by section, in words."""
    return "; ".join(_counts(plan, section) for section in Section)


def _counts(plan: ImportPlan, section: Section) -> str:
    counts = {action.value: len(plan.chosen(section, action)) for action in Action}
    counts["unchanged"] = plan.unchanged[section]
    return f"{section} " + (", ".join(f"{count} {word}" for word, count in counts.items() if count) or "none")
