"""The command that writes everything held about one customer as JSON."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from config.actors import NotStarted
from entitlements.privacy.export import customer_data
from entitlements.privacy.holdings import find_customer


class Command(BaseCommand):
    """``manage.py export_customer``: for a customer who asks what is held."""

    help = (
        "Write everything that is held about one customer as JSON: contacts, fields, orders, codes, entitlements, "
        "seats, notes, acts and edits. Reads only. Exit code: 2 where there is no such customer."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the customer and the file."""
        parser.add_argument("customer", metavar="CUSTOMER", help="Account reference or key of the customer.")
        parser.add_argument(
            "--output", type=Path, metavar="FILE", help="A new file to write. Default: standard output."
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Find the customer and write the JSON."""
        text = json.dumps(customer_data(find_customer(options["customer"])), ensure_ascii=False, indent=2)
        if options["output"] is None:
            self.stdout.write(text)
            return
        try:
            with options["output"].open("x", encoding="utf-8") as file:
                file.write(f"{text}\n")
        except OSError as error:
            raise NotStarted(f"--output: {error.strerror}: {options['output']}") from error
