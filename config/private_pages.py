"""Pages behind the login are kept by nobody: no browser and no proxy stores what they show of customers."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import patch_cache_control


class PrivatePages:
    """Middleware that forbids to store an answer, unless its view is open to everybody; below that of static files."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer a request; an answer without a view, such as 404, is private too."""
        response = self.get_response(request)
        view = request.resolver_match.func if request.resolver_match else None
        if getattr(view, "login_required", True):
            patch_cache_control(response, private=True, no_store=True)
        return response
