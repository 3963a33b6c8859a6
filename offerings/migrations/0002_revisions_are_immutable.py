"""Make the database refuse to change revisions: customers hold what was published."""

from django.db import migrations

from config.triggers import refuse_changes


class Migration(migrations.Migration):
    """Refuse UPDATE of revisions, on PostgreSQL also DELETE."""

    dependencies = [("offerings", "0001_catalog")]

    operations = [refuse_changes("offerings_revision")]
