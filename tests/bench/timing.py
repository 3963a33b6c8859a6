"""How much processor time and wall time something takes, in this process and in its database backend together."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.db import connection

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Spent:
    """Seconds of processor and wall time."""

    cpu: float = 0.0
    wall: float = 0.0


@contextmanager
def measured() -> Iterator[Spent]:
    """Measure the block; the figures are there when it has ended."""
    spent, cpu, wall = Spent(), _cpu(), time.perf_counter()
    yield spent
    spent.cpu, spent.wall = _cpu() - cpu, time.perf_counter() - wall


def _cpu() -> float:
    """Return the processor time of this process and of its PostgreSQL backend, in seconds."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        [pid] = cursor.fetchone()
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return time.process_time() + (int(fields[11]) + int(fields[12])) / TICKS


def repeated(job: Callable[[int], object], times: int) -> Spent:
    """Measure ``times`` runs of ``job``, which is given the number of its run."""
    with measured() as spent:
        for number in range(times):
            job(number)
    return spent
