"""Add, edit and remove the contacts of a customer: edits of the customer, each with its line in the log.

A customer that has contacts has one primary contact: the first one, until another becomes it. Each edit raises
``MergedAway`` for a customer that was merged.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User

from config.edit_log import logged
from entitlements.directory.edits import EditResult, EditStatus, digest_of
from entitlements.directory.merged import require_current
from entitlements.models import Contact, Customer

CONTACT_FIELDS = ("name", "email", "role", "is_primary")


def add_contact(customer: Customer, values: Mapping[str, Any], *, made_by: User) -> Contact:
    """Add a contact; the first one becomes the primary contact. ``values`` are by ``CONTACT_FIELDS``."""
    with logged(customer, made_by=made_by):
        require_current(customer.pk)
        is_primary = values["is_primary"] or not customer.contacts.filter(is_primary=True).exists()
        if is_primary:
            customer.contacts.update(is_primary=False)
        return Contact.objects.create(customer=customer, **{**values, "is_primary": is_primary})


def edit_contact(contact: Contact, values: Mapping[str, Any], *, made_by: User, seen: str) -> EditResult[Contact]:
    """Write a contact, unless it changed since the editor saw it (``seen``). The primary one stays it.

    Raise ``Contact.DoesNotExist`` for a contact that somebody removed, or moved to another customer, meanwhile.
    """
    with logged(contact.customer, made_by=made_by) as change:
        require_current(contact.customer_id)
        locked = Contact.objects.get(pk=contact.pk, customer=contact.customer_id)
        if digest_of(locked, CONTACT_FIELDS) != seen:
            return EditResult(EditStatus.STALE, locked)
        is_primary = locked.is_primary or values["is_primary"]
        if is_primary and not locked.is_primary:
            Contact.objects.filter(customer=locked.customer_id).update(is_primary=False)
        for name, value in {**values, "is_primary": is_primary}.items():
            setattr(locked, name, value)
        locked.save(update_fields=CONTACT_FIELDS)
    return EditResult(EditStatus.CHANGED if change.is_change else EditStatus.SAME, locked)


def remove_contact(customer: Customer, key: UUID, *, made_by: User) -> Contact | None:
    """Remove a contact and return it; ``None`` for an unknown key. The oldest other one replaces the primary one."""
    with logged(customer, made_by=made_by):
        require_current(customer.pk)
        contact = Contact.objects.filter(customer=customer, pk=key).first()
        if contact is None:
            return None
        Contact.objects.filter(pk=key).delete()
        if contact.is_primary and (heir := heir_of(contact)):
            heir.is_primary = True
            heir.save(update_fields=["is_primary"])
    return contact


def heir_of(contact: Contact) -> Contact | None:
    """Return the contact that becomes the primary one when this primary one goes; one query."""
    others = Contact.objects.filter(customer=contact.customer_id).exclude(pk=contact.pk)
    return others.order_by("created_at", "pk").first() if contact.is_primary else None
