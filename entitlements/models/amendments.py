"""The table of amendments: named, dated operations on an order that wait for their day."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from config.triggers import Guard
from entitlements.models.customers import REFERENCE_LENGTH
from entitlements.models.holdings import REASON_LENGTH
from entitlements.models.ids import new_id
from entitlements.models.log import Act
from entitlements.models.orders import Order

NAME_LENGTH = 120
DESCRIPTION_LENGTH = 2_000
CODE_LENGTH = 30


class AmendmentKind(models.TextChoices):
    """What an amendment does, in the words of billing systems."""

    ADD_PRODUCT = "add_product", "add product"
    UPDATE_PRODUCT = "update_product", "update product"
    REMOVE_PRODUCT = "remove_product", "remove product"
    UPGRADE = "upgrade", "upgrade"
    DOWNGRADE = "downgrade", "downgrade"
    RENEWAL = "renewal", "renewal"
    TERMS = "terms", "terms and conditions"


class AmendmentStatus(models.TextChoices):
    """Where an amendment stands.

    One that is proposed waits for somebody who agrees, and counts nowhere as going to happen. One that was set aside
    waits for a person, and blocks its own order alone. The proposal of a step with another amendment is agreed to: what
    became of that one is its own status.
    """

    PROPOSED = "proposed", "proposed"
    SCHEDULED = "scheduled", "scheduled"
    SET_ASIDE = "set_aside", "set aside"
    APPLIED = "applied", "applied"
    CANCELLED = "cancelled", "cancelled"
    DECLINED = "declined", "declined"
    AGREED = "agreed", "agreed"


PENDING = (AmendmentStatus.SCHEDULED, AmendmentStatus.SET_ASIDE)
"""Agreed, and going to happen."""
OPEN = (AmendmentStatus.PROPOSED, *PENDING)
"""Not closed: going to happen, or waiting for somebody who agrees."""


class Amendment(models.Model):
    """One amendment. ``operation`` is the operation in versioned JSON, ``entitlements`` the keys that it is for.

    The proposal of a step with another amendment has that step in ``operation`` (``schedule.proposed_steps``).

    ``number`` counts the amendments of an order, and so its versions: among those of one day the lower comes first.
    ``outcome`` is a digest of what the person saw that it would do, and ``effects`` says the same in words: what would
    differ on the day is set aside, with ``problems`` as sentences. ``money`` is what it was seen to make due, as JSON
    of ``schedule.last_seen``: another sum on the day is set aside too. ``None`` where nobody saw one. ``effective_on``
    is the contract effective date, a day of the site; ``service_activation_on`` and ``customer_acceptance_on`` are the
    dates beside it that the site asks for. ``code`` is what another system calls it; a cancelled one leaves its code to
    others.

    What ``is_immediate`` takes effect on the day on which somebody agrees; until then ``effective_on`` is the day on
    which it was proposed. ``approved_by_name`` and ``approved_at`` say who agreed to a proposal, and when. ``editors``
    are those who changed it before, by the key and the name of each; ``None`` for nobody.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="amendments")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=NAME_LENGTH)
    description = models.TextField(max_length=DESCRIPTION_LENGTH, blank=True, default="", db_default="")
    code = models.CharField(max_length=CODE_LENGTH, blank=True, default="", db_default="")
    kind = models.CharField(max_length=20, choices=AmendmentKind.choices)
    status = models.CharField(max_length=10, choices=AmendmentStatus.choices, default=AmendmentStatus.SCHEDULED)
    effective_on = models.DateField()
    service_activation_on = models.DateField(null=True, blank=True)
    customer_acceptance_on = models.DateField(null=True, blank=True)
    operation = models.JSONField()
    entitlements = models.JSONField()
    outcome = models.CharField(max_length=32)
    money = models.JSONField(null=True)
    effects = models.JSONField(default=list)
    problems = models.JSONField(default=list)
    reason = models.CharField(max_length=REASON_LENGTH, blank=True)
    reference = models.CharField(max_length=REFERENCE_LENGTH, blank=True)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    requested_by_name = models.CharField(max_length=150)
    requested_at = models.DateTimeField()
    is_immediate = models.BooleanField(default=False, db_default=False)
    editors = models.JSONField(null=True, blank=True)
    approved_by_name = models.CharField(max_length=150, blank=True, db_default="")
    approved_at = models.DateTimeField(null=True)
    closed_by_name = models.CharField(max_length=150, blank=True, help_text="Who cancelled, declined or applied it.")
    closed_at = models.DateTimeField(null=True)
    closed_reason = models.CharField(max_length=REASON_LENGTH, blank=True)
    act = models.OneToOneField(Act, on_delete=models.PROTECT, null=True, related_name="amendment")

    class Meta:
        ordering: ClassVar = ["effective_on", "number"]
        default_permissions = ("view",)
        permissions: ClassVar = [
            ("schedule_amendments", "Can schedule, edit and cancel amendments"),
            ("approve_amendments", "Can approve, edit and decline what others propose"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["order", "number"], name="amendment_number_once"),
            models.UniqueConstraint(
                fields=["order", "code"],
                condition=~Q(code="") & ~Q(status=AmendmentStatus.CANCELLED),
                name="amendment_code_once",
            ),
            models.CheckConstraint(
                name="amendment_dates_in_order",
                condition=~Q(service_activation_on__lt=F("effective_on"))
                & ~Q(customer_acceptance_on__lt=F("effective_on"))
                & ~Q(customer_acceptance_on__lt=F("service_activation_on")),
            ),
            models.CheckConstraint(
                name="amendment_applied_by_an_act",
                condition=Q(status=AmendmentStatus.APPLIED, act__isnull=False)
                | (~Q(status=AmendmentStatus.APPLIED) & Q(act=None)),
            ),
            models.CheckConstraint(
                name="amendment_closed_at_a_moment",
                condition=Q(status__in=OPEN, closed_at=None) | (~Q(status__in=OPEN) & Q(closed_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="amendment_approved_by_somebody",
                condition=Q(approved_at=None) | (~Q(approved_by_name="") & ~Q(status=AmendmentStatus.PROPOSED)),
            ),
        ]
        indexes: ClassVar = [
            models.Index(  # what is due, and the page of what is scheduled
                fields=["effective_on", "id"], condition=Q(status__in=PENDING), name="amendment_pending"
            ),
            models.Index(  # the queue of what waits for somebody who agrees, and its number in the sidebar
                fields=["requested_at", "id"], condition=Q(status=AmendmentStatus.PROPOSED), name="amendment_proposed"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.effective_on:%Y-%m-%d})"

    def get_absolute_url(self) -> str:
        """Return the address of the amendment's page."""
        return reverse("entitlements:amendment", args=[self.pk])

    @property
    def is_pending(self) -> bool:
        """Tell whether it has yet to be applied or cancelled."""
        return self.status in PENDING

    @property
    def is_proposed(self) -> bool:
        """Tell whether it waits for somebody who agrees."""
        return self.status == AmendmentStatus.PROPOSED

    @property
    def is_step(self) -> bool:
        """Tell whether it proposes a step with another amendment, and no operation on entitlements."""
        return isinstance(self.operation, dict) and "step" in self.operation

    @property
    def is_whole_undo(self) -> bool:
        """Tell whether it proposes to take back all of an act, which it names, and not what that act changed."""
        is_undo = isinstance(self.operation, dict) and self.operation.get("operation") == "undo_act"
        return is_undo and not self.entitlements

    @property
    def edited_by_names(self) -> list[str]:
        """Return the names of those who edited it while it was a proposal."""
        return [str(each["name"]) for each in self.editors or []]

    @property
    def authors(self) -> set[int]:
        """Return the keys of the people whose proposal it is as it stands: who proposed it, and who edited it."""
        edited = {int(each["key"]) for each in self.editors or []}
        return edited | ({self.requested_by_id} if self.requested_by_id else set())

    @property
    def is_open(self) -> bool:
        """Tell whether it is pending or proposed."""
        return self.status in OPEN


_ERASED_NOW = (
    "EXISTS (SELECT 1 FROM entitlements_erasure e JOIN entitlements_order o ON o.customer_id = e.customer_id "
    "WHERE e.finished_at IS NULL AND o.id = OLD.order_id)"
)
_NAMES_ONE_ERASED = (
    "EXISTS (SELECT 1 FROM entitlements_erasure e JOIN entitlements_change c "
    "ON e.customer_id IN (c.customer_id, c.from_customer_id) "
    "WHERE e.finished_at IS NULL AND c.act_id = OLD.act_id) "
    "OR EXISTS (SELECT 1 FROM entitlements_erasure e JOIN entitlements_order o ON o.customer_id = e.customer_id "
    "WHERE e.finished_at IS NULL AND REPLACE(CAST(OLD.operation AS text), '-', '') <> "
    "REPLACE(REPLACE(CAST(OLD.operation AS text), '-', ''), REPLACE(CAST(o.id AS text), '-', ''), ''))"
)


def _same(*names: str) -> str:
    return " AND ".join(
        f"COALESCE(CAST(OLD.{name} AS text), '') = COALESCE(CAST(NEW.{name} AS text), '')" for name in names
    )


_FACTS = ("kind", "status", "effective_on", "outcome", "closed_by_name", "closed_at", "act_id")
_TEXTS = ("name", "description", "code", "operation", "reason", "reference", "problems", "closed_reason")
_DATES = ("service_activation_on", "customer_acceptance_on", "is_immediate", "approved_by_name", "approved_at")
_LISTED, _LISTED_NOW = "CAST(OLD.entitlements AS text)", "CAST(NEW.entitlements AS text)"
_UNDOES_MANY = (
    "EXISTS (SELECT 1 FROM entitlements_act a "
    "WHERE a.id = OLD.act_id AND a.undoes_id IS NOT NULL AND a.scope IS NOT NULL)"
)
_LISTS_MORE = (
    f"{_UNDOES_MANY} AND SUBSTR({_LISTED_NOW}, 1, LENGTH({_LISTED}) - 1) = SUBSTR({_LISTED}, 1, LENGTH({_LISTED}) - 1) "
    f"AND {_same(*_FACTS, *_TEXTS, *_DATES)}"
)
GUARD = Guard(
    condition=(
        "(OLD.status IN ('proposed', 'scheduled', 'set_aside') "
        f"OR (({_ERASED_NOW} OR {_NAMES_ONE_ERASED}) AND {_same(*_FACTS, 'entitlements')}) OR ({_LISTS_MORE}))"
    ),
    kept=("id", "order_id", "number", "requested_by_id", "requested_by_name", "requested_at"),
)
"""What the database lets be updated: amendments that are open; the texts of others while a customer is erased: that of
their order, one whose entitlement their act changed, or one whose order they name; and what the amendment of an undo in
many batches lists, which grows with each of them. None is ever deleted."""
