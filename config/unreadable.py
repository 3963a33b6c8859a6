"""Requests that cannot be read: refused with the page for bad requests, never answered with an error of the server.

No browser sends such requests. Forms and addresses are UTF-8; other character sets could bring in lone surrogates,
which no database stores.
"""

import logging
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import BadRequest, FieldDoesNotExist, SuspiciousOperation, ValidationError
from django.db import DataError
from django.http import HttpRequest, QueryDict, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.http.response import HttpResponseBase
from django.utils.http import parse_header_parameters
from django.views.defaults import bad_request

DROPPED = "upshift.dropped_headers"
UTF_8 = {"", "utf-8", "utf8", "us-ascii"}
URL_HEADERS = ("HX-Current-URL", "Referer", "Origin")
READING_ERRORS = (ValueError, OverflowError, ValidationError, FieldDoesNotExist, DataError)

logger = logging.getLogger(__name__)


def readable(environ: dict[str, Any]) -> dict[str, Any]:
    """Return a WSGI environment from which Django can make a request, without headers that break Django.

    The names of the dropped headers are in ``DROPPED``: ``RefuseUnreadable`` refuses the request.
    """
    dropped = []
    if not _is_utf_8(environ.get("CONTENT_TYPE") or ""):
        dropped.append("CONTENT_TYPE")
    if not re.fullmatch(r"[0-9]{0,18}", environ.get("CONTENT_LENGTH") or "", re.ASCII):
        dropped.append("CONTENT_LENGTH")
    kept = {name: value for name, value in environ.items() if name not in dropped}
    return {**kept, DROPPED: dropped} if dropped else environ


def _is_utf_8(content_type: str) -> bool:
    """Tell whether a header of the content's type can be read, and names no other character set."""
    try:
        _kind, parameters = parse_header_parameters(content_type)
    except ValueError:
        return False
    return str(parameters.get("charset", "")).lower() in UTF_8


def is_unreadable(request: HttpRequest) -> bool:
    """Tell whether a request is going to be refused with 400, so that nothing of it is to be stored."""
    return bool(getattr(request, "unreadable", ""))


class RefuseUnreadable:
    """Middleware that answers 400 to paths, headers and forms, and in the Django admin to texts, that cannot be read.

    The form is read here, once: an error page reads it again, and would break. The admin reads texts of addresses and
    refused forms without a check where it fills in a field, finds a row or filters a list; its errors are logged, so
    that an error of its configuration is seen. The first middleware, so that every other one meets a readable request.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer a request."""
        path = "the path contains a NUL character" if "\0" in request.path else ""  # no database stores one
        problems = (path, _unreadable_headers(request), _unreadable_form(request))
        request.unreadable = "; ".join(filter(None, problems))  # type: ignore[attr-defined]
        return self.get_response(request)

    def process_view(self, request: HttpRequest, _view: Any, _args: Any, _kwargs: Any) -> None:
        """Raise ``BadRequest`` for a request that cannot be read, once the middleware of all answers has begun."""
        if request.unreadable:  # type: ignore[attr-defined]
            raise BadRequest(request.unreadable)  # type: ignore[attr-defined]

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        """Answer 400 where the admin cannot read a text of the request."""
        match = request.resolver_match
        if match is None or match.app_name != "admin" or not isinstance(exception, READING_ERRORS):
            return None
        logger.error("The admin cannot read the request to %s", request.path, exc_info=exception)
        return bad_request(request, exception)


def _unreadable_headers(request: HttpRequest) -> str:
    """Return the headers that cannot be read, in words; empty where there are none."""
    found = list(request.META.get(DROPPED, ()))
    for name in URL_HEADERS:
        try:
            urlsplit(request.headers.get(name, ""))
        except ValueError:
            found.append(name)
    return f"unreadable headers: {', '.join(found)}" if found else ""


def _unreadable_form(request: HttpRequest) -> str:
    """Return why the posted form cannot be read, and leave an empty form in its place."""
    try:
        request.POST  # noqa: B018 (reads the body)
    except (MultiPartParserError, SuspiciousOperation, BadRequest, UnreadablePostError) as error:
        request.POST = QueryDict()
        return f"unreadable form: {error}"
    return ""
