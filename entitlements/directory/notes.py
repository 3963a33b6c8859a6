"""Add, pin and unpin notes, each with its line in the log of the customer or entitlement."""

from uuid import UUID

from django.contrib.admin.models import ADDITION, CHANGE
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from config.edit_log import log_edit
from entitlements.models import Customer, Entitlement, Note

QUOTED = 200


def add_note(holder: Customer | Entitlement, text: str, *, made_by: User) -> Note:
    """Add a note to a customer or an entitlement."""
    on = {"customer": holder} if isinstance(holder, Customer) else {"entitlement": holder}
    with transaction.atomic():
        note = Note.objects.create(text=text, author=made_by, **on)
        flag = CHANGE if isinstance(holder, Customer) else ADDITION  # of the note, not of its holder
        log_edit(holder, f"Added a note: {_quoted(note)}", made_by=made_by, action_flag=flag)
    return note


def pin_note(key: UUID, *, made_by: User) -> Note | None:
    """Pin a note and return it; ``None`` for an unknown key. A pinned note keeps its moment."""
    with transaction.atomic():
        note = _locked(key)
        if note is not None and note.pinned_at is None:
            note.pinned_at = timezone.now()
            note.save(update_fields=["pinned_at"])
            log_edit(_holder(note), f"Pinned a note: {_quoted(note)}", made_by=made_by)
    return note


def unpin_note(key: UUID, *, made_by: User) -> Note | None:
    """Unpin a note and return it; ``None`` for an unknown key."""
    with transaction.atomic():
        note = _locked(key)
        if note is not None and note.pinned_at is not None:
            note.pinned_at = None
            note.save(update_fields=["pinned_at"])
            log_edit(_holder(note), f"Unpinned a note: {_quoted(note)}", made_by=made_by)
    return note


def _locked(key: UUID) -> Note | None:
    return Note.objects.select_for_update().filter(pk=key).first()


def _holder(note: Note) -> Customer | Entitlement:
    holder = note.customer or note.entitlement
    assert holder is not None  # noqa: S101 (constraint note_on_one_thing)
    return holder


def _quoted(note: Note) -> str:
    words = " ".join(note.text.split())
    return words if len(words) <= QUOTED else f"{words[:QUOTED]}…"
