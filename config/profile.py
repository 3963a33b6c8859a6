"""The profile page of a person, and the middleware that applies the person's preferences to every page."""

from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import groupby
from typing import Any, cast
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.auth.views import PasswordChangeView
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.views.decorators.http import require_http_methods, require_safe

from config import formats
from config.edit_log import logged
from config.models import Preferences, Theme
from config.navigation import sections

REGIONS = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")


class ReadersPreferences:
    """Middleware that sets ``request.preferences``, and shows times and amounts of money as the reader has them.

    One query for each page of a person who is logged in; none for visitors and for pages without login.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer a request; the zone and the format of the thread are the site's again afterwards."""
        request.preferences = SimpleLazyObject(lambda: preferences_of(request.user))  # type: ignore[attr-defined]
        with timezone.override(None), formats.override(formats.DEFAULT):
            return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable[..., Any], _args: Any, _kwargs: Any) -> None:
        """Activate the reader's zone and format, but in views without login, which must answer without a database."""
        if getattr(view, "login_required", True):
            preferences: Preferences = request.preferences  # type: ignore[attr-defined]
            timezone.activate(preferences.zone)
            formats.activate(
                preferences.money_format or formats.format_of_browser(request.headers.get("Accept-Language", ""))
            )


def preferences_of(user: User | AnonymousUser) -> Preferences:
    """Return the preferences of a person, unsaved defaults for a person without a row. One query at most."""
    if not user.is_authenticated:
        return Preferences()
    return Preferences.objects.filter(pk=user.pk).first() or Preferences(pk=user.pk)


@lru_cache(maxsize=1)
def known_zones() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the names of the inhabited time zones by region."""
    names = sorted(name for name in available_timezones() if name.partition("/")[0] in REGIONS)
    return tuple((region, tuple(found)) for region, found in groupby(names, lambda name: name.partition("/")[0]))


def zone_choices() -> Iterator[Any]:
    """Yield the choices of a select: the site's zone, UTC, and the other zones by region."""
    yield "", f"The site's ({settings.TIME_ZONE})"
    yield "UTC", "UTC"
    for region, names in known_zones():
        yield region, [(name, name.partition("/")[2].replace("_", " ").replace("/", ", ")) for name in names]


def money_format_choices() -> Iterator[tuple[str, str]]:
    """Yield the choices of a select: the browser's language, and each format with a sample."""
    yield "", "As the language of the browser"
    yield from formats.format_choices()


class PreferencesForm(forms.ModelForm[Preferences]):
    """The form of a person's own preferences."""

    time_zone = forms.ChoiceField(
        choices=zone_choices, required=False, help_text="Times are shown in it. Terms are days in the site's zone."
    )
    money_format = forms.ChoiceField(
        label="Amounts of money",
        choices=money_format_choices,
        required=False,
        help_text="On pages. Files for spreadsheets have plain numbers.",
    )
    theme = forms.ChoiceField(choices=Theme.choices, widget=forms.RadioSelect)

    class Meta:
        model = Preferences
        fields = ("time_zone", "money_format", "theme", "uses_shortcuts")
        labels = {"uses_shortcuts": "Use keyboard shortcuts of a single key"}
        help_texts = {"uses_shortcuts": "Off leaves every key to the browser and to assistive technology."}


@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """Show and save the person's own preferences. Everybody who is logged in may do so."""
    user = request.user
    form = PreferencesForm(request.POST if request.method == "POST" else None, instance=preferences_of(user))
    if form.is_valid():
        _save(cast("User", user), form.cleaned_data)
        messages.success(request, "Your profile is saved.")
        return redirect("profile")
    roles = user.groups.order_by("name").values_list("name", flat=True)
    context = {"form": form, "roles": list(roles), "now": timezone.now(), "site_zone": settings.TIME_ZONE}
    return render(request, "registration/profile.html", context, status=422 if form.errors else 200)


def _save(user: User, values: dict[str, Any]) -> None:
    with logged(made_by=user) as edit:
        stored = Preferences.objects.filter(pk=user.pk).first()
        edit.watch(*filter(None, [stored]))
        saved, is_new = Preferences.objects.update_or_create(pk=user.pk, defaults=values)
        if is_new:
            edit.add(saved)


class PasswordChange(PasswordChangeView):
    """Change one's own password. The line in the log says that it was changed, never what it is."""

    def form_valid(self, form: Any) -> HttpResponse:
        """Save the password with its line."""
        user = self.request.user
        assert isinstance(user, User)  # noqa: S101 (the gate lets nobody else in)
        with logged(user, made_by=user):
            return super().form_valid(form)


@require_safe
def shortcuts(request: HttpRequest) -> HttpResponse:
    """List the keyboard shortcuts, in a dialog or on a page of their own."""
    pages = [entry for section in sections(request) for entry in section.entries if entry.page.letter]
    return render(request, "shortcuts.html", {"pages": pages})
