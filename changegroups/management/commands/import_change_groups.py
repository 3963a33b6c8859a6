"""Write the change groups of a YAML file to the database."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from changegroups.group_files import GroupChange, read_groups, write_groups
from config.actors import actor, add_as_option
from offerings.catalogs.errors import CatalogError

IMPORT = [
    "changegroups.add_changegroup",
    "changegroups.change_changegroup",
    *(f"changegroups.{verb}_membership" for verb in ("add", "change", "delete")),
]


class Command(BaseCommand):
    """``manage.py import_change_groups``: all groups of a file, or none."""

    help = (
        "Bring change groups up to a YAML file, as export_change_groups writes it: a group of a new name is made, "
        "one of a known name gets exactly what the file says, others stay. All of the file or nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the file and the dry run."""
        parser.add_argument("file", type=Path, metavar="FILE", help="groups in YAML, 2 MB at most")
        parser.add_argument("--dry-run", action="store_true", help="show what would be done; write nothing")
        add_as_option(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Read the file, write it and print every difference."""
        made_by = actor(options, IMPORT)
        try:
            entries = read_groups(options["file"])
            with transaction.atomic():
                for change in write_groups(entries, made_by=made_by):
                    self.print_change(change)
                transaction.set_rollback(options["dry_run"])
        except CatalogError as error:
            raise CommandError(str(error)) from error
        if options["dry_run"]:
            self.stdout.write("Dry run: nothing was written.")

    def print_change(self, change: GroupChange) -> None:
        """Print the changes of one group."""
        outcome = "new" if change.is_new else "changed" if change.lines else "unchanged"
        self.stdout.write(f"{change.name}: {outcome}.")
        for line in change.lines:
            self.stdout.write(f"  {line}")
