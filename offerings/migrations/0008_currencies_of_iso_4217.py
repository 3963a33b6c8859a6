from django.db import migrations, models

import offerings.models.fields


class Migration(migrations.Migration):

    dependencies = [
        ('offerings', '0003_known_choices'),
    ]

    operations = [
        migrations.AlterField(
            model_name='charge',
            name='currency',
            field=models.CharField(max_length=3, validators=[offerings.models.fields.validate_currency]),
        ),
    ]
