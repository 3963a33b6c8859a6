"""Keys of rows: UUIDs of version 7 (RFC 9562), which sort by the moment of their creation."""

import hashlib
from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """Return a fresh key."""
    return uuid7()


def derived_id(key: UUID, *parts: object) -> UUID:
    """Return the key that follows from ``key`` and ``parts``: the same each time, sorted like ``key``.

    Operations name new rows in advance. The key keeps the moment in the first 48 bits of ``key``.
    """
    digest = hashlib.sha256(key.bytes + "|".join(map(str, parts)).encode()).digest()
    return UUID(
        bytes=key.bytes[:6] + bytes([0x70 | digest[6] & 0x0F, digest[7], 0x80 | digest[8] & 0x3F]) + digest[9:16]
    )
