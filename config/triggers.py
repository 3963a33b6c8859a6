"""Database triggers that keep append-only tables append-only: for migrations, and whether they are there."""

from collections.abc import Callable
from dataclasses import dataclass

from django.db import connection
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation

from config.migration_operations import RunOnDatabase


@dataclass(frozen=True, slots=True)
class Guard:
    """The one exception: updates while ``condition`` (SQL about OLD and NEW) holds, of columns not among ``kept``."""

    condition: str
    kept: tuple[str, ...]

    def sql(self, *, same: str) -> str:
        """Return the whole condition; ``same`` is how the database compares values that may be NULL."""
        return " AND ".join([self.condition, *(f"OLD.{name} {same} NEW.{name}" for name in self.kept)])


_REFUSAL = "rows of {table} are never changed"
_DROP = {
    "sqlite": ("DROP TRIGGER IF EXISTS {table}_no_update", "DROP TRIGGER IF EXISTS {table}_no_delete"),
    "postgresql": (
        "DROP TRIGGER IF EXISTS {table}_no_change ON {table}",
        "DROP FUNCTION IF EXISTS {table}_refuse_change()",
    ),
}
_FIND_ON_SQLITE = "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s"
_FIND_ON_POSTGRESQL = """
SELECT p.prosrc FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
WHERE t.tgrelid = %s::regclass AND t.tgenabled IN ('O', 'A') AND t.tgtype = 27 AND t.tgqual IS NULL
"""  # 27: for each row (1), before (2), on DELETE (8) and UPDATE (16)


def refuse_changes(table: str, guard: Guard | None = None) -> RunOnDatabase:
    """Return a reversible operation after which the database refuses UPDATE and DELETE of rows of ``table``.

    A ``guard`` allows some updates. SQLite drops a table's triggers when a later migration rebuilds the table: repeat
    the operation there, with the guard. Before a table that a guard names is rebuilt, drop its trigger as well.
    """
    return RunOnDatabase(_run(_create, table, guard), _run(_drop, table))


def allow_changes(table: str, guard: Guard | None = None) -> RunOnDatabase:
    """Return the reverse of ``refuse_changes``, for migrations that rewrite rows and then refuse changes again."""
    return RunOnDatabase(_run(_drop, table), _run(_create, table, guard))


def without_triggers(*operations: Operation) -> list[Operation]:
    """Return operations that rebuild tables on SQLite, with every trigger away meanwhile; reversible.

    SQLite cannot rebuild a table that a trigger names, and drops the triggers of the table itself.
    """
    kept: list[tuple[str, str]] = []

    def take_away(schema_editor: BaseDatabaseSchemaEditor) -> None:
        if schema_editor.connection.vendor == "sqlite":
            with schema_editor.connection.cursor() as cursor:
                cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
                kept[:] = cursor.fetchall()
            for name, _sql in kept:
                schema_editor.execute(f"DROP TRIGGER {name}")

    def bring_back(schema_editor: BaseDatabaseSchemaEditor) -> None:
        for _name, sql in kept:
            schema_editor.execute(sql, None)
        kept.clear()

    return [RunOnDatabase(take_away, bring_back), *operations, RunOnDatabase(bring_back, take_away)]


def protect(table: str, guard: Guard | None = None) -> None:
    """Make the triggers of ``table`` anew, where ``check_entitlements`` has found them missing; writes no row."""
    with connection.cursor() as cursor:
        for statement in _create(table, connection.vendor, guard):
            cursor.execute(statement)


def refuses_changes(table: str, guard: Guard | None = None) -> bool:
    """Tell whether the triggers of ``table`` are there as ``refuse_changes`` makes them, and switched on; one query."""
    is_sqlite = connection.vendor == "sqlite"
    with connection.cursor() as cursor:
        cursor.execute(_FIND_ON_SQLITE if is_sqlite else _FIND_ON_POSTGRESQL, [table])
        found = {text for (text,) in cursor.fetchall()}
    return found >= set(_on_sqlite(table, guard) if is_sqlite else [_body(table, guard)])


def _on_sqlite(table: str, guard: Guard | None) -> tuple[str, str]:
    """Return the statements that make both triggers on SQLite."""
    when = f"WHEN NOT ({guard.sql(same='IS')}) " if guard else ""
    no_update, no_delete = (
        f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb.upper()} ON {table} {condition}"
        f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL.format(table=table)}'); END"
        for verb, condition in (("update", when), ("delete", ""))
    )
    return no_update, no_delete


def _body(table: str, guard: Guard | None) -> str:
    """Return the body of the function of the trigger on PostgreSQL."""
    allowed = ""
    if guard:
        condition = guard.sql(same="IS NOT DISTINCT FROM")
        allowed = f"IF TG_OP = 'UPDATE' THEN IF {condition} THEN RETURN NEW; END IF; END IF; "
    refusal = _REFUSAL.format(table=table)
    return f" BEGIN {allowed}RAISE EXCEPTION '{refusal}' USING ERRCODE = 'restrict_violation'; END "


def _create(table: str, vendor: str, guard: Guard | None = None) -> list[str]:
    if vendor == "sqlite":
        return [*_drop(table, vendor), *_on_sqlite(table, guard)]
    return [
        *_drop(table, vendor),
        f"CREATE FUNCTION {table}_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $${_body(table, guard)}$$",
        f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {table}_refuse_change()",
    ]


def _drop(table: str, vendor: str, _guard: Guard | None = None) -> list[str]:
    return [statement.format(table=table) for statement in _DROP[vendor]]


def _run(
    statements: Callable[[str, str, Guard | None], list[str]], table: str, guard: Guard | None = None
) -> Callable[[BaseDatabaseSchemaEditor], None]:
    def run(schema_editor: BaseDatabaseSchemaEditor) -> None:
        for statement in statements(table, schema_editor.connection.vendor, guard):
            schema_editor.execute(statement)

    return run
