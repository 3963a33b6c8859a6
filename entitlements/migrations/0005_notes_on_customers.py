"""Let notes be on customers, and be pinned; index customers as their list sorts and searches them."""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models
from django.db.migrations.exceptions import IrreversibleError
from django.db.models.functions import Upper


def refuse_to_lose_notes(apps: Any, _schema_editor: Any) -> None:
    """Stop on the way back where notes are on customers: the tables of before have no place for them."""
    count = apps.get_model("entitlements", "Note").objects.exclude(customer=None).count()
    if count:
        notes = "1 note is on a customer" if count == 1 else f"{count:,} notes are on customers"
        raise IrreversibleError(
            f"{notes}, and earlier versions keep notes on entitlements alone. Keep a copy of those rows of "
            "entitlements_note, delete them, and migrate again."
        )


class Migration(migrations.Migration):
    """A note is on an entitlement or on a customer."""

    dependencies = [("entitlements", "0004_search_indexes")]

    operations = [
        migrations.RemoveIndex(model_name="customer", name="customer_name_upper"),
        migrations.AddField(
            model_name="note",
            name="customer",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="notes",
                to="entitlements.customer",
            ),
        ),
        migrations.AddField(
            model_name="note", name="pinned_at", field=models.DateTimeField(editable=False, null=True)
        ),
        migrations.AlterField(
            model_name="note",
            name="entitlement",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="notes",
                to="entitlements.entitlement",
            ),
        ),
        migrations.AddIndex(
            model_name="customer", index=models.Index(Upper("name"), models.F("id"), name="customer_by_name")
        ),
        migrations.AddIndex(
            model_name="customer", index=models.Index(Upper("account_reference"), name="customer_account_reference")
        ),
        migrations.AddConstraint(
            model_name="note",
            constraint=models.CheckConstraint(
                condition=models.Q(entitlement__isnull=False, customer=None)
                | models.Q(entitlement=None, customer__isnull=False),
                name="note_on_one_thing",
                violation_error_message="A note is on an entitlement or on a customer.",
            ),
        ),
        migrations.RunPython(migrations.RunPython.noop, refuse_to_lose_notes),
    ]
