"""The table of merges: which customer went into which one, and what moved, so that it can go back."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from entitlements.models.customers import Customer
from entitlements.models.holdings import REASON_LENGTH
from entitlements.models.ids import new_id


class CustomerMerge(models.Model):
    """One merge. ``moved`` holds the keys of what moved, and the values of ``target`` before and after."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    source = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="merges_away")
    target = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="merges_here")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    reason = models.CharField(max_length=REASON_LENGTH, blank=True)
    moved = models.JSONField()
    undone_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-made_at", "-id"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"Merge of {self.source_id} into {self.target_id}"
