"""Add the folded text of the names of change groups."""

from django.db import migrations

from config.names import FoldedField


class Migration(migrations.Migration):
    """Add the column; 0004 fills it."""

    dependencies = [("changegroups", "0002_roles")]

    operations = [migrations.AddField(model_name="changegroup", name="name_folded", field=FoldedField("name"))]
