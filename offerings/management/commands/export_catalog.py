"""Write a product as a price catalog in Pricing2Yaml 2.1."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.clock import site_today
from offerings.catalogs.errors import CatalogError
from offerings.catalogs.exporter import export_catalog
from offerings.models import Product


class Command(BaseCommand):
    """``manage.py export_catalog``: write what ``import_catalog`` reads without a change."""

    help = (
        "Write the draft of a product as a price catalog (Pricing2Yaml 2.1) that imports again without a change. "
        "What the format cannot say is named on standard error."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the product and the output file."""
        parser.add_argument("product", metavar="PRODUCT", help="code of the product")
        parser.add_argument("--output", type=Path, metavar="FILE", help="write here, not to standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the file, then name its omissions; write nothing where no import could read the file."""
        product = Product.objects.filter(code=options["product"]).first()
        if product is None:
            raise CommandError(f'There is no product "{options["product"]}". Use its code, as administration lists it.')
        if not product.offerings.on_sale().exists():
            raise CommandError(f"Product {product.code} has nothing on sale, so there is nothing to write.")
        try:
            exported = export_catalog(product, day=site_today())
        except CatalogError as error:
            raise CommandError(f"The format cannot say what this product holds. {error}") from error
        if options["output"] is None:
            self.stdout.write(exported.text, ending="")
        else:
            try:
                options["output"].write_text(exported.text, encoding="utf-8")
            except OSError as error:
                raise CommandError(f"{options['output']} cannot be written: {error.strerror or error}.") from error
        for sentence in exported.omissions:
            self.stderr.write(self.style.WARNING(sentence))
