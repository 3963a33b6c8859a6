"""``python -m tests.mutation [file ...]``: the share of mutants that a test kills, file by file.

Exits 1 where a file is under 90 %.
"""

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path

import pytest

from tests.mutation.runs import Fate, Mutations, Verdict

GATE = 90
RULES = (
    "entitlements/operations",
    "entitlements/billing",
    "entitlements/state",
    "changegroups/paths.py",
    "offerings/rights.py",
)
TESTS = (
    "tests/entitlements/operations",
    "tests/entitlements/billing",
    "tests/entitlements/state",
    "tests/changegroups/test_paths.py",
    "tests/changegroups/test_paths_boundaries.py",
    "tests/offerings/test_rights.py",
    "tests/offerings/test_rights_boundaries.py",
)


def main() -> int:
    """Run the mutants of the files named, of all rules by default, and print what survives."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation")
    parser.add_argument("files", nargs="*", help="files or folders; all rules by default")
    parser.add_argument("--function", default="", help="only what has this in its name")
    parser.add_argument("--every", type=int, default=1, help="try every n-th mutant only")
    parser.add_argument("--seconds", type=float, default=15, help="of tests for one mutant")
    parser.add_argument("--tests", nargs="*", default=TESTS, help="the tests to run")
    asked = parser.parse_args()
    os.environ["CI"] = "1"  # property tests draw the same examples
    started = time.monotonic()
    with os.fdopen(os.dup(1), "w") as output, Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere):
        run = Mutations(
            _files(asked.files or RULES),
            seconds=asked.seconds,
            function=asked.function,
            every=asked.every,
            output=output,
        )
        pytest.main(["-p", "no:cacheprovider", *asked.tests], plugins=[run])
    return _report(run.verdicts, seconds=time.monotonic() - started)


def _files(names: Sequence[str]) -> list[str]:
    found = [sorted(Path(name).rglob("*.py")) if Path(name).is_dir() else [Path(name)] for name in names]
    return [str(path) for paths in found for path in paths]


def _report(verdicts: Sequence[Verdict], *, seconds: float) -> int:
    """Print a line for each file and one for all, and return the exit code."""
    every: Counter[Fate] = Counter()
    lowest = 100.0
    print(f"\n{'file':55} {'killed':>7} {'survived':>9} {'not tried':>10} {'score':>7}")
    for file in dict.fromkeys(verdict.mutant.file for verdict in verdicts):
        fates = Counter(verdict.fate for verdict in verdicts if verdict.mutant.file == file)
        every += fates
        lowest = min(lowest, _line(file, fates))
    _line("all", every)
    print(f"{len(verdicts)} mutants in {seconds / 60:.1f} minutes")
    return int(lowest < GATE)


def _line(name: str, fates: Counter[Fate]) -> float:
    killed = fates[Fate.KILLED] + fates[Fate.TIMED_OUT]
    survived = fates[Fate.SURVIVED] + fates[Fate.UNREACHED]
    score = 100 * killed / (killed + survived or 1)
    print(f"{name:55} {killed:7} {survived:9} {fates[Fate.NOT_TRIED]:10} {score:6.1f}%")
    return score if killed + survived else 100.0


if __name__ == "__main__":
    sys.exit(main())
