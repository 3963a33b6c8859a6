"""Add the folded text of the names, codes and keys of the catalog."""

from django.db import migrations

from config.names import FoldedField

COLUMNS = {
    "product": ("code", "name"),
    "feature": ("key", "name"),
    "edition": ("key", "name"),
    "plan": ("code", "name"),
    "offering": ("sku", "name"),
}


class Migration(migrations.Migration):
    """Add the columns; 0011 fills them."""

    dependencies = [("offerings", "0008_currencies_of_iso_4217")]

    operations = [
        migrations.AddField(model_name=model, name=f"{source}_folded", field=FoldedField(source))
        for model, sources in COLUMNS.items()
        for source in sources
    ]
