"""Values made by hand, for rules that need no database: revisions, states, seats and moves."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from entitlements.operations import Operation, Preview, PreviewWarning, Problem
from entitlements.operations.base import World
from entitlements.state import OrderValue, OverrideValue, RevisionValue, SeatValue, State
from offerings.rights import BUILT_IN, Kind, Right, Sheet, Value
from offerings.terms import Terms

NOW = datetime(2026, 11, 21, 11, 0, tzinfo=UTC)
TODAY = NOW.date()
LONG_AGO = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
KEY, OTHER_KEY = UUID(int=1), UUID(int=2)
ORDER = OrderValue(UUID(int=100), UUID(int=200), "Osprey Freight", "SO-1")

FEATURES = {
    right.key: right
    for right in (
        Right("feature.sso", Kind.FLAG, "Single sign-on"),
        Right("feature.calls", Kind.COUNT, "API calls"),
        Right("feature.boards", Kind.POOL, "Dashboards"),
        Right("feature.connectors", Kind.NUMBER, "Connectors"),
        Right("feature.region", Kind.TEXT, "Data region"),
        Right("feature.training", Kind.DATE, "Training ends"),
    )
}
SILVER: Mapping[str, Value] = {"seat_limit": 5, "overdraft": "none", "grace_period": "P14D"}
ANNUAL: Mapping[str, str] = {
    "license_type": "subscription",
    "start_type": "on_creation",
    "duration": "P1Y",
    "seats_sold": "fixed",
}


def revision(
    name: str = "Silver",
    *,
    rights: Mapping[str, Value] | None = None,
    terms: Mapping[str, str] | None = None,
    **facts: Any,
) -> RevisionValue:
    """Return the first revision of an annual plan of 5 seats; ``rights`` and ``terms`` come on top."""
    values = {**SILVER, **(rights or {})}
    known: dict[str, Any] = {
        "id": 1,
        "number": 1,
        "offering_id": 1,
        "sku": name.upper(),
        "product_id": 1,
        "product_name": "Atlas",
        "kind": "plan",
    }
    definitions = {key: BUILT_IN.get(key) or FEATURES[key] for key in values}
    return RevisionValue(
        offering_name=name,
        sheet=Sheet(values, definitions),
        terms=Terms(**{**ANNUAL, **(terms or {})}),
        **known | facts,
    )


def gold(**facts: Any) -> RevisionValue:
    """Return a revision of another offering."""
    return revision("Gold", **{"id": 2, "offering_id": 2, **facts})


def per_seat(**facts: Any) -> RevisionValue:
    """Return a revision that is sold per seat."""
    terms = {"seats_sold": "per_quantity", **facts.pop("terms", {})}
    return revision("Gold per seat", **{"id": 3, "offering_id": 3, "terms": terms, **facts})


def state(on: RevisionValue | None = None, *, overrides: Mapping[str, Any] | None = None, **facts: Any) -> State:
    """Return an active entitlement from 1 March 2026 for a year; an override is its value, or an ``OverrideValue``."""
    known: dict[str, Any] = {
        "id": KEY,
        "version": 3,
        "sequence": 4,
        "order": ORDER,
        "starts_on": date(2026, 3, 1),
        "standard_expires_on": date(2027, 3, 1),
        "activated_at": LONG_AGO,
    }
    by_hand = {
        key: value if isinstance(value, OverrideValue) else OverrideValue(value)
        for key, value in (overrides or {}).items()
    }
    return State(revision=on or revision(), overrides=by_hand, **known | facts)


def created(on: RevisionValue | None = None, **facts: Any) -> State:
    """Return an entitlement that was never activated."""
    return state(on, **{"starts_on": None, "standard_expires_on": None, "activated_at": None, **facts})


def seat(number: int, **facts: Any) -> SeatValue:
    """Return one seat; a higher number was activated later."""
    at = LONG_AGO + timedelta(days=number)
    known: dict[str, Any] = {
        "seat_id": f"id-{number}",
        "name": f"device-{number}",
        "activated_at": at,
        "lease_expires_at": NOW + timedelta(days=14),
        "last_refresh_at": NOW - timedelta(hours=1),
    }
    return SeatValue(id=UUID(int=1000 + number), **known | facts)


def seats(count: int) -> tuple[SeatValue, ...]:
    """Return so many seats, earliest activated first."""
    return tuple(seat(number) for number in range(count))


def world(active: Sequence[SeatValue] = (), **facts: Any) -> World:
    """Return the world of now, with the active seats of the entitlement."""
    return World(at=NOW, seats={KEY: tuple(active)}, **facts)


def told(found: Sequence[Problem] | Sequence[PreviewWarning]) -> list[tuple[str, str, str]]:
    """Return problems or warnings as plain text: code, sentence, field."""
    return [(each.code, each.message, each.field) for each in found]


def look(operation: Operation, *states: State, active: Sequence[SeatValue] = ()) -> Preview:
    """Return what an operation would do to the entitlements of one unit."""
    return operation.preview(states, world(active))


def codes(preview: Preview) -> list[str]:
    """Return the codes of the problems."""
    return [each.code for each in preview.problems]


def described(operation: type[Operation]) -> tuple[Any, ...]:
    """Return what an operation says of itself in words: all but its explanation, and the labels of its own fields."""
    words = operation.words
    own = {each.name: dict(each.metadata) for each in fields(operation) if each.name != "as_of" and each.metadata}
    return (
        operation.name,
        operation.permission,
        (words.title, words.submit, words.done, words.verb, words.icon, words.tone, words.is_dangerous),
        (str(operation.work), operation.tab, operation.creates),
        own,
    )
