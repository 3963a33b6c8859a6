"""Let administrators export what is held about a customer."""

from django.db import migrations

from config.permissions import permission_for

grant, revoke = permission_for(
    ("Administrator",), model="customer", codename="export_customer", name="Can export what is held about a customer"
)


class Migration(migrations.Migration):
    """Add the permission."""

    dependencies = [("entitlements", "0051_erasures_are_kept")]

    operations = [migrations.RunPython(grant, revoke)]
