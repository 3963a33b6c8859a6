"""Runs the tests once as they are, then again in a fork for each mutant."""

import gc
import importlib
import os
import signal
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple, NoReturn, TextIO

import coverage
import hypothesis
import pytest

from tests.mutation.mutants import Mutant, mutants_of
from tests.mutation.transplant import NotTried, put_in

EXAMPLES = 25  # of each property test; the same ones for each mutant
SLOWEST = 3.0  # seconds of a test that is asked
FAR = 2


class Fate(StrEnum):
    """What became of a mutant."""

    KILLED = "killed"
    TIMED_OUT = "timed out"
    SURVIVED = "survived"
    UNREACHED = "reached by no test"
    NOT_TRIED = "not tried"


FATES = {0: Fate.SURVIVED, 1: Fate.KILLED, 2: Fate.NOT_TRIED}


class Verdict(NamedTuple):
    """A mutant and what became of it."""

    mutant: Mutant
    fate: Fate


class Mutations:
    """A plugin of pytest that runs the tests collected against each mutant of ``files``.

    ``seconds`` is how long the tests for one mutant may take, counted by what they took without it.
    """

    def __init__(self, files: Sequence[str], *, seconds: float, function: str, every: int, output: TextIO) -> None:
        self.files = files
        self.seconds = seconds
        self.function = function
        self.every = every
        self.output = output
        self.verdicts: list[Verdict] = []
        self.took: dict[str, float] = {}
        self.reach: dict[str, dict[int, list[str]]] = {}
        self.nearness: dict[str, dict[str, int]] = {}
        self.failed: set[str] = set()
        self.kills: defaultdict[str, int] = defaultdict(int)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self) -> None:
        """Draw the same few examples in each run."""
        usual = hypothesis.settings.get_profile("upshift")
        hypothesis.settings.register_profile("mutants", parent=usual, derandomize=True, max_examples=EXAMPLES)
        hypothesis.settings.load_profile("mutants")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note a failure."""
        if report.failed:
            self.failed.add(report.nodeid)

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run the tests as they are, then against each mutant."""
        items = {item.nodeid: item for item in session.items}
        started = time.monotonic()
        self._run_unchanged(session.items)
        self.nearness = {file: _nearness(file, session.items) for file in self.files}
        print(f"{len(items)} tests, unchanged: {time.monotonic() - started:.0f} s", file=self.output, flush=True)
        for name in self.failed:
            print(f"left out, fails unchanged: {name}", file=self.output, flush=True)
        gc.collect()
        gc.freeze()
        for file in self.files:
            self._leave_out_what_fails_in_a_fork(file, items)
            for number, mutant in enumerate(mutants_of(file)):
                if number % self.every == 0 and self.function in ".".join(mutant.path):
                    fate, _killer = self._fate(mutant, list(self._tests_for(mutant)), items)
                    self.verdicts.append(Verdict(mutant, fate))
                    if fate is Fate.SURVIVED or fate is Fate.UNREACHED:
                        print(f"{fate}: {mutant}", file=self.output, flush=True)
        return True

    def _leave_out_what_fails_in_a_fork(self, file: str, items: dict[str, pytest.Item]) -> None:
        """Run the tests of a file put in as it is; what fails then would kill every mutant."""
        unchanged = Mutant(file, 0, Path(file).read_text(), range(0), True, (), "", "")
        fate, killer = self._fate(unchanged, list(self._tests_for(unchanged)), items)
        while killer:
            print(f"left out, fails in a fork: {killer}", file=self.output, flush=True)
            self.failed.add(killer)
            fate, killer = self._fate(unchanged, list(self._tests_for(unchanged)), items)
        if fate not in (Fate.SURVIVED, Fate.UNREACHED):
            raise RuntimeError(f"{file}: {fate} without a change.")

    def _run_unchanged(self, items: Sequence[pytest.Item]) -> None:
        """Run each test once: how long it takes, and which lines of the files it reaches."""
        watch = coverage.Coverage(
            data_file=None, config_file=False, include=[str(Path(file).resolve()) for file in self.files]
        )
        watch.start()
        for number, item in enumerate(items):
            watch.switch_context(item.nodeid)
            # The first test comes next also after the last one, so that the database stays.
            following = items[(number + 1) % len(items)]
            self.took[item.nodeid] = _seconds_of(item, following)
            if self.took[item.nodeid] > SLOWEST:  # the first one with a database has made it
                self.took[item.nodeid] = _seconds_of(item, following)
        watch.stop()
        data = watch.get_data()
        self.reach = {file: data.contexts_by_lineno(str(Path(file).resolve())) for file in self.files}

    def _fate(self, mutant: Mutant, tests: Sequence[str], items: dict[str, pytest.Item]) -> tuple[Fate, str]:
        """Return what becomes of a mutant, and the name of the test that fails."""
        if not tests:
            return Fate.UNREACHED, ""
        receiving, sending = os.pipe()
        child = os.fork()
        if not child:
            _run_mutated(mutant, [items[name] for name in tests], self, sending)
        os.close(sending)
        with _alarm(child, seconds=10 + 5 * sum(self.took[name] for name in tests)):
            _pid, status = os.waitpid(child, 0)
        with os.fdopen(receiving) as pipe:
            killer = pipe.read()
        self.kills[killer] += 1
        if os.WIFSIGNALED(status):
            return Fate.TIMED_OUT, ""
        return FATES[os.WEXITSTATUS(status)], killer

    def _tests_for(self, mutant: Mutant) -> Iterator[str]:
        """Yield the tests that reach the lines: those about the file first, of them the best killers and the fastest.

        What runs on import is reached by nobody: it is for tests about the file, and whoever reaches any of it.
        """
        reach, nearness = self.reach[mutant.file], self.nearness[mutant.file]
        names = {name for line in mutant.lines for name in reach.get(line, ())} - {""}
        if mutant.runs_on_import or not names:
            names = set(nearness) | {name for found in reach.values() for name in found} - {""}
        left = self.seconds
        in_order = sorted(names - self.failed, key=lambda each: self.took[each] / (1 + self.kills[each]))
        for name in sorted(in_order, key=lambda each: nearness.get(each, FAR)):
            if self.took[name] <= min(left, SLOWEST):
                left -= self.took[name]
                yield name


