"""Make the database refuse to change the log."""

from django.db import migrations

from config.triggers import refuse_changes


class Migration(migrations.Migration):
    """Refuse UPDATE of acts and changes, on PostgreSQL also DELETE."""

    dependencies = [("entitlements", "0001_holdings_and_log")]

    operations = [refuse_changes("entitlements_act"), refuse_changes("entitlements_change")]
