"""The list of change groups, with adding and removing a group; and the global defaults."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods

from changegroups import edits
from changegroups.forms import NAME_EXISTS, DefaultsForm, NewGroupForm
from changegroups.ladder import draw
from changegroups.members import roster
from changegroups.models import MODES, ChangeDefaults, ChangeGroup
from changegroups.paths import group_value
from config.web import redirect_after

METHODS = ["GET", "HEAD", "POST"]
REFUSED = 422


@permission_required("changegroups.view_changegroup", raise_exception=True)
@require_http_methods(METHODS)
def changegroups(request: HttpRequest) -> HttpResponse:
    """List the change groups by name; POST adds a group. Constant queries."""
    form = NewGroupForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        if not request.user.has_perm("changegroups.add_changegroup"):
            raise PermissionDenied
        if form.is_valid() and _add(form, cast("User", request.user)):
            text = "<b>Added {}.</b> Now add the offerings customers may move between."
            messages.success(request, format_html(text, form.instance.name))
            return redirect_after(request, form.instance.get_absolute_url())
    defaults = ChangeDefaults.current()
    rows = [(row, _mode_words(row, defaults)) for row in ChangeGroup.objects.annotate(size=Count("memberships"))]
    context = {"form": form, "rows": rows}
    return render(request, "changegroups/changegroups.html", context, status=REFUSED if form.errors else 200)


def _add(form: NewGroupForm, made_by: User) -> bool:
    try:
        edits.add_group(form.instance, made_by=made_by)
    except edits.NameExistsError:
        form.add_error("name", NAME_EXISTS)
    return not form.errors


def _mode_words(group: ChangeGroup, defaults: ChangeDefaults) -> str:
    label = MODES["change_mode"](group.change_mode or defaults.change_mode).label
    return str(label if group.change_mode else f"global default ({label})")


@permission_required("changegroups.delete_changegroup", raise_exception=True)
@require_http_methods(METHODS)
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """List the paths that close without a group; POST removes the group. Offerings and entitlements stay."""
    group = get_object_or_404(ChangeGroup, pk=pk)
    if request.method == "POST":
        edits.remove_group(group, made_by=cast("User", request.user))
        text = "Removed change group {}. Its offerings and all entitlements are as they were."
        messages.success(request, text.format(group.name))
        return redirect_after(request, reverse("changegroups:changegroups"))
    members = roster(group)
    value = group_value(group, ChangeDefaults.current(), members.priorities)
    picture = draw(value, members.values, current_id=None, subtitles={})
    context = {
        "group": group,
        "members": members.rows,
        "open_paths": [each for each in picture.open_paths if each.count],
        "count": sum(each.count for each in picture.open_paths),
        "back_url": group.get_absolute_url(),
    }
    return render(request, "changegroups/remove.html", context)


@permission_required("changegroups.view_changedefaults", raise_exception=True)
@require_http_methods(METHODS)
def defaults(request: HttpRequest) -> HttpResponse:
    """Show and edit the global default of each mode, with the groups that follow each."""
    may_edit = request.user.has_perm("changegroups.change_changedefaults")
    if request.method == "POST" and not may_edit:
        raise PermissionDenied
    data = request.POST if request.method == "POST" else None
    form = DefaultsForm(data, instance=ChangeDefaults.current(), may_edit=may_edit)
    if request.method == "POST" and form.is_valid():
        is_changed = edits.save_defaults(form.instance, made_by=cast("User", request.user))
        messages.success(request, "Saved the global defaults." if is_changed else "Nothing was changed.")
        return redirect_after(request, reverse("changegroups:defaults"))
    groups = list(ChangeGroup.objects.all())
    followers = [(form[name], [group for group in groups if not getattr(group, name)]) for name in MODES]
    context = {"form": form, "followers": followers, "groups": len(groups), "may_edit": may_edit}
    return render(request, "changegroups/defaults.html", context, status=REFUSED if form.errors else 200)
