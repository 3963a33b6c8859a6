"""The table of erasures: what was held about a customer was made unreadable, and by whom."""

from dataclasses import replace
from typing import ClassVar

from django.conf import settings
from django.db import models

from config.triggers import Guard
from entitlements.models import amendments
from entitlements.models.customers import Customer
from entitlements.models.ids import new_id

ERASED = "[erased]"


class Erasure(models.Model):
    """One erasure. While it is open, the database lets texts in the log of its customer's entitlements be replaced.

    It is opened and finished in one transaction, so that no other connection ever sees one that is open. The database
    refuses to delete one, and to open one again.
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
_EARLIER_ACTS = (
    "SELECT o.act_id FROM entitlements_change o "
    "WHERE o.entitlement_id = OLD.entitlement_id AND o.sequence < OLD.sequence"
)
_SAME_REFERENCE = (
    "SELECT 1 FROM entitlements_order a "
    "JOIN entitlements_order b ON b.order_reference_folded = a.order_reference_folded "
    "JOIN entitlements_erasure e ON e.finished_at IS NULL AND e.customer_id = b.customer_id "
    "WHERE a.id = OLD.order_id AND a.order_reference_folded <> ''"
)


def _has(column: str, word: str) -> str:
    """Return the condition that a column of JSON has a word in it, which both databases understand."""
    return f"CAST({column} AS text) <> replace(CAST({column} AS text), '\"{word}\"', '')"


ACT_GUARD = Guard(
    condition=f"EXISTS ({_OPEN} c.act_id = OLD.id)",
    kept=("id", "made_at", "made_by_id", "made_by_name", "source", "operation", "scope", "undoes_id"),
)
CHANGE_GUARD = Guard(
    # The customer is among the changes of the entitlement, or of the act. Else the change quotes the reason of an
    # override, and an earlier act that may have set it changed an entitlement of the customer too; or it warned that an
    # order of the customer has the same reference.
    condition=(
        f"(EXISTS ({_OPEN} c.entitlement_id = OLD.entitlement_id) OR EXISTS ({_OPEN} c.act_id = OLD.act_id) "
        f"OR ({_has('OLD.delta', 'reason')} AND EXISTS ({_OPEN} c.act_id IN ({_EARLIER_ACTS}))) "
        f"OR ({_has('OLD.warnings', 'order_reference_used')} AND EXISTS ({_SAME_REFERENCE})))"
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
        "money",
        "undoes_id",
    ),
)
CHANGE_GUARD_WITHOUT_MONEY = replace(CHANGE_GUARD, kept=tuple(name for name in CHANGE_GUARD.kept if name != "money"))
"""The guard of changes for migrations before the column was there."""
ERASURE_GUARD = Guard(
    condition="OLD.finished_at IS NULL AND NEW.finished_at IS NOT NULL",
    kept=("id", "customer_id", "made_by_id", "made_by_name", "begun_at"),
)
GUARDS = {
    "entitlements_act": ACT_GUARD,
    "entitlements_change": CHANGE_GUARD,
    "entitlements_amendment": amendments.GUARD,
    "entitlements_erasure": ERASURE_GUARD,
}
"""The only updates of written rows that the database allows, by table: texts of the log while an erasure is open, and
the end of an erasure; and amendments that are pending."""
