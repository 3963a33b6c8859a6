"""The command that checks entitlements, their log and revisions, and mends numbers where it is asked to."""

from argparse import ArgumentParser
from collections import Counter
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import ngettext

from config.actors import actor, add_as_option
from entitlements.engine.check import check
from entitlements.engine.checks.findings import ADVICE, Code
from entitlements.engine.checks.repair import Repair
from entitlements.engine.recount import BATCH_SIZE

PERMISSION = "entitlements.undo_act"


class Command(BaseCommand):
    """Print each difference in one line, then how many there are of each kind and what to do."""

    help = (
        "Recount every stored number of every entitlement, check its term, replay its log, and check what is written "
        "once: triggers of the database, digests of acts and revisions, folded names. Prints each difference in one "
        "line, then the number of each kind with what to do. Without --repair it changes nothing. It reads in batches "
        "and holds no long transaction; stopped, it says how to go on. "
        "Exit code: 0 where all is right; 1 on any difference, those that --repair has mended apart; "
        "2 where nothing was started: a wrong argument, no permission; 130 where it was stopped by Ctrl-C."
    )

    batch_size: ClassVar[int] = BATCH_SIZE

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument(
            "--repair",
            action="store_true",
            help="Mend stored numbers that can be counted anew, with a line in History. Never touches the log.",
        )
        add_as_option(parser)
        parser.add_argument(
            "--after",
            type=UUID,
            metavar="KEY",
            help="Go on with the entitlements beyond this key, as an earlier run has said.",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Check everything; raise ``CommandError`` after the last difference."""
        repair = Repair(actor(options, [PERMISSION])) if options["repair"] else None
        counts: Counter[Code] = Counter()
        place = _Place(options["after"])
        mend = repair.mend if repair else None
        try:
            for difference in check(batch_size=self.batch_size, after=place.last, mend=mend, progress=place.reach):
                self.stdout.write(str(difference))
                counts[difference.code] += 1
        except KeyboardInterrupt:
            going_on = f" Go on with --after {place.last}." if place.last else ""
            raise CommandError(f"Stopped.{going_on}", returncode=130) from None
        if repair:
            counts[Code.COUNTED_NUMBER] -= sum(repair.columns.values())
            self._print_repair(repair)
        self._conclude(+counts)

    def _print_repair(self, repair: Repair) -> None:
        words = ngettext("%(count)s entitlement", "%(count)s entitlements", repair.mended)
        columns = ", ".join(f"{name} {count:,}" for name, count in sorted(repair.columns.items()))
        what = f" ({columns})" if columns else ""
        self.stdout.write(f"Mended the stored numbers of {words % {'count': f'{repair.mended:,}'}}{what}.")
        if repair.left:
            self.stdout.write(f"Left {repair.left:,} as they are: settle first what else is wrong with them.")

    def _conclude(self, counts: Counter[Code]) -> None:
        if not counts:
            self.stdout.write("All entitlements are as their rows and their log say.")
            return
        self.stdout.write("")
        for code, count in counts.most_common():
            self.stdout.write(f"{count:>9,}  {code}: {ADVICE[code]}")
        text = ngettext("%(count)s difference found.", "%(count)s differences found.", counts.total())
        raise CommandError(text % {"count": f"{counts.total():,}"}, returncode=1)


@dataclass(slots=True)
class _Place:
    """How far a run has come: the last entitlement of the last batch that is done."""

    last: UUID | None

    def reach(self, key: UUID) -> None:
        """Note the end of a batch."""
        self.last = key
