"""Let a note say that the customer was contacted about an expiry."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """Notes have a kind."""

    dependencies = [("entitlements", "0045_log_behind_a_guard")]

    operations = [
        migrations.AddField(
            model_name="note",
            name="kind",
            field=models.CharField(
                choices=[("note", "note"), ("contacted", "contacted")], default="note", editable=False, max_length=10
            ),
        ),
        migrations.AddField(
            model_name="note",
            name="about",
            field=models.DateField(editable=False, help_text="Of a contact: the expiry it was about.", null=True),
        ),
        migrations.AddConstraint(
            model_name="note",
            constraint=models.CheckConstraint(
                condition=Q(kind="note", about=None)
                | Q(kind="contacted", about__isnull=False, entitlement__isnull=False),
                name="note_contact_is_about_an_expiry",
            ),
        ),
        migrations.AddIndex(
            model_name="note",
            index=models.Index(
                condition=Q(kind="contacted"), fields=["about", "entitlement"], name="note_contacted"
            ),
        ),
    ]
