"""Publish the drafts of offerings as new revisions, or show what would be published."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import ngettext

from config.actors import actor, add_as_option, name_of
from offerings.models import Offering, Product
from offerings.revisions import NotPublishable, Review, publish, unpublished
from offerings.tables import diff_rows


class Command(BaseCommand):
    """``manage.py publish_offerings``: review and publish from a script."""

    help = "Publish the drafts of a product's offerings, or of some, as new revisions. Drafts without changes are left."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the product or SKUs, the note and the preview."""
        selection = parser.add_mutually_exclusive_group(required=True)
        selection.add_argument("--product", metavar="CODE", help="every offering of this product that is on sale")
        selection.add_argument("--sku", nargs="+", metavar="SKU", help="these offerings")
        parser.add_argument("--note", default="", metavar="TEXT", help="kept with each revision: what changed and why")
        parser.add_argument("--preview", action="store_true", help="show the differences and write nothing")

        add_as_option(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the differences, then publish them unless ``--preview`` is given."""
        made_by = actor(options, ["offerings.publish_offering"])
        offerings = _selected(options["product"], options["sku"])
        changes = unpublished(offerings)
        for change in changes:
            self._print_changes(change)
        if options["preview"] or not changes:
            one, many = "%(n)s of %(total)s offering has", "%(n)s of %(total)s offerings have"
            words = ngettext(one, many, len(offerings)) % {"n": len(changes), "total": len(offerings)}
            self.stdout.write(f"{words} unpublished changes.")
            return
        try:
            published = publish(
                offerings,
                published_by=made_by,
                published_by_name=name_of(made_by),
                note=options["note"],
            )
        except (NotPublishable, ValidationError) as refusal:
            problems = refusal.messages if isinstance(refusal, ValidationError) else [str(refusal)]
            raise CommandError("Nothing was published.\n" + "\n".join(problems)) from refusal
        text = ngettext("Published %(count)d revision.", "Published %(count)d revisions.", len(published))
        self.stdout.write(text % {"count": len(published)})

    def _print_changes(self, change: Review) -> None:
        self.stdout.write(f"{change.draft.sku} {change.draft.offering_name}: becomes revision {change.next_number}")
        for row in diff_rows(change.diff):
            self.stdout.write(f"  {row.sign} {row.label}: {row.before or '-'} -> {row.after or '-'}")


def _selected(product: str | None, skus: list[str] | None) -> list[Offering]:
    if product is not None:
        if not Product.objects.filter(code=product).exists():
            raise CommandError(f'There is no product "{product}". Use its code, as the administration lists it.')
        return list(Offering.objects.on_sale().filter(product__code=product))
    found = list(Offering.objects.filter(sku__in=skus or []))
    unknown = sorted(set(skus or []) - {offering.sku for offering in found})
    if unknown:
        raise CommandError(f"There is no offering {', '.join(unknown)}. Check the SKU.")
    return found
