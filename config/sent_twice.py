"""A form that is sent twice is carried out once, and answered the same both times."""

from collections.abc import Callable

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse

from config.models import RequestKey
from config.request_keys import claim, keep_answer, posted_request
from config.unreadable import is_unreadable
from config.web import redirect_after

TWICE = "This form came twice. It was carried out once."
POPUP = "admin/popup_response.html"  # the admin's answer to a form in a window of its own: a page, not a redirect


class SentTwice:
    """Middleware that claims the key of a posted form, and answers the second of two equal forms like the first.

    The key is written in one transaction with what the form makes. A form that was refused leaves no key behind.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer a request; three queries more for a form with a key, four where it makes something."""
        carries_out = request.method == "POST" and "preview" not in _names(request)
        keyed = posted_request(request) if carries_out and not is_unreadable(request) else None
        if keyed is None:
            return self.get_response(request)
        with transaction.atomic():
            row, is_new = claim(keyed)
            return self._carry_out(request, row) if is_new else _answer_again(request, row)

    def _carry_out(self, request: HttpRequest, row: RequestKey) -> HttpResponseBase:
        response = self.get_response(request)
        location, body = where_to(response), _popup(response)
        if location or body:
            keep_answer(row, status=response.status_code, location=location, body=body)
        elif response.status_code >= 400:
            transaction.set_rollback(True)
        else:
            row.delete()
        return response


def leads_to(response: HttpResponse, url: str) -> HttpResponse:
    """Say that an answer without a redirect made something that is shown at ``url``; return the answer."""
    response.leads_to = url  # type: ignore[attr-defined]
    return response


def where_to(response: HttpResponseBase) -> str:
    """Return the address that an answer leads to; empty where the form was refused."""
    told: str = getattr(response, "leads_to", "")
    return told or response.headers.get("HX-Redirect", "") or response.headers.get("Location", "")


def _names(request: HttpRequest) -> set[str]:
    return {*request.GET, *request.POST}


def _popup(response: HttpResponseBase) -> str:
    names = response.template_name if isinstance(response, TemplateResponse) else None
    is_popup = isinstance(names, list) and POPUP in names
    return response.text if is_popup and isinstance(response, HttpResponse) else ""


def _answer_again(request: HttpRequest, row: RequestKey) -> HttpResponse:
    if row.body:
        return HttpResponse(row.body)
    messages.info(request, TWICE)
    return redirect_after(request, row.location)
