"""``make demo`` runs the server and the worker together, tried with programs that only say when they start and stop."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

MAKE = shutil.which("make") or ""
MAKEFILE = Path(__file__).parents[1] / "Makefile"
SECONDS = 20
PROGRAM = """#!/bin/sh
case "$*" in *db_worker*) name=worker;; *manage.py*) echo "$2" >> ran; exit 0;; *) name=server;; esac
sleep 60 & sleeping=$!
trap 'kill $sleeping; echo "$name stopped" >> ran; exit 0' TERM
echo $$ > $name.pid
echo "$name with DEBUG=$DEBUG" >> ran
wait $sleeping
"""

pytestmark = pytest.mark.skipif(not MAKE, reason="needs make")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with the Makefile, in which everything is installed and made."""
    shutil.copy(MAKEFILE, tmp_path / "Makefile")
    programs = tmp_path / ".venv" / "bin"
    programs.mkdir(parents=True)
    (tmp_path / "requirements").mkdir()
    for path in (tmp_path / "requirements" / "demo.txt", tmp_path / "demo.logins", tmp_path / "ran"):
        path.touch()
    for name in ("python", "gunicorn"):
        (programs / name).write_text(PROGRAM)
        (programs / name).chmod(0o755)
    for path in (tmp_path / ".venv" / "demo.stamp", tmp_path / "demo.sqlite3"):
        path.touch()
    return tmp_path


@pytest.fixture
def demo(folder: Path) -> "Iterator[subprocess.Popen[bytes]]":
    """Run ``make demo`` in a session of its own, as a terminal does, until both programs have started."""
    with subprocess.Popen([MAKE, "demo"], cwd=folder, start_new_session=True, stdout=subprocess.DEVNULL) as running:
        try:
            wait_until(lambda: "server with" in ran(folder) and "worker with" in ran(folder))
            yield running
        finally:
            if running.poll() is None:
                os.killpg(running.pid, signal.SIGKILL)


def ran(folder: Path) -> str:
    return (folder / "ran").read_text()


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not is_so():
        assert time.monotonic() < deadline, "it takes too long"
        time.sleep(0.05)


def stopped(folder: Path) -> list[str]:
    return sorted(line for line in ran(folder).splitlines() if line.endswith("stopped"))


def test_it_queues_a_run_before_both_start_with_the_settings_of_the_demo(
    folder: Path, demo: "subprocess.Popen[bytes]"
) -> None:
    lines = ran(folder).splitlines()
    assert lines[:3] == ["migrate", "collectstatic", "apply_amendments"]
    assert sorted(lines[3:]) == ["server with DEBUG=off", "worker with DEBUG=off"]


def test_sigterm_stops_both(folder: Path, demo: "subprocess.Popen[bytes]") -> None:
    demo.send_signal(signal.SIGTERM)
    demo.wait(SECONDS)
    wait_until(lambda: stopped(folder) == ["server stopped", "worker stopped"])


def test_ctrl_c_stops_both(folder: Path, demo: "subprocess.Popen[bytes]") -> None:
    os.killpg(demo.pid, signal.SIGINT)
    demo.wait(SECONDS)
    wait_until(lambda: stopped(folder) == ["server stopped", "worker stopped"])


def test_the_worker_stops_with_a_server_that_ends(folder: Path, demo: "subprocess.Popen[bytes]") -> None:
    os.kill(int((folder / "server.pid").read_text()), signal.SIGKILL)
    assert demo.wait(SECONDS) != 0
    assert stopped(folder) == ["worker stopped"]
