"""Fill the digest of each act, and let SQLite refuse DELETE of the log too."""

from django.db import migrations

from config.digests import fill_digests
from config.triggers import allow_changes, refuse_changes


class Migration(migrations.Migration):
    """Fill the column of 0020; the triggers are lifted meanwhile. Backwards the digests go with their column."""

    dependencies = [("entitlements", "0020_digest_of_acts")]

    operations = [
        allow_changes("entitlements_act"),
        migrations.RunPython(fill_digests("entitlements", "Act"), migrations.RunPython.noop),
        refuse_changes("entitlements_act"),
        allow_changes("entitlements_change"),
        refuse_changes("entitlements_change"),
    ]
