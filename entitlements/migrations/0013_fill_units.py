"""Fill the unit, order and customer of each change, and rename what its delta says of seats that went over."""

from collections.abc import Iterable
from typing import Any

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from config.triggers import allow_changes, refuse_changes

BATCH = 1000


def fill(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Write units of today's log: entitlements whose seats went over moved together, all others alone.

    No entitlement has changed its order so far, so that its order of today is that of every change.
    """
    change = apps.get_model("entitlements", "Change")
    for batch in _batches(change):
        for row in batch:
            row.unit = _unit(row)
            row.order_id, row.customer_id = row.entitlement.order_id, row.entitlement.order.customer_id
            row.delta = _with_new_words(change, row)
        change.objects.bulk_update(batch, ["unit", "order", "customer", "delta"])


def _batches(change: Any) -> Iterable[list[Any]]:
    last = None
    while True:
        rows = change.objects.select_related("entitlement__order").order_by("pk")
        batch = list((rows.filter(pk__gt=last) if last else rows)[:BATCH])
        if not batch:
            return
        yield batch
        last = batch[-1].pk


def _unit(row: Any) -> Any:
    return row.delta["received"]["from"] if "received" in row.delta else row.entitlement_id


def _with_new_words(change: Any, row: Any) -> dict[str, Any]:
    delta = dict(row.delta)
    if "handed" in delta:
        delta["handed_over"] = delta.pop("handed")
    if "received" in delta:
        giver = delta.pop("received")["from"]
        other = change.objects.filter(act=row.act_id, entitlement=giver).values_list("delta", flat=True).first() or {}
        handed = other.get("handed") or other.get("handed_over") or {"seats": []}
        delta["took_over"] = {"from": giver, "seats": handed["seats"]}
    if row.from_revision_id is None:
        delta["fields"] = {**delta.get("fields", {}), "order": [None, str(row.entitlement.order_id)]}
    return delta


def empty(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Give deltas their old words back; what moved an order, or a part of a quantity, cannot be said in them."""
    change = apps.get_model("entitlements", "Change")
    for batch in _batches(change):
        for row in batch:
            row.delta = _with_old_words(row.delta)
        change.objects.bulk_update(batch, ["delta"])


def _with_old_words(delta: dict[str, Any]) -> dict[str, Any]:
    old = dict(delta)
    if "handed_over" in old:
        old["handed"] = old.pop("handed_over")
    if "took_over" in old:
        old["received"] = {"from": old.pop("took_over")["from"]}
    fields = {name: pair for name, pair in old.pop("fields", {}).items() if name != "order"}
    return {**old, "fields": fields} if fields else old


class Migration(migrations.Migration):
    """Fill the columns of 0012; the triggers are lifted meanwhile."""

    dependencies = [("entitlements", "0012_changes_in_units")]

    operations = [
        allow_changes("entitlements_change"),
        migrations.RunPython(fill, empty),
        refuse_changes("entitlements_change"),
    ]
