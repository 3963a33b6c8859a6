"""Take away the seats of add-ons that extend their plan: what they add counts there, once for each one bought."""

from typing import Any

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import F, QuerySet


def forward(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Set the seats of such add-ons to none."""
    _extending(apps).update(seat_limit=0, seat_capacity=0)


def backward(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Give them as many seats as were bought again; the overdraft is added where check_entitlements counts."""
    _extending(apps).update(seat_limit=F("quantity"), seat_capacity=F("quantity"))


def _extending(apps: Apps) -> "QuerySet[Any]":
    entitlement = apps.get_model("entitlements", "Entitlement")
    by_hand = apps.get_model("entitlements", "Override").objects.filter(key="seat_limit").values("entitlement")
    found = entitlement.objects.filter(kind="add_on", quantity__isnull=False).exclude(revision__extensions={})
    return entitlement.objects.filter(pk__in=found.exclude(pk__in=by_hand).order_by().values("pk")).order_by()


class Migration(migrations.Migration):
    """Move the stored numbers of add-ons that are sold per quantity."""

    dependencies = [("entitlements", "0017_anchor"), ("offerings", "0005_relations_filled")]

    operations = [migrations.RunPython(forward, backward)]
