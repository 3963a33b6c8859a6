"""Readable names, safe keys and SKUs, made from the names of a catalog. Pure."""

import hashlib
import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache

from config.folding import fold, skeleton
from offerings.models import KEY_LENGTH, NAME_LENGTH, SKU_LENGTH

UNSAFE = re.compile(r"[^A-Za-z0-9_.+&@/-]+")
WORD_BREAK = re.compile(
    r"[\s_-]+|(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[a-z]{2})(?=[0-9])|(?<=[0-9])(?=[A-Z][a-z])"
)
HASH_LENGTH = 5


def words(name: str) -> list[str]:
    """Split a name into words: ``gitLFSStorage_limit`` is git, LFS, Storage, limit."""
    return [word for word in WORD_BREAK.split(name) if word]


def readable(name: str) -> str:
    """Return a name in words, at most 50 characters: ``gitLFSStorage_limit`` is "git LFS Storage limit".

    The case of letters stays: nobody but the vendor knows whether "iOS" or "SSO" is right.
    """
    return shorten(" ".join(words(name)) or name.strip() or "Unnamed")


def heading(word: str) -> str:
    """Return a word of the format's lists as a heading: ``DOMAIN`` is "Domain"."""
    return shorten(" ".join(each.capitalize() for each in words(word)))


def shorten(text: str, length: int = NAME_LENGTH) -> str:
    """Return ``text`` cut to ``length`` characters; three dots show the cut."""
    text = text.strip()
    return text if len(text) <= length else f"{text[: length - 3].rstrip()}..."


def safe_key(name: str, *, used: set[str], beside: set[str] | None = None) -> str:
    """Return ``name`` as a key of at most 64 safe characters that is not in ``used``, and add the key to ``used``.

    Nor is it one of the keys ``beside`` in another spelling, or looks like one of them; it is added there, too.

    Case stays, accents are removed, and any other unsafe character becomes ``_``.
    """
    plain = unicodedata.normalize("NFKD", name)
    key = UNSAFE.sub("_", "".join(letter for letter in plain if not unicodedata.combining(letter)))
    key = key.lstrip(".+&@/-")[:KEY_LENGTH] or "_"
    beside = set() if beside is None else beside
    taken = {form for each in beside for form in _forms(each)}
    unique, number = key, 2
    while unique in used or _forms(unique) & taken:
        suffix = f"_{number}"
        unique, number = key[: KEY_LENGTH - len(suffix)] + suffix, number + 1
    used.add(unique)
    beside.add(unique)
    return unique


@lru_cache(maxsize=10_000)
def _forms(key: str) -> frozenset[str]:
    """Return the texts that the key shares with keys that are the same or look the same."""
    return frozenset([f"same {fold(key)}", f"alike {skeleton(key)}"])


def make_sku(*, product_code: str, name: str, period: str, letter: str, is_used: Callable[[str], bool]) -> str:
    """Return the SKU of a pricing plan under a billing period: ``GITHUB-TEAM-M-1F09C``.

    A readable prefix and the start of a SHA-256 of product, source name and period, within 20 characters; where
    that SKU is used, a later part of the same hash. An import stores the SKU once and never computes it again.
    """
    digest = hashlib.sha256("\n".join((product_code, name, period)).encode()).hexdigest().upper()
    product = sku_prefix(product_code)
    room = SKU_LENGTH - len(product) - len(letter) - HASH_LENGTH - 3
    prefix = "-".join(part for part in (product, _abbreviated(name, product_code, room), letter) if part)
    parts = (digest[start : start + HASH_LENGTH] for start in range(len(digest) - HASH_LENGTH + 1))
    return next(sku for part in parts if not is_used(sku := f"{prefix}-{part}"))


def sku_prefix(product_code: str) -> str:
    """Return the start of the SKUs of a product; several products can share one start."""
    return _capitals(product_code)[:6]


def _abbreviated(name: str, product_code: str, room: int) -> str:
    """Return the start of each word of a name, so that all fit; the name of the product itself is left out."""
    found = [word for word in map(_capitals, words(name)) if word and word != _capitals(product_code)]
    whole = "".join(found)
    return whole if len(whole) <= room else "".join(word[: max(1, room // len(found))] for word in found)[:room]


def _capitals(text: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", text.upper())
