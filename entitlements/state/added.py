"""What add-ons in force make of the rights of the plan beside them. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID

from offerings import rights
from offerings.models import OfferingKind
from offerings.rights import Right, Value

if TYPE_CHECKING:
    from entitlements.state.values import State

IN_FORCE = ("active", "grace period")


@dataclass(frozen=True, slots=True)
class Added:
    """What one add-on makes of the rights of the plan: values that replace the plan's, and amounts added to them.

    ``definitions`` name the rights, of which the plan may lack some.
    """

    entitlement: UUID
    name: str
    replaced: Mapping[str, Value]
    extended: Mapping[str, Value]
    definitions: Mapping[str, Right]

    def applied_to(self, key: str, value: Value | None, *, is_by_hand: bool) -> Value | None:
        """Return the value of a right with this add-on. A value set by hand is extended, never replaced."""
        if key in self.replaced and not is_by_hand:
            replacing = self.replaced[key]
            value = True if value is True and replacing is False else replacing
        return rights.extended(value, self.extended[key]) if key in self.extended else value


def added_by(add_ons: Iterable["State"], today: date) -> tuple[Added, ...]:
    """Return what the add-ons in force on ``today`` make of their plan, the earliest bought first.

    That the customer is disabled takes the plan out of use with them, so it takes nothing from the plan.
    """
    found = [_added(each) for each in add_ons if is_in_force(each, today)]
    return tuple(sorted(found, key=lambda each: each.entitlement))


def is_in_force(add_on: "State", today: date) -> bool:
    """Tell whether an add-on counts on ``today``: within its term or grace period, and not disabled."""
    return add_on.revision.kind == OfferingKind.ADD_ON and add_on.own_status(today) in IN_FORCE


def _added(add_on: "State") -> Added:
    sheet, amounts = add_on.revision.sheet, add_on.revision.extensions
    keys = [key for key in {**sheet.values, **add_on.overrides} if key.startswith(rights.FEATURE_PREFIX)]
    replaced = {key: value for key in keys if (value := add_on.in_force(key)) is not None}
    count = add_on.quantity or 1
    return Added(
        entitlement=add_on.id,
        name=add_on.revision.offering_name,
        replaced=replaced,
        extended={key: rights.times(amount, count) for key, amount in amounts.items()},
        definitions=sheet.definitions,
    )
