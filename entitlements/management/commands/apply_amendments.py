"""The command that applies the amendments that are due."""

from argparse import ArgumentParser
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import ngettext

from config.actors import actor, add_as_option
from config.clock import site_today
from entitlements.schedule import apply_due, preview_due
from entitlements.schedule.due import Applied, waiting
from entitlements.schedule.endings import Ended
from entitlements.schedule.scheduling import PERMISSION
from entitlements.schedule.tasks import EVERY, queue_next


class Command(BaseCommand):
    """``manage.py apply_amendments``: for cron, or for a run by hand."""

    help = (
        "Apply every amendment that is due today in the site's zone, or was due before: order by order, each exactly "
        "once, however many run at the same time. One that no longer fits, or would do something else than what was "
        "last seen, is set aside for a person, and blocks the later ones of its own order alone. Prints one line for "
        "each. Exit code: 0 where all were applied or nothing was due; 1 where one was set aside or failed (with "
        "--dry-run: would be); 2 where nothing was started: a wrong argument, no permission; 130 where it was stopped "
        "by Ctrl-C."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        ways = parser.add_mutually_exclusive_group()
        ways.add_argument("--dry-run", action="store_true", help="Print what would be done; write nothing.")
        ways.add_argument(
            "--repeat",
            action="store_true",
            help="Apply nothing itself: let a worker (manage.py db_worker) do so at once, and every "
            f"{EVERY.total_seconds() / 60:.0f} minutes from then on. Run it before each start of a worker; where a run "
            "is queued already, it changes nothing.",
        )
        add_as_option(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Apply what is due; raise ``CommandError`` at the end where something was not applied."""
        made_by, today = actor(options, [PERMISSION]), site_today()
        if options["repeat"]:
            self.stdout.write("Queued a run." if queue_next() else "A run is queued already.")
            return
        would = "would be " if options["dry_run"] else ""
        counts: Counter[str] = Counter()
        try:
            for each in preview_due(today) if would else apply_due(today, made_by=made_by):
                self.stdout.write(line_of(each, would=would))
                counts[outcome_of(each)] += 1
        except KeyboardInterrupt:
            raise CommandError("Stopped. What was applied stays applied.", returncode=130) from None
        left = 0 if would else waiting(today) - counts["failed"]
        self.conclude(counts, would=would, left=left)

    def conclude(self, counts: Counter[str], *, would: str, left: int) -> None:
        """Print the numbers; raise ``CommandError`` where one was set aside or failed."""
        if left > 0:
            words = ngettext("%(n)s amendment waits", "%(n)s amendments wait", left) % {"n": f"{left:,}"}
            self.stdout.write(f"{words} behind one of the same order that was not applied.")
        parts = [f"{counts[name]:,} {phrase(name, would)}" for name in ("set aside", "failed") if counts[name]]
        applied = f"{counts['applied']:,} {phrase('applied', would)}"
        if counts["ended"]:
            applied = f"{applied}, overrides of {counts['ended']:,} {phrase('ended', would)}"
        if parts:
            raise CommandError(f"{', '.join([applied, *parts])}.", returncode=1)
        self.stdout.write(f"{applied}." if counts else "Nothing is due.")


def outcome_of(applied: Applied | Ended) -> str:
    """Return what became of an amendment or an override, in a word or two."""
    if applied.error is not None:
        return "failed"
    if isinstance(applied, Ended):
        return "failed" if applied.problems else "ended"
    return "set aside" if applied.problems else "applied"


def phrase(outcome: str, would: str) -> str:
    """Return an outcome, or what it would be."""
    return outcome if outcome == "failed" else f"{would}{outcome}"


def line_of(applied: Applied | Ended, *, would: str) -> str:
    """Return the line about an amendment: its day, name and order, what became of it, and why or by which act."""
    if isinstance(applied, Ended):
        return _line_of_ended(applied, would=would)
    row = applied.amendment
    line = f"{row.effective_on}  {row.name} ({row.order}): {phrase(outcome_of(applied), would)}"
    if applied.error is not None:
        return f"{line}: {type(applied.error).__name__}: {applied.error}"
    if applied.problems:
        return f"{line}: {' '.join(problem.message for problem in applied.problems)}"
    return f"{line}, act {row.act_id}" if row.act_id else line


def _line_of_ended(ended: Ended, *, would: str) -> str:
    """Return the line about overrides of one day: of which rights, what became of them, and why or by which act."""
    line = f"{ended.day}  Override of {', '.join(ended.keys) or 'a right'}: {phrase(outcome_of(ended), would)}"
    if ended.error is not None:
        return f"{line}: {type(ended.error).__name__}: {ended.error}"
    if ended.problems:
        return f"{line}: {' '.join(problem.message for problem in ended.problems)}"
    return f"{line}, act {ended.act.pk}" if ended.act else line
