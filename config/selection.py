"""Several entitlements chosen on a page, and the previews a person saw of them."""

from collections.abc import Iterable
from uuid import UUID

from django.http import QueryDict

LARGEST_SELECTION = 200


def read_seen(posted: QueryDict) -> dict[UUID, str]:
    """Return the fingerprint the person saw for each entitlement; what cannot be read was not seen."""
    pairs = (text.partition(":") for text in posted.getlist("seen"))
    return {key: fingerprint for text, _colon, fingerprint in pairs for key in read_ids([text])}


def read_ids(texts: Iterable[str]) -> list[UUID]:
    """Return the keys among ``texts``, each once; what is no key is left out."""
    found: dict[UUID, None] = {}
    for text in texts:
        try:
            found[UUID(text)] = None
        except ValueError:
            continue
    return list(found)
