"""Follow one entitlement's log from its first change to its newest. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from entitlements.state import Delta, State

Found = tuple[str, object, object]
"""What differs: its name, what is stored, what it should be."""

_MOMENTS = ("activated_at", "disabled_at")


@dataclass(frozen=True, slots=True)
class Link:
    """One change as the log holds it. ``undone`` is the change it takes back, ``act_undoes`` what its act does."""

    entitlement_id: UUID
    sequence: int
    from_version: int
    to_version: int
    from_revision: int | None
    to_revision: int
    delta: Delta
    order_id: UUID
    customer_id: UUID
    act_undoes: UUID | None = None
    undone: "Undone | None" = None


@dataclass(frozen=True, slots=True)
class Undone:
    """The change that another one takes back."""

    entitlement_id: UUID
    act_id: UUID
    from_version: int
    to_version: int


def broken_links(links: Sequence[Link], state: State) -> Iterator[Found]:
    """Yield what does not fit: from change to change, and from the newest change to ``state``."""
    if not links:
        yield "log", "no change", f"{state.sequence} changes"
        return
    for number, link in enumerate(links, start=1):
        before = links[number - 2] if number > 1 else None
        yield from _unequal(f"change {number}", _link_pairs(link, before, number=number))
        yield from _unequal(f"change {link.sequence}", _version_pairs(link))
    yield from _unequal("newest change", _end_pairs(links[-1], state))
    yield from _replayed(links, state)


def _unequal(where: str, pairs: Iterator[Found]) -> Iterator[Found]:
    for name, stored, expected in pairs:
        if stored != expected:
            yield f"{where}, {name}", stored, expected


def _link_pairs(link: Link, before: Link | None, *, number: int) -> Iterator[Found]:
    yield "sequence", link.sequence, number
    yield "from_version", link.from_version, before.to_version if before else 0
    yield "from_revision", link.from_revision, before.to_revision if before else None


def _version_pairs(link: Link) -> Iterator[Found]:
    undone = link.undone
    if undone is None:
        if link.to_version != link.from_version:
            yield "to_version", link.to_version, link.sequence
        yield "undoes", link.act_undoes, None
        return
    yield "to_version", link.to_version, undone.from_version
    yield "from_version", link.from_version, undone.to_version
    yield "undoes a change of", undone.entitlement_id, link.entitlement_id
    yield "undoes a change of act", undone.act_id, link.act_undoes


def _end_pairs(newest: Link, state: State) -> Iterator[Found]:
    yield "sequence", newest.sequence, state.sequence
    yield "to_version", newest.to_version, state.version
    yield "to_revision", newest.to_revision, state.revision.id
    yield "order", newest.order_id, state.order.id
    yield "customer", newest.customer_id, state.order.customer_id


def _replayed(links: Sequence[Link], state: State) -> Iterator[Found]:
    """Replay the deltas: each must start from what the one before it left, and the last must leave ``state``."""
    now = Delta.between(None, state)
    for part in ("fields", "overrides"):
        values: dict[str, Any] = {}
        for link in links:
            for key, (before, after) in getattr(link.delta, part).items():
                if _comparable(key, before) != values.get(key):
                    yield f"change {link.sequence}, {key} before", before, values.get(key)
                values[key] = _comparable(key, after)
        expected = {key: _comparable(key, after) for key, (_before, after) in getattr(now, part).items()}
        for key in sorted({*values, *expected}):
            if values.get(key) != expected.get(key):
                yield f"{key} against the log", expected.get(key), values.get(key)


def _comparable(name: str, value: Any) -> Any:
    """Return a stored value so that two of the same moment in different zones are equal."""
    return datetime.fromisoformat(value) if value and name in _MOMENTS else value
