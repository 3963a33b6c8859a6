"""Keep a digest in each revision, so that a row that was changed past the code can be found."""

from django.db import migrations

import config.digests
from config.triggers import allow_changes, refuse_changes


class Migration(migrations.Migration):
    """Add the column, empty for now: 0007 fills it. SQLite makes the table anew for that, without its triggers."""

    dependencies = [("offerings", "0005_relations_filled")]

    operations = [
        allow_changes("offerings_revision"),
        migrations.AddField("revision", "digest", config.digests.DigestField()),
        refuse_changes("offerings_revision"),
    ]
