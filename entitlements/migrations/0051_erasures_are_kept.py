"""Let the database refuse to delete an erasure, and to open a finished one again."""

from django.db import migrations

from config.triggers import refuse_changes
from entitlements.models.privacy import ERASURE_GUARD


class Migration(migrations.Migration):
    """Make the triggers of erasures with their guard."""

    dependencies = [("entitlements", "0050_guard_of_changes")]

    operations = [refuse_changes("entitlements_erasure", ERASURE_GUARD)]
