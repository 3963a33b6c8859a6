"""Database triggers that keep append-only tables append-only: for migrations, and whether they are there."""

from collections.abc import Callable, Mapping

from django.apps.registry import Apps
from django.db import connection
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import RunPython

_BODY = " BEGIN RAISE EXCEPTION 'rows of {table} are never changed' USING ERRCODE = 'restrict_violation'; END "
_NO_UPDATE, _NO_DELETE = (
    f"CREATE TRIGGER {{table}}_no_{verb} BEFORE {verb.upper()} ON {{table}} "
    "BEGIN SELECT RAISE(ABORT, 'rows of {table} are never changed'); END"
    for verb in ("update", "delete")
)
_DROP = {
    "sqlite": ("DROP TRIGGER IF EXISTS {table}_no_update", "DROP TRIGGER IF EXISTS {table}_no_delete"),
    "postgresql": (
        "DROP TRIGGER IF EXISTS {table}_no_change ON {table}",
        "DROP FUNCTION IF EXISTS {table}_refuse_change()",
    ),
}
_CREATE = {
    "sqlite": (*_DROP["sqlite"], _NO_UPDATE, _NO_DELETE),
    "postgresql": (
        *_DROP["postgresql"],
        f"CREATE FUNCTION {{table}}_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $${_BODY}$$",
        "CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION {table}_refuse_change()",
    ),
}
_FIND_ON_SQLITE = "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s"
_FIND_ON_POSTGRESQL = """
SELECT p.prosrc FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
WHERE t.tgrelid = %s::regclass AND t.tgenabled IN ('O', 'A') AND t.tgtype = 27 AND t.tgqual IS NULL
"""  # 27: for each row (1), before (2), on DELETE (8) and UPDATE (16)


def refuse_changes(table: str) -> RunPython:
    """Return a reversible operation after which the database refuses UPDATE and DELETE of rows of ``table``.

    SQLite drops a table's triggers when a later migration rebuilds the table: repeat the operation there.
    """
    return RunPython(_run(_CREATE, table), _run(_DROP, table))


def allow_changes(table: str) -> RunPython:
    """Return the reverse of ``refuse_changes``, for migrations that rewrite rows and then refuse changes again."""
    return RunPython(_run(_DROP, table), _run(_CREATE, table))


def protect(table: str) -> None:
    """Make the triggers of ``table`` anew, where ``check_entitlements`` has found them missing; writes no row."""
    with connection.cursor() as cursor:
        for statement in _CREATE[connection.vendor]:
            cursor.execute(statement.format(table=table))


def refuses_changes(table: str) -> bool:
    """Tell whether the triggers of ``table`` are there as ``refuse_changes`` makes them, and switched on; one query."""
    is_sqlite = connection.vendor == "sqlite"
    with connection.cursor() as cursor:
        cursor.execute(_FIND_ON_SQLITE if is_sqlite else _FIND_ON_POSTGRESQL, [table])
        found = {text for (text,) in cursor.fetchall()}
    wanted = (_NO_UPDATE, _NO_DELETE) if is_sqlite else (_BODY,)
    return found >= {text.format(table=table) for text in wanted}


def _run(statements: Mapping[str, tuple[str, ...]], table: str) -> Callable[[Apps, BaseDatabaseSchemaEditor], None]:
    def run(_apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
        for statement in statements[schema_editor.connection.vendor]:
            schema_editor.execute(statement.format(table=table))

    return run
