"""The search over everything: the list below the search field of the header, and a page."""

from urllib.parse import urlencode

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from config.filter_forms import read_filters
from config.web import wants_part
from entitlements.desk.search import AT_ONCE
from entitlements.desk.search import search as find
from entitlements.directory.customer_forms import SearchForm

PAGE_SIZE = 20


@permission_required("entitlements.view_entitlement", raise_exception=True)
@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Show the hits for ``q``: the list of the header for htmx, else the page. Constant queries."""
    text = read_filters(request, SearchForm).values["q"]
    is_list = wants_part(request) is not None
    context = {
        "q": text,
        "is_empty": not text,
        "groups": find(text, request.user, size=AT_ONCE if is_list else PAGE_SIZE),
        "list_url": f"{reverse('entitlements:entitlements')}?{urlencode({'q': text})}",
    }
    template = "entitlements/desk/search.html"
    return render(request, f"{template}#options" if is_list else template, context)
