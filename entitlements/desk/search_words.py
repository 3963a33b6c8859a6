"""What the words of a search say about entitlements: a status, an offering, and whose ("halden silver expired")."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import or_

from django.db.models import Q

from config.folding import fold
from config.names import has_part
from entitlements.state import Status
from offerings.models import Offering

MOST_WORDS = 6
STATUS_WORDS = {**{fold(status): status for status in Status}, "grace": Status.GRACE_PERIOD}


@dataclass(frozen=True, slots=True)
class Reading:
    """Statuses and keys of offerings that a text names, and its other words, which say whose; each may be empty."""

    statuses: tuple[Status, ...] = ()
    offerings: tuple[int, ...] = ()
    whose: str = ""

    def __bool__(self) -> bool:
        return bool(self.statuses or self.offerings)


def read_words(folded: str) -> Reading:
    """Return what a folded text says; false where it names neither a status nor an offering. One query at most.

    The most words that name an offering are taken as its name, at the end or at the start of the text.
    """
    statuses, words = _statuses(folded.split()[:MOST_WORDS])
    if not words:
        return Reading(statuses)
    splits = list(_splits(words))
    named = _named_offerings({part for part, _whose in splits})
    for part, whose in splits:
        if named[part]:
            return Reading(statuses, named[part], whose)
    return Reading(statuses, (), " ".join(words))


def _statuses(words: list[str]) -> tuple[tuple[Status, ...], list[str]]:
    """Return the statuses among the words, and the words without them; two words may be one status."""
    found, others, place = [], [], 0
    while place < len(words):
        count = next((count for count in (2, 1) if " ".join(words[place : place + count]) in STATUS_WORDS), 0)
        if count:
            found.append(STATUS_WORDS[" ".join(words[place : place + count])])
        else:
            others.append(words[place])
        place += count or 1
    return tuple(dict.fromkeys(found)), others


def _splits(words: list[str]) -> Iterator[tuple[str, str]]:
    """Yield (name of an offering, whose): the whole text, then ever fewer words of its end and of its start."""
    yield " ".join(words), ""
    for count in range(len(words) - 1, 0, -1):
        yield " ".join(words[-count:]), " ".join(words[:-count])
        yield " ".join(words[:count]), " ".join(words[count:])


def _named_offerings(parts: set[str]) -> Mapping[str, tuple[int, ...]]:
    """Return the keys of the offerings that each text names, by SKU or name. One query of the small catalog."""
    conditions = [Q(sku_folded__startswith=part) | Q(name_folded__mentions=part) for part in parts]
    rows = list(
        Offering.objects.filter(reduce(or_, conditions)).order_by("pk").values_list("pk", "sku_folded", "name_folded")
    )
    return {part: tuple(key for key, sku, name in rows if _is_named(part, sku, name)) for part in parts}


def _is_named(part: str, sku: str, name: str) -> bool:
    """Tell whether a text names an offering, by the rules of the look-ups ``startswith`` and ``mentions``."""
    if sku.startswith(part):
        return True
    return part in name if has_part(part) else name.startswith(part) or f" {part}" in name
