"""Add owners, contacts, tags and free fields of customers."""

import config.name_fields
import config.names
import django.core.validators
import django.db.models.deletion
import entitlements.models.customer_fields
import entitlements.models.ids
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Add the tables; 0041 indexes parts of names, 0042 says who may edit what."""

    dependencies = [
        ("entitlements", "0037_fill_names_of_seats"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="customer",
            name="owner",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                help_text="Who looks after the customer.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="owned_customers",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.CreateModel(
            name="Contact",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=entitlements.models.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=100, validators=[config.name_fields.refuse_hidden])),
                (
                    "email",
                    models.EmailField(
                        blank=True, max_length=254, validators=[config.name_fields.refuse_hidden], verbose_name="e-mail"
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        blank=True,
                        help_text="Such as purchasing, IT or legal.",
                        max_length=60,
                        validators=[config.name_fields.refuse_hidden],
                    ),
                ),
                ("is_primary", models.BooleanField(default=False, verbose_name="primary")),
                ("name_folded", config.names.FoldedField("name")),
                ("email_folded", config.names.FoldedField("email")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="contacts", to="entitlements.customer"
                    ),
                ),
            ],
            options={
                "ordering": ["-is_primary", "name", "id"],
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="CustomerField",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "key",
                    models.CharField(
                        help_text="Names the field in files and addresses, such as region. It cannot be changed later.",
                        max_length=40,
                        unique=True,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[a-z][a-z0-9_]*\\Z",
                                "Use small letters, digits and underscores, and begin with a letter.",
                                code="field_key_format",
                            )
                        ],
                    ),
                ),
                (
                    "label",
                    models.CharField(
                        help_text="What people read.", max_length=50, validators=[config.name_fields.refuse_hidden]
                    ),
                ),
                ("label_folded", config.names.FoldedField("label")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("text", "Text"),
                            ("number", "Number"),
                            ("date", "Date"),
                            ("choice", "Choice"),
                            ("flag", "yes or no"),
                        ],
                        help_text="It cannot be changed later.",
                        max_length=10,
                    ),
                ),
                ("choices", models.TextField(blank=True, help_text="One a line, for fields of the kind choice.")),
                (
                    "position",
                    models.PositiveIntegerField(default=0, help_text="Fields are sorted by position, then by label."),
                ),
                (
                    "is_shown",
                    models.BooleanField(
                        default=True,
                        help_text="Off: what customers have in it is kept, and neither shown nor asked for.",
                        verbose_name="shown",
                    ),
                ),
            ],
            options={
                "ordering": ["position", "label", "id"],
                "constraints": [models.UniqueConstraint(fields=("label_folded",), name="customer_field_label_once")],
            },
        ),
        migrations.CreateModel(
            name="FieldValue",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("value", models.CharField(max_length=200, validators=[config.name_fields.refuse_hidden])),
                ("value_folded", config.names.FoldedField("value")),
                (
                    "number",
                    entitlements.models.customer_fields.NumberKey(
                        decimal_places=4, editable=False, max_digits=19, null=True
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="field_values",
                        to="entitlements.customer",
                    ),
                ),
                (
                    "field",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="values",
                        to="entitlements.customerfield",
                    ),
                ),
            ],
            options={
                "verbose_name": "field",
                "ordering": ["field__position", "field__label", "id"],
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Tag",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=40, validators=[config.name_fields.refuse_hidden])),
                ("name_folded", config.names.FoldedField("name")),
            ],
            options={
                "ordering": ["name", "id"],
                "constraints": [models.UniqueConstraint(fields=("name_folded",), name="tag_once")],
            },
        ),
        migrations.AddField(
            model_name="customer",
            name="tags",
            field=models.ManyToManyField(blank=True, related_name="customers", to="entitlements.tag"),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(fields=["owner", "name_folded", "id"], name="customer_by_owner"),
        ),
        migrations.AddIndex(
            model_name="contact",
            index=models.Index(fields=["name_folded"], name="contact_by_folded_name"),
        ),
        migrations.AddIndex(
            model_name="contact",
            index=models.Index(fields=["email_folded"], name="contact_by_folded_email"),
        ),
        migrations.AddConstraint(
            model_name="contact",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_primary", True)),
                fields=("customer",),
                name="contact_one_primary",
                violation_error_message="One contact is the primary one. Untick the other first.",
            ),
        ),
        migrations.AddIndex(
            model_name="fieldvalue",
            index=models.Index(fields=["field", "value_folded", "customer"], name="field_value_by_text"),
        ),
        migrations.AddIndex(
            model_name="fieldvalue",
            index=models.Index(
                condition=models.Q(("number__isnull", False)),
                fields=["field", "number", "customer"],
                name="field_value_by_number",
            ),
        ),
        migrations.AddConstraint(
            model_name="fieldvalue",
            constraint=models.UniqueConstraint(fields=("customer", "field"), name="customer_field_value_once"),
        ),
    ]
