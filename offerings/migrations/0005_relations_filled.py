"""Fill the relations of the revisions there are with those of the draft: nothing else says what was meant."""

from collections.abc import Iterable
from typing import Any

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from config.triggers import allow_changes, refuse_changes

BATCH = 500
BETWEEN_EDITIONS = ("available_for", "depends_on", "excludes")
NO_LIMIT = {"minQuantity": 1, "quantityStep": 1}


def fill(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Write the relations of every revision, in batches."""
    revision = apps.get_model("offerings", "Revision")
    named = _names(apps.get_model("offerings", "Edition"))
    for batch in _batches(revision):
        for row in batch:
            row.relations = _relations(row.offering, named)
        revision.objects.bulk_update(batch, ["relations"])


def _batches(revision: Any) -> Iterable[list[Any]]:
    last = 0
    while True:
        rows = revision.objects.select_related("offering__edition", "offering__product").order_by("pk")
        batch = list(rows.filter(pk__gt=last)[:BATCH])
        if not batch:
            return
        yield batch
        last = batch[-1].pk


def _names(edition: Any) -> dict[str, dict[int, dict[str, str]]]:
    """Return the names by key of the editions that each edition names, by relation."""
    found: dict[str, dict[int, dict[str, str]]] = {}
    for name in BETWEEN_EDITIONS:
        rows = getattr(edition, name).through.objects.order_by("to_edition__key")
        for key, other, words in rows.values_list("from_edition", "to_edition__key", "to_edition__name"):
            found.setdefault(name, {}).setdefault(key, {})[other] = words
    return found


def _relations(offering: Any, named: dict[str, dict[int, dict[str, str]]]) -> dict[str, Any]:
    stored: dict[str, Any] = {"edition": offering.edition.key}
    if offering.kind == "add_on":
        stored |= {name: named.get(name, {}).get(offering.edition_id, {}) for name in BETWEEN_EDITIONS}
        limits = offering.product.catalog.get("constraints", {}).get(offering.edition.source_name, {})
        stored["bought"] = {name: value for name, value in limits.items() if _limits(name, value)}
    return {name: value for name, value in stored.items() if value}


def _limits(name: str, value: Any) -> bool:
    """Tell whether a number of a price catalog limits how many can be bought."""
    known = ("minQuantity", "maxQuantity", "quantityStep")
    return name in known and type(value) is int and value > 0 and value != NO_LIMIT.get(name)


def empty(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Forget the relations again: the drafts still have them."""
    apps.get_model("offerings", "Revision").objects.update(relations={})


class Migration(migrations.Migration):
    """Fill the column of 0004_relations; the triggers are lifted meanwhile."""

    dependencies = [("offerings", "0004_relations")]

    operations = [
        allow_changes("offerings_revision"),
        migrations.RunPython(fill, empty),
        refuse_changes("offerings_revision"),
    ]
