"""Entitlements chosen on a page, and the previews of them that the person saw."""

from collections.abc import Iterable
from uuid import UUID

from django.http import QueryDict

LARGEST_SELECTION = 200


def read_seen(posted: QueryDict) -> dict[UUID, str]:
    """Return the fingerprint of each previewed entitlement, posted as ``seen``; unreadable texts are left out."""
    pairs = (text.partition(":") for text in posted.getlist("seen"))
    return {key: fingerprint for text, _colon, fingerprint in pairs for key in read_ids([text])}


def read_ids(texts: Iterable[str]) -> list[UUID]:
    """Return the keys among ``texts``, each once; other texts are left out."""
    ids: dict[UUID, None] = {}
    for text in texts:
        try:
            ids[UUID(text)] = None
        except ValueError:
            continue
    return list(ids)
