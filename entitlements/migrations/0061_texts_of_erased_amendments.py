"""Let the texts of closed amendments be replaced while their customer is erased, and nothing else of them."""

from django.db import migrations

from config.triggers import refuse_changes
from entitlements.models.amendments import GUARD


class Migration(migrations.Migration):
    """The triggers of amendments, with their guard of now."""

    dependencies = [("entitlements", "0060_amendments")]

    operations = [refuse_changes("entitlements_amendment", GUARD)]
