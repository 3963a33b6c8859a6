"""Which entitlements an erasure concerns: the customer's own, those it shared, and those beside it in the log."""

from dataclasses import dataclass
from uuid import UUID

from entitlements.models import Change, Entitlement, Order
from entitlements.privacy.holdings import Family, acts_of, changes_of, in_batches, keys

REFERENCE_USED = "order_reference_used"  # a warning that names the customers of other orders


@dataclass(frozen=True, slots=True)
class Concerned:
    """Entitlements by key, in order.

    ``own`` were the customer's alone from the first change on, ``shared`` another customer's too. Those ``beside`` were
    always another customer's: an act changed them along with one of the customer's, or a warning in their log names it.
    """

    own: tuple[UUID, ...]
    shared: tuple[UUID, ...]
    beside: tuple[UUID, ...]

    @property
    def every(self) -> list[UUID]:
        """Return all of them, in order."""
        return sorted({*self.own, *self.shared, *self.beside})


def concerned_by(family: Family) -> Concerned:
    """Return the entitlements that an erasure of a customer and those merged into it concerns."""
    held = set(keys(Entitlement.objects.filter(order__customer__in=family)))
    logged = set(changes_of(family).order_by().values_list("entitlement", flat=True))
    others: set[UUID] = set()
    for batch in in_batches(sorted(held | logged)):
        rows = Change.objects.filter(entitlement__in=batch).exclude(customer__in=family)
        others |= set(rows.order_by().values_list("entitlement", flat=True))
    own = held - others
    shared = (held | logged) - own
    beside = (_changed_along(family) | _warned_of(family)) - held - logged
    return Concerned(tuple(sorted(own)), tuple(sorted(shared)), tuple(sorted(beside)))


def _changed_along(family: Family) -> set[UUID]:
    """Return the entitlements that acts on those of the customer changed."""
    found: set[UUID] = set()
    for batch in in_batches(keys(acts_of(family))):
        found |= set(Change.objects.filter(act__in=batch).order_by().values_list("entitlement", flat=True))
    return found


def _warned_of(family: Family) -> set[UUID]:
    """Return the entitlements in orders of others whose reference an order of the customer has too."""
    own = Order.objects.filter(customer__in=family).exclude(order_reference_folded="").order_by()
    same = Order.objects.filter(order_reference_folded__in=own.values("order_reference_folded"))
    found: set[UUID] = set()
    for batch in in_batches(keys(same.exclude(customer__in=family))):
        rows = Change.objects.filter(order__in=batch).order_by().values_list("entitlement", "warnings")
        found |= {key for key, warnings in rows if warns_of_reference(warnings)}
    return found


def warns_of_reference(warnings: list[dict[str, str]]) -> bool:
    """Tell whether warnings name the customers of other orders with the same reference."""
    return any(each["code"] == REFERENCE_USED for each in warnings)
