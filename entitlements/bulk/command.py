"""What the commands that change many entitlements share: their options, the question, the summary, the exit codes."""

import getpass
import sys
from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from entitlements.bulk.batches import BATCH_SIZE, Batches, Remarks, Tally
from entitlements.engine import System
from entitlements.models.customers import REFERENCE_LENGTH
from entitlements.models.holdings import REASON_LENGTH
from entitlements.operations import SeatChoice, SeatMode
from offerings.models import Offering

EXIT_CODES = (
    "Exit code: 0 where all were changed (with --preview: would be) or there was nothing to do; "
    "1 where some were refused; 2 where nothing was started: a wrong argument, no permission, not confirmed."
)
SEAT_MODES = [mode.value for mode in SeatMode if mode is not SeatMode.RELEASE_CHOSEN]
BAR_WIDTH = 30


class NotStarted(CommandError):
    """Nothing was written, because of an argument, a permission or the answer to the question. Exit code 2."""

    def __init__(self, message: str) -> None:
        """Keep the message, which names the option."""
        super().__init__(message, returncode=2)


class BulkCommand(BaseCommand):
    """A command that shows what one operation would do to many entitlements, asks, and does it as one act."""

    batch_size: ClassVar[int] = BATCH_SIZE

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options that all of them have."""
        parser.add_argument(
            "--seats",
            choices=SEAT_MODES,
            default=SeatMode.REFUSE.value,
            help="What to do where more seats are in use than allowed afterwards. Default: refuse.",
        )
        parser.add_argument("--reason", required=True, metavar="TEXT", help="Why; kept in the log.")
        parser.add_argument("--reference", default="", metavar="TEXT", help="Key in another system; kept in the log.")
        parser.add_argument("--preview", action="store_true", help="Show what would happen; write nothing.")
        parser.add_argument("--yes", action="store_true", help="Do not ask; needed where there is no terminal.")
        parser.add_argument(
            "--as",
            dest="username",
            metavar="USERNAME",
            help="Act as this person, who needs the permission. Default: the system's user, as a trusted process.",
        )

    def run(self, batches: Batches, options: dict[str, Any]) -> None:
        """Preview, ask, carry out and report; raise ``CommandError`` where not all was or would be done."""
        made_by = _actor(options["username"], permission=batches.operation.permission)
        reason = _words("--reason", options["reason"], longest=REASON_LENGTH)
        reference = _words("--reference", options["reference"], longest=REFERENCE_LENGTH)
        if not reason:
            raise NotStarted("--reason: Give a reason: it is kept in the log.")
        if options["preview"]:
            tally = self.look(batches)
        else:
            if not options["yes"]:
                self.ask(batches)
            tally = batches.apply(
                made_by=made_by, reason=reason, reference=reference, progress=self.progress(batches.rows.count())
            )
            self.report(tally, verb="")
        if tally.refused:
            raise CommandError(f"{tally.refused:,} of {tally.met:,} entitlements refused.", returncode=1)

    def look(self, batches: Batches) -> Tally:
        """Show what would happen, and return it."""
        tally = batches.preview(progress=self.progress(batches.rows.count()))
        self.report(tally, verb="would be ")
        return tally

    def ask(self, batches: Batches) -> None:
        """Show what would happen and wait for a yes; raise ``NotStarted`` for anything else."""
        if not sys.stdin.isatty():
            raise NotStarted("--yes: Give it to change without a question: there is no terminal to ask at.")
        tally = self.look(batches)
        if not tally.changed:
            return
        self.stdout.write(f"Change {_entitlements(tally.changed)}? [y/N] ", ending="")
        self.stdout.flush()
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            raise NotStarted("Not confirmed: nothing was changed.")

    def report(self, tally: Tally, *, verb: str) -> None:
        """Print the summary: changed, refused by reason, what to know."""
        if not tally.met:
            self.stdout.write("Nothing to do: no entitlement fits.")
            return
        seats = f", {tally.released:,} seats {verb}released" if tally.released else ""
        self.stdout.write(f"{_entitlements(tally.changed)} {verb}changed{seats}; {tally.refused:,} {verb}refused.")
        self._list(f"{verb}refused because (there can be several reasons for one):".capitalize(), tally.problems)
        self._list("Warnings for those changed:", tally.warnings)
        if tally.act:
            self.stdout.write(f"It is act {tally.act.pk} in the log.")

    def _list(self, heading: str, remarks: Remarks) -> None:
        if remarks.counts:
            self.stdout.write("\n".join([heading, *remarks.lines()]))

    def progress(self, total: int) -> Callable[[int], None]:
        """Return what draws how far it is: a bar on a terminal, else nothing."""
        if not self.stderr.isatty():
            return lambda _done: None

        def draw(done: int) -> None:
            filled = BAR_WIDTH * done // max(total, done)
            bar = "#" * filled + "." * (BAR_WIDTH - filled)
            end = "\n" if done >= total else ""
            self.stderr.write(f"\r[{bar}] {done:,} of {max(total, done):,}", style_func=str, ending=end)
            self.stderr.flush()

        return draw


def _entitlements(count: int) -> str:
    return f"{count:,} {'entitlement' if count == 1 else 'entitlements'}"


def _words(option: str, text: str, *, longest: int) -> str:
    """Return the text of an option without blanks around it; raise ``NotStarted`` where the log cannot hold it."""
    text = text.strip()
    if len(text) > longest:
        raise NotStarted(f"{option}: Use at most {longest} characters; this has {len(text):,}.")
    if any(letter == "\x00" or "\ud800" <= letter <= "\udfff" for letter in text):
        raise NotStarted(f"{option}: Leave out control characters, and write UTF-8.")
    return text


def _actor(username: str | None, *, permission: str) -> User | System:
    """Return who acts; raise ``NotStarted`` for a person who is unknown or lacks the permission."""
    if username is None:
        return System(_system_user()[:150])
    person = User.objects.filter(username=username).first() if username.isprintable() else None
    if person is None:
        raise NotStarted(f"--as: There is no person with the username {username[:150]!r}.")
    if not person.has_perm(permission):
        raise NotStarted(f"--as: {username} lacks the permission {permission}.")
    return person


def _system_user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        return "system"


def offering_of(option: str, sku: str) -> Offering:
    """Return the offering an option names by its SKU; raise ``NotStarted`` where there is none."""
    known = Offering.objects.select_related("product")
    offering = known.filter(sku=sku).first() if sku.isascii() and sku.isprintable() else None
    if offering is None:
        raise NotStarted(f"{option}: There is no offering with the SKU {sku[:50]!r}.")
    return offering


def seat_choice(options: dict[str, Any]) -> SeatChoice:
    """Return what ``--seats`` says."""
    return SeatChoice(SeatMode(options["seats"]))
