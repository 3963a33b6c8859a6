"""Keep with an amendment what was last seen that it makes due."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Add the sums of what is due; null for amendments from before, which are seen afresh once they are edited."""

    dependencies = [("entitlements", "0069_erased_names_in_amendments")]

    operations = [migrations.AddField(model_name="amendment", name="due", field=models.JSONField(null=True))]
