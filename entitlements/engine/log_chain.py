"""Check the log of one entitlement, from the first change to the newest. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from entitlements.state import Delta, State

Mismatch = tuple[str, object, object]
"""The name of a value, the stored value and the expected one."""

_MOMENTS = ("activated_at", "disabled_at")


@dataclass(frozen=True, slots=True)
class Link:
    """One change in the log. ``undone`` is the change that it undoes, ``act_undoes`` the act that its act undoes."""

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
    """A change that another change undoes."""

    entitlement_id: UUID
    act_id: UUID
    from_version: int
    to_version: int


def broken_links(links: Sequence[Link], state: State) -> Iterator[Mismatch]:
    """Yield the mismatches between each change and the next, and between the newest change and ``state``."""
    if not links:
        yield "log", "no change", f"{state.sequence} changes"
        return
    for number, link in enumerate(links, start=1):
        before = links[number - 2] if number > 1 else None
        yield from _unequal(f"change {number}", _link_pairs(link, before, number=number))
        yield from _unequal(f"change {link.sequence}", _version_pairs(link))
    yield from _unequal("newest change", _end_pairs(links[-1], state))
    yield from _replay_mismatches(links, state)


def _unequal(where: str, pairs: Iterator[Mismatch]) -> Iterator[Mismatch]:
    for name, stored, expected in pairs:
        if stored != expected:
            yield f"{where}, {name}", stored, expected


def _link_pairs(link: Link, before: Link | None, *, number: int) -> Iterator[Mismatch]:
    yield "sequence", link.sequence, number
    yield "from_version", link.from_version, before.to_version if before else 0
    yield "from_revision", link.from_revision, before.to_revision if before else None


def _version_pairs(link: Link) -> Iterator[Mismatch]:
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


def _end_pairs(newest: Link, state: State) -> Iterator[Mismatch]:
    yield "sequence", newest.sequence, state.sequence
    yield "to_version", newest.to_version, state.version
    yield "to_revision", newest.to_revision, state.revision.id
    yield "order", newest.order_id, state.order.id
    yield "customer", newest.customer_id, state.order.customer_id


def _replay_mismatches(links: Sequence[Link], state: State) -> Iterator[Mismatch]:
    """Replay the deltas: each starts from the values the one before it left, and the last leaves ``state``."""
    current = Delta.between(None, state)
    for part in ("fields", "overrides"):
        values: dict[str, Any] = {}
        for link in links:
            for key, (before, after) in getattr(link.delta, part).items():
                if _comparable(key, before) != values.get(key):
                    yield f"change {link.sequence}, {key} before", before, values.get(key)
                values[key] = _comparable(key, after)
        expected = {key: _comparable(key, after) for key, (_before, after) in getattr(current, part).items()}
        for key in sorted({*values, *expected}):
            if values.get(key) != expected.get(key):
                yield f"{key} against the log", expected.get(key), values.get(key)


def _comparable(name: str, value: Any) -> Any:
    """Return a stored value, moments as ``datetime``: texts of one moment differ by time zone."""
    return datetime.fromisoformat(value) if value and name in _MOMENTS else value
