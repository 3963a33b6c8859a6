"""Fill the folded names of seats."""

from django.db import migrations

from config.name_upkeep import fill_folded


class Migration(migrations.Migration):
    """Fill the column of 0036, batch by batch."""

    dependencies = [("entitlements", "0036_seats_by_name")]

    operations = [fill_folded("entitlements", "Seat")]
