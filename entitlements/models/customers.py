"""Who holds entitlements, and the orders that group them."""

import secrets
from typing import ClassVar, Self

from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Upper
from django.urls import reverse

from entitlements.models.ids import new_id

NAME_LENGTH = 100
REFERENCE_LENGTH = 100
CODE_LENGTH = 50
LONGEST_SEARCH = 100
CODE_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # without 0, 1, I and O, which people mix up

code_format = RegexValidator(
    r"^[A-Z0-9-]{2,50}\Z", "Use 2 to 50 capital letters, digits and dashes.", code="activation_code_format"
)


class CustomerQuerySet(models.QuerySet["Customer"]):
    """Customers by what staff ask for."""

    def matching(self, text: str) -> Self:
        """Return customers with ``text`` in their name, or an account reference that starts with it; all for no text.

        Capitals are all one. A union of two look-ups, each with an index of its own.
        """
        wanted = text.replace("\0", "").strip()[:LONGEST_SEARCH]
        if not wanted:
            return self.all()
        customers = Customer.objects.order_by()
        by_name = customers.filter(name__icontains=wanted).values("pk")
        by_account = customers.filter(account_reference__istartswith=wanted).values("pk")
        return self.filter(pk__in=by_name.union(by_account))


class Customer(models.Model):
    """A company or person that holds entitlements. Disabled, never deleted."""

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


class EntitlementGroup(models.Model):
    """One order: a customer, an order reference, activation codes and the entitlements ordered."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="groups")
    order_reference = models.CharField(max_length=REFERENCE_LENGTH, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-created_at", "id"]
        default_permissions = ("add", "change", "view")
        indexes: ClassVar = [models.Index(Upper("order_reference"), name="group_order_reference")]  # search by prefix

    def __str__(self) -> str:
        return f"{self.customer}, order {self.order_reference}" if self.order_reference else str(self.customer)

    def get_absolute_url(self) -> str:
        """Return the address of the order's page."""
        return reverse("entitlements:group", args=[self.pk])


class ActivationCode(models.Model):
    """A code that activates the entitlements of one group; globally unique."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    group = models.ForeignKey(EntitlementGroup, on_delete=models.PROTECT, related_name="codes")
    code = models.CharField(max_length=CODE_LENGTH, unique=True, validators=[code_format])
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["created_at", "id"]
        default_permissions = ("add", "delete", "view")

    def __str__(self) -> str:
        return self.code


def generate_code() -> str:
    """Return a random activation code such as ``7KQM-2XWA-9PTR-HD4C``: 80 bits, so never guessed or met twice."""
    letters = "".join(secrets.choice(CODE_ALPHABET) for _ in range(16))
    return "-".join(letters[start : start + 4] for start in range(0, 16, 4))
