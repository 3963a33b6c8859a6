"""Database triggers that keep append-only tables append-only, for use in migrations."""

from collections.abc import Callable

from django.apps.registry import Apps
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import RunPython

_CREATE = {
    "sqlite": (
        "CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} "
        "BEGIN SELECT RAISE(ABORT, 'rows of {table} are never changed'); END",
    ),
    "postgresql": (
        "CREATE OR REPLACE FUNCTION {table}_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN RAISE EXCEPTION 'rows of {table} are never changed' USING ERRCODE = 'restrict_violation'; END $$",
        "CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION {table}_refuse_change()",
    ),
}
_DROP = {
    "sqlite": ("DROP TRIGGER {table}_no_update",),
    "postgresql": ("DROP TRIGGER {table}_no_change ON {table}", "DROP FUNCTION {table}_refuse_change()"),
}


def refuse_changes(table: str) -> RunPython:
    """Return a reversible operation after which the database refuses UPDATE of ``table``, on PostgreSQL also DELETE.

    SQLite drops a table's triggers when a later migration rebuilds the table: repeat the operation there.
    """
    return RunPython(_run(_CREATE, table), _run(_DROP, table))


def allow_changes(table: str) -> RunPython:
    """Return the reverse of ``refuse_changes``, for migrations that rewrite rows and then refuse changes again."""
    return RunPython(_run(_DROP, table), _run(_CREATE, table))


def _run(statements: dict[str, tuple[str, ...]], table: str) -> Callable[[Apps, BaseDatabaseSchemaEditor], None]:
    def run(_apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
        for statement in statements[schema_editor.connection.vendor]:
            schema_editor.execute(statement.format(table=table))

    return run
