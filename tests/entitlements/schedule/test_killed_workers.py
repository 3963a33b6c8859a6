"""Processes that apply what is due are killed again and again: each amendment is applied once, and the log is whole.

``TEST_KILLS=50`` kills as many processes, over ten amendments for each.
"""

import os
import random
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection

from entitlements.models import Act, Amendment, Change, Entitlement
from tests.cast import Cast
from tests.entitlements.engine.test_races import racing_cast  # noqa: F401 (a fixture)
from tests.entitlements.schedule.asking import MARCH, quantity, scheduled

CHECKOUT = Path(__file__).parents[3]
KILLS = int(os.environ.get("TEST_KILLS") or 8)
EACH = 10  # amendments for each kill: two for each order
AT_ONCE = 3
SECONDS = 60 + 10 * KILLS

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def start() -> "subprocess.Popen[bytes]":
    """Start a process that applies what is due in the database of the tests."""
    parts = urlsplit(os.environ["TEST_DATABASE_URL"])
    url = urlunsplit(parts._replace(path=f"/{connection.settings_dict['NAME']}"))
    settings = {"DJANGO_SETTINGS_MODULE": "config.settings", "DATABASE_URL": url, "DEBUG": "on", "ENV_FILE": ""}
    environment = os.environ | settings | {"LOG_LEVEL": "ERROR"}
    command = [sys.executable, "manage.py", "apply_amendments"]
    return subprocess.Popen(command, cwd=CHECKOUT, env=environment, stdout=subprocess.DEVNULL)


def applied() -> int:
    return Amendment.objects.filter(status="applied").count()


def make_due(cast: Cast, count: int) -> None:
    """Schedule so many amendments, two for each order, and let their day come by the clock of the processes."""
    for number in range(count // 2):
        held = cast.entitle("gold_seats", quantity=10 + number % 5)
        scheduled(cast, quantity(30), held, MARCH)
        scheduled(cast, quantity(40), held, MARCH)
    now: date = time_machine.escape_hatch.datetime.date.today()
    Amendment.objects.update(effective_on=now)


def kill_again_and_again(count: int) -> int:
    """Run processes and kill ``count`` of them, each once others have come further; return how many were killed."""
    running, killed = [start() for _ in range(AT_ONCE)], 0
    deadline = time.monotonic() + SECONDS
    try:
        while killed < count and Amendment.objects.filter(status="scheduled").exists():
            assert time.monotonic() < deadline, "the processes take too long"
            assert {process.poll() for process in running} <= {None, 0}
            if applied() < killed * EACH * 0.9 + 1:
                time.sleep(0.005)
                continue
            time.sleep(random.random() * 0.05)
            victim = running.pop(random.randrange(len(running)))
            victim.send_signal(signal.SIGKILL)
            killed += victim.wait() == -signal.SIGKILL
            running.append(start())
    finally:
        codes = [process.wait(SECONDS) for process in running]
    assert set(codes) == {0}
    return killed


def test_each_amendment_is_applied_once_however_many_processes_are_killed(racing_cast: Cast) -> None:  # noqa: F811
    make_due(racing_cast, KILLS * EACH)
    killed = kill_again_and_again(KILLS)
    with start() as last:
        assert last.wait(SECONDS) == 0
    assert killed >= KILLS // 2
    assert set(Amendment.objects.values_list("status", flat=True)) == {"applied"}
    acts = Act.objects.filter(operation="set_quantity")
    assert acts.count() == acts.filter(amendment__isnull=False).count() == KILLS * EACH
    assert Change.objects.filter(act__in=acts).count() == KILLS * EACH
    assert set(Entitlement.objects.values_list("quantity", "sequence")) == {(40, 3)}
    call_command("check_entitlements")
