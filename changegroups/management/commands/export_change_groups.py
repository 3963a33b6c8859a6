"""Write all change groups as YAML."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from changegroups.group_files import dump_groups


class Command(BaseCommand):
    """``manage.py export_change_groups``: write what ``import_change_groups`` reads without a change."""

    help = "Write all change groups as YAML that import_change_groups reads back without a change."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the output file."""
        parser.add_argument("--output", type=Path, metavar="FILE", help="write here, not to standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the file."""
        path: Path | None = options["output"]
        if path is None:
            self.stdout.write(dump_groups(), ending="")
            return
        try:
            path.write_text(dump_groups(), encoding="utf-8")
        except OSError as error:
            raise CommandError(f"{path} cannot be written: {error.strerror or error}.") from error
