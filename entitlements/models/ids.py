"""Keys of rows: UUIDs of version 7 (RFC 9562), which sort by the moment they were made."""

import hashlib
from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """Return a fresh key."""
    return uuid7()


def derived_id(key: UUID, *parts: object) -> UUID:
    """Return a key that follows from another one and from what it is for: the same each time, sorted like ``key``.

    An operation names in advance what it will create. The moment in the first 48 bits of ``key`` is kept.
    """
    digest = hashlib.sha256(key.bytes + "|".join(map(str, parts)).encode()).digest()
    return UUID(
        bytes=key.bytes[:6] + bytes([0x70 | digest[6] & 0x0F, digest[7], 0x80 | digest[8] & 0x3F]) + digest[9:16]
    )
