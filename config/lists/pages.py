"""The pages about a list: its columns, and its saved views."""

from collections.abc import Callable
from typing import Any, cast
from urllib.parse import parse_qsl, urlencode

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.views.decorators.http import require_http_methods, require_safe

from config.edit_log import logged
from config.lists.columns import ListTable
from config.lists.state import PLACES, address_of, preferences_of
from config.lists.views import LONGEST_QUERY, SavedViewForm, ViewContent, content_of, delete_view
from config.models import PAGE_SIZES, Preferences, SavedView
from config.web import AuthenticatedHttpRequest, redirect_after

REFUSED = 422
View = Callable[..., HttpResponse]


def list_urls(table: ListTable) -> list[URLPattern]:
    """Return the addresses of the pages about a list, to stand below the address of the list."""
    name = table.name
    return [
        path("columns/", _page(table, columns), name=f"{name}_columns"),
        path("views/", _page(table, views, methods=("GET", "HEAD")), name=f"{name}_views"),
        path("views/new/", _page(table, new_view), name=f"{name}_new_view"),
        path("views/<int:view_id>/", _page(table, edit_view), name=f"{name}_view"),
        path("views/<int:view_id>/delete/", _page(table, remove_view), name=f"{name}_delete_view"),
    ]


def _page(table: ListTable, view: View, methods: tuple[str, ...] = ("GET", "HEAD", "POST")) -> View:
    """Return a view of one list, for the people who see the list."""

    def shown(request: HttpRequest, **arguments: Any) -> HttpResponse:
        return view(request, table, **arguments)

    allowed = require_safe(shown) if "POST" not in methods else require_http_methods(list(methods))(shown)
    return cast("View", permission_required(table.permission, raise_exception=True)(allowed))


# --- columns ----------------------------------------------------------------------------------------------------------


class ColumnsForm(forms.Form):
    """The columns of a list and the rows on a page of every list, as one person wants them."""

    columns = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    rows_per_page = forms.TypedChoiceField(
        coerce=int, choices=[(size, size) for size in PAGE_SIZES], help_text="In every list."
    )

    def __init__(self, data: Any = None, *, table: ListTable, preferences: Preferences) -> None:
        chosen = preferences.columns_of(table.name)
        shown = table.default_columns if chosen is None else chosen
        super().__init__(data, initial={"columns": shown, "rows_per_page": preferences.rows_per_page})
        field: Any = self.fields["columns"]
        field.choices = [(column.key, column.label) for column in table.columns if not column.is_fixed]


def columns(request: AuthenticatedHttpRequest, table: ListTable) -> HttpResponse:
    """Choose the columns of a list and the rows on a page; ``of`` in the address leads back to what was on screen."""
    preferences = preferences_of(request)
    form = ColumnsForm(request.POST if request.method == "POST" else None, table=table, preferences=preferences)
    back_url = _with_query(table.url, request.GET.get("of", ""))
    if request.method == "POST" and ("reset" in request.POST or form.is_valid()):
        chosen = None if "reset" in request.POST else list(table.known(form.cleaned_data["columns"]))
        size = preferences.rows_per_page if chosen is None else form.cleaned_data["rows_per_page"]
        _keep_columns(request, table, chosen, size)
        return redirect_after(request, back_url)
    context = {"table": table, "form": form, "back_url": back_url}
    return render(request, "ui/list_columns.html", context, status=REFUSED if form.errors else 200)


def _keep_columns(request: AuthenticatedHttpRequest, table: ListTable, chosen: list[str] | None, size: int) -> None:
    """Write the choice into the profile; ``None`` goes back to the default columns."""
    with logged(made_by=request.user) as edit:
        stored = Preferences.objects.select_for_update().filter(pk=request.user.pk).first()
        edit.watch(*filter(None, [stored]))
        kept = dict(stored.columns) if stored else {}
        kept.pop(table.name, None)
        if chosen is not None and tuple(chosen) != table.default_columns:
            kept[table.name] = chosen
        values = {"columns": kept, "rows_per_page": size}
        saved, is_new = Preferences.objects.update_or_create(pk=request.user.pk, defaults=values)
        if is_new:
            edit.add(saved)


