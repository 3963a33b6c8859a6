"""Fill the digest of each revision, and let SQLite refuse DELETE of revisions too."""

from django.db import migrations

from config.digests import fill_digests
from config.triggers import allow_changes, refuse_changes


class Migration(migrations.Migration):
    """Fill the column of 0006; the triggers are lifted meanwhile. Backwards the digests go with their column."""

    dependencies = [("offerings", "0006_digest_of_revisions")]

    operations = [
        allow_changes("offerings_revision"),
        migrations.RunPython(fill_digests("offerings", "Revision"), migrations.RunPython.noop),
        refuse_changes("offerings_revision"),
    ]