def _nearness(file: str, items: Sequence[pytest.Item]) -> dict[str, int]:
    """Return the tests that are about a file: 0 where they are named like it, 1 where they import it or its package."""
    path = Path(file)
    named = path.parent.name if path.stem in ("operation", "__init__") else path.stem
    imports = (f"from {_module_of(file)} import", f"from {_module_of(str(path.parent))} import")
    sources = {item.path: item.path.read_text() for item in items}
    near = {item.nodeid: 1 for item in items if any(each in sources[item.path] for each in imports)}
    return near | {item.nodeid: 0 for item in items if named in item.path.stem}


def _seconds_of(item: pytest.Item, following: pytest.Item) -> float:
    started = time.monotonic()
    item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
    return time.monotonic() - started


@contextmanager
def _alarm(child: int, *, seconds: float) -> Iterator[None]:
    """Kill the child where the block takes longer."""
    signal.signal(signal.SIGALRM, lambda *_: os.kill(child, signal.SIGKILL))
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _run_mutated(mutant: Mutant, tests: Sequence[pytest.Item], run: Mutations, sending: int) -> NoReturn:
    """Run the tests in this child until one fails; exit with 0 where none does, 1 where one does, 2 if not tried."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    try:
        put_in(mutant, importlib.import_module(_module_of(mutant.file)))
    except NotTried:
        os._exit(2)
    except BaseException:  # noqa: BLE001 (whatever a mutant does on import, it would not have started)
        os._exit(1)
    run.failed.clear()
    try:
        tests[0].session._setupstate.teardown_exact(tests[0])
        for item, following in zip(tests, [*tests[1:], None], strict=True):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following or tests[0])
            if run.failed:
                os.write(sending, item.nodeid.encode())
                os._exit(1)
    except BaseException:  # noqa: BLE001 (a test that cannot even be run has failed)
        os._exit(1)
    os._exit(0)


def _module_of(file: str) -> str:
    return file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
