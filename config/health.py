"""The two checks of a load balancer: whether the process is alive, and whether it can serve."""

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from config.outage import told_to_retry


@never_cache
@login_not_required
@require_safe
def healthz(_request: HttpRequest) -> HttpResponse:
    """Answer 200 as long as the process runs. Queries nothing."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
@login_not_required
@require_safe
def readyz(_request: HttpRequest) -> HttpResponse:
    """Answer 200 where the database is reachable and every migration is applied, else 503 with the reason."""
    reason = reason_not_ready()
    answer = HttpResponse(f"{reason or 'ok'}\n", status=503 if reason else 200, content_type="text/plain")
    return told_to_retry(answer) if reason else answer


def reason_not_ready() -> str | None:
    """Return why requests cannot be served, or ``None``; queries the table of applied migrations."""
    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return "the database cannot be reached"
    return f"migrations not applied: {len(missing)}" if missing else None
