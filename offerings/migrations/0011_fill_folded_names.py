"""Fill the folded text of the names, codes and keys of the catalog."""

from django.db import migrations

from config.name_upkeep import fill_folded


class Migration(migrations.Migration):
    """Fill the columns of 0010, batch by batch."""

    dependencies = [("offerings", "0010_folded_names")]

    operations = [fill_folded("offerings", "Product", "Feature", "Edition", "Plan", "Offering")]
