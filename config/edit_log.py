"""Django's log of edits."""

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.db.models import Model


def log_edit(row: Model, message: str, *, made_by: User, action_flag: int = CHANGE) -> None:
    """Write one line about ``row`` into Django's log. Call this function in the transaction of the edit."""
    LogEntry.objects.log_actions(made_by.pk, [row], action_flag, message, single_object=True)
