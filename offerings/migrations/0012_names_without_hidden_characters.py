"""Refuse characters in names that nobody sees; no table changes."""

import config.name_fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('offerings', '0011_fill_folded_names'),
    ]

    operations = [
        migrations.AlterField(
            model_name='charge',
            name='text',
            field=models.CharField(blank=True, help_text='Words shown where the price is on request.', max_length=100, validators=[config.name_fields.refuse_hidden]),
        ),
        migrations.AlterField(
            model_name='charge',
            name='unit',
            field=models.CharField(blank=True, help_text='What one is, such as GB; for usage charges.', max_length=50, validators=[config.name_fields.refuse_hidden]),
        ),
        migrations.AlterField(
            model_name='edition',
            name='key',
            field=models.CharField(max_length=64, validators=[config.name_fields.refuse_hidden]),
        ),
        migrations.AlterField(
            model_name='edition',
            name='name',
            field=models.CharField(max_length=50, validators=[config.name_fields.refuse_hidden]),
        ),
        migrations.AlterField(
            model_name='feature',
            name='group',
            field=models.CharField(blank=True, help_text='Heading it stands under on pages.', max_length=50, validators=[config.name_fields.refuse_hidden]),
        ),
        migrations.AlterField(
            model_name='feature',
            name='name',
            field=models.CharField(max_length=50, validators=[config.name_fields.refuse_hidden]),
        ),
        migrations.AlterField(
            model_name='feature',
            name='unit',
            field=models.CharField(blank=True, max_length=50, validators=[config.name_fields.refuse_hidden]),
        ),
        migrations.AlterField(
            model_name='offering',
            name='name',
            field=models.CharField(max_length=50, validators=[config.name_fields.refuse_hidden]),
        ),
        migrations.AlterField(
            model_name='plan',
            name='name',
            field=models.CharField(max_length=50, validators=[config.name_fields.refuse_hidden]),
        ),
        migrations.AlterField(
            model_name='product',
            name='name',
            field=models.CharField(max_length=50, validators=[config.name_fields.refuse_hidden]),
        ),
    ]
