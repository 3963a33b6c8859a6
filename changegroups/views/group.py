"""The page of one change group: what it says, its ladder as that would look, and what would be offered."""

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
from changegroups.forms import TAKEN, GroupForm
from changegroups.ladder import Picture, draw
from changegroups.members import Roster, next_priority, roster
from changegroups.models import MODES, ChangeDefaults, ChangeGroup
from changegroups.offers import Offer, offers
from config.web import answering_template, redirect_after

METHODS = ["GET", "HEAD", "POST"]
REFUSED = 422
EVERY = "every"
PARTIALS = {"moves": "changegroups/group.html#moves", "members": "changegroups/group.html#members-with-moves"}
MOST_AT_ONCE = 4  # offerings of which all change paths fit one picture


@permission_required("changegroups.view_changegroup", raise_exception=True)
@require_http_methods(METHODS)
def group(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a group; POST saves it, or with ``preview`` shows the ladder as it would be and writes nothing."""
    found = get_object_or_404(ChangeGroup, pk=pk)
    if request.method != "POST" or "preview" in request.POST:
        return show(request, found)
    if not request.user.has_perm("changegroups.change_changegroup"):
        raise PermissionDenied
    form = form_of(request, found)
    if form.is_valid() and (said := _saved(form, cast("User", request.user))):
        messages.success(request, said)
        return redirect_after(request, found.get_absolute_url())
    return show(request, found, form=form, status=REFUSED)


def _saved(form: GroupForm, made_by: User) -> str:
    """Save a group, and return what to say; nothing where the name was taken a moment ago."""
    try:
        is_new = edits.save_group(form.instance, made_by=made_by)
    except edits.NameTakenError:
        form.add_error("name", TAKEN)
        return ""
    except ChangeGroup.DoesNotExist as error:  # removed while this was typed
        raise Http404 from error
    return f"Saved {form.instance.name}." if is_new else "Nothing was changed."


def form_of(request: HttpRequest, found: ChangeGroup) -> GroupForm:
    """Return the group's form, with what was typed where the request brings it along."""
    may_edit = request.user.has_perm("changegroups.change_changegroup")
    data = request.POST if all(name in request.POST for name in MODES) else None
    return GroupForm(data, instance=copy(found), defaults=ChangeDefaults.current(), may_edit=may_edit)


def show(
    request: HttpRequest, found: ChangeGroup, *, form: GroupForm | None = None, status: int = 200, **more: Any
) -> HttpResponse:
    """Render the page of a group with what was typed, saved or not. Constant queries."""
    form = form or form_of(request, found)
    form.is_valid()  # puts what was typed into the form's own copy of the group
    members = roster(found)
    value = paths.group_value(form.instance, ChangeDefaults.current(), members.priorities)
    held, tried = _asked(request, "from", members), _asked(request, "try", members)
    context = {
        "group": found,
        "form": form,
        "modes": [form[name] for name in MODES],
        "members": members,
        "picture": _picture(value, members, held),
        "held": held,
        "tried": tried,
        "offers": _offers(value, members, tried),
        "may_show_every": len(members.rows) <= MOST_AT_ONCE,
        "is_unsaved": form.is_bound and form.has_changed(),
        "next_priority": next_priority(found),
        "notice": "",
        "problem": "",
        "candidates": [],
        "typed": "",
        **more,
    }
    template = answering_template(request, "changegroups/group.html", PARTIALS)
    return render(request, template, context, status=status)


def _asked(request: HttpRequest, name: str, members: Roster) -> str:
    """Return the SKU that was picked in one of the two lists, else that of the middle of the ladder."""
    skus = [value.sku for value in members.values.values()]
    asked = request.POST.get(name, request.GET.get(name, ""))
    if asked in skus or (asked == EVERY and name == "from" and len(skus) <= MOST_AT_ONCE):
        return asked
    return skus[(len(skus) - 1) // 2] if skus else ""


def _key(members: Roster, sku: str) -> int | None:
    return next((key for key, value in members.values.items() if value.sku == sku), None)


def _picture(value: paths.ChangeGroupValue, members: Roster, held: str) -> Picture | None:
    if not members.rows:
        return None
    return draw(value, members.values, held_id=_key(members, held), small=members.small)


def _offers(value: paths.ChangeGroupValue, members: Roster, tried: str) -> list[Offer]:
    """Return what would be offered if the group said what was typed, all other groups as they are."""
    key = _key(members, tried)
    if key is None:
        return []
    ladder = paths.load([key])
    groups = tuple(value if each.id == value.id else each for each in ladder.groups)
    return offers(replace(ladder, groups=groups), key)
