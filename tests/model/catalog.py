"""The catalog of the model: five offerings of one product, and the revisions each may publish one after the other.

Plain values, written from the design alone. The driver makes the same catalog in the product.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

Value = bool | int | str

UNLIMITED = "unlimited"
SEAT_LIMIT = "seat_limit"
OVERDRAFT = "overdraft"
SSO = "feature.sso"  # a flag
CALLS = "feature.api_calls"  # a usage count
DASHBOARDS = "feature.dashboards"  # an element pool
CONNECTORS = "feature.connectors"  # a number

KEYS = (SEAT_LIMIT, OVERDRAFT, SSO, CALLS, DASHBOARDS, CONNECTORS)
# Open in the design: which rights can be ordered. Here those of numbers; an overdraft of 3 and one of 10 % cannot be.
ORDERED = (SEAT_LIMIT, CALLS, DASHBOARDS, CONNECTORS)

GRACE = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Offering:
    """One offering: how its seats are sold, the months of a term (None: perpetual), and its revisions in their order.

    The rights of an offering sold per quantity name no seat limit.
    """

    name: str
    is_per_quantity: bool
    months: int | None
    revisions: tuple[Mapping[str, Value], ...]


def _rights(
    *, seats: Value | None, overdraft: Value, sso: bool, calls: Value, dashboards: Value, connectors: Value
) -> Mapping[str, Value]:
    features = {OVERDRAFT: overdraft, SSO: sso, CALLS: calls, DASHBOARDS: dashboards, CONNECTORS: connectors}
    return features if seats is None else {SEAT_LIMIT: seats, **features}


BASIC = Offering(
    "basic",
    is_per_quantity=True,
    months=12,
    revisions=(
        _rights(seats=None, overdraft=0, sso=False, calls=1_000, dashboards=4, connectors=3),
        _rights(seats=None, overdraft=1, sso=False, calls=2_000, dashboards=3, connectors=3),
        _rights(seats=None, overdraft=0, sso=True, calls=2_000, dashboards=6, connectors=0),
    ),
)
PLUS = Offering(
    "plus",
    is_per_quantity=True,
    months=12,
    revisions=(
        _rights(seats=None, overdraft="50%", sso=True, calls=5_000, dashboards=10, connectors=UNLIMITED),
        _rights(seats=None, overdraft="25%", sso=True, calls=UNLIMITED, dashboards=12, connectors=8),
        _rights(seats=None, overdraft=2, sso=False, calls=4_000, dashboards=8, connectors=8),
    ),
)
FIXED = Offering(
    "fixed",
    is_per_quantity=False,
    months=12,
    revisions=(
        _rights(seats=5, overdraft=1, sso=True, calls=3_000, dashboards=5, connectors=5),
        _rights(seats=6, overdraft="20%", sso=True, calls=3_000, dashboards=5, connectors=6),
        _rights(seats=4, overdraft=0, sso=True, calls=6_000, dashboards=7, connectors=UNLIMITED),
    ),
)
MONTHLY = Offering(
    "monthly",
    is_per_quantity=False,
    months=1,
    revisions=(
        _rights(seats=3, overdraft=0, sso=False, calls=500, dashboards=2, connectors=1),
        _rights(seats=2, overdraft=UNLIMITED, sso=False, calls=600, dashboards=2, connectors=2),
        _rights(seats=3, overdraft="40%", sso=False, calls=600, dashboards=3, connectors=2),
    ),
)
PERPETUAL = Offering(
    "perpetual",
    is_per_quantity=False,
    months=None,
    revisions=(
        _rights(seats=UNLIMITED, overdraft=0, sso=True, calls=UNLIMITED, dashboards=UNLIMITED, connectors=9),
        _rights(seats=4, overdraft=1, sso=True, calls=2_500, dashboards=9, connectors=9),
        _rights(seats=4, overdraft="33%", sso=False, calls=2_500, dashboards=9, connectors=4),
    ),
)

OFFERINGS = {each.name: each for each in (BASIC, PLUS, FIXED, MONTHLY, PERPETUAL)}


def higher(first: Value, second: Value) -> Value:
    """Return the higher of two values of a right that can be ordered; unlimited is above all."""
    if UNLIMITED in (first, second):
        return UNLIMITED
    return max(first, second)


def capacity(limit: Value, overdraft: Value) -> int | None:
    """Return how many seats may be in use, None for any number; a percentage of the limit is rounded down."""
    if UNLIMITED in (limit, overdraft):
        return None
    limit = int(limit)
    if isinstance(overdraft, str):
        return limit + limit * int(overdraft.removesuffix("%")) // 100
    return limit + int(overdraft)
