"""What every page uses: types of requests, answers to a dialog, the login gate and the context of the shell."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.forms.renderers import TemplatesSetting
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import requires_csrf_token
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from config.filter_forms import UnreadableFilters
from config.models import Preferences
from config.navigation import sections

AnyView = Callable[..., HttpResponseBase]


class AuthenticatedHttpRequest(HttpRequest):
    """A request of a person who is logged in, after LoginRequired and HtmxMiddleware."""

    user: User
    htmx: HtmxDetails


class FormRenderer(TemplatesSetting):
    """Render forms and their fields with the markup of templates/ui."""

    form_template_name = "ui/form.html"
    field_template_name = "ui/field.html"


class LoginRequired(LoginRequiredMiddleware):
    """Send people without a session to the login page, and from there back to the page they were on."""

    def process_view(
        self, request: HttpRequest, view_func: AnyView, view_args: tuple[Any, ...], view_kwargs: dict[str, Any]
    ) -> HttpResponseBase | None:
        """Check the login; look nobody up for pages without login, which must answer without a database."""
        if not getattr(view_func, "login_required", True):
            return None
        return super().process_view(request, view_func, view_args, view_kwargs)

    def handle_no_permission(  # type: ignore[override]  # the stubs know no redirect but 302
        self, request: HttpRequest, view_func: AnyView
    ) -> HttpResponseBase:
        """Redirect the whole page, also where htmx requests only a part of the page."""
        htmx = wants_part(request)
        if not htmx:
            return super().handle_no_permission(request, view_func)
        page = htmx.current_url_abs_path or "/"
        return HttpResponseClientRedirect(redirect_to_login(page, self.get_login_url(view_func)).url)


def wants_part(request: HttpRequest) -> HtmxDetails | None:
    """Return the htmx details if the answer goes into the page on screen, None if the answer is a whole page."""
    htmx: HtmxDetails | None = getattr(request, "htmx", None)
    return htmx if htmx and not htmx.boosted and not htmx.history_restore_request else None


def answering_template(request: HttpRequest, template: str, partials: Mapping[str, str]) -> str:
    """Return the template of the part of the page that htmx renews, else ``template``; ``partials`` are by part id."""
    htmx = wants_part(request)
    return partials.get((htmx.target if htmx else None) or "", template)


def redirect_after(request: HttpRequest, url: str) -> HttpResponse:
    """Go to a page after a form is done, from a dialog and from a plain page alike.

    The address has no fragment: a browser on the same page would only scroll, and keep showing the old page.
    """
    return HttpResponseClientRedirect(url) if wants_part(request) else HttpResponseRedirect(url)


@login_not_required
def admin_login(request: HttpRequest) -> HttpResponse:
    """Replace the admin's own login page by the site's; people without access to the admin get a 403 page."""
    page = request.GET.get("next") or reverse("admin:index")
    if not request.user.is_authenticated:
        return redirect_to_login(page, settings.LOGIN_URL)
    if not admin.site.has_permission(request):
        raise PermissionDenied("is_staff")
    return HttpResponseRedirect(reverse("admin:index"))


@requires_csrf_token
def bad_request(_request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that cannot be read; the sentences say why, where its address names filters."""
    sentences = exception.args if isinstance(exception, UnreadableFilters) else ()
    return HttpResponse(render_to_string("400.html", {"sentences": sentences}), status=400)


@login_not_required
def favicon(_request: HttpRequest) -> HttpResponse:
    """Redirect /favicon.ico, which browsers request beside pages without HTML, to the icon of the site."""
    return HttpResponsePermanentRedirect(static("favicon.svg"))


def shell(request: HttpRequest) -> dict[str, Any]:
    """Give every template the address of the icons, its base template, the sidebar and the reader's preferences.

    The sidebar is computed only where a template shows it.
    """
    return {
        "icons": static("vendor/tabler/icons.svg"),
        "base_template": "ui/part.html" if wants_part(request) else "base.html",
        "navigation": partial(sections, request),
        "preferences": getattr(request, "preferences", None) or Preferences(),
        "site_label": settings.SITE_LABEL,
        "unread_filters": getattr(request, "unread_filters", ()),
        "time_zone": timezone.get_current_timezone_name(),
    }
