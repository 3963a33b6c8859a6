"""Mark customers as contacted about an expiry: one with a note of their own, or many at once."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.validators import MaxLengthValidator
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from config.clock import site_today
from config.selection import read_ids
from config.web import AuthenticatedHttpRequest, redirect_after
from entitlements.directory.notes import note_contacts
from entitlements.renewals.filters import RenewalFilterForm
from entitlements.renewals.rows import Renewal, renewals_of
from entitlements.renewals.views.list import ADD_NOTE, list_url
from entitlements.renewals.views.renew import chosen, refused_selection

LONGEST_NOTE = 5000


class ContactForm(forms.Form):
    """What was said with the customer."""

    text = forms.CharField(
        required=False,
        label="Note",
        widget=forms.Textarea(attrs={"rows": 3, "autofocus": True}),
        validators=[MaxLengthValidator(LONGEST_NOTE)],
        help_text="What was said, whom to ask. Markdown, like every note.",
    )


@permission_required(ADD_NOTE, raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def contacted(request: AuthenticatedHttpRequest, pk: UUID) -> HttpResponse:
    """Mark the customer of one entitlement as contacted, with a note."""
    filters = RenewalFilterForm(request.GET).filters
    row = _renewal(pk)
    form = ContactForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        _mark(request, [pk], form.cleaned_data["text"])
        return redirect_after(request, list_url(filters))
    context = {"form": form, "row": row, "back_url": list_url(filters)}
    return render(request, "entitlements/renewals/contacted.html", context, status=422 if form.errors else 200)


def _renewal(pk: UUID) -> Renewal:
    found = renewals_of([pk], today=site_today())
    if not found or found[0].state.ended_on is not None or found[0].state.expires_on is None:
        raise Http404("Nothing expires here.")
    return found[0]


@permission_required(ADD_NOTE, raise_exception=True)
@require_POST
def contacted_many(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Mark the customers of chosen entitlements as contacted; ``one`` is the key of a single one. Constant queries."""
    filters = RenewalFilterForm(request.POST).filters
    ids = read_ids([request.POST["one"]]) if "one" in request.POST else chosen(request, filters)
    if refusal := refused_selection(ids):
        messages.warning(request, refusal)
    else:
        _mark(request, ids, "")
    return HttpResponseRedirect(list_url(filters))


def _mark(request: AuthenticatedHttpRequest, ids: list[UUID], text: str) -> None:
    """Write the notes, and say how many there are."""
    count = note_contacts(ids, text, made_by=request.user)
    sentence = ngettext("%(count)s customer marked as contacted.", "%(count)s marked as contacted.", count)
    messages.success(request, sentence % {"count": f"{count:,}"})
