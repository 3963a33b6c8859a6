"""Dumps of the tables, to tell exactly which rows were written."""

from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.db.models import Model

Dump = dict[str, dict[Any, Any]]


def dump(*labels: str) -> Dump:
    """Return every row of the tables of some apps, those of relations included, by table and id."""
    models: Iterable[type[Model]] = (
        model for label in labels for model in apps.get_app_config(label).get_models(include_auto_created=True)
    )
    return {model.__name__: {row["id"]: row for row in model._base_manager.values()} for model in models}


def written(before: Dump, after: Dump) -> dict[str, tuple[int, int, int]]:
    """Return how many rows of each table were added, changed and deleted; tables without any are left out."""
    counts = {
        table: (
            len(after[table].keys() - rows.keys()),
            sum(after[table][pk] != row for pk, row in rows.items() if pk in after[table]),
            len(rows.keys() - after[table].keys()),
        )
        for table, rows in before.items()
    }
    return {table: count for table, count in counts.items() if any(count)}
