from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("config", "0003_request_keys"),
    ]

    operations = [
        migrations.AddField(
            model_name="preferences",
            name="money_format",
            field=models.CharField(
                blank=True,
                help_text="How amounts of money are written; empty is as the browser's language.",
                max_length=16,
            ),
        ),
    ]
