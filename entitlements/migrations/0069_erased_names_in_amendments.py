"""Let the texts of closed amendments be replaced too while a customer is erased that they name beside their own."""

from django.db import migrations

from config.triggers import refuse_changes
from entitlements.models.amendments import GUARD


class Migration(migrations.Migration):
    """The triggers of amendments with their guard of now."""

    dependencies = [("entitlements", "0068_until")]

    operations = [refuse_changes("entitlements_amendment", GUARD)]
