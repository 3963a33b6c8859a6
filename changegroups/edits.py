"""Writes to change groups, each with its line in Django's log.

These edits are no operations: an edit opens or closes change paths, and changes no offering and no entitlement.
"""

from django.contrib.auth.models import User
from django.db import IntegrityError

from changegroups.models import MODES, ChangeDefaults, ChangeGroup, Membership
from config.edit_log import logged
from offerings.models import Offering


class NameExistsError(Exception):
    """Another group got this name since the form was checked; nothing was written."""


def add_group(group: ChangeGroup, *, made_by: User) -> None:
    """Write a new group. Raises ``NameExistsError``."""
    try:
        with logged(made_by=made_by) as edit:
            group.save()
            edit.add(group)
    except IntegrityError as error:
        raise NameExistsError(group.name) from error


def save_group(group: ChangeGroup, *, made_by: User) -> bool:
    """Write the changed fields of a group, and return whether any field changed.

    Raises ``NameExistsError``, and ``ChangeGroup.DoesNotExist`` where the group was removed meanwhile.
    """
    try:
        with logged(made_by=made_by) as edit:
            ChangeGroup.objects.select_for_update().get(pk=group.pk)
            edit.watch(group)
            group.save()
    except IntegrityError as error:
        raise NameExistsError(group.name) from error
    return edit.is_change


def save_defaults(defaults: ChangeDefaults, *, made_by: User) -> bool:
    """Write the global defaults, and return whether any default changed."""
    values = {name: getattr(defaults, name) for name in MODES}
    with logged(made_by=made_by) as edit:
        current = ChangeDefaults.current()
        if values == {name: getattr(current, name) for name in MODES}:
            return False
        row, _is_new = ChangeDefaults.objects.get_or_create(pk=1)
        edit.watch(row)
        ChangeDefaults.objects.filter(pk=1).update(**values)
    return edit.is_change


def remove_group(group: ChangeGroup, *, made_by: User) -> None:
    """Delete a group with its memberships; offerings and entitlements are unchanged."""
    with logged(group, made_by=made_by):
        group.delete()


def add_offering(group: ChangeGroup, offering: Offering, *, priority: int, made_by: User) -> bool:
    """Add an offering to a group, and return whether the offering is a new member.

    Raises ``ChangeGroup.DoesNotExist`` where the group was removed meanwhile.
    """
    with logged(made_by=made_by) as edit:
        ChangeGroup.objects.select_for_update().get(pk=group.pk)
        edit.watch(group)
        _member, is_new = Membership.objects.get_or_create(
            group=group, offering=offering, defaults={"priority": priority}
        )
    return is_new


def set_priority(member: Membership, priority: int, *, made_by: User) -> bool:
    """Write the priority of an offering in its group, and return whether the priority changed."""
    if member.priority == priority:
        return False
    with logged(member.group, made_by=made_by) as edit:
        Membership.objects.filter(pk=member.pk).update(priority=priority)
    return edit.is_change


def remove_offering(member: Membership, *, made_by: User) -> None:
    """Delete the membership of an offering; the offering itself is unchanged."""
    with logged(member.group, made_by=made_by):
        member.delete()
