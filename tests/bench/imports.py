"""Time and memory of an import, on SQLite or the database of TEST_DATABASE_URL: ``python -m tests.bench.imports``.

Each N runs in a process of its own: the peak of a process never sinks. The rows of SQLite are in a file, not in memory.
"""

import logging
import resource
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.cast import Cast

SIZES = ("1000", "100000")
MIB = 1024 * 1024


def lines(count: int, *, seats: int) -> Iterator[str]:
    """Yield a file of entitlements: two orders for each customer, every fourth line with term and override."""
    yield "account_reference;customer;order_reference;sku;quantity;expires_on;override:seats\n"
    for number in range(count):
        account = f"C-{number // 2}"
        if number % 4:
            yield f"{account};Customer {number // 2};SO-{number};GOLD-SEATS;{seats};;\n"
        else:
            yield f"{account};Customer {number // 2};SO-{number};SILVER-ANNUAL;;31.12.2029;{seats}\n"


def run(count: int) -> None:
    """Import a file of ``count`` lines, then one that changes all of them, and print figures."""
    import django

    django.setup()
    from django.conf import settings

    logging.disable(logging.INFO)
    settings.DEBUG = False  # Django would keep the text of queries
    with tempfile.TemporaryDirectory() as folder, made_database(folder) as cast:
        for title, seats in (("new", 7), ("changed", 9), ("same", 9)):
            path = Path(folder) / f"{title}.csv"
            with path.open("w") as file:
                file.writelines(lines(count, seats=seats))
            measure(path, count, title, cast)


@contextmanager
def made_database(folder: str) -> "Iterator[Cast]":
    """Make the database of the tests with their people and catalog, and remove it at the end."""
    from django.db import connection

    from tests.cast import make_cast
    from tests.roles import make_roles

    if connection.vendor == "sqlite":
        connection.settings_dict["TEST"]["NAME"] = f"{folder}/bench.sqlite3"
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    make_roles()
    yield make_cast()
    connection.creation.destroy_test_db(folder, verbosity=0)


def measure(path: Path, count: int, title: str, cast: "Cast") -> None:
    """Import one file, and print its figures."""
    from django.db import connection

    if is_traced := "--trace" in sys.argv:
        tracemalloc.start()
    wall, cpu = time.perf_counter(), time.process_time()
    looked = bring_in(path, count, cast)
    done = time.process_time()
    traced = f", Python {tracemalloc.get_traced_memory()[1] / MIB:6.1f} MiB" if is_traced else ""
    tracemalloc.stop()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{connection.vendor:<10} {count:>7,} lines {title:<8} dry run {looked - cpu:6.1f} s CPU, "
        f"import {done - looked:6.1f} s, wall {time.perf_counter() - wall:6.1f} s, "
        f"peak {peak:5.1f} MiB{traced}",
        flush=True,
    )


def bring_in(path: Path, count: int, cast: "Cast") -> float:
    """Look at a file and import it; return the CPU time at which the dry run was done."""
    from entitlements.importing.entitlements import ImportedEntitlements
    from entitlements.importing.imports import By, Source, digest_of
    from entitlements.importing.staging import Staging

    with path.open("rb") as source, Staging() as staging:
        work = ImportedEntitlements(Source(path.name, digest_of(source)), lines=count)
        work.stage(source, staging)
        by = By(cast.operations, "Bench")
        seen = work.dry_run(staging, by)
        looked = time.process_time()
        assert not seen.errors, list(staging.messages(warnings=False))[:3]
        if not seen.is_empty:
            work.carry_out(staging, by, expected=seen.fingerprint)
    return looked


if __name__ == "__main__":
    wanted = [each for each in sys.argv[1:] if each.isdigit()]
    if len(wanted) == 1:
        run(int(wanted[0]))
    else:
        options = [each for each in sys.argv[1:] if not each.isdigit()]
        for size in wanted or SIZES:
            subprocess.run([sys.executable, "-m", "tests.bench.imports", size, *options], check=True)
