"""Refusals that say what is missing: the permission in people's words, the roles that have it, and who gives roles.

Whatever a door asks for by ``has_perm`` before it refuses is known here, so that no view says it itself.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.models import Group, Permission, User
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import requires_csrf_token

STAFF = "is_staff"
GIVE_ROLES = "change_user"
MOST_NAMES = 3


class RefusedPermissions(BaseBackend):
    """The last backend in line: it is asked for what no other grants, keeps what that was, and grants nothing."""

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        """Keep the permission with the person of this request."""
        user_obj.__dict__.setdefault("refused_permissions", []).append(perm)
        return False


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a page is refused: what the permission allows in words, its roles, and who may give them.

    Each may be empty; no words say that the door asked for no permission, as it is closed to everybody.
    """

    words: str = ""
    roles: Sequence[str] = ()
    givers: Sequence[str] = ()

    @property
    def sentences(self) -> list[str]:
        """Return the refusal in sentences: what is missing, which roles have it, whom to ask."""
        if not self.words:
            return ["Nobody may do this here, whatever their roles."]
        roles = _listed(self.roles, "and")
        said = [f"This needs the permission “{self.words}”, which your roles do not include."]
        said += (
            [f"{'The role' if len(self.roles) == 1 else 'The roles'} {roles} {_have(self.roles)} it."] if roles else []
        )
        return [*said, f"If you should have it, ask {_listed(self.givers, 'or') or 'an administrator'}."]


@requires_csrf_token
def permission_denied(request: HttpRequest, exception: PermissionDenied) -> HttpResponse:
    """Answer 403 and name the permission. Four queries at most, for people who are logged in."""
    refusal = refusal_of(request, exception)
    return render(request, "403.html", {"refusal": refusal}, status=403)


def refusal_of(request: HttpRequest, exception: PermissionDenied) -> Refusal:
    """Return what was missing: what the exception names, else what was asked for last before it was raised."""
    named = str(exception.args[0]) if exception.args else ""
    if named == STAFF:
        return Refusal("Can open the administration", (), _givers())
    user = getattr(request, "user", None)
    refused = getattr(user, "_wrapped", user).__dict__.get("refused_permissions", ())  # past the lazy object
    permission = _permission(named) or _permission(_last(refused))
    if permission is None:
        return Refusal()
    roles = Group.objects.filter(permissions=permission).order_by("name").values_list("name", flat=True)
    return Refusal(_words(permission), list(roles), _givers())


def _last(refused: Sequence[str]) -> str:
    """Return the permission asked for last; that to view, where Django's admin asked for changing in its place."""
    if not refused:
        return ""
    last = refused[-1]
    view = last.replace(".change_", ".view_")
    return view if view in refused[-2:] else last


def _permission(name: str) -> Permission | None:
    app, _dot, codename = name.partition(".")
    found = Permission.objects.filter(content_type__app_label=app, codename=codename)
    return found.select_related("content_type").first() if codename else None


def _words(permission: Permission) -> str:
    """Return what a permission allows, as its model says it; the table may hold an older name."""
    content = permission.content_type
    model = content.model_class()
    named = dict(model._meta.permissions) if model else {}
    return str(named.get(permission.codename, permission.name))


def _givers() -> list[str]:
    """Return the names of a few people who may give roles."""
    in_role = Q(groups__permissions__codename=GIVE_ROLES) | Q(user_permissions__codename=GIVE_ROLES)
    people = User.objects.filter(Q(is_superuser=True) | in_role, is_active=True, is_staff=True).distinct()
    return [each.get_full_name() or each.get_username() for each in people.order_by("username")[:MOST_NAMES]]


def _listed(names: Iterable[str], word: str) -> str:
    *first, last = [*names] or [""]
    return f"{', '.join(first)} {word} {last}" if first else last


def _have(roles: Sequence[str]) -> str:
    return "has" if len(roles) == 1 else "have"
