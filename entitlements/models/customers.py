"""The table of customers."""

from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from config.folding import fold
from config.name_fields import name_field
from config.names import FoldedField, Named, NamedQuerySet, is_long_enough
from config.snapshots import EditPart
from entitlements.models.contacts import Contact, Tag
from entitlements.models.customer_fields import CustomerField, FieldValue
from entitlements.models.ids import new_id

NAME_LENGTH = 100
REFERENCE_LENGTH = 100
LONGEST_SEARCH = 100


class CustomerQuerySet(NamedQuerySet["Customer"]):
    """Queries for customers."""

    def current(self) -> Self:
        """Return the customers that were not merged into another one: those who can hold something."""
        return self.filter(merged_into=None)

    def matching(self, text: str) -> Self:
        """Return customers that ``text`` names: by a part of their name or of a contact's, or by the start of the rest.

        The rest is the account reference, the e-mail address of a contact, a tag, and the value of a text or choice.
        All are folded. An empty ``text`` matches every customer. The union has look-ups that each have an index of
        their own. One or two letters match the start of the name alone: most references start with the same letters.
        """
        searched = fold(text)[:LONGEST_SEARCH]
        if not searched:
            return self.all()
        if not is_long_enough(searched):
            return self.filter(name_folded__startswith=searched)
        customers = Customer.objects.order_by()
        by_name = customers.filter(name_folded__finds=searched).values("pk")
        by_account = customers.filter(account_reference_folded__startswith=searched).values("pk")
        return self.filter(pk__in=by_name.union(by_account, *_by_details(searched)))


def _by_details(searched: str) -> list["models.QuerySet[Any, Any]"]:
    """Return the keys of customers by contacts, tags and fields."""
    contacts = Contact.objects.order_by()
    tagged: models.QuerySet[Any, Any] = Customer.tags.through.objects.order_by()
    words = FieldValue.objects.order_by().filter(field__in=CustomerField.objects.of_words().values("pk"))
    return [
        contacts.filter(name_folded__finds=searched).values("customer"),
        contacts.filter(email_folded__startswith=searched).values("customer"),
        tagged.filter(tag__in=Tag.objects.order_by().filter(name_folded__startswith=searched).values("pk")).values(
            "customer"
        ),
        words.filter(value_folded__startswith=searched).values("customer"),
    ]


class Customer(Named):
    """A company or person that holds entitlements. A customer is disabled, never deleted."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = name_field(max_length=NAME_LENGTH)
    account_reference = name_field(max_length=REFERENCE_LENGTH, blank=True, help_text="Key in your billing system.")
    name_folded, account_reference_folded = FoldedField("name"), FoldedField("account_reference")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="owned_customers",
        db_index=False,  # the index of the filter begins with it
        help_text="Who looks after the customer.",
    )
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, editable=False, related_name="merged_here"
    )
    tags = models.ManyToManyField(Tag, blank=True, related_name="customers")
    disabled_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    edit_parts: ClassVar = (
        EditPart("contacts", named_by=("name",)),
        EditPart("field_values", named_by=("field",), noun=""),
    )

    objects = CustomerQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["name", "id"]
        default_permissions = ("add", "change", "view")
        indexes: ClassVar = [
            models.Index(fields=["name_folded", "id"], name="customer_by_folded_name"),  # the list, and namesakes
            models.Index(fields=["account_reference_folded", "id"], name="customer_by_account"),  # search by prefix
            models.Index(fields=["created_at", "id"], name="customer_by_age"),  # the list by "customer since"
            models.Index(
                fields=["name_folded", "id"], condition=Q(disabled_at__isnull=False), name="customer_disabled"
            ),
            models.Index(fields=["owner", "name_folded", "id"], name="customer_by_owner"),  # the list, by owner
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Return the address of the customer's page."""
        return reverse("entitlements:customer", args=[self.pk])
