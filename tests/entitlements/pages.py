"""What the page tests share: someone who is logged in, and a person's way through a dialog."""

import re
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from entitlements.models import Entitlement

BACKEND = "django.contrib.auth.backends.ModelBackend"
HTMX = {"HX-Request": "true"}


def client_of(person: User) -> Client:
    """Return a browser in which a person is logged in."""
    client = Client()
    client.force_login(person, backend=BACKEND)
    return client


def address(name: str, entitlement: Entitlement, *args: str | UUID) -> str:
    """Return the address of a page of one entitlement."""
    return reverse(f"entitlements:{name}", args=[entitlement.pk, *args])


def shown(response: Any) -> str:
    """Return the text of a page."""
    return str(response.content.decode())


def seen_in(response: Any) -> list[str]:
    """Return what a page shows of its previews: the entitlement and the fingerprint of each."""
    return re.findall(r'name="seen" value="([^"]+)"', shown(response))


def look_and_confirm(client: Client, url: str, data: dict[str, Any], **headers: str) -> HttpResponse:
    """Ask for a preview, then confirm what it showed."""
    seen = client.post(url, {**data, "preview": "1"})
    return client.post(url, {**data, "seen": seen_in(seen)}, headers=headers)  # type: ignore[return-value]
