"""The address of the client of a request."""

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """Return the address of the client, as the reverse proxy saw it where ``BEHIND_PROXY`` is on.

    The proxy appends the address it saw to ``X-Forwarded-For``; anyone can make up the addresses before it.
    """
    forwarded = str(request.META.get("HTTP_X_FORWARDED_FOR", "")) if settings.BEHIND_PROXY else ""
    return forwarded.rpartition(",")[2].strip() or str(request.META.get("REMOTE_ADDR", ""))
