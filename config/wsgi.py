"""The application as a WSGI server sees it."""

import os
from typing import Any

import django
from django.core.handlers.wsgi import WSGIHandler
from django.http.response import HttpResponseBase

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup(set_prefix=False)

from config.unreadable import readable  # noqa: E402 (reads the settings)


class SiteHandler(WSGIHandler):
    """Django's handler, for environments that Django can read."""

    def __call__(self, environ: dict[str, Any], start_response: Any) -> HttpResponseBase:
        """Answer one request."""
        return super().__call__(readable(environ), start_response)


application = SiteHandler()
