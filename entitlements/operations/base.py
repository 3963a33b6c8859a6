"""What every operation is: an immutable value that describes itself, loads its world and previews itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from entitlements.operations.previews import DiffMemo, Preview, Remark
from entitlements.state import SeatValue, Shelf, State, Status
from offerings import rights

VERSION = 1


@dataclass(frozen=True, slots=True)
class World:
    """What an operation needs to know beside the states, read once for all of them.

    ``at`` is the moment of the act (aware UTC). ``seats`` holds the active seats of entitlements where some must go.
    """

    at: datetime
    seats: Mapping[UUID, tuple[SeatValue, ...]] = field(default_factory=dict)
    memo: DiffMemo = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What is asked for. ``as_of`` is the day it counts from, in the site's zone.

    Subclasses add what is asked, ``load`` (a constant number of queries) and ``preview`` (pure).
    """

    name: ClassVar[str]
    permission: ClassVar[str]
    creates: ClassVar[bool] = False

    as_of: date

    def asked(self) -> dict[str, Any]:
        """Return the operation as versioned JSON."""
        return {"operation": self.name, "version": VERSION, **_plain_fields(self)}

    @property
    def permissions(self) -> tuple[str, ...]:
        """Return every permission a person needs for it."""
        return (self.permission,)

    @property
    def needs_reason(self) -> bool:
        """Tell whether the act must say why."""
        return False

    def with_partners(self, ids: Sequence[UUID]) -> list[UUID]:
        """Return the entitlements asked for, and those that can only change together with them."""
        return list(ids)

    def revision_ids(self) -> tuple[int, ...]:
        """Return the revisions to read together with those the states stand on."""
        return ()

    def load(self, states: Sequence[State], *, at: datetime, shelf: Shelf) -> World:
        """Read what the rules need beside the states; a constant number of queries, for any number of states.

        ``shelf`` holds the revisions the states stand on, and those of ``revision_ids`` that exist.
        """
        return World(at=at)

    def preview(self, state: State | None, world: Any) -> Preview:
        """Return what would happen to one entitlement. Pure."""
        raise TypeError(f"{type(self).__name__} does not say what it would do.")


def _plain_fields(value: Any) -> dict[str, Any]:
    return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return _plain_fields(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, tuple) else value


def text_problems(text: str, *, field: str, longest: int) -> list[Remark]:
    """Return what is wrong with words that people write: too long, or with characters no database stores."""
    found = []
    if len(text) > longest:
        message = f"Use at most {longest} characters; this has {len(text):,}."
        found.append(Remark(f"{field}_too_long", message, field))
    if rights.has_control_characters(text):
        found.append(Remark(f"{field}_invalid", "Leave out control characters.", field))
    return found


def is_unchanged(before: State, after: State, released: Sequence[SeatValue] = ()) -> bool:
    """Tell whether nothing at all would move."""
    return before == after and not released


def blockers(state: State) -> list[Remark]:
    """Return what stands against any change: an entitlement that has ended stays as it was."""
    if state.ended_on is None:
        return []
    return [Remark("ended", "This entitlement has ended. Create a new one instead.")]


def standing_warnings(state: State, today: date) -> list[Remark]:
    """Return what a person should know before changing this entitlement: disabled, expired."""
    sentences = {
        Status.DISABLED: "This entitlement is disabled. It stays disabled after this change.",
        Status.CUSTOMER_DISABLED: "The customer is disabled. The entitlement stays out of use after this change.",
        Status.EXPIRED: "This entitlement has expired.",
        Status.GRACE_PERIOD: "This entitlement has expired and is in its grace period.",
    }
    status = state.status(today)
    return [Remark(status.replace(" ", "_"), sentences[status])] if status in sentences else []
