"""The search over everything: as people type in the header, and as a page of its own."""

from urllib.parse import urlencode

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from config.web import wants_part
from entitlements.desk.search import search as look_for
from entitlements.directory.customer_forms import SearchForm

PAGE = 20


@permission_required("entitlements.view_entitlement", raise_exception=True)
@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Show the hits for ``q``: options of the header's list for htmx, else a page. Constant queries."""
    text = SearchForm(request.GET).values["q"]
    is_list = wants_part(request) is not None
    groups = look_for(text, request.user, size=PAGE) if not is_list else look_for(text, request.user)
    context = {
        "q": text,
        "starts": not text,
        "groups": groups,
        "list_url": f"{reverse('entitlements:entitlements')}?{urlencode({'q': text})}",
    }
    return render(
        request, "entitlements/desk/search.html#options" if is_list else "entitlements/desk/search.html", context
    )
