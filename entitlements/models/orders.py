"""The tables of orders and activation codes."""

import secrets
from collections.abc import Collection
from enum import StrEnum
from typing import Any, ClassVar, Self

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse

from config.folding import capitals, fold
from config.name_fields import name_field
from config.names import FoldedField, Named, NamedQuerySet, is_long_enough
from config.snapshots import EditPart
from entitlements.models.customers import LONGEST_SEARCH, REFERENCE_LENGTH, Customer
from entitlements.models.ids import new_id

CODE_LENGTH = 50
CODE_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # without 0, 1, I and O, which look alike

DAYS_OF_A_MONTH = [MinValueValidator(1), MaxValueValidator(31)]

code_format = RegexValidator(
    r"^[A-Z0-9-]{2,50}\Z", "Use 2 to 50 capital letters, digits and dashes.", code="activation_code_format"
)


class Proration(models.TextChoices):
    """How the part of a billing period is worked out; empty for what the site does."""

    SITE = "", "as the site does"
    ACTUAL = "actual", "actual days"
    ACTUAL_30 = "actual_30", "actual days of 30"
    STRICT_30_360 = "strict_30_360", "30/360"
    OFF = "off", "no proration"


class NamedBy(StrEnum):
    """What names an order in a search."""

    CUSTOMER = "customer"
    REFERENCE = "reference"
    CODE = "code"


class OrderQuerySet(NamedQuerySet["Order"]):
    """Queries for orders."""

    def matching(self, text: str) -> Self:
        """Return orders that fit ``text``; an empty ``text`` matches every order. See ``keys_matching``."""
        return self.filter(pk__in=keys_matching(text)) if fold(text) else self.all()

    def of_reference(self, text: str) -> Self:
        """Return the orders with an order reference in any spelling, oldest first; none for an empty ``text``."""
        found = self.filter(order_reference_folded=text) if fold(text) else self.none()
        return found.order_by("created_at", "pk")


class AutomaticRenewal(models.TextChoices):
    """Whether the terms of an order renew by themselves, and onto what."""

    NONE = "", "not by itself"
    SAME = "same", "automatically, as it is"
    NEWEST = "newest", "automatically, onto the newest revision"


class Order(Named):
    """One order: a customer, an order reference, activation codes and the entitlements ordered.

    ``billing_day`` is the day of month its billing periods begin on, clamped to the month; ``None`` where they count
    from the term of each entitlement. ``invoiced_through`` is the first day that has not been invoiced. ``renewal``
    says whether its terms renew by themselves, those that end on ``renews_from`` or later.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="orders")
    order_reference = name_field(max_length=REFERENCE_LENGTH, blank=True)
    order_reference_folded = FoldedField("order_reference")
    billing_day = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(31)]
    )
    proration = models.CharField(max_length=15, choices=Proration.choices, blank=True, db_default=Proration.SITE)
    invoiced_through = models.DateField(null=True, blank=True)
    renewal = models.CharField(max_length=10, choices=AutomaticRenewal.choices, blank=True, db_default="")
    renews_from = models.DateField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    edit_parts: ClassVar = (EditPart("codes", named_by=("code",)),)

    objects = OrderQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-created_at", "id"]
        default_permissions = ("add", "change", "view")
        indexes: ClassVar = [
            models.Index(fields=["order_reference_folded", "id"], name="order_by_folded_reference"),  # search by prefix
            models.Index(fields=["id"], condition=~Q(renewal=""), name="order_renews"),  # what the worker renews
        ]

    def __str__(self) -> str:
        return f"{self.customer}, order {self.order_reference}" if self.order_reference else str(self.customer)

    def get_absolute_url(self) -> str:
        """Return the address of the order's page."""
        return reverse("entitlements:order", args=[self.pk])


def keys_matching(text: str, named_by: Collection[NamedBy] = tuple(NamedBy)) -> "models.QuerySet[Order, Any]":
    """Return the keys of orders by a part of the customer's name, the start of the order reference, or a whole code.

    ``named_by`` says which of them. Names and references are folded. The union has a look-up with an index of its own
    for each: one OR over the joins would read every row. One or two letters match the start of the name alone, as most
    references start alike.
    """
    searched = fold(text)[:LONGEST_SEARCH]
    conditions = {NamedBy.CUSTOMER: Q(customer__name_folded__finds=searched)}
    if is_long_enough(searched):
        conditions[NamedBy.REFERENCE] = Q(order_reference_folded__startswith=searched)
        conditions[NamedBy.CODE] = Q(codes__code=capitals(text))
    orders = Order.objects.order_by()
    first, *others = [
        orders.filter(condition).values("pk") for way, condition in conditions.items() if way in named_by
    ] or [orders.none().values("pk")]
    return first.union(*others) if others else first


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
