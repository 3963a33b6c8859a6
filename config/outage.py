"""The database is away: a page that says so, and when to ask again, in place of an error of the server."""

import sys
from collections.abc import Iterator

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseServerError
from django.template.loader import render_to_string

RETRY_AFTER_SECONDS = 30
CONNECTION_CLASS = "08"  # of the codes of PostgreSQL
AWAY_CODES = {"57P01", "57P02", "57P03", "53300"}  # shut down, crashed, starting up, no connection left
SQLITE_AWAY = {5, 10, 14}  # busy for longer than we wait, a disk that cannot be read, a file that cannot be opened


def server_error(_request: HttpRequest) -> HttpResponse:
    """Answer an exception that nothing caught: 503 where the database is away, else 500. Queries nothing.

    The one place for pages, parts, sessions and middleware: Django calls it while the exception is handled.
    """
    if not is_away(sys.exc_info()[1]):
        return HttpResponseServerError(render_to_string("500.html"))
    response = HttpResponse(render_to_string("503.html"), status=503)
    return told_to_retry(response)


def told_to_retry(response: HttpResponse) -> HttpResponse:
    """Say when to ask again; return the answer."""
    response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def is_away(error: BaseException | None) -> bool:
    """Tell whether the database could not be reached, or went away, as opposed to a statement that it refused."""
    return any(_is_of_connection(each) for each in _chain(error) if isinstance(each, OperationalError | InterfaceError))


def _is_of_connection(error: Exception) -> bool:
    """Tell whether an error is about the connection: the driver's error has a code only where the server answered."""
    cause = error.__cause__
    sqlite_code = getattr(cause, "sqlite_errorcode", None)
    if sqlite_code is not None:
        return (sqlite_code & 0xFF) in SQLITE_AWAY
    code = getattr(cause, "sqlstate", None)
    return code is None or code in AWAY_CODES or code.startswith(CONNECTION_CLASS)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an exception and those that it came from, ten at most."""
    for _ in range(10):
        if error is None:
            return
        yield error
        error = error.__cause__ or error.__context__
