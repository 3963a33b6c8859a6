"""One-time keys of requests: a request that comes twice, also at the very same moment, makes one thing.

``claim`` and ``keep_answer`` belong into one transaction with what the request makes. Forms carry their key in a hidden
field, clients of an API in a header; the table is the same.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from config.models import RequestKey

FIELD = "request_key"
LIFETIME = timedelta(days=1)
MOST_PRUNED = 50  # by each new key, so that the table holds no more than a day's keys


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyedRequest:
    """One request with a key. A key is that of one person at one address; ``digest`` stands for what was sent."""

    person: int
    address: str
    key: str
    digest: str


def hidden_key() -> SafeString:
    """Return a hidden field with a new key, for a form that makes something."""
    return format_html('<input type="hidden" name="{}" value="{}">', FIELD, uuid4().hex)


def posted_request(request: HttpRequest) -> KeyedRequest | None:
    """Return the request of a posted form with a key; ``None`` for visitors and for forms without one.

    Another content is another request: people go back in their browser, correct a field and send the form again.
    """
    posted = request.POST.get(FIELD, "")
    if not posted or request.user.pk is None:
        return None
    sent = [(name, request.POST.getlist(name)) for name in sorted(request.POST) if name != "csrfmiddlewaretoken"]
    files = [(each.name, _digest_of(each)) for name in sorted(request.FILES) for each in request.FILES.getlist(name)]
    digest = hashlib.sha256(repr((sent, files)).encode("utf-8", "replace")).hexdigest()
    return KeyedRequest(person=request.user.pk, address=request.path[:300], key=digest, digest=digest)


def _digest_of(file: "UploadedFile[Any]") -> str:
    """Return the digest of an uploaded file, which is read from its start afterwards."""
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()


def claim(request: KeyedRequest) -> tuple[RequestKey, bool]:
    """Return the row of a key, and whether it is new; where it is not, the row holds the first answer.

    Call this function first in the transaction: a second request with the key waits here until the first one ends.
    Three queries.
    """
    oldest_valid = timezone.now() - LIFETIME
    _prune(oldest_valid)
    row = RequestKey(person=request.person, address=request.address, key=request.key, digest=request.digest)
    RequestKey.objects.bulk_create([row], ignore_conflicts=True)
    found = RequestKey.objects.get(person=request.person, address=request.address, key=request.key)
    if found.used_at < oldest_valid:
        found.delete()
        return claim(request)
    return found, found.pk == row.pk


def keep_answer(row: RequestKey, *, status: int, location: str = "", body: str = "") -> None:
    """Write the answer of the first request beside its key."""
    row.status, row.location, row.body = status, location, body
    row.save(update_fields=["status", "location", "body"])


def _prune(oldest_valid: datetime) -> None:
    """Delete the oldest expired keys, except for those that somebody else deletes at this moment."""
    expired = RequestKey.objects.filter(used_at__lt=oldest_valid).order_by("used_at")
    oldest = expired.select_for_update(skip_locked=True).values("pk")[:MOST_PRUNED]
    RequestKey.objects.filter(pk__in=oldest).delete()
