"""A page made of every component, and a dialog that it opens: what test_frame.py drives."""

from pathlib import Path
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import path
from django.utils.html import format_html

from config.urls import urlpatterns as site_urls
from config.web import redirect_after

HERE = Path(__file__).parent
TONES = ["info", "ok", "warn", "stop", "kept", "quiet"]
CHANGES = ["added", "raised", "lowered", "removed", "changed", "kept"]


def show(request: HttpRequest, name: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """Render a template of this folder, which Django does not search."""
    template = engines["django"].from_string((HERE / name).read_text(encoding="utf-8"))
    return HttpResponse(template.render(context, request), status=status)


class NameForm(forms.Form):
    """A name, which may not be taken."""

    name = forms.CharField(widget=forms.TextInput(attrs={"autofocus": True}))


def components(request: HttpRequest) -> HttpResponse:
    """Show every component."""
    return show(request, "components.html", {"tones": TONES, "changes": CHANGES})


def rename(request: HttpRequest) -> HttpResponse:
    """Answer as the app's own dialogs do: 422 for mistakes, then the page with a message."""
    form = NameForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        messages.success(request, format_html('Renamed to {}. <a href="/">Undo</a>', form.cleaned_data["name"]))
        return redirect_after(request, "/components/")
    context = {"form": form, "back_url": "/components/"}
    return show(request, "rename.html", context, status=422 if request.method == "POST" else 200)


def forbidden(request: HttpRequest) -> HttpResponse:
    """Refuse."""
    return HttpResponse(status=403)


urlpatterns = [
    path("components/", components),
    path("rename/", rename),
    path("forbidden/", forbidden),
    *site_urls,
]
