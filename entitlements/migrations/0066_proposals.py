"""Let amendments be proposed, approved and declined, and let the database keep what was declined."""

from django.db import migrations, models

from config.permissions import permission_for
from config.triggers import Guard, allow_changes, refuse_changes, without_triggers
from entitlements.models.amendments import GUARD

grant, revoke = permission_for(
    ("Administrator", "Operations"),
    model="amendment",
    codename="approve_amendments",
    name="Can approve, edit and decline what others propose",
)
BEFORE = Guard(GUARD.condition.replace("'proposed', ", ""), GUARD.kept)
OPEN = ("proposed", "scheduled", "set_aside")


def closed_at_a_moment(statuses: tuple[str, ...]) -> models.CheckConstraint:
    """Return the constraint that whatever has another status was closed at a moment."""
    is_open = models.Q(status__in=statuses)
    return models.CheckConstraint(
        name="amendment_closed_at_a_moment",
        condition=models.Q(("closed_at", None), ("status__in", statuses))
        | (~is_open & models.Q(closed_at__isnull=False)),
    )


class Migration(migrations.Migration):
    """Who agreed to a proposal and when, and whether it takes effect on that day."""

    dependencies = [("entitlements", "0064_money_is_kept")]

    operations = [
        allow_changes("entitlements_amendment", BEFORE),
        *without_triggers(
            migrations.AlterModelOptions(
                name="amendment",
                options={
                    "default_permissions": ("view",),
                    "ordering": ["effective_on", "number"],
                    "permissions": [
                        ("schedule_amendments", "Can schedule, edit and cancel amendments"),
                        ("approve_amendments", "Can approve, edit and decline what others propose"),
                    ],
                },
            ),
            migrations.AddField(
                model_name="amendment",
                name="is_immediate",
                field=models.BooleanField(db_default=False, default=False),
            ),
            migrations.AddField(
                model_name="amendment",
                name="approved_by_name",
                field=models.CharField(blank=True, db_default="", max_length=150),
            ),
            migrations.AddField(
                model_name="amendment", name="approved_at", field=models.DateTimeField(null=True)
            ),
            migrations.AlterField(
                model_name="amendment",
                name="closed_by_name",
                field=models.CharField(
                    blank=True, help_text="Who cancelled, declined or applied it.", max_length=150
                ),
            ),
            migrations.AlterField(
                model_name="amendment",
                name="status",
                field=models.CharField(
                    choices=[
                        ("proposed", "proposed"),
                        ("scheduled", "scheduled"),
                        ("set_aside", "set aside"),
                        ("applied", "applied"),
                        ("cancelled", "cancelled"),
                        ("declined", "declined"),
                    ],
                    default="scheduled",
                    max_length=10,
                ),
            ),
            migrations.RemoveConstraint(model_name="amendment", name="amendment_closed_at_a_moment"),
            migrations.AddConstraint(model_name="amendment", constraint=closed_at_a_moment(OPEN)),
            migrations.AddConstraint(
                model_name="amendment",
                constraint=models.CheckConstraint(
                    name="amendment_approved_by_somebody",
                    condition=models.Q(approved_at=None)
                    | (~models.Q(approved_by_name="") & ~models.Q(status="proposed")),
                ),
            ),
            migrations.AddIndex(
                model_name="amendment",
                index=models.Index(
                    condition=models.Q(("status", "proposed")),
                    fields=["requested_at", "id"],
                    name="amendment_proposed",
                ),
            ),
        ),
        migrations.RunPython(grant, revoke),
        refuse_changes("entitlements_amendment", GUARD),
    ]
