"""The task that applies what is due. A worker (``manage.py db_worker``) runs it, and each run queues the next one."""

from collections import Counter
from datetime import timedelta

from django.utils import timezone
from django_tasks import TaskResultStatus, task
from django_tasks_db.models import DBTaskResult

from config.clock import site_today
from entitlements.schedule.due import apply_due
from entitlements.schedule.endings import Ended

EVERY = timedelta(minutes=5)
KEPT = timedelta(days=7)


class SomeFailed(Exception):
    """Amendments that could not be applied; the log of the process says why."""


@task()
def apply_due_amendments() -> dict[str, int]:
    """Apply what is due today; return how many were applied, set aside, or, of overrides, ended.

    The next run is queued first, so that neither a failure nor the end of the process breaks the chain. Raises
    ``SomeFailed`` at the end where an exception stopped an order.
    """
    queue_next(after=EVERY)
    forget_old()
    counts: Counter[str] = Counter()
    for each in apply_due(site_today()):
        done = "ended" if isinstance(each, Ended) else "applied"
        counts["failed" if each.error else "set_aside" if each.problems else done] += 1
    if counts["failed"]:
        raise SomeFailed(f"{counts['failed']:,} could not be applied.")
    return dict(counts)


def queue_next(*, after: timedelta = timedelta()) -> bool:
    """Queue a run after some time, unless one waits already; tell whether it did.

    Where two do so at the same moment two wait, and the first of them to run queues no other.
    """
    path = apply_due_amendments.module_path
    if DBTaskResult.objects.filter(task_path=path, status=TaskResultStatus.READY).exists():
        return False
    apply_due_amendments.using(run_after=timezone.now() + after).enqueue()
    return True


def forget_old() -> None:
    """Delete runs that started before ``KEPT``, those of workers that were killed too."""
    runs = DBTaskResult.objects.filter(task_path=apply_due_amendments.module_path)
    runs.filter(started_at__lt=timezone.now() - KEPT).delete()
