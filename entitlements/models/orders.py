"""The tables of orders and activation codes."""

import secrets
from typing import ClassVar

from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Upper
from django.urls import reverse

from config.snapshots import EditPart
from entitlements.models.customers import REFERENCE_LENGTH, Customer
from entitlements.models.ids import new_id

CODE_LENGTH = 50
CODE_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # without 0, 1, I and O, which look alike

code_format = RegexValidator(
    r"^[A-Z0-9-]{2,50}\Z", "Use 2 to 50 capital letters, digits and dashes.", code="activation_code_format"
)


class Order(models.Model):
    """One order: a customer, an order reference, activation codes and the entitlements ordered."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="orders")
    order_reference = models.CharField(max_length=REFERENCE_LENGTH, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    edit_parts: ClassVar = (EditPart("codes", named_by=("code",)),)

    class Meta:
        ordering: ClassVar = ["-created_at", "id"]
        default_permissions = ("add", "change", "view")
        indexes: ClassVar = [models.Index(Upper("order_reference"), name="order_reference_upper")]  # search by prefix

    def __str__(self) -> str:
        return f"{self.customer}, order {self.order_reference}" if self.order_reference else str(self.customer)

    def get_absolute_url(self) -> str:
        """Return the address of the order's page."""
        return reverse("entitlements:order", args=[self.pk])


class ActivationCode(models.Model):
    """A code that activates the entitlements of one order; globally unique."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="codes")
    code = models.CharField(max_length=CODE_LENGTH, unique=True, validators=[code_format])
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["created_at", "id"]
        default_permissions = ("add", "delete", "view")

    def __str__(self) -> str:
        return self.code


def generate_code() -> str:
    """Return a random activation code such as ``7KQM-2XWA-9PTR-HD4C``: 80 bits, so nobody guesses one."""
    letters = "".join(secrets.choice(CODE_ALPHABET) for _ in range(16))
    return "-".join(letters[start : start + 4] for start in range(0, 16, 4))
