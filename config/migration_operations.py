"""Operations of migrations that Django does not bring."""

from collections.abc import Callable

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState


class RunOnDatabase(Operation):
    """Run code that needs the connection alone: triggers, indexes and statistics that models do not describe.

    ``RunPython`` makes every model anew before each piece of code, which is most of the time that the migrations of an
    empty database take.
    """

    reduces_to_sql = False

    def __init__(
        self, code: Callable[[BaseDatabaseSchemaEditor], None], reverse_code: Callable[[BaseDatabaseSchemaEditor], None]
    ) -> None:
        """Take what runs forwards and what runs backwards, each with the editor of the schema."""
        self.code = code
        self.reverse_code = reverse_code

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Change no model."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Run the code."""
        self.code(schema_editor)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Run the code of the way back."""
        self.reverse_code(schema_editor)

    def describe(self) -> str:
        """Say what it is in lists of operations."""
        return "Run code on the database"
