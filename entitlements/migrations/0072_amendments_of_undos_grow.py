"""Let the amendment of an undo in many batches list what each batch has taken back."""

from django.db import migrations

from config.triggers import refuse_changes
from entitlements.models.amendments import GUARD


class Migration(migrations.Migration):
    """The triggers of amendments with their guard of now."""

    dependencies = [("entitlements", "0071_who_edited_proposals")]

    operations = [refuse_changes("entitlements_amendment", GUARD)]
