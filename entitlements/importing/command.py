"""The base of the commands that import a file."""

from argparse import ArgumentParser
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

from django.core.management.base import BaseCommand, CommandError

from config.actors import NotStarted, actor, add_as_option
from entitlements.importing.cells import DayOrder
from entitlements.importing.encodings import ENCODINGS, UnreadableFile
from entitlements.importing.imports import (
    By,
    Import,
    NotImported,
    Progress,
    Report,
    Source,
    counts_in_words,
    digest_of,
    lines_in_words,
    made_in_words,
)
from entitlements.importing.staging import Message, Staging
from entitlements.importing.templates import template_text

BAR_WIDTH = 30
LONGEST_NAME = 100
ABOUT = (
    "All lines are imported or none: first every line is looked at, then all are written in one transaction. The file "
    "is CSV with commas, semicolons or tabs, in UTF-8, UTF-16 or, where there is no doubt, Windows-1252. Exit code: 0 "
    "where all was imported (with --dry-run: would be); 1 where a line has an error; 2 where nothing was started."
)


class ImportCommand(BaseCommand):
    """A command that looks at every line of a file, prints all errors by line, and imports all lines or none."""

    kind: ClassVar[type[Import]]

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help="The CSV file.")
        parser.add_argument("--template", action="store_true", help="Print an empty file with an example, and stop.")
        parser.add_argument("--dry-run", action="store_true", help="Look at every line; write nothing.")
        parser.add_argument(
            "--encoding", choices=list(ENCODINGS), default="", help="Of a file without a byte order mark."
        )
        parser.add_argument(
            "--dates",
            choices=[each.value for each in DayOrder if each],
            default="",
            help="What comes first in dates such as 3/4/2027. Default: such a date is an error.",
        )
        add_as_option(parser)

    def handle(self, **options: Any) -> None:
        """Print the template, or read the file, look at it, and import it."""
        if options["template"]:
            self.stdout.write(template_text(self.kind), ending="")
            return
        made_by = actor(options, self.kind.permissions)
        by = self.by(By(made_by), options)
        try:
            with self.opened(options["file"]) as file, Staging() as staging:
                self.run(file, staging, by, options)
        except UnreadableFile as error:
            raise NotStarted(f"{options['file']}: {error}") from error

    def by(self, by: By, options: dict[str, Any]) -> By:
        """Return who imports, with what the options say of the act."""
        return by

    def opened(self, path: Path | None) -> BinaryIO:
        """Return the file, opened; raise ``NotStarted`` where it cannot be."""
        if path is None:
            raise NotStarted("Name the file to import, or print an empty one with --template.")
        try:
            return path.open("rb")
        except OSError as error:
            raise NotStarted(f"{path}: {error.strerror}.") from error

    def run(self, file: BinaryIO, staging: Staging, by: By, options: dict[str, Any]) -> None:
        """Look at every line, and import all unless one has an error."""
        name = Path(options["file"]).name[:LONGEST_NAME]
        work = self.kind(Source(name, digest_of(file), DayOrder(options["dates"])))
        work.stage(file, staging, encoding=options["encoding"])
        work = replace(work, lines=staging.count())
        seen = work.dry_run(staging, by, progress=self.progress("Checking"))
        self.print_messages(staging, seen)
        if seen.errors:
            raise CommandError(f"{seen.errors:,} errors. Nothing was imported.", returncode=1)
        if options["dry_run"] or seen.is_empty:
            would = "" if seen.is_empty else "Dry run: nothing was written. "
            self.stdout.write(f"{would}{self.counted(seen)}")
            return
        try:
            report = work.carry_out(staging, by, expected=seen.fingerprint, progress=self.progress("Writing"))
        except NotImported as error:
            self.print_messages(staging, error.report)
            raise CommandError("The data changed meanwhile. Nothing was imported. Try again.", returncode=1) from error
        act = f" This is act {report.act.pk} in the log." if report.act else ""
        self.stdout.write(f"Imported {name}: {self.counted(report)}{act}")

    def counted(self, report: Report) -> str:
        """Return the counts in a sentence."""
        made = made_in_words(report)
        return f"{lines_in_words(report.lines)}: {counts_in_words(report)}{f'; {made}' if made else ''}."

    def print_messages(self, staging: Staging, report: Report) -> None:
        """Print every error, then every warning, in order of lines."""
        for warnings, count in ((False, report.errors), (True, report.warnings)):
            if count:
                self.stderr.write(f"{count:,} {'warning' if warnings else 'error'}{'s' if count != 1 else ''}:")
            for each in staging.messages(warnings=warnings):
                self.stderr.write(in_one_line(each), style_func=str)

    def progress(self, verb: str) -> Progress:
        """Return the function that draws the progress: a bar on a terminal, else nothing."""
        if not self.stderr.isatty():
            return lambda _report: None

        def draw(report: Report) -> None:
            share = min(1.0, report.looked_at / max(report.lines, 1))
            bar = "#" * int(BAR_WIDTH * share) + "." * (BAR_WIDTH - int(BAR_WIDTH * share))
            ending = "\n" if report.looked_at >= report.lines else ""
            line = f"\r{verb} [{bar}] {report.looked_at:,} of {report.lines:,}"
            self.stderr.write(line, style_func=str, ending=ending)
            self.stderr.flush()

        return draw


def in_one_line(message: Message) -> str:
    """Return a message with its line and column."""
    column = f", {message.column}" if message.column else ""
    return f"  line {message.line}{column}: {message.text}"
