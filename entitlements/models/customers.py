"""The table of customers."""

from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.urls import reverse

from config.folding import fold
from config.name_fields import name_field
from config.names import FoldedField, Named, NamedQuerySet, is_long_enough
from entitlements.models.ids import new_id

NAME_LENGTH = 100
REFERENCE_LENGTH = 100
LONGEST_SEARCH = 100


class CustomerQuerySet(NamedQuerySet["Customer"]):
    """Queries for customers."""

    def matching(self, text: str) -> Self:
        """Return customers whose name contains ``text`` or whose account reference starts with it, both folded.

        An empty ``text`` matches every customer. The union has two look-ups, each with an index of its own. One or two
        letters match the start of the name alone: most references start with the same letters.
        """
        searched = fold(text)[:LONGEST_SEARCH]
        if not searched:
            return self.all()
        if not is_long_enough(searched):
            return self.filter(name_folded__startswith=searched)
        customers = Customer.objects.order_by()
        by_name = customers.filter(name_folded__finds=searched).values("pk")
        by_account = customers.filter(account_reference_folded__startswith=searched).values("pk")
        return self.filter(pk__in=by_name.union(by_account))


class Customer(Named):
    """A company or person that holds entitlements. A customer is disabled, never deleted."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = name_field(max_length=NAME_LENGTH)
    account_reference = name_field(max_length=REFERENCE_LENGTH, blank=True, help_text="Key in your billing system.")
    name_folded, account_reference_folded = FoldedField("name"), FoldedField("account_reference")
    disabled_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

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
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Return the address of the customer's page."""
        return reverse("entitlements:customer", args=[self.pk])
