"""The command that imports customers from a CSV file."""

from entitlements.importing.command import ABOUT, ImportCommand
from entitlements.importing.customers import ImportCustomers


class Command(ImportCommand):
    """Add and change customers, found by account reference, by the same code as the page."""

    kind = ImportCustomers
    help = f"Add customers from a CSV file, and change those found by account reference. {ABOUT}"