def _with_query(url: str, query: str) -> str:
    """Return the first page of a list with the filters of a typed query; what is no pair is left out."""
    pairs = [(name, value) for name, value in parse_qsl(query[:LONGEST_QUERY]) if name not in PLACES]
    return "?".join(filter(None, (url, urlencode(pairs))))


# --- saved views ------------------------------------------------------------------------------------------------------


def views(request: AuthenticatedHttpRequest, table: ListTable) -> HttpResponse:
    """List the saved views that the reader may choose. Two queries."""
    found = SavedView.objects.visible_to(request.user).filter(list_name=table.name).select_related("owner")
    rows = [(view, address_of(table, view), view.may_be_edited_by(request.user), _links(table, view)) for view in found]
    return render(request, "ui/list_views.html", {"table": table, "rows": rows})


def new_view(request: AuthenticatedHttpRequest, table: ListTable) -> HttpResponse:
    """Save what is on screen as a view: ``of`` and ``column`` in the address say what it is."""
    view = SavedView(owner=request.user, list_name=table.name)
    return _edit(request, table, view, _content(request, table), saved="Saved the view")


def edit_view(request: AuthenticatedHttpRequest, table: ListTable, view_id: int) -> HttpResponse:
    """Rename or share a view; with ``of`` in the address, it also keeps what is on screen from now on."""
    view = _view(request, table, view_id)
    return _edit(request, table, view, _content(request, table) if "of" in request.GET else None, saved="Saved")


def _edit(
    request: AuthenticatedHttpRequest, table: ListTable, view: SavedView, content: ViewContent | None, *, saved: str
) -> HttpResponse:
    may_share = request.user.has_perm(SavedView.SHARE)
    title, old_name = ("Edit view" if view.pk else "Save view"), view.name
    form = SavedViewForm(request.POST if request.method == "POST" else None, view=view, may_share=may_share)
    try:
        if request.method == "POST" and form.is_valid() and form.save(content, made_by=request.user):
            messages.success(request, f"{saved} {form.view.name}.")
            return redirect_after(request, address_of(table, form.view))
    except SavedView.DoesNotExist:
        messages.warning(request, f"The view {old_name} is not there any more, so nothing was saved.")
        return redirect_after(request, table.page_url("views"))
    context = {
        "table": table,
        "form": form,
        "title": title,
        "old_name": old_name,
        "content": content,
        "back_url": address_of(table, view) if view.pk else _with_query(table.url, request.GET.get("of", "")),
    }
    return render(request, "ui/list_view.html", context, status=REFUSED if form.errors else 200)


def remove_view(request: AuthenticatedHttpRequest, table: ListTable, view_id: int) -> HttpResponse:
    """Delete a saved view."""
    view = _view(request, table, view_id)
    if request.method == "POST":
        delete_view(view, made_by=request.user)
        messages.success(request, f"Deleted the view {view.name}.")
        return redirect_after(request, table.page_url("views"))
    context = {"table": table, "view": view, "back_url": table.page_url("views")}
    return render(request, "ui/list_delete_view.html", context)


def _content(request: HttpRequest, table: ListTable) -> ViewContent:
    return content_of(table, query=request.GET.get("of", ""), columns=request.GET.getlist("column"))


def _view(request: AuthenticatedHttpRequest, table: ListTable, view_id: int) -> SavedView:
    """Return a view that the person may edit.

    Of other people's views, those who may share learn by a 404 which are not there; everybody else gets the same 403.
    """
    seen = SavedView.objects.visible_to(request.user).filter(list_name=table.name)
    view = seen.select_related("owner").filter(pk=view_id).first() if view_id < 2**31 else None
    if view is None and request.user.has_perm(SavedView.SHARE):
        raise Http404("There is no such saved view.")
    if view is None or not view.may_be_edited_by(request.user):
        raise PermissionDenied(SavedView.SHARE)
    return view


def _links(table: ListTable, view: SavedView) -> dict[str, str]:
    return {"edit": table.page_url("view", view.pk), "delete": table.page_url("delete_view", view.pk)}
