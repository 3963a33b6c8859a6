"""The worker applies what is due, again and again: each run queues the next one, whatever becomes of it."""

from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django_tasks import TaskResultStatus
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult

from entitlements.models import Act, Amendment
from entitlements.schedule import due
from entitlements.schedule.tasks import EVERY, KEPT, apply_due_amendments, queue_next
from tests.cast import Cast
from tests.entitlements.schedule.asking import MARCH, quantity, scheduled

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _keep_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the worker leave the connection open: it holds the transaction of the test."""
    monkeypatch.setattr("django_tasks_db.management.commands.db_worker.close_old_connections", lambda: None)


def work() -> list[str]:
    """Run what is ready, as ``manage.py db_worker --batch`` does; return how all runs ended, oldest first."""
    worker = Worker(
        queue_names=["default"],
        interval=0,
        batch=True,
        backend_name="default",
        startup_delay=False,
        max_tasks=None,
        worker_id="tests",
        excluded_queue_names=[],
    )
    worker.run()
    return list(DBTaskResult.objects.order_by("enqueued_at", "run_after").values_list("status", flat=True))


def go_on(clock: time_machine.Traveller, by: timedelta) -> None:
    clock.move_to(datetime.now(UTC) + by)


def test_a_worker_applies_what_is_due_and_queues_the_next_run(cast: Cast, clock: time_machine.Traveller) -> None:
    held = cast.entitle("gold_seats", quantity=10)
    scheduled(cast, quantity(30), held, MARCH)
    clock.move_to(datetime(2027, 2, 28, 23, 57, tzinfo=UTC))
    assert queue_next()
    assert work() == ["SUCCESSFUL", "READY"]
    assert not Act.objects.filter(operation="set_quantity").exists()
    go_on(clock, EVERY)
    assert work() == ["SUCCESSFUL", "SUCCESSFUL", "READY"]
    held.refresh_from_db()
    assert held.quantity == 30
    assert Amendment.objects.get().closed_by_name == "system (scheduler)"
    newest = DBTaskResult.objects.get(status=TaskResultStatus.READY)
    assert newest.run_after == datetime(2027, 3, 1, 0, 7, tzinfo=UTC)
    assert DBTaskResult.objects.exclude(return_value={}).get(status="SUCCESSFUL").return_value == {"applied": 1}


def test_one_run_is_queued_however_often_a_worker_starts(db: None) -> None:
    assert [queue_next(), queue_next(), queue_next()] == [True, False, False]
    assert DBTaskResult.objects.count() == 1


def test_two_queued_at_the_same_moment_become_one(db: None, clock: time_machine.Traveller) -> None:
    for _each in range(2):
        apply_due_amendments.enqueue()
    for _round in range(3):
        work()
        assert DBTaskResult.objects.filter(status=TaskResultStatus.READY).count() == 1
        go_on(clock, EVERY)


def test_a_failure_is_a_failed_run_and_the_chain_goes_on(
    cast: Cast, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    scheduled(cast, quantity(30), cast.entitle("gold_seats", quantity=10), MARCH)
    clock.move_to(datetime(2027, 3, 1, 9, tzinfo=UTC))

    def broken(*_facts: object, **_options: object) -> None:
        raise ZeroDivisionError

    queue_next()
    with monkeypatch.context() as patched:
        patched.setattr(due, "fold_order", broken)
        assert work() == ["FAILED", "READY"]
    failed = DBTaskResult.objects.get(status=TaskResultStatus.FAILED)
    assert "SomeFailed: 1 could not be applied." in failed.traceback
    go_on(clock, EVERY)
    assert work() == ["FAILED", "SUCCESSFUL", "READY"]


def test_results_are_kept_for_a_week(db: None, clock: time_machine.Traveller) -> None:
    queue_next()
    work()
    DBTaskResult.objects.filter(status="SUCCESSFUL").update(status="RUNNING")  # its worker was killed
    go_on(clock, KEPT)
    assert work() == ["RUNNING", "SUCCESSFUL", "READY"]
    go_on(clock, KEPT + EVERY)  # the third was queued before that too, and runs now
    assert work() == ["SUCCESSFUL", "READY"]


def test_the_command_queues_a_run_and_applies_nothing(cast: Cast, clock: time_machine.Traveller) -> None:
    scheduled(cast, quantity(30), cast.entitle("gold_seats", quantity=10), MARCH)
    clock.move_to(datetime(2027, 3, 1, 9, tzinfo=UTC))
    printed = StringIO()
    for _each in range(2):
        call_command("apply_amendments", "--repeat", stdout=printed)
    assert printed.getvalue() == "Queued a run.\nA run is queued already.\n"
    assert Amendment.objects.get().is_pending
    with pytest.raises(CommandError, match="not allowed with"):
        call_command("apply_amendments", "--repeat", "--dry-run")
    with pytest.raises(CommandError, match="support lacks the permission"):
        call_command("apply_amendments", "--repeat", "--as", "support")
