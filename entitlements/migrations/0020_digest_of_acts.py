"""Keep a digest in each act, so that a row that was changed past the code can be found."""

from django.db import migrations

import config.digests
from config.triggers import allow_changes, refuse_changes


class Migration(migrations.Migration):
    """Add the column, empty for now: 0021 fills it. SQLite makes the table anew for that, without its triggers."""

    dependencies = [("entitlements", "0017_anchor")]

    operations = [
        allow_changes("entitlements_act"),
        migrations.AddField("act", "digest", config.digests.DigestField()),
        refuse_changes("entitlements_act"),
    ]
