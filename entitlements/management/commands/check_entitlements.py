"""The command that recounts the stored numbers of entitlements and checks the version chain of the log."""

from itertools import chain
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import ngettext

from config.name_upkeep import stale_names
from entitlements.engine.recount import differences


class Command(BaseCommand):
    """Print each difference in one line: entitlement, name, stored, recounted."""

    help = (
        "Recount every stored number of every entitlement, check the version chain of the log, and fold every name. "
        "Prints each difference in one line and changes nothing. Exit code: 0 where all is right, 1 on any difference."
    )

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Check every entitlement; raise ``CommandError`` after the last difference."""
        count = 0
        for difference in chain(differences(), stale_names()):
            self.stdout.write(str(difference))
            count += 1
        if count:
            text = ngettext("%(count)s difference found.", "%(count)s differences found.", count)
            raise CommandError(text % {"count": f"{count:,}"}, returncode=1)
        self.stdout.write("All entitlements are as their rows and their log say.")
