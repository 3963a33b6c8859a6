"""Addresses where something goes wrong: what test_error_pages.py visits."""

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.urls import path

from config.urls import urlpatterns as site_urls


def broken(request: HttpRequest) -> HttpResponse:
    """Break."""
    raise ZeroDivisionError


def unreadable(request: HttpRequest) -> HttpResponse:
    """Refuse to read the request."""
    raise SuspiciousOperation


urlpatterns = [path("broken/", broken), path("unreadable/", unreadable), *site_urls]
