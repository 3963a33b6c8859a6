"""Let names of change groups be one that differ only in case, accents, width or punctuation."""

from django.db import migrations, models

from config.name_upkeep import refuse_same_names


class Migration(migrations.Migration):
    """Stop where two are the same, and name them; else replace the constraint, which knew case alone."""

    dependencies = [("changegroups", "0005_names_without_hidden_characters")]

    operations = [
        refuse_same_names("changegroups", "changegroup", source="name"),
        migrations.AddConstraint(
            model_name="changegroup",
            constraint=models.UniqueConstraint(fields=["name_folded"], name="change_group_folded_name_once"),
        ),
        migrations.RemoveConstraint(model_name="changegroup", name="change_group_name_once"),
    ]
