"""Run the whole suite: on SQLite, on PostgreSQL, then in a browser. Standard library only.

``TEST_DATABASE_URL`` names a PostgreSQL to use; otherwise one is started for the run and stopped after it.
``CHROMIUM`` names the browser; otherwise it is looked for. Exits 1 where any part failed or could not run.
"""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from tests.postgres import CannotStart, temporary_server

BROWSER_TESTS = "tests/browser"  # where every browser test is: the conftest there marks them
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
NOTHING_COLLECTED = 5
# Where bytecode may not be written, each process of each part makes the asserts of every test file ready anew.
KEPT_BYTECODE = {"PYTHONDONTWRITEBYTECODE": ""}


def main() -> int:
    """Run the three parts, whatever becomes of each, and return the exit code."""
    signal.signal(signal.SIGTERM, stop_in_order)
    results = {"SQLite": run_pytest("SQLite", "not browser and not postgres", "-n", "2")}
    try:
        with postgresql() as url:
            results["PostgreSQL"] = run_pytest("PostgreSQL", "not browser", "-n", "2", "--with-database", database=url)
            results["browser"] = run_in_browser(url)
    except CannotStart as reason:
        shout(f"PostgreSQL COULD NOT BE STARTED, and what needs it DID NOT RUN: {reason}")
        results["PostgreSQL"] = "NOT RUN"
    print("\n" + ", ".join(f"{part}: {result}" for part, result in results.items()), flush=True)
    fine = {"passed", "no browser"} | ({"NO TESTS"} if sys.argv[1:] else set())
    return 0 if fine.issuperset(results.values()) else 1


def stop_in_order(_signal: int, _frame: object) -> NoReturn:
    """Leave through every ``finally``, so that the server is stopped."""
    raise SystemExit(143)


@contextmanager
def postgresql() -> Iterator[str]:
    """Give the address of the PostgreSQL that was named, or of one that lives as long as the block."""
    if named := os.environ.get("TEST_DATABASE_URL"):
        yield named
        return
    with temporary_server() as url:
        yield url


def run_in_browser(database: str) -> str:
    """Run the browser tests where there is a Chromium, and say loudly where there is none."""
    chromium = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if chromium is None:
        shout("NO CHROMIUM WAS FOUND: the browser tests DID NOT RUN. Install one, or name it in CHROMIUM.")
        return "no browser"
    place = [] if sys.argv[1:] else [BROWSER_TESTS]
    return run_pytest("browser", "browser", "-n", "2", *place, database=database, chromium=chromium)


def run_pytest(part: str, markers: str, *options: str, database: str = "", chromium: str = "") -> str:
    """Run the tests with these markers in a pytest of their own and say how they ended."""
    print(f"\n=== {part} ===", flush=True)
    command = [sys.executable, "-m", "pytest", "-q", "-m", markers, *options, *sys.argv[1:]]
    environment = os.environ | {"TEST_DATABASE_URL": database, "CHROMIUM": chromium} | KEPT_BYTECODE
    code = subprocess.run(command, env=environment, cwd=Path(__file__).parent.parent, check=False).returncode
    if code == NOTHING_COLLECTED:
        shout(f"NO TEST was found for the part {part}.")
        return "NO TESTS"
    return "FAILED" if code else "passed"


def shout(text: str) -> None:
    """Print a message that cannot be missed."""
    line = "!" * min(len(text), 100)
    print(f"\n{line}\n{text}\n{line}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
