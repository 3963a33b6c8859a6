"""Narrow what an open erasure may replace in the log: changes that concern its customer."""

from django.db import migrations

from config.triggers import allow_changes, refuse_changes
from entitlements.models.privacy import CHANGE_GUARD_WITHOUT_MONEY


class Migration(migrations.Migration):
    """Make the triggers of changes anew with their guard."""

    dependencies = [("entitlements", "0049_source_import")]

    operations = [
        allow_changes("entitlements_change", CHANGE_GUARD_WITHOUT_MONEY),
        refuse_changes("entitlements_change", CHANGE_GUARD_WITHOUT_MONEY),
    ]
