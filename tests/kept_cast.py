"""The cast is made once and kept in a transaction around the tests that use it: making it takes longer than most tests.

Each test runs in a savepoint inside that transaction, and gets a copy of the cast. A test that does not ask for the
cast, or that commits, ends the transaction first: it finds the database as the migrations left it.
"""

import copy

import pytest
from django.db import connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from pytest_django.plugin import DjangoDbBlocker

from tests.cast import Cast, make_cast

COMMITTING = {"transactional_db", "live_server", "django_db_reset_sequences", "django_db_serialized_rollback"}
EMPTYING = {"tables_as_new"}  # no table can be emptied in the transaction that filled it


class KeptCast:
    """The cast that the tests of one process share, while there is one."""

    def __init__(self, blocker: DjangoDbBlocker) -> None:
        self.blocker = blocker
        self.is_ready = False  # the tables are made
        self._cast: Cast | None = None
        self._atomic: transaction.Atomic | None = None
        self._connected: object = None

    def prepare(self, item: pytest.Item) -> None:
        """Keep the transaction for a test that may run inside it, and end it before any other test."""
        if not self.is_ready or not _may_share(item):
            self.drop()
        elif self._atomic is None or not self._is_sound():
            self.drop()
            self._make()

    def copy(self) -> Cast:
        """Return a copy of the cast, or a new one where none is kept."""
        return copy.deepcopy(self._cast) if self._cast else make_cast()

    def drop(self) -> None:
        """End the transaction; the cast goes with it."""
        atomic, self._atomic, self._cast = self._atomic, None, None
        if atomic is not None:
            with self.blocker.unblock():
                if connection.in_atomic_block:
                    transaction.set_rollback(True)
                atomic.__exit__(None, None, None)

    def _make(self) -> None:
        with self.blocker.unblock():
            self._atomic = transaction.atomic()
            self._atomic.__enter__()
            self._cast = make_cast()
            self._connected = connection.connection

    def _is_sound(self) -> bool:
        wrapper: BaseDatabaseWrapper = connection
        is_same = wrapper.connection is self._connected and wrapper.connection is not None
        return is_same and wrapper.in_atomic_block and not wrapper.needs_rollback and not wrapper.savepoint_ids


def _may_share(item: pytest.Item) -> bool:
    names = set(getattr(item, "fixturenames", ()))
    marker = item.get_closest_marker("django_db")
    commits = marker is not None and (marker.kwargs.get("transaction") or marker.kwargs.get("databases") or marker.args)
    return "cast" in names and not commits and not (COMMITTING | EMPTYING) & names
