"""Add the folded names of seats, by which the search finds an entitlement, and index those of active seats."""

from django.db import migrations, models

from config.names import FoldedField


class Migration(migrations.Migration):
    """Add the column and its index; 0037 fills it."""

    dependencies = [("entitlements", "0035_share_saved_views")]

    operations = [
        migrations.AddField(model_name="seat", name="name_folded", field=FoldedField("name")),
        migrations.AddIndex(
            model_name="seat",
            index=models.Index(fields=["name_folded"], condition=models.Q(released_at=None), name="seat_by_folded_name"),
        ),
    ]
