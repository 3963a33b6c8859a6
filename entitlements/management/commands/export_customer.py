"""The command that writes everything held about one customer as JSON."""

import json
import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from config.actors import NotStarted, actor, add_as_option
from config.edit_log import log_edit
from entitlements.privacy.export import PERMISSION, counted, customer_data
from entitlements.privacy.holdings import find_customer


class Command(BaseCommand):
    """``manage.py export_customer``: for a customer who asks what is held."""

    help = (
        "Write everything that is held about one customer, and those merged into it, as JSON: contacts, fields, "
        "orders, codes, entitlements, seats, notes, acts and edits. Leaves a line in its history. Exit code: 2 where "
        "nothing was written."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the customer and the file."""
        parser.add_argument("customer", metavar="CUSTOMER", help="Account reference or key of the customer.")
        parser.add_argument(
            "--output",
            type=Path,
            metavar="FILE",
            help="A new file to write, for its owner alone to read. Default: standard output.",
        )
        parser.add_argument("--preview", action="store_true", help="Count what would be exported; write nothing.")
        add_as_option(parser)

    @transaction.atomic
    def handle(self, *_args: Any, **options: Any) -> None:
        """Find the customer, write the line of the log, then the JSON: a file that cannot be written leaves no line."""
        made_by = actor(options, [PERMISSION])
        customer = find_customer(options["customer"])
        data = customer_data(customer)
        if options["preview"]:
            self.stdout.write(f"{customer.name}: {counted(data)}.")
            return
        log_edit(customer, f"Exported everything that is held ({counted(data)}).", made_by=made_by)
        text = json.dumps(data, ensure_ascii=False, indent=2)
        if options["output"] is None:
            self.stdout.write(text)
        else:
            _write_private(options["output"], text)


def _write_private(path: Path, text: str) -> None:
    """Write a new file that only its owner can read; raise ``NotStarted`` where it cannot be."""
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(f"{text}\n")
    except OSError as error:
        raise NotStarted(f"--output: {error.strerror}: {path}") from error
