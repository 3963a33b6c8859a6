"""Saved views of lists; the columns of lists and the page size of each person."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import config.name_fields


class Migration(migrations.Migration):
    """Make the table of saved views, and two columns of preferences."""

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("config", "0004_money_format"),
    ]

    operations = [
        migrations.AddField("preferences", "rows_per_page", models.PositiveSmallIntegerField(default=50)),
        migrations.AddField(
            "preferences", "columns", models.JSONField(blank=True, default=dict, verbose_name="columns of lists")
        ),
        migrations.AddConstraint(
            "preferences",
            models.CheckConstraint(
                condition=models.Q(rows_per_page__in=(25, 50, 100, 200)), name="preferences_page_size_known"
            ),
        ),
        migrations.CreateModel(
            name="SavedView",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("list_name", models.CharField(max_length=40, verbose_name="list")),
                ("name", models.CharField(max_length=60, validators=[config.name_fields.refuse_hidden])),
                ("query", models.TextField(blank=True, verbose_name="filters")),
                ("columns", models.JSONField()),
                ("is_shared", models.BooleanField(default=False, verbose_name="shared")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="saved_views",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "permissions": [("share_savedview", "Can share saved views")],
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(fields=("owner", "list_name", "name"), name="saved_view_name_once")
                ],
            },
        ),
    ]
