from django.db import migrations, models

import offerings.models.fields


class Migration(migrations.Migration):

    dependencies = [
        ('offerings', '0007_fill_digests_of_revisions'),
    ]

    operations = [
        migrations.AlterField(
            model_name='charge',
            name='currency',
            field=models.CharField(max_length=3, validators=[offerings.models.fields.validate_currency]),
        ),
    ]
