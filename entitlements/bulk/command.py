"""The base of commands on many entitlements: options, confirmation, summary, exit codes."""

import sys
from argparse import ArgumentParser
from typing import Any, ClassVar
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import ngettext

from config.actors import NotStarted, actor, add_as_option
from entitlements.bulk.batches import BATCH_SIZE, Batches, Log, Progress, Tally
from entitlements.dialogs.outcomes import entitlements_in_words
from entitlements.engine.scopes import Scope
from entitlements.models import Act, Override, Source
from entitlements.models.customers import REFERENCE_LENGTH
from entitlements.models.holdings import REASON_LENGTH
from entitlements.operations import Operation, SeatChoice, SeatMode
from entitlements.state import TERM_RIGHTS
from offerings.models import Charge, Feature, Offering
from offerings.prices import charge_of
from offerings.rights import BUILT_IN, FEATURE_PREFIX

EXIT_CODES = (
    "Exit code: 0 where all were changed (with --preview: would be) or there was nothing to do; "
    "1 where some were refused; 2 where nothing was started: a wrong argument, no permission, not confirmed."
)
SEAT_MODES = [mode.value for mode in SeatMode if mode is not SeatMode.RELEASE_CHOSEN]
BAR_WIDTH = 30
__all__ = ["EXIT_CODES", "SEAT_MODES", "BulkCommand", "NotStarted", "offering_of", "seat_choice"]


