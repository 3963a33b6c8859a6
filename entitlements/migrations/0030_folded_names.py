"""Add the folded text of what people search customers and orders by."""

from django.db import migrations

from config.names import FoldedField


class Migration(migrations.Migration):
    """Add the columns; 0031 fills them, 0032 indexes them."""

    dependencies = [("entitlements", "0021_fill_digests_of_acts")]

    operations = [
        migrations.AddField(model_name="customer", name="name_folded", field=FoldedField("name")),
        migrations.AddField(
            model_name="customer", name="account_reference_folded", field=FoldedField("account_reference")
        ),
        migrations.AddField(model_name="order", name="order_reference_folded", field=FoldedField("order_reference")),
    ]
