"""The command that answers what a change within a billed period gives back and charges."""

import json
import os
import sys
from argparse import ArgumentParser
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import BaseCommand, CommandError

from config.actors import NotStarted
from entitlements.billing.json_lines import answer, read_lines


class Command(BaseCommand):
    """``manage.py prorate``: reads JSON lines, writes JSON lines, touches no data."""

    help = (
        "Read one JSON object a line: period_start, period_end (exclusive), change_on, amount (billed for the old, or "
        "null), price (of one of the new, or null), quantity (1), currency, method (actual, actual_30 or "
        "strict_30_360), already_credited (0). Write one line each: days, of, fraction, credit, charge and net, or "
        "error. Exit code: 1 where a line has an error, after all were answered; 2 where the file cannot be read."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the file."""
        parser.add_argument(
            "file", nargs="?", type=Path, metavar="FILE", help="JSON lines in UTF-8. Default: standard input."
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Answer each line as it is read."""
        try:
            with _opened(options["file"]) as file:
                asked, refused = self._answer(file)
        except BrokenPipeError as error:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left to flush has no reader
            raise CommandError("Standard output was closed before all lines were answered.") from error
        if refused:
            raise CommandError(f"{refused:,} of {asked:,} lines could not be answered. Each says what to write.")

    def _answer(self, file: BinaryIO) -> tuple[int, int]:
        """Write an answer to each line, and return how many lines there were and how many had an error."""
        asked = refused = 0
        for line in read_lines(file):
            found = answer(line)
            asked += 1
            refused += "error" in found
            self.stdout.write(json.dumps(found))
        self.stdout.flush()
        return asked, refused


def _opened(path: Path | None) -> AbstractContextManager[BinaryIO]:
    """Return the file, or standard input, which stays open; raise ``NotStarted`` where there is no such file."""
    if path is None:
        return nullcontext(sys.stdin.buffer)
    try:
        return path.open("rb")
    except (OSError, ValueError) as error:
        raise NotStarted(f"FILE: {getattr(error, 'strerror', None) or error}: {path}") from error
