"""Add, pin and unpin notes, each with its line in the log of the customer or entitlement."""

from collections.abc import Iterable
from uuid import UUID

from django.contrib.admin.models import ADDITION, CHANGE
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from config.edit_log import EditLine, log_edit, write_lines
from entitlements.directory.merged import require_current
from entitlements.models import Customer, Entitlement, Note, NoteKind
from offerings.rights import show_day

QUOTED = 200


def add_note(holder: Customer | Entitlement, text: str, *, made_by: User) -> Note:
    """Add a note to a customer or an entitlement. Raise ``MergedAway`` for a customer that was merged."""
    on = {"customer": holder} if isinstance(holder, Customer) else {"entitlement": holder}
    with transaction.atomic():
        if isinstance(holder, Customer):
            list(Customer.objects.select_for_update(no_key=True).filter(pk=holder.pk).values_list("pk"))
            require_current(holder.pk)
        note = Note.objects.create(text=text, author=made_by, **on)
        flag = CHANGE if isinstance(holder, Customer) else ADDITION  # of the note, not of its holder
        log_edit(holder, f"Added a note: {_quoted(note)}", made_by=made_by, action_flag=flag)
    return note


def note_contacts(ids: Iterable[UUID], text: str, *, made_by: User) -> int:
    """Note that customers were contacted about the expiry of their entitlements; return the number of notes.

    Entitlements that have ended or never expire are left out. Without ``text`` the note says just that. Constant
    statements for any number.
    """
    with transaction.atomic():
        expiring = Entitlement.objects.filter(pk__in=list(ids), ended_on=None, expires_on__isnull=False).order_by("pk")
        notes = [
            Note(
                entitlement=row,
                text=text or f"Contacted about the expiry on {show_day(row.expires_on)}.",
                author=made_by,
                kind=NoteKind.CONTACTED,
                about=row.expires_on,
            )
            for row in expiring
        ]
        Note.objects.bulk_create(notes)
        write_lines((_contact_line(note) for note in notes), made_by=made_by)
    return len(notes)


def _contact_line(note: Note) -> EditLine:
    day = show_day(note.about) if note.about else ""
    message = f"Marked as contacted about the expiry on {day}: {_quoted(note)}"
    return EditLine(Entitlement, note.entitlement_id, str(note.entitlement), ADDITION, message)


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
