"""The pages of notes on entitlements and customers."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.db.models import F, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods, require_POST

from config.actors import name_of
from config.markdown import render_markdown
from config.web import AuthenticatedHttpRequest
from entitlements.directory.note_form import NoteForm
from entitlements.directory.notes import add_note, pin_note, unpin_note
from entitlements.directory.views.customer_header import customer_context
from entitlements.directory.views.merged import refusing_merged
from entitlements.models import Customer, Entitlement, Note

ADD_NOTE = "entitlements.add_note"
SHOWN = 200
METHODS = ["GET", "HEAD", "POST"]


@dataclass(frozen=True, slots=True)
class NoteRow:
    """One note with its text as safe HTML and the name of its author."""

    note: Note
    html: SafeString
    author: str


def note_rows(notes: Iterable[Note]) -> list[NoteRow]:
    """Return notes with their texts as HTML."""
    return [NoteRow(note, render_markdown(note.text), name_of(note.author)) for note in notes]


def pinned_first(notes: QuerySet[Note]) -> QuerySet[Note]:
    """Return notes with their authors, pinned ones first, then newest first."""
    return notes.select_related("author").order_by(F("pinned_at").desc(nulls_last=True), "-created_at", "-pk")


@permission_required("entitlements.view_note", raise_exception=True)
@permission_required("entitlements.view_customer", raise_exception=True)
@require_http_methods(METHODS)
@refusing_merged
def customer_notes(request: AuthenticatedHttpRequest, pk: UUID) -> HttpResponse:
    """Show the notes on a customer, and add a note. Constant queries."""
    customer = get_object_or_404(Customer, pk=pk)
    form = NoteForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and save_note(request, form, customer):
        return redirect("entitlements:customer_notes", pk)
    notes = note_rows(pinned_first(Note.objects.filter(customer=pk))[:SHOWN])
    may_add = request.user.has_perm(ADD_NOTE) and customer.merged_into_id is None
    context = customer_context(request, customer, "notes", form=form, notes=notes, may_add=may_add)
    return render(request, "entitlements/directory/customer_notes.html", context, status=422 if form.errors else 200)


def save_note(request: AuthenticatedHttpRequest, form: NoteForm, holder: Customer | Entitlement) -> bool:
    """Add the posted note, and return whether the form was valid. Raise ``PermissionDenied`` without ``ADD_NOTE``."""
    if not request.user.has_perm(ADD_NOTE):
        raise PermissionDenied(ADD_NOTE)
    if not form.is_valid():
        return False
    add_note(holder, form.cleaned_data["text"], made_by=request.user)
    messages.success(request, "Note added.")
    return True


@permission_required(ADD_NOTE, raise_exception=True)
@require_POST
def pin(request: AuthenticatedHttpRequest, pk: UUID) -> HttpResponse:
    """Pin a note."""
    return _back_to_notes(request, pin_note(pk, made_by=request.user), "Note pinned: it stays on top.")


@permission_required(ADD_NOTE, raise_exception=True)
@require_POST
def unpin(request: AuthenticatedHttpRequest, pk: UUID) -> HttpResponse:
    """Unpin a note."""
    return _back_to_notes(request, unpin_note(pk, made_by=request.user), "Note unpinned.")


def _back_to_notes(request: AuthenticatedHttpRequest, note: Note | None, text: str) -> HttpResponse:
    if note is None:
        raise Http404("There is no such note.")
    messages.success(request, text)
    if note.customer_id is not None:
        return redirect("entitlements:customer_notes", note.customer_id)
    return redirect("entitlements:notes", note.entitlement_id)
