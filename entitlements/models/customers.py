"""The table of customers."""

from typing import ClassVar, Self

from django.db import models
from django.db.models.functions import Upper
from django.urls import reverse

from entitlements.models.ids import new_id

NAME_LENGTH = 100
REFERENCE_LENGTH = 100
LONGEST_SEARCH = 100


class CustomerQuerySet(models.QuerySet["Customer"]):
    """Queries for customers."""

    def matching(self, text: str) -> Self:
        """Return customers whose name contains ``text`` or whose account reference starts with it, ignoring case.

        An empty ``text`` matches every customer. The union has two look-ups, each with an index of its own.
        """
        searched = text.replace("\0", "").strip()[:LONGEST_SEARCH]
        if not searched:
            return self.all()
        customers = Customer.objects.order_by()
        by_name = customers.filter(name__icontains=searched).values("pk")
        by_account = customers.filter(account_reference__istartswith=searched).values("pk")
        return self.filter(pk__in=by_name.union(by_account))


class Customer(models.Model):
    """A company or person that holds entitlements. A customer is disabled, never deleted."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=NAME_LENGTH)
    account_reference = models.CharField(
        max_length=REFERENCE_LENGTH, blank=True, help_text="Key in your billing system."
    )
    disabled_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = CustomerQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["name", "id"]
        default_permissions = ("add", "change", "view")
        indexes: ClassVar = [
            models.Index(Upper("name"), "id", name="customer_by_name"),  # the list, and namesakes
            models.Index(Upper("account_reference"), name="customer_account_reference"),  # search by prefix
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Return the address of the customer's page."""
        return reverse("entitlements:customer", args=[self.pk])
