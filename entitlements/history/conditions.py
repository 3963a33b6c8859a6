"""The versions of terms and conditions in the log of an order, and two of them side by side."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher
from uuid import UUID

from entitlements.models import Change, Entitlement, Order

MOST_VERSIONS = 200
PIECES = re.compile(r"\s+|\w+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class ConditionsVersion:
    """The text of one product of an order from one act on. ``number`` is the version of the order, where it has one.

    ``before`` is the key of the version that the act replaced; ``None`` for the first.
    """

    key: UUID
    entitlement: UUID
    product: str
    text: str
    made_at: datetime
    made_by: str
    act: UUID
    number: int | None
    before: UUID | None


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text. ``change`` is "added", "removed" or empty where both texts have it."""

    text: str
    change: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two texts side by side: the pieces of each."""

    before: tuple[Piece, ...]
    after: tuple[Piece, ...]


def conditions_in_force(order: Order) -> list[tuple[UUID, str, str]]:
    """Return key, product and text of each open entitlement of an order with terms and conditions; one query."""
    found = Entitlement.objects.filter(order=order, ended_on=None).exclude(conditions=None).order_by("pk")
    return list(found.values_list("pk", "revision__offering_name", "conditions"))


def versions_of(order: Order) -> list[ConditionsVersion]:
    """Return the latest versions of the terms and conditions of an order, newest first; one query."""
    found = Change.objects.filter(order=order, delta__fields__conditions__isnull=False)
    rows = found.select_related("act", "act__amendment", "to_revision").order_by("-pk")[:MOST_VERSIONS]
    return list(reversed(list(_versions(list(reversed(rows))))))


def _versions(changes: Sequence[Change]) -> Iterator[ConditionsVersion]:
    """Yield the version that each change made, oldest first."""
    latest: dict[UUID, UUID] = {}
    for change in changes:
        amendment = getattr(change.act, "amendment", None)
        yield ConditionsVersion(
            key=change.pk,
            entitlement=change.entitlement_id,
            product=change.to_revision.offering_name,
            text=change.delta["fields"]["conditions"][1] or "",
            made_at=change.act.made_at,
            made_by=change.act.made_by_name,
            act=change.act_id,
            number=amendment.number if amendment else None,
            before=latest.get(change.entitlement_id),
        )
        latest[change.entitlement_id] = change.pk


def compared(before: str, after: str) -> Comparison:
    """Return two texts side by side, with the words that differ marked. Pure."""
    was, now = PIECES.findall(before), PIECES.findall(after)
    left: list[Piece] = []
    right: list[Piece] = []
    for _tag, start, end, begin, finish in SequenceMatcher(None, was, now).get_opcodes():
        removed, added = "".join(was[start:end]), "".join(now[begin:finish])
        is_same = removed == added
        left += [Piece(removed, "" if is_same else "removed")] if removed else []
        right += [Piece(added, "" if is_same else "added")] if added else []
    return Comparison(tuple(left), tuple(right))
