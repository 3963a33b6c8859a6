"""The page of notes on one entitlement."""

from uuid import UUID

from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from config.web import AuthenticatedHttpRequest
from entitlements.desk.views.entitlement_header import entitlement_context
from entitlements.dialogs.entitlement import state_or_404
from entitlements.directory.note_form import NoteForm
from entitlements.directory.views.notes import METHODS, SHOWN, note_rows, pinned_first, save_note
from entitlements.models import Entitlement, Note


@permission_required("entitlements.view_entitlement", raise_exception=True)
@require_http_methods(METHODS)
def entitlement_notes(request: AuthenticatedHttpRequest, pk: UUID) -> HttpResponse:
    """Show the notes on an entitlement, and add a note. Constant queries."""
    form = NoteForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and save_note(request, form, get_object_or_404(Entitlement, pk=pk)):
        return redirect("entitlements:notes", pk)
    notes = note_rows(pinned_first(Note.objects.filter(entitlement=pk))[:SHOWN])
    context = entitlement_context(request, state_or_404(pk), "notes", form=form, notes=notes)
    return render(request, "entitlements/desk/notes.html", context, status=422 if form.errors else 200)
