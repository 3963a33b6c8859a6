"""Take a database with data back through every migration, and forwards again; prints a line for each.

Run as ``python -m tests.reversing`` on a database of its own, which ``TEST_DATABASE_URL`` names. A migration either
goes back with the data there is, or says why not; ``OBSTACLES`` then says what an operator would do about it.
"""

import os
import sys
from io import StringIO

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.db.migrations.exceptions import IrreversibleError  # noqa: E402
from django.db.migrations.executor import MigrationExecutor  # noqa: E402

APPS = ("entitlements", "changegroups", "offerings", "config")
OBSTACLES = {"entitlements.0005_notes_on_customers": "DELETE FROM entitlements_note WHERE customer_id IS NOT NULL"}


def main() -> None:
    """Seed, go back one migration after another, go forwards and check, then go back to the beginning."""
    call_command("migrate", verbosity=0)
    call_command("seed_demo", entitlements=12, force=True, stdout=StringIO())
    for app in APPS:
        names = migrations_of(app)
        for name, earlier in reversed(list(zip(names, ["", *names], strict=False))):
            if not name.startswith("0001"):
                go_back(app, name, earlier)
    call_command("migrate", verbosity=0)
    call_command("check_entitlements")
    for app in APPS:
        MigrationExecutor(connection).migrate([(app, None)])
    say(f"tables left: {left_over()}")


def say(line: str) -> None:
    """Print a line."""
    sys.stdout.write(f"{line}\n")


def migrations_of(app: str) -> list[str]:
    """Return the names of the migrations of an app, first to last."""
    return sorted(name for label, name in MigrationExecutor(connection).loader.graph.nodes if label == app)


def go_back(app: str, name: str, earlier: str) -> None:
    """Go back one migration; where it says why not, remove what it names and try again."""
    try:
        MigrationExecutor(connection).migrate([(app, earlier)])
    except IrreversibleError as error:
        say(f"{app}.{name} says: {error}")
        with connection.cursor() as cursor:
            cursor.execute(OBSTACLES[f"{app}.{name}"])
        MigrationExecutor(connection).migrate([(app, earlier)])
    say(f"{app}.{name} went back")


def left_over() -> list[str]:
    """Return the tables of the apps that are still there."""
    return [
        name for name in connection.introspection.table_names() if name.startswith(tuple(f"{app}_" for app in APPS))
    ]


if __name__ == "__main__":
    main()
