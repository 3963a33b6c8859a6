"""Every corruption of the table, tried on a consistent set: caught, refused by the database, or seen by neither."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from config.triggers import protect
from entitlements.engine.check import check
from entitlements.models.privacy import GUARDS
from tests.cast import make_cast
from tests.entitlements.engine.corrupted_cast import APPEND_ONLY, Story, past_triggers, run_sql
from tests.entitlements.engine.corruption_document import DOCUMENT, as_markdown
from tests.entitlements.engine.corruptions import (
    CAUGHT,
    CORRUPTIONS,
    REFUSED,
    TRIGGERS,
    UNSEEN,
    Corruption,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def seeded(django_db_setup: None, django_db_blocker: Any) -> Iterator[Story]:
    """Make the set once for all rows of the table: each of them is taken back."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield Story(make_cast())
        transaction.set_rollback(True)


@pytest.fixture
def story(seeded: Story) -> Iterator[Story]:
    """Return the set in which nothing is wrong, and take back what becomes of it."""
    assert list(check()) == []
    with transaction.atomic():
        yield seeded
        transaction.set_rollback(True)


def corrupt(row: Corruption, story: Story) -> None:
    if row.past_triggers:
        with past_triggers():
            run_sql(row.sql, story.names)
    else:
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # no table is altered while checks of it wait
        run_sql(row.sql, story.names)
        connection.check_constraints()


def rows(outcome: str) -> list[object]:
    return [pytest.param(row, id=row.name) for row in CORRUPTIONS if row.outcome == outcome]


@pytest.mark.parametrize("row", rows(CAUGHT))
def test_a_corruption_is_caught(story: Story, row: Corruption) -> None:
    corrupt(row, story)
    assert {each.code for each in check()} == row.codes


@pytest.mark.parametrize("row", rows(REFUSED))
def test_the_database_refuses_a_corruption(story: Story, row: Corruption) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        corrupt(row, story)


@pytest.mark.parametrize("row", rows(UNSEEN))
def test_neither_sees_a_corruption(story: Story, row: Corruption) -> None:
    corrupt(row, story)
    assert list(check()) == []
    assert row.why


@pytest.mark.parametrize("row", [pytest.param(row, id=row.name) for row in TRIGGERS])
def test_triggers_are_made_anew(story: Story, row: Corruption) -> None:
    corrupt(row, story)
    for table in APPEND_ONLY:
        protect(table, GUARDS.get(table))
    assert list(check()) == []


def test_the_document_lists_the_whole_table() -> None:
    """``python -m tests.entitlements.engine.corruption_document`` writes it."""
    assert DOCUMENT.read_text() == as_markdown()


def test_the_table_names_each_corruption_once() -> None:
    assert len({row.name for row in CORRUPTIONS}) == len(CORRUPTIONS) >= 42
