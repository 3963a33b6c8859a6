"""The page of one change group: its fields, its ladder, and the offers from one member, saved or not."""

from copy import copy
from dataclasses import replace
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods

from changegroups import edits, paths
from changegroups.forms import NAME_EXISTS, GroupForm
from changegroups.ladder import draw
from changegroups.members import Roster, next_priority, roster
from changegroups.models import MODES, ChangeDefaults, ChangeGroup
from changegroups.offers import Offer, offers
from config.edit_log import edits_of
from config.web import answering_template, redirect_after

METHODS = ["GET", "HEAD", "POST"]
REFUSED = 422
EVERY = "every"
MOST_EDITS = 10
PARTIALS = {"moves": "changegroups/group.html#moves", "members": "changegroups/group.html#members-with-moves"}
MOST_AT_ONCE = 4  # the largest number of offerings whose change paths all fit one picture
NO_MESSAGES: dict[str, Any] = {"notice": "", "problem": "", "candidates": [], "typed": ""}


@permission_required("changegroups.view_changegroup", raise_exception=True)
@require_http_methods(METHODS)
def group(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a group; POST saves the group, or with ``preview`` shows the unsaved ladder and writes nothing."""
    found = get_object_or_404(ChangeGroup, pk=pk)
    if request.method != "POST" or "preview" in request.POST:
        return show(request, found)
    if not request.user.has_perm("changegroups.change_changegroup"):
        raise PermissionDenied
    form = form_of(request, found)
    if form.is_valid() and (message := _save(form, cast("User", request.user))):
        messages.success(request, message)
        return redirect_after(request, found.get_absolute_url())
    return show(request, found, form=form, status=REFUSED)


def _save(form: GroupForm, made_by: User) -> str:
    """Save a group and return the message to show; empty where another group got the name a moment ago."""
    try:
        is_changed = edits.save_group(form.instance, made_by=made_by)
    except edits.NameExistsError:
        form.add_error("name", NAME_EXISTS)
        return ""
    except ChangeGroup.DoesNotExist as error:  # somebody removed the group meanwhile
        raise Http404 from error
    return f"Saved {form.instance.name}." if is_changed else "Nothing was changed."


def form_of(request: HttpRequest, found: ChangeGroup) -> GroupForm:
    """Return the form of the group, bound where the request posts the modes."""
    may_edit = request.user.has_perm("changegroups.change_changegroup")
    data = request.POST if all(name in request.POST for name in MODES) else None
    return GroupForm(data, instance=copy(found), defaults=ChangeDefaults.current(), may_edit=may_edit)


def show(
    request: HttpRequest, found: ChangeGroup, *, form: GroupForm | None = None, status: int = 200, **more: Any
) -> HttpResponse:
    """Render the page of a group with the typed values, saved or not. Constant queries."""
    form = form or form_of(request, found)
    form.is_valid()  # copies the typed values to the form's own copy of the group
    members = roster(found)
    value = paths.group_value(form.instance, ChangeDefaults.current(), members.priorities)
    from_sku, try_sku = _selected_sku(request, "from", members), _selected_sku(request, "try", members)
    picture = draw(value, members.values, current_id=members.id_of(from_sku), subtitles=members.subtitles)
    context = {
        "group": found,
        "form": form,
        "modes": [form[name] for name in MODES],
        "members": members,
        "picture": picture if members.rows else None,
        "from_sku": from_sku,
        "try_sku": try_sku,
        "offers": _offers(value, members.id_of(try_sku)),
        "may_show_every": len(members.rows) <= MOST_AT_ONCE,
        "is_unsaved": form.is_bound and form.has_changed(),
        "next_priority": next_priority(found),
        "edits": edits_of(found)[:MOST_EDITS],
        **(NO_MESSAGES | more),
    }
    return render(request, answering_template(request, "changegroups/group.html", PARTIALS), context, status=status)


def _selected_sku(request: HttpRequest, name: str, members: Roster) -> str:
    """Return the SKU that is selected in one of the two lists, else the SKU in the middle of the ladder."""
    skus = [value.sku for value in members.values.values()]
    selected = request.POST.get(name, request.GET.get(name, ""))
    if selected in skus or (selected == EVERY and name == "from" and len(skus) <= MOST_AT_ONCE):
        return selected
    return skus[(len(skus) - 1) // 2] if skus else ""


def _offers(value: paths.ChangeGroupValue, current_id: int | None) -> list[Offer]:
    """Return the offers from one member by the typed values of this group and the saved values of all others."""
    if current_id is None:
        return []
    ladder = paths.load([current_id])
    groups = tuple(value if each.id == value.id else each for each in ladder.groups)
    return offers(replace(ladder, groups=groups), current_id)