class BulkCommand(BaseCommand):
    """A command that previews one operation on many entitlements, asks, and carries it out as one act."""

    batch_size: ClassVar[int] = BATCH_SIZE

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the shared options."""
        parser.add_argument(
            "--seats",
            choices=SEAT_MODES,
            default=SeatMode.REFUSE.value,
            help="What to do where more seats are in use than allowed afterwards. Default: refuse.",
        )
        parser.add_argument("--reason", required=True, metavar="TEXT", help="Why; kept in the log.")
        parser.add_argument("--reference", default="", metavar="TEXT", help="Key in another system; kept in the log.")
        add_as_option(parser)
        add_run_arguments(parser)

    def run(self, operation: Operation, scope: Scope, options: dict[str, Any]) -> None:
        """Preview, ask, carry out and print the summary; raise ``CommandError`` where any entitlement is refused."""
        log = Log(
            made_by=actor(options, operation.permissions),
            source=Source.COMMAND,
            reason=_text("--reason", options["reason"], longest=REASON_LENGTH),
            reference=_text("--reference", options["reference"], longest=REFERENCE_LENGTH),
        )
        if not log.reason:
            raise NotStarted("--reason: Give a reason: it is kept in the log.")
        self.carry_out(Batches(operation, scope, self.batch_size), log, options)

    def carry_out(self, batches: Batches, log: Log, options: dict[str, Any]) -> None:
        """Preview or carry out ``batches``; raise ``CommandError`` where any entitlement is refused."""
        if options["preview"]:
            tally = self.show_preview(batches, log)
        else:
            if not options["yes"]:
                self.confirm(batches, log)
            tally = self.apply(batches, log)
            self.print_summary(tally, verb="")
        if tally.refused:
            words = ngettext("%(n)s of %(total)s entitlement", "%(n)s of %(total)s entitlements", tally.total)
            counts = {"n": f"{tally.refused:,}", "total": f"{tally.total:,}"}
            raise CommandError(f"{words % counts} refused.", returncode=1)

    def show_preview(self, batches: Batches, log: Log) -> Tally:
        """Print the summary of a preview, and return its tally."""
        tally = batches.preview(made_by=log.made_by, progress=self.progress(batches.rows().count()))
        self.print_summary(tally, verb="would be ")
        return tally

    def confirm(self, batches: Batches, log: Log) -> None:
        """Print the summary of a preview and wait for a yes; raise ``NotStarted`` for any other answer."""
        if not sys.stdin.isatty():
            raise NotStarted("--yes: Give it to change without a question: there is no terminal to ask at.")
        tally = self.show_preview(batches, log)
        if not tally.changed:
            return
        self.stdout.write(f"Change {entitlements_in_words(tally.changed)}? [y/N] ", ending="")
        self.stdout.flush()
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            raise NotStarted("Not confirmed: nothing was changed.")

    def apply(self, batches: Batches, log: Log) -> Tally:
        """Carry out ``batches``, and say the key of the act as soon as its first batch is written."""
        draw = self.progress(batches.rows().count())
        written: list[Tally] = []

        def follow(tally: Tally) -> None:
            if tally.act and not written:
                self.stdout.write(f"This is act {tally.act.pk} in the log. {_how_to_resume(tally.act)}")
                self.stdout.flush()
                written.append(tally)
            draw(tally)

        try:
            return batches.apply(log, progress=follow)
        except KeyboardInterrupt as error:
            so_far = entitlements_in_words(written[0].changed) if written else "nothing"
            how = f" {_how_to_resume(written[0].act)}" if written and written[0].act else ""
            raise CommandError(f"Interrupted: {so_far} changed so far.{how}", returncode=130) from error

    def print_summary(self, tally: Tally, *, verb: str) -> None:
        """Print the numbers of changed and refused entitlements, with their messages; ``verb`` is "" or "would be "."""
        if tally.outside:
            left = entitlements_in_words(tally.outside)
            self.stdout.write(f"{left} changed meanwhile, so that the command does not fit any more: left as they are.")
        if not tally.total:
            self.stdout.write("Nothing to do: no entitlement fits.")
            return
        count = ngettext("%(count)s seat", "%(count)s seats", tally.released) % {"count": f"{tally.released:,}"}
        seats = f", {count} {verb}released" if tally.released else ""
        changed = entitlements_in_words(tally.changed)
        self.stdout.write(f"{changed} {verb}changed{seats}; {tally.refused:,} {verb}refused.")
        refused_because = f"{verb}refused because (there can be several reasons for one):".capitalize()
        for heading, messages in ((refused_because, tally.problems), ("Warnings for those changed:", tally.warnings)):
            if messages.counts:
                self.stdout.write(heading)
                for row in messages.rows():
                    example = "for example, " if row.varies else ""
                    self.stdout.write(f"{row.count:>9,}  {row.code}: {example}{row.sentence}")

    def progress(self, total: int) -> Progress:
        """Return the function that draws the progress: a bar on a terminal, else nothing."""
        if not self.stderr.isatty():
            return lambda _tally: None

        def draw(tally: Tally) -> None:
            done = tally.total
            filled = BAR_WIDTH * done // max(total, done)
            bar = "#" * filled + "." * (BAR_WIDTH - filled)
            end = "\n" if done >= total else ""
            self.stderr.write(f"\r[{bar}] {done:,} of {max(total, done):,}", style_func=str, ending=end)
            self.stderr.flush()

        return draw


def add_run_arguments(parser: ArgumentParser) -> None:
    """Declare the options of every command on many: preview only, and no question."""
    parser.add_argument("--preview", action="store_true", help="Show what would happen; write nothing.")
    parser.add_argument("--yes", action="store_true", help="Do not ask; needed where there is no terminal.")


def find_act(text: str) -> Act:
    """Return the act with a key; raise ``NotStarted`` where there is none."""
    try:
        act = Act.objects.filter(pk=UUID(text)).first()
    except ValueError:
        act = None
    if act is None:
        raise NotStarted(f"There is no act {text[:60]!r} in the log. Its key is in the address of its page.")
    return act


def _how_to_resume(act: Act) -> str:
    return f"After an interruption go on with: manage.py resume_act {act.pk}"


def _text(option: str, text: str, *, longest: int) -> str:
    """Return the text of an option without blanks around it; raise ``NotStarted`` where the log cannot hold it."""
    text = text.strip()
    if len(text) > longest:
        raise NotStarted(f"{option}: Use at most {longest} characters; this has {len(text):,}.")
    if any(letter == "\x00" or "\ud800" <= letter <= "\udfff" for letter in text):
        raise NotStarted(f"{option}: Leave out control characters, and write UTF-8.")
    return text


def offering_of(option: str, sku: str) -> Offering:
    """Return the offering with the SKU in an option; raise ``NotStarted`` for an unknown SKU."""
    offerings = Offering.objects.select_related("product")
    offering = offerings.filter(sku=sku).first() if sku.isascii() and sku.isprintable() else None
    if offering is None:
        raise NotStarted(f"{option}: There is no offering with the SKU {sku[:50]!r}.")
    return offering


def known_right(option: str, key: str) -> str:
    """Return the key of a right; raise ``NotStarted`` for a key that neither a right nor an override has."""
    if key in BUILT_IN or key in TERM_RIGHTS:
        return key
    if key.isprintable() and key.startswith(FEATURE_PREFIX):
        name = key.removeprefix(FEATURE_PREFIX)
        if Feature.objects.filter(key=name).exists() or Override.objects.filter(key=key).exists():
            return key
    charge = charge_of(key)
    if charge and (Charge.objects.filter(key=charge).exists() or Override.objects.filter(key=key).exists()):
        return key
    raise NotStarted(f"{option}: There is no right {key[:80]!r}. A feature's key starts with {FEATURE_PREFIX!r}.")


def seat_choice(options: dict[str, Any]) -> SeatChoice:
    """Return the choice in ``--seats``."""
    return SeatChoice(SeatMode(options["seats"]))
