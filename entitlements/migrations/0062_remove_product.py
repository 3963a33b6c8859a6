"""Let operations and administrators end what was sold: the permission is made here, with the roles that have it."""

from django.db import migrations

from config.permissions import permission_for

grant, revoke = permission_for(
    ("Administrator", "Operations"), model="entitlement", codename="remove_product", name="Can end entitlements"
)


class Migration(migrations.Migration):
    """Add the permission to end entitlements."""

    dependencies = [("entitlements", "0061_erased_texts_and_runs_of_tasks")]

    operations = [migrations.RunPython(grant, revoke)]
