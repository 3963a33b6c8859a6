"""Index what the list of customers is sorted and narrowed by."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """Sort customers by account reference and by age, and find the disabled ones."""

    dependencies = [("entitlements", "0033_names_without_hidden_characters")]

    operations = [
        migrations.RemoveIndex("customer", "customer_by_account"),
        migrations.AddIndex(
            "customer", models.Index(fields=["account_reference_folded", "id"], name="customer_by_account")
        ),
        migrations.AddIndex("customer", models.Index(fields=["created_at", "id"], name="customer_by_age")),
        migrations.AddIndex(
            "customer",
            models.Index(
                fields=["name_folded", "id"], condition=Q(disabled_at__isnull=False), name="customer_disabled"
            ),
        ),
    ]
