"""The address of the client of a request."""

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """Return the address of the client; where ``BEHIND_PROXY`` is on, the one that the reverse proxy saw.

    The proxy appends this address to ``X-Forwarded-For``; the client can forge the addresses before the last one.
    """
    forwarded = str(request.META.get("HTTP_X_FORWARDED_FOR", "")) if settings.BEHIND_PROXY else ""
    return forwarded.rpartition(",")[2].strip() or str(request.META.get("REMOTE_ADDR", ""))
