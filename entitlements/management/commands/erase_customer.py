"""The command that makes unreadable what names a customer and its people."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.actors import NotStarted, actor, add_as_option
from config.clock import site_today
from entitlements.models import Customer
from entitlements.privacy.erase import PERMISSION, NotErased, check_erasable, erase, would_erase
from entitlements.privacy.holdings import family_of, find_customer


class Command(BaseCommand):
    """``manage.py erase_customer``: for a customer who asks to be forgotten."""

    help = (
        "Replace the names of a customer, its contacts and seats, its notes, and reasons and texts in its log. What "
        "happened when, by whom and how much stays. It cannot be undone. Export first: see export_customer. "
        "Customers merged into it are erased with it. Exit code: 1 where entitlements are in use or something is "
        "scheduled; 2 where nothing was started."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the customer, and how to confirm."""
        parser.add_argument("customer", metavar="CUSTOMER", help="Account reference or key of the customer.")
        parser.add_argument("--preview", action="store_true", help="Count what would be erased; write nothing.")
        parser.add_argument("--yes", action="store_true", help="Do not ask; needed where there is no terminal.")
        add_as_option(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Erase the customer, once somebody has typed its reference."""
        made_by = actor(options, [PERMISSION])
        customer = find_customer(options["customer"])
        if customer.merged_into:
            raise NotStarted(f"It was merged into {customer.merged_into}. Erase that one, or undo the merge first.")
        family = family_of(customer)
        self.stdout.write(f"{', '.join(each.name for each in family)}: {would_erase(family)}.")
        if options["preview"]:
            return
        try:
            check_erasable(family, today=site_today())
            if not options["yes"]:
                self._confirm(customer)
            erased = erase(customer, made_by=made_by, today=site_today())
        except NotErased as error:
            raise CommandError(str(error), returncode=1) from error
        customer.refresh_from_db()
        self.stdout.write(f"Erased; it is called {customer.name} now ({erased}).")

    def _confirm(self, customer: Customer) -> None:
        """Wait for the account reference, or the key of a customer without one; raise ``NotStarted`` for another."""
        if not sys.stdin.isatty():
            raise NotStarted("--yes: Give it to erase without a question: there is no terminal to ask at.")
        wanted = customer.account_reference or str(customer.pk)
        self.stdout.write(f"This cannot be undone. Type {wanted} to erase: ", ending="")
        self.stdout.flush()
        if sys.stdin.readline().strip() != wanted:
            raise NotStarted("Not confirmed: nothing was erased.")
