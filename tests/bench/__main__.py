"""Measure speed as ratios in one run, on a PostgreSQL server of its own: ``make bench``."""

import argparse
import os

from tests.postgres import temporary_server


def main() -> None:
    """Start a server, fill it, and print one line for each ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entitlements", type=int, default=20_000, help="rows to fill the database with")
    options = parser.parse_args()
    with temporary_server() as url:
        os.environ["TEST_DATABASE_URL"] = url
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
        import django

        django.setup()
        from tests.bench.run import run

        run(entitlements=options.entitlements)


main()
