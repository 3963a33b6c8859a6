"""Refuse characters in names that nobody sees; no table changes."""

import config.name_fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('changegroups', '0004_fill_folded_names'),
    ]

    operations = [
        migrations.AlterField(
            model_name='changegroup',
            name='name',
            field=models.CharField(max_length=100, validators=[config.name_fields.refuse_hidden]),
        ),
    ]
