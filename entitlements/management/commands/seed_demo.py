"""The command that fills an empty database with made-up customers on real price catalogs."""

from argparse import ArgumentParser
from importlib.util import find_spec
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import ngettext

from config.numbers import whole_number
from entitlements.demo.people import PASSWORD, PEOPLE
from entitlements.demo.seed import seed
from entitlements.models import Customer
from offerings.models import Plan, Product

MOST = 100_000


class Command(BaseCommand):
    """Create a year of history, and a person for each role, in one transaction."""

    help = (
        "Fill an empty database with made-up customers on real price catalogs and a year of history, made by the real "
        "operations. The same day gives the same data. Makes a person for each role, all with a known password: "
        "outside debug it therefore asks for --force."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument(
            "--entitlements",
            type=whole_number(least=1, most=MOST),
            default=300,
            metavar="N",
            help="How many to make, 1 or more. Default: 300.",
        )
        parser.add_argument(
            "--force", action="store_true", help="Also outside debug, where known passwords could reach real people."
        )

    def handle(self, *, entitlements: int, force: bool, **_options: Any) -> None:
        """Write the demo in one transaction, and print a login for each role."""
        if not settings.DEBUG and not force:
            raise CommandError(
                "DEBUG is off, so this may be a real installation, and seed_demo makes people with known passwords, "
                "one of them a superuser. Give --force if the data and the site are for show only."
            )
        if find_spec("faker") is None:
            raise CommandError("Faker is missing: pip install --no-deps --require-hashes -r requirements/demo.txt")
        if found := _existing_rows():
            raise CommandError(f"The database is not empty: it holds {found}. seed_demo fills an empty one only.")
        made = seed(count=entitlements, now=timezone.now())
        words = ngettext("%(n)s entitlement", "%(n)s entitlements", made) % {"n": f"{made:,}"}
        self.stdout.write(f"{words} of made-up customers. Log in as one of these, all with one password:")
        for username, (_first_name, _last_name, role) in PEOPLE.items():
            self.stdout.write(f"  {role:<16} {username:<14} {PASSWORD}")


def _existing_rows() -> str:
    """Return the number of existing rows of each kind in words; empty for an empty database."""
    counts = {
        "products": Product.objects.count(),
        "plans": Plan.objects.count(),
        "customers": Customer.objects.count(),
        "people with the demo's usernames": User.objects.filter(username__in=PEOPLE).count(),
    }
    return ", ".join(f"{name} ({count:,})" for name, count in counts.items() if count)
