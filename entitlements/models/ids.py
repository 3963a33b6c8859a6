"""Keys of rows: UUIDs of version 7 (RFC 9562), which sort by the moment they were made."""

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """Return a fresh key."""
    return uuid7()
