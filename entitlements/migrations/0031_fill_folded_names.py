"""Fill the folded text of names and references."""

from django.db import migrations

from config.name_upkeep import fill_folded


class Migration(migrations.Migration):
    """Fill the columns of 0030, batch by batch."""

    dependencies = [("entitlements", "0030_folded_names")]

    operations = [fill_folded("entitlements", "Customer", "Order")]
