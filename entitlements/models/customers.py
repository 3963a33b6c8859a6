"""Who holds entitlements, and the orders that group them."""

import secrets
from typing import ClassVar

from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Upper

from entitlements.models.ids import new_id

NAME_LENGTH = 100
REFERENCE_LENGTH = 100
CODE_LENGTH = 50
CODE_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # without 0, 1, I and O, which people mix up

code_format = RegexValidator(
    r"^[A-Z0-9-]{2,50}\Z", "Use 2 to 50 capital letters, digits and dashes.", code="activation_code_format"
)


class Customer(models.Model):
    """A company or person that holds entitlements. Disabled, never deleted."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=NAME_LENGTH)
    account_reference = models.CharField(
        max_length=REFERENCE_LENGTH, blank=True, help_text="Key in your billing system."
    )
    disabled_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["name", "id"]
        default_permissions = ("add", "change", "view")
        indexes: ClassVar = [models.Index(Upper("name"), name="customer_name_upper")]  # search by name

    def __str__(self) -> str:
        return self.name


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
