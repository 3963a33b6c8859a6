"""The offerings of a group: search while typing, add, set the priority, remove, and undo the removal.

With htmx, the parts of the page are renewed and unsaved input stays; without htmx, the page is loaded again.
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
from changegroups.members import (
    MOST_FOUND,
    addable_offerings,
    explain_not_found,
    find_addable,
    next_priority,
    offering_choices,
)
from changegroups.models import ChangeGroup, Membership
from changegroups.views.group import REFUSED, show
from config.request_keys import hidden_key
from config.sent_twice import leads_to
from config.web import wants_part


@permission_required("changegroups.add_membership", raise_exception=True)
@require_safe
def suggestions(request: HttpRequest, pk: int) -> HttpResponse:
    """Render the options of the search field: offerings that can be added."""
    group = get_object_or_404(ChangeGroup, pk=pk)
    text = request.GET.get("offering", "").strip()
    choices = offering_choices(addable_offerings(group, text)[:MOST_FOUND]) if text else []
    return render(request, "changegroups/suggestions.html", {"choices": choices})


@permission_required("changegroups.add_membership", raise_exception=True)
@require_POST
def add(request: HttpRequest, pk: int) -> HttpResponse:
    """Add the offering with the typed SKU or words; where several match, list them to choose from."""
    group = get_object_or_404(ChangeGroup, pk=pk)
    text = request.POST.get("offering", "").strip()
    found = find_addable(group, text)
    if len(found) != 1:
        problem = "Several offerings are found. Choose one." if found else explain_not_found(text)
        return show(request, group, problem=problem, candidates=offering_choices(found), typed=text, status=REFUSED)
    form = PriorityForm({"priority": request.POST.get("priority") or next_priority(group)})
    if not form.is_valid():
        return show(request, group, problem=form.errors["priority"][0], typed=text, status=REFUSED)
    priority = form.cleaned_data["priority"]
    try:
        edits.add_offering(group, found[0], priority=priority, made_by=cast("User", request.user))
    except ChangeGroup.DoesNotExist as error:  # somebody removed the group meanwhile
        raise Http404 from error
    return _done(request, group, format_html("<b>Added {}</b> at priority {}.", found[0].name, priority))


@permission_required("changegroups.change_membership", raise_exception=True)
@require_POST
def priority(request: HttpRequest, pk: int, member_pk: int) -> HttpResponse:
    """Set the priority of an offering."""
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
def remove_offering(request: HttpRequest, pk: int, member_pk: int) -> HttpResponse:
    """Remove an offering from the group at once, with a button that adds it again."""
    member = _member(pk, member_pk)
    message = format_html("<b>Removed {}</b> from the group. The offering itself is unchanged.", member.offering.name)
    edits.remove_offering(member, made_by=cast("User", request.user))
    return _done(request, member.group, format_html("{} {}", message, _undo_button(request, member)))


def _member(pk: int, member_pk: int) -> Membership:
    return get_object_or_404(Membership.objects.select_related("group", "offering"), pk=member_pk, group=pk)


def _undo_button(request: HttpRequest, member: Membership) -> SafeString:
    """Return the button that adds a removed offering again at its priority."""
    if not request.user.has_perm("changegroups.add_membership"):
        return SafeString()
    address = reverse("changegroups:add", args=[member.group_id])
    return format_html(
        '<form method="post" action="{0}" hx-post="{0}" hx-target="#members"'
        ' hx-swap="outerHTML" hx-include="#group-form" data-refocus="offering">'
        '<input type="hidden" name="csrfmiddlewaretoken" value="{1}">{5}'
        '<input type="hidden" name="offering" value="{2}"><input type="hidden" name="priority" value="{3}">'
        '<button type="submit" class="link-button" id="undo-removal">'
        'Undo<span class="visually-hidden"> removing {4}</span></button>'
        "</form>",
        address,
        get_token(request),
        member.offering.sku,
        member.priority,
        member.offering.name,
        hidden_key(),
    )


def _done(request: HttpRequest, group: ChangeGroup, message: SafeString) -> HttpResponse:
    if wants_part(request):
        return leads_to(show(request, group, notice=message), group.get_absolute_url())
    messages.success(request, message)
    return redirect(group)
