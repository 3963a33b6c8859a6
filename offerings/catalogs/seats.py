"""The way of selling the seats of a catalog's plans. Pure: the rules read the values of a catalog.

One usage limit can be the number of seats: its unit counts people by the list in ``units``, and the limit is neither
renewed nor a minimum nor per something else. Each plan with a flat price then sells that fixed number of seats, and the
offering alone stores the limit. Plans priced per user are sold per quantity: the customer chooses the number of seats,
and the limit, which is then a maximum, stays a feature of kind number. In a catalog with plans of both sorts the limit
is such a feature, and each flat plan sells the fixed number of seats of the limit.

An add-on that extends limits does so once for each one bought, so it is sold per quantity, as one priced per user is.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from offerings import rights
from offerings.catalogs.naming import words
from offerings.catalogs.units import parse_unit
from offerings.catalogs.values import Catalog, CatalogLimit, CatalogPlan, CatalogWarning, ValueType
from offerings.models import SeatsSold
from offerings.rights import BUILT_IN, UNLIMITED, Value

MOST_EXTRA_SEATS = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Seats:
    """The decision for one catalog: the limit that counts seats, if any, and whether the limit is a feature too."""

    limit: CatalogLimit | None = None
    is_feature: bool = False
    warnings: tuple[CatalogWarning, ...] = field(default=())

    def is_stored_as_seats(self, name: str) -> bool:
        """Tell whether offerings alone store a limit, so that the limit is not a feature."""
        return self.limit is not None and self.limit.name == name and not self.is_feature

    def of_plan(self, plan: CatalogPlan) -> tuple[SeatsSold, Value | None]:
        """Return the way of selling the seats of a plan and, where fixed, their number."""
        if is_per_seat(plan):
            return SeatsSold.PER_QUANTITY, None
        if self.limit is None:
            return SeatsSold.FIXED, UNLIMITED
        number = plan.limits.get(self.limit.name, self.limit.default)
        return SeatsSold.FIXED, rights.meant(BUILT_IN["seat_limit"], number)


def is_per_seat(plan: CatalogPlan) -> bool:
    """Tell whether the price of a plan or add-on is multiplied by seats."""
    return parse_unit(plan.unit).is_seats


def decide_seats(catalog: Catalog) -> Seats:
    """Return the limit that is the number of seats of the catalog's plans, if any, with warnings."""
    candidates = sorted(filter(counts_seats, catalog.limits), key=lambda limit: bool(limit.linked_features))
    if not candidates or not catalog.plans:
        return Seats()
    limit, *others = candidates
    place = f"usageLimits.{limit.name}"
    if reason := next(_seat_problems(limit, catalog), None):
        return Seats(warnings=(CatalogWarning(place, f"{reason} The limit stays a feature."),))
    warnings = [
        CatalogWarning(f"usageLimits.{other.name}", f"{limit.name} is taken as the seats; this limit stays a feature.")
        for other in others
    ]
    is_feature = any(map(is_per_seat, catalog.plans))
    return Seats(limit, is_feature, tuple(warnings))


def counts_seats(limit: CatalogLimit) -> bool:
    """Tell whether a limit is a number of seats by its unit and name."""
    found = [word.lower() for word in words(limit.name)]
    unit = parse_unit(limit.unit)
    return (
        limit.value_type is ValueType.NUMERIC
        and not limit.is_renewable
        and unit.is_seats
        and not unit.time
        and found[0] not in ("min", "minimum")
        and not {"per", "virtual", "guest", "guests"}.intersection(found)
    )


def _seat_problems(limit: CatalogLimit, catalog: Catalog) -> Iterator[str]:
    for plan in catalog.plans:
        value = plan.limits.get(limit.name, limit.default)
        if not is_per_seat(plan) and not rights.is_valid(BUILT_IN["seat_limit"], value):
            yield f"Plan {plan.name} cannot have {value} seats, so its seats are unlimited."
    if any(map(is_per_seat, catalog.plans)):
        return
    for add_on in catalog.add_ons:
        if limit.name in add_on.limits:
            yield f"Add-on {add_on.name} replaces the number of seats, so seats are unlimited."
        extra = add_on.extensions.get(limit.name, 1)
        if not isinstance(extra, int) or not 1 <= extra <= MOST_EXTRA_SEATS:
            yield f"Add-on {add_on.name} cannot add {extra} seats, so seats are unlimited."
