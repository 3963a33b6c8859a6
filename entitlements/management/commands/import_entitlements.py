"""The command that imports entitlements from a CSV file."""

from argparse import ArgumentParser
from dataclasses import replace
from typing import Any

from config.actors import NotStarted
from entitlements.importing.command import ABOUT, ImportCommand
from entitlements.importing.entitlements import ImportedEntitlements
from entitlements.importing.imports import By
from entitlements.models.customers import REFERENCE_LENGTH
from entitlements.models.holdings import REASON_LENGTH
from entitlements.operations.base import text_problems


class Command(ImportCommand):
    """Create and change entitlements, found by order reference and SKU, by the same engine as the pages, as one act."""

    kind = ImportedEntitlements
    help = f"Create entitlements from a CSV file, and change those found by order reference and SKU. {ABOUT}"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        super().add_arguments(parser)
        parser.add_argument("--reason", default="", metavar="TEXT", help="Why; kept in the log. Required.")
        parser.add_argument("--reference", default="", metavar="TEXT", help="Key in another system; kept in the log.")

    def by(self, by: By, options: dict[str, Any]) -> By:
        """Return who imports, with reason and reference."""
        reason, reference = options["reason"].strip(), options["reference"].strip()
        if not reason:
            raise NotStarted("--reason: Give a reason: it is kept in the log.")
        for name, text, longest in (("reason", reason, REASON_LENGTH), ("reference", reference, REFERENCE_LENGTH)):
            for problem in text_problems(text, field=name, longest=longest):
                raise NotStarted(f"--{name}: {problem.message}")
        return replace(by, reason=reason, reference=reference)
