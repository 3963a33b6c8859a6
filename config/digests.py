"""A digest in each row of a table that is written once: a row that no longer fits its digest was changed past the code.

A digest is no signature: whoever may write the table can write a new one too. It finds accidents, and changes by hand.
"""

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from django.apps.registry import Apps
from django.db import models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import Value

LENGTH = 64
BATCH = 500


class DigestField(models.CharField):  # type: ignore[type-arg]
    """SHA-256 of the other columns of the row, filled in when the row is inserted, by ``save`` and ``bulk_create``."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"max_length": LENGTH, "editable": False, "default": "", **kwargs})

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:  # noqa: FBT001 (Django's signature)
        """Return the digest, computed anew for a row that is inserted."""
        if add:
            setattr(model_instance, self.attname, digest_of(model_instance))
        return super().pre_save(model_instance, add)


def digest_of(row: models.Model) -> str:
    """Return the digest of a row's columns. Pure."""
    return hashlib.sha256(canonical_text(row).encode()).hexdigest()


def digest_of_seen(value: Any) -> str:
    """Return a short digest of a JSON value that a person saw; a form sends it back, and is compared with it."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:32]


def canonical_text(row: models.Model) -> str:
    """Return the columns of a row as JSON, the same whichever database holds them.

    Keys are sorted, moments are UTC with microseconds. A number that the database gives, and the digest, are left out.
    So is what is empty, false or 0: a column that is added later leaves the digests of earlier rows as they are.
    """
    found = {}
    for field in row._meta.concrete_fields:
        if isinstance(field, DigestField | models.AutoField):
            continue
        value = getattr(row, field.attname)
        value = field.to_python(value.value if isinstance(value, Value) else value)
        if value not in (None, "", 0, [], {}):
            found[field.attname] = _plain(value)
    return json.dumps(found, sort_keys=True, separators=(",", ":"))


def _plain(value: Any) -> Any:
    """Return a value of a column, or a part of one, as JSON; PostgreSQL writes a whole number without a fraction."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, date | UUID):
        return str(value)
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def fill_digests(app: str, model: str) -> Callable[[Apps, BaseDatabaseSchemaEditor], None]:
    """Return the work of a migration that writes the digest of every row without one, ``BATCH`` rows at a time.

    A digest that is there stays: a second run must not make what was rewritten look right.
    """

    def fill(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
        rows = apps.get_model(app, model).objects.filter(digest="").order_by("pk")
        batch = list(rows[:BATCH])
        while batch:
            for row in batch:
                row.digest = digest_of(row)
            rows.bulk_update(batch, ["digest"])
            batch = list(rows.filter(pk__gt=batch[-1].pk)[:BATCH])

    return fill
