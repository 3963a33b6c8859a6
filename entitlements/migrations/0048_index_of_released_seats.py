"""Index released seats, from which the seats used on each of the last days are counted."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """A partial index: active seats have theirs."""

    dependencies = [("entitlements", "0047_index_of_renewals")]

    operations = [
        migrations.AddIndex(
            model_name="seat",
            index=models.Index(
                condition=Q(released_at__isnull=False),
                fields=["entitlement", "released_at", "activated_at"],
                name="seat_released",
            ),
        ),
    ]
