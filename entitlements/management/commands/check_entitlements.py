"""Recount every stored number of every entitlement, and check the version chain of the log."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from entitlements.engine.recount import differences


class Command(BaseCommand):
    """Print each difference in one line: entitlement, name, stored, recounted."""

    help = (
        "Recount every stored number of every entitlement, and check the version chain of the log. "
        "Prints each difference in one line and changes nothing. Exit code: 0 where all is right, 1 on any difference."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare no argument: every entitlement is checked."""

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Check all; raise ``CommandError`` after the last difference where there was any."""
        count = 0
        for difference in differences():
            self.stdout.write(str(difference))
            count += 1
        if count:
            raise CommandError(f"{count:,} {'difference' if count == 1 else 'differences'} found.", returncode=1)
        self.stdout.write("All entitlements are as their rows and their log say.")
