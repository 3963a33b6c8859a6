"""Name imports of files among the ways that acts come in. No column changes."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Add the choice."""

    dependencies = [("entitlements", "0048_index_of_released_seats")]

    operations = [
        migrations.AlterField(
            "act",
            "source",
            models.CharField(
                choices=[
                    ("page", "page"),
                    ("api", "API"),
                    ("admin", "admin"),
                    ("command", "command"),
                    ("task", "task"),
                    ("self_service", "self-service"),
                    ("client", "client"),
                    ("import", "import"),
                ],
                max_length=12,
            ),
        ),
    ]
