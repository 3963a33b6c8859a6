"""Refuse characters in names that nobody sees; no table changes."""

import config.name_fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('entitlements', '0032_index_folded_names'),
    ]

    operations = [
        migrations.AlterField(
            model_name='customer',
            name='account_reference',
            field=models.CharField(blank=True, help_text='Key in your billing system.', max_length=100, validators=[config.name_fields.refuse_hidden]),
        ),
        migrations.AlterField(
            model_name='customer',
            name='name',
            field=models.CharField(max_length=100, validators=[config.name_fields.refuse_hidden]),
        ),
        migrations.AlterField(
            model_name='order',
            name='order_reference',
            field=models.CharField(blank=True, max_length=100, validators=[config.name_fields.refuse_hidden]),
        ),
    ]
