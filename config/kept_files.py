"""An uploaded file between two pages: the page itself keeps its text, packed and signed for one person."""

import hashlib
from dataclasses import dataclass
from typing import Self

from django.core import signing
from django.core.exceptions import ValidationError

KEPT_LENGTH = 1_500_000  # characters of the hidden field; Django accepts 2.5 MB of fields
KEPT_SECONDS = 12 * 60 * 60
SALT = "config.kept_files.2"  # another number where what is packed is another
GONE = "The file is no longer kept here. Choose it again."


@dataclass(frozen=True, slots=True)
class KeptFile:
    """The name and the text of an uploaded file, and the SHA-256 of its bytes as they came."""

    name: str
    text: str
    digest: str

    @classmethod
    def of(cls, name: str, data: bytes, *, text: str) -> Self:
        """Return the file of a name with these bytes, which say this text."""
        return cls(name, text, hashlib.sha256(data).hexdigest())

    def keep(self, user_id: int, *, command: str) -> str:
        """Return the file as a text that only this person can post.

        Raises ``ValidationError`` where it is too large for a page, naming the ``command`` that takes any size.
        """
        kept = signing.dumps([user_id, self.name, self.text, self.digest], salt=SALT, compress=True)
        if len(kept) > KEPT_LENGTH:
            raise ValidationError(f"This file is too large for this page. Import it with manage.py {command}.")
        return kept


def unpack(kept: str, user_id: int) -> KeptFile:
    """Return a kept file; raise ``ValidationError`` where the text is too old, altered or another person's."""
    try:
        owner, name, text, digest = signing.loads(kept, salt=SALT, max_age=KEPT_SECONDS)
    except signing.BadSignature as error:
        raise ValidationError(GONE) from error
    if owner != user_id:
        raise ValidationError(GONE)
    return KeptFile(name, text, digest)
