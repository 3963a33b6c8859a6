"""Fill the folded text of the names of change groups."""

from django.db import migrations

from config.name_upkeep import fill_folded


class Migration(migrations.Migration):
    """Fill the column of 0003."""

    dependencies = [("changegroups", "0003_folded_names")]

    operations = [fill_folded("changegroups", "ChangeGroup")]
