"""Admin pages of people, roles, failed logins and runs of tasks: those of the packages, with lines in the log."""

from collections.abc import Iterable
from typing import Any

from axes.admin import AccessAttemptAdmin, AccessFailureLogAdmin, AccessLogAdmin
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django_tasks_db.admin import DBTaskResultAdmin
from django_tasks_db.models import DBTaskResult

from config.actors import SYSTEM
from config.logged_admin import LoggedAdmin

for _model in (User, Group, AccessAttempt, AccessLog, AccessFailureLog, DBTaskResult):
    admin.site.unregister(_model)


@admin.register(User)
class PersonAdmin(LoggedAdmin, UserAdmin):  # type: ignore[type-arg]
    """People. Who has done anything is deactivated, never deleted, because the log names them."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """Leave out the users that name processes in the log."""
        return super().get_queryset(request).exclude(username__startswith=SYSTEM)

    def get_deleted_objects(self, objs: Iterable[Any], request: HttpRequest) -> tuple[Any, Any, Any, Any]:
        """Protect the lines of the log: Django would delete them with the person."""
        rows = list(objs)
        shown, counts, missing, protected = super().get_deleted_objects(rows, request)
        authors = User.objects.filter(pk__in=LogEntry.objects.filter(user__in=rows).values("user"))
        lines = [f"lines of {author} in the log; deactivate the person instead" for author in authors]
        return shown, counts, missing, [*protected, *lines]

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponseBase:  # type: ignore[override]  # noqa: A002
        """Set a password in one transaction with its line, which says only that it was changed."""
        with transaction.atomic():
            found = self.get_object(request, unquote(id))
            self.begin_edit(request, *([found] if found else []))
            return super().user_change_password(request, id, form_url)


@admin.register(Group)
class RoleAdmin(LoggedAdmin, GroupAdmin):
    """Roles and their permissions."""


@admin.register(AccessAttempt)
class AttemptAdmin(LoggedAdmin, AccessAttemptAdmin):  # type: ignore[misc]
    """Failed logins. Deleting one lifts a lock."""

    actions: list[str] = []


@admin.register(AccessLog)
class LoginAdmin(LoggedAdmin, AccessLogAdmin):  # type: ignore[misc]
    """Logins."""


@admin.register(AccessFailureLog)
class FailureAdmin(LoggedAdmin, AccessFailureLogAdmin):  # type: ignore[misc]
    """Failed logins, each for itself."""


@admin.register(DBTaskResult)
class TaskAdmin(LoggedAdmin, DBTaskResultAdmin):
    """Runs of tasks in the background. Nobody edits them."""
