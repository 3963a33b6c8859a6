"""The offerings of a group: found as people type, added, moved up and down, taken out and put back.

With htmx the page's parts are shown again with what was typed and not saved yet; without, the page is loaded anew.
"""

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST, require_safe

from changegroups import edits
from changegroups.forms import PriorityForm
from changegroups.members import MOST_FOUND, addable, labelled, meant, next_priority, why_not
from changegroups.models import ChangeGroup, Membership
from changegroups.views.group import REFUSED, show
from config.web import wants_part


@permission_required("changegroups.add_membership", raise_exception=True)
@require_safe
def suggestions(request: HttpRequest, pk: int) -> HttpResponse:
    """Return options for the search field: offerings that can be added."""
    group = get_object_or_404(ChangeGroup, pk=pk)
    text = request.GET.get("offering", "").strip()
    found = labelled(addable(group, text)[:MOST_FOUND]) if text else []
    return render(request, "changegroups/suggestions.html", {"found": found})


@permission_required("changegroups.add_membership", raise_exception=True)
@require_POST
def add(request: HttpRequest, pk: int) -> HttpResponse:
    """Add the offering that was typed; where several are meant, list them to choose from."""
    group = get_object_or_404(ChangeGroup, pk=pk)
    text = request.POST.get("offering", "").strip()
    found = meant(group, text)
    if len(found) != 1:
        problem = "Several offerings are found. Choose one." if found else why_not(text)
        return show(request, group, problem=problem, candidates=labelled(found), typed=text, status=REFUSED)
    form = PriorityForm({"priority": request.POST.get("priority") or next_priority(group)})
    if not form.is_valid():
        return show(request, group, problem=form.errors["priority"][0], typed=text, status=REFUSED)
    priority = form.cleaned_data["priority"]
    try:
        edits.put_offering(group, found[0], priority=priority, made_by=cast("User", request.user))
    except ChangeGroup.DoesNotExist as error:  # removed while this was typed
        raise Http404 from error
    return _done(request, group, format_html("<b>Added {}</b> at priority {}.", found[0].name, priority))


@permission_required("changegroups.change_membership", raise_exception=True)
@require_POST
def priority(request: HttpRequest, pk: int, member_pk: int) -> HttpResponse:
    """Move an offering up or down."""
    member = _member(pk, member_pk)
    form = PriorityForm(request.POST)
    if not form.is_valid():
        problem = f"{member.offering.name}: {form.errors['priority'][0]}"
        return show(request, member.group, problem=problem, status=REFUSED)
    number = form.cleaned_data["priority"]
    edits.set_priority(member, number, made_by=cast("User", request.user))
    return _done(request, member.group, format_html("{} is at priority {}.", member.offering.name, number))


@permission_required("changegroups.delete_membership", raise_exception=True)
@require_POST
def take_out(request: HttpRequest, pk: int, member_pk: int) -> HttpResponse:
    """Take an offering out of the group at once, with a button that undoes it."""
    member = _member(pk, member_pk)
    said = format_html("<b>Removed {}</b> from the group. The offering itself is unchanged.", member.offering.name)
    edits.take_offering(member, made_by=cast("User", request.user))
    return _done(request, member.group, format_html("{} {}", said, _undo(request, member)))


def _member(pk: int, member_pk: int) -> Membership:
    return get_object_or_404(Membership.objects.select_related("group", "offering"), pk=member_pk, group=pk)


def _undo(request: HttpRequest, member: Membership) -> SafeString:
    """Return the button that puts an offering back where it was."""
    if not request.user.has_perm("changegroups.add_membership"):
        return SafeString()
    address = reverse("changegroups:add", args=[member.group_id])
    return format_html(
        '<form method="post" action="{0}" hx-post="{0}" hx-target="#members"'
        ' hx-swap="outerHTML" hx-include="#group-form">'
        '<input type="hidden" name="csrfmiddlewaretoken" value="{1}">'
        '<input type="hidden" name="offering" value="{2}"><input type="hidden" name="priority" value="{3}">'
        '<button type="submit" class="link-button">Undo<span class="visually-hidden"> removing {4}</span></button>'
        "</form>",
        address,
        get_token(request),
        member.offering.sku,
        member.priority,
        member.offering.name,
    )


def _done(request: HttpRequest, group: ChangeGroup, said: SafeString) -> HttpResponse:
    if wants_part(request):
        return show(request, group, notice=said)
    messages.success(request, said)
    return redirect(group)
