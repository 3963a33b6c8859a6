"""The tables of contacts and tags of customers."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from config.name_fields import name_field, refuse_hidden
from config.names import FoldedField, Named, NamedQuerySet
from entitlements.models.ids import new_id

CONTACT_NAME_LENGTH = 100
EMAIL_LENGTH = 254
ROLE_LENGTH = 60
TAG_LENGTH = 40


class ContactQuerySet(NamedQuerySet["Contact"]):
    """Queries for contacts."""


class Contact(Named):
    """A person at a customer. One of them at most is the primary contact."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    customer = models.ForeignKey("entitlements.Customer", on_delete=models.PROTECT, related_name="contacts")
    name = name_field(max_length=CONTACT_NAME_LENGTH)
    email = models.EmailField("e-mail", max_length=EMAIL_LENGTH, blank=True, validators=[refuse_hidden])
    role = name_field(max_length=ROLE_LENGTH, blank=True, help_text="Such as purchasing, IT or legal.")
    is_primary = models.BooleanField("primary", default=False)
    name_folded, email_folded = FoldedField("name"), FoldedField("email")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ContactQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-is_primary", "name", "id"]
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["customer"],
                condition=Q(is_primary=True),
                name="contact_one_primary",
                violation_error_message="One contact is the primary one. Untick the other first.",
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["name_folded"], name="contact_by_folded_name"),
            models.Index(fields=["email_folded"], name="contact_by_folded_email"),
        ]

    def __str__(self) -> str:
        return self.name


class TagQuerySet(NamedQuerySet["Tag"]):
    """Queries for tags."""


class Tag(Named):
    """A word that customers are told apart by."""

    name = name_field(max_length=TAG_LENGTH)
    name_folded = FoldedField("name")

    objects = TagQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["name", "id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["name_folded"], name="tag_once")]

    def __str__(self) -> str:
        return self.name
