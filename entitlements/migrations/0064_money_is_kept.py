"""Keep the money of changes as it is while a customer is erased: it names nobody."""

from django.db import migrations

from config.triggers import allow_changes, refuse_changes
from entitlements.models.privacy import CHANGE_GUARD, CHANGE_GUARD_WITHOUT_MONEY


class Migration(migrations.Migration):
    """The triggers of changes with their guard of now."""

    dependencies = [("entitlements", "0063_billing_of_orders")]

    operations = [
        allow_changes("entitlements_change", CHANGE_GUARD_WITHOUT_MONEY),
        refuse_changes("entitlements_change", CHANGE_GUARD),
    ]
