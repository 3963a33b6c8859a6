"""Addresses where something goes wrong: what test_error_pages.py visits."""

from django.core.exceptions import SuspiciousOperation
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.urls import path

from config.urls import handler403, handler500
from config.urls import urlpatterns as site_urls

__all__ = ["handler403", "handler500", "urlpatterns"]


def broken(request: HttpRequest) -> HttpResponse:
    """Break."""
    raise ZeroDivisionError


def away(request: HttpRequest) -> HttpResponse:
    """Find no database."""
    raise OperationalError("connection refused")


def unreadable(request: HttpRequest) -> HttpResponse:
    """Refuse to read the request."""
    raise SuspiciousOperation


urlpatterns = [path("broken/", broken), path("away/", away), path("unreadable/", unreadable), *site_urls]
