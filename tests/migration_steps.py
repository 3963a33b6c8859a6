"""Run single operations of a migration on the database as it is."""

from typing import Any, Literal

from django.db import connection

from config.migration_operations import RunOnDatabase


def run_step(operation: Any, direction: Literal["code", "reverse_code"], apps: Any) -> None:
    """Run the code of an operation forwards or backwards, and check what constraints were put off.

    PostgreSQL drops no trigger while checks are pending.
    """
    code, editor = getattr(operation, direction), connection.schema_editor()
    code(*([editor] if isinstance(operation, RunOnDatabase) else [apps, editor]))
    connection.check_constraints()
