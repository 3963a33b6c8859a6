"""Let an open erasure replace texts in the log; every other change is refused as before."""

from django.db import migrations

from config.triggers import allow_changes, refuse_changes
from entitlements.models.privacy import ACT_GUARD, CHANGE_GUARD_WITHOUT_MONEY


class Migration(migrations.Migration):
    """Make the triggers of acts and changes with their guards."""

    dependencies = [("entitlements", "0044_erasures")]

    operations = [
        allow_changes("entitlements_act"),
        refuse_changes("entitlements_act", ACT_GUARD),
        allow_changes("entitlements_change"),
        refuse_changes("entitlements_change", CHANGE_GUARD_WITHOUT_MONEY),
    ]
