"""The tables of the log: acts, and the change of each act to each entitlement. Rows are append-only."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from config.digests import DigestField
from entitlements.models.customers import REFERENCE_LENGTH, Customer
from entitlements.models.holdings import REASON_LENGTH, Entitlement
from entitlements.models.ids import new_id
from entitlements.models.orders import Order
from offerings.models import AppendOnly, Revision


class Source(models.TextChoices):
    """The way an act came in."""

    PAGE = "page", "page"
    API = "api", "API"
    ADMIN = "admin", "admin"
    COMMAND = "command", "command"
    TASK = "task", "task"
    SELF_SERVICE = "self_service", "self-service"
    CLIENT = "client", "client"
    IMPORT = "import", "import"


class Act(AppendOnly):
    """One operation that was carried out. ``asked`` holds the operation in versioned JSON.

    ``scope`` says whom an act of many is for, as JSON of ``engine.scopes``; after an interruption it goes on by it.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    made_by_name = models.CharField(max_length=150)
    source = models.CharField(max_length=12, choices=Source.choices)
    operation = models.CharField(max_length=30)
    asked = models.JSONField()
    scope = models.JSONField(null=True)
    reason = models.CharField(max_length=REASON_LENGTH, blank=True)
    reference = models.CharField(max_length=REFERENCE_LENGTH, blank=True)
    undoes = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="undone_by")
    digest = DigestField()

    class Meta:
        ordering: ClassVar = ["-made_at", "-id"]
        default_permissions = ("view",)
        indexes: ClassVar = [models.Index(fields=["-made_at", "-id"], name="act_newest")]

    def __str__(self) -> str:
        return f"{self.operation} by {self.made_by_name}"


class Change(AppendOnly):
    """The change of one entitlement by an act. ``delta`` holds only what the two revisions do not say.

    ``unit`` is the same for entitlements of one act that changed together: the key of the first of them.
    ``order`` and ``customer`` are the order and the customer after the change; ``from_order`` and ``from_customer``
    are the earlier ones, where they differ. A later transfer leaves all four as they are. ``warnings`` are those
    accepted with the act, each ``{code, message, field}``, in the first change of a unit. ``money`` is what the change
    made due, as JSON of ``billing``; ``None`` where nothing was.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    act = models.ForeignKey(Act, on_delete=models.PROTECT, related_name="changes")
    entitlement = models.ForeignKey(Entitlement, on_delete=models.PROTECT, related_name="changes", db_index=False)
    unit = models.UUIDField()
    order = models.ForeignKey(
        Order, on_delete=models.PROTECT, related_name="changes", db_constraint=False, db_index=False
    )
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="changes", db_constraint=False, db_index=False
    )
    from_order = models.ForeignKey(
        Order, on_delete=models.PROTECT, null=True, related_name="+", db_constraint=False, db_index=False
    )
    from_customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, null=True, related_name="+", db_constraint=False, db_index=False
    )
    sequence = models.PositiveIntegerField()
    from_version = models.PositiveIntegerField()
    to_version = models.PositiveIntegerField()
    from_revision = models.ForeignKey(
        Revision, on_delete=models.PROTECT, null=True, related_name="+", db_constraint=False, db_index=False
    )
    to_revision = models.ForeignKey(
        Revision, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    delta = models.JSONField()
    warnings = models.JSONField(default=list)
    money = models.JSONField(null=True)
    undoes = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="undone_by", db_constraint=False, db_index=False
    )

    class Meta:
        ordering: ClassVar = ["entitlement", "-sequence"]
        default_permissions = ("view",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["entitlement", "sequence"], name="change_sequence_once")
        ]
        indexes: ClassVar = [
            models.Index(fields=["customer", "-id"], name="change_of_customer"),  # the customer's history
            models.Index(  # entitlements that left a customer
                fields=["from_customer", "-id"], condition=Q(from_customer__isnull=False), name="change_from_customer"
            ),
            models.Index(fields=["order", "-id"], name="change_of_order"),
            models.Index(fields=["from_order", "-id"], condition=Q(from_order__isnull=False), name="change_from_order"),
        ]

    def __str__(self) -> str:
        return f"Change {self.sequence} of {self.entitlement_id}"
