"""Every migration goes back with data in the database, or says why not, and forwards again."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.apps import apps
from django.db import connection

from tests.reversing import APPS


@pytest.fixture
def address(db: None, tmp_path: Path) -> Iterator[str]:
    """Return the address of an empty database of the same kind as that of the tests, for this test alone."""
    if connection.vendor == "sqlite":
        yield f"sqlite:///{tmp_path / 'reversing.sqlite3'}"
        return
    import psycopg

    name, server = f"reversing_{os.getpid()}", urlsplit(os.environ["TEST_DATABASE_URL"])
    with psycopg.connect(server._replace(scheme="postgresql", path="/postgres").geturl(), autocommit=True) as session:
        session.execute(f"CREATE DATABASE {name}")
        yield server._replace(path=f"/{name}").geturl()
        session.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_all_migrations_go_back_with_data_or_say_why_not(address: str) -> None:
    environment = {**os.environ, "TEST_DATABASE_URL": address}
    done = subprocess.run(
        [sys.executable, "-m", "tests.reversing"], capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    later = {
        f"{app}.{path.stem} went back"
        for app in APPS
        for path in Path(apps.get_app_config(app).path, "migrations").glob("0*.py")
        if not path.stem.startswith("0001")
    }
    assert later <= set(lines)
    assert "All entitlements are as their rows and their log say." in lines
    assert lines[-1] == "tables left: []"


def test_a_migration_that_would_lose_notes_says_which(db: None) -> None:
    """Notes on customers have no place in the tables of before: nobody loses them by going back."""
    from importlib import import_module

    from django.db.migrations.exceptions import IrreversibleError

    from entitlements.directory.notes import add_note
    from tests.cast import make_cast

    cast = make_cast()
    customer = cast.entitle().order.customer
    add_note(customer, "Call first.", made_by=cast.operations)
    migration = import_module("entitlements.migrations.0005_notes_on_customers")
    with pytest.raises(IrreversibleError, match="1 note is on a customer"):
        migration.refuse_to_lose_notes(apps, connection.schema_editor())
