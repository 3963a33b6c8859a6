"""Writes to change groups, each with its line in Django's log.

These edits are no operations: an edit opens or closes change paths, and changes no offering and no entitlement.
"""

from collections.abc import Iterable

from django.contrib.admin.models import ADDITION, CHANGE, DELETION
from django.contrib.auth.models import User
from django.db import IntegrityError, models, transaction

from changegroups.models import MODES, ChangeDefaults, ChangeGroup, Membership
from config.edit_log import log_edit
from offerings.models import Offering

FIELDS = ("name", "description", *MODES, "is_self_service")
WORDS = {
    "name": "Name",
    "description": "Description",
    "change_mode": "Change mode",
    "subscribe_mode": "Subscribe mode",
    "quantity_mode": "Quantity change mode",
    "term_changes": "Term changes",
    "is_self_service": "Self-service",
}
LONGEST_TEXT = 60


class NameExistsError(Exception):
    """Another group got this name since the form was checked; nothing was written."""


def add_group(group: ChangeGroup, *, made_by: User) -> None:
    """Write a new group. Raises ``NameExistsError``."""
    _save(group, f"Added change group {group.name}.", made_by=made_by, flag=ADDITION)


def save_group(group: ChangeGroup, *, made_by: User) -> bool:
    """Write the changed fields of a group, and return whether any field changed.

    Raises ``NameExistsError``, and ``ChangeGroup.DoesNotExist`` where the group was removed meanwhile.
    """
    with transaction.atomic():
        before = ChangeGroup.objects.select_for_update().get(pk=group.pk)
        lines = list(differences(before, group, FIELDS))
        if lines:
            _save(group, " ".join(lines), made_by=made_by, flag=CHANGE)
    return bool(lines)


def _save(group: ChangeGroup, message: str, *, made_by: User, flag: int) -> None:
    try:
        with transaction.atomic():
            group.save()
            log_edit(group, message, made_by=made_by, action_flag=flag)
    except IntegrityError as error:
        raise NameExistsError(group.name) from error


def save_defaults(defaults: ChangeDefaults, *, made_by: User) -> bool:
    """Write the global defaults, and return whether any default changed."""
    with transaction.atomic():
        lines = list(differences(ChangeDefaults.current(), defaults, MODES))
        if lines:
            ChangeDefaults.objects.update_or_create(pk=1, defaults={name: getattr(defaults, name) for name in MODES})
            log_edit(defaults, " ".join(lines), made_by=made_by)
    return bool(lines)


def remove_group(group: ChangeGroup, *, made_by: User) -> None:
    """Delete a group with its memberships; offerings and entitlements are unchanged."""
    with transaction.atomic():
        log_edit(group, f"Removed change group {group.name}.", made_by=made_by, action_flag=DELETION)
        group.delete()


def add_offering(group: ChangeGroup, offering: Offering, *, priority: int, made_by: User) -> bool:
    """Add an offering to a group, and return whether the offering is a new member.

    Raises ``ChangeGroup.DoesNotExist`` where the group was removed meanwhile.
    """
    with transaction.atomic():
        ChangeGroup.objects.select_for_update().get(pk=group.pk)
        _member, is_new = Membership.objects.get_or_create(
            group=group, offering=offering, defaults={"priority": priority}
        )
        if is_new:
            log_edit(group, f"Added {offering.sku} at priority {priority}.", made_by=made_by)
    return is_new


def set_priority(member: Membership, priority: int, *, made_by: User) -> bool:
    """Write the priority of an offering in its group, and return whether the priority changed."""
    if member.priority == priority:
        return False
    with transaction.atomic():
        Membership.objects.filter(pk=member.pk).update(priority=priority)
        message = f"Priority of {member.offering.sku}: {member.priority} → {priority}."
        log_edit(member.group, message, made_by=made_by)
    return True


def remove_offering(member: Membership, *, made_by: User) -> None:
    """Delete the membership of an offering; the offering itself is unchanged."""
    with transaction.atomic():
        message = f"Took out {member.offering.sku}, which was at priority {member.priority}."
        log_edit(member.group, message, made_by=made_by)
        member.delete()


def differences(before: models.Model, after: models.Model, names: Iterable[str]) -> Iterable[str]:
    """Yield a sentence for each field in which two rows differ."""
    for name in names:
        if getattr(before, name) != getattr(after, name):
            yield f"{WORDS[name]}: {_shown_value(before, name)} → {_shown_value(after, name)}."


def _shown_value(row: models.Model, name: str) -> str:
    value = getattr(row, name)
    if name in MODES:
        return str(MODES[name](value).label) if value else "global default"
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = str(value) or "none"
    return text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 1]}…"
