"""The table of erasures: what was held about a customer was made unreadable, and by whom."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from config.triggers import Guard
from entitlements.models.customers import Customer
from entitlements.models.ids import new_id

ERASED = "[erased]"


class Erasure(models.Model):
    """One erasure. While it is open, the database lets texts in the log of its customer's entitlements be replaced.

    It is opened and finished in one transaction, so that no other connection ever sees one that is open.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="erasures")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    made_by_name = models.CharField(max_length=150)
    begun_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-begun_at", "-id"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"Erasure of {self.customer_id}"


_OPEN = (
    "SELECT 1 FROM entitlements_change c JOIN entitlements_erasure e "
    "ON e.finished_at IS NULL AND e.customer_id IN (c.customer_id, c.from_customer_id) WHERE "
)
ACT_GUARD = Guard(
    condition=f"EXISTS ({_OPEN} c.act_id = OLD.id)",
    kept=("id", "made_at", "made_by_id", "made_by_name", "source", "operation", "scope", "undoes_id"),
)
CHANGE_GUARD = Guard(
    # entitlements that the customer held, and those that an act of its own changed along with them
    condition=(
        f"EXISTS ({_OPEN} c.act_id IN "  # noqa: S608 (our own)
        "(SELECT o.act_id FROM entitlements_change o WHERE o.entitlement_id = OLD.entitlement_id))"
    ),
    kept=(
        "id",
        "act_id",
        "entitlement_id",
        "unit",
        "order_id",
        "customer_id",
        "from_order_id",
        "from_customer_id",
        "sequence",
        "from_version",
        "to_version",
        "from_revision_id",
        "to_revision_id",
        "undoes_id",
    ),
)
GUARDS = {"entitlements_act": ACT_GUARD, "entitlements_change": CHANGE_GUARD}
"""The only updates of the log that the database allows, by table: texts, while an erasure is open."""
