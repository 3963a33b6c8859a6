"""Give a customer an entitlement to an offering."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from django.core.exceptions import ValidationError

from entitlements.models import ActivationCode, Customer, Entitlement, code_format
from entitlements.models.customers import NAME_LENGTH, REFERENCE_LENGTH
from entitlements.operations.base import Operation, World, text_problems
from entitlements.operations.move_rules import quantity_problems
from entitlements.operations.previews import Preview, Remark, conclude
from entitlements.operations.terms import started, starts_on_creation
from entitlements.state import UNBORN, OrderValue, RevisionValue, Shelf, State, orders_by_id
from offerings.models import OfferingKind


@dataclass(frozen=True, slots=True)
class CreationWorld(World):
    """The world with the revision and the order the entitlement is made from; ``None`` where they do not exist."""

    target: RevisionValue | None = None
    order: OrderValue | None = None
    codes_taken: frozenset[str] = frozenset()
    has_plan_already: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateEntitlement(Operation):
    """Make an entitlement on ``revision_id`` in an order, in a new order of a customer, or for a new customer.

    Name one of ``order_id``, ``customer_id`` and ``customer_name``; order reference and codes belong to new orders.
    """

    name: ClassVar[str] = "create_entitlement"
    permission: ClassVar[str] = "entitlements.create_entitlement"
    creates: ClassVar[bool] = True

    revision_id: int
    order_id: UUID | None = None
    customer_id: UUID | None = None
    customer_name: str = ""
    order_reference: str = ""
    codes: tuple[str, ...] = ()
    quantity: int | None = None

    def revision_ids(self) -> tuple[int, ...]:
        """Return the revision to make it from."""
        return (self.revision_id,)

    def load(self, states: Sequence[State], *, at: datetime, shelf: Shelf) -> CreationWorld:
        """Read the order or customer, taken codes and the order's plan; three queries at most."""
        target = shelf.get(self.revision_id)
        codes = [code for code in self.codes if _is_code(code)]
        taken = ActivationCode.objects.filter(code__in=codes).values_list("code", flat=True) if codes else ()
        return CreationWorld(
            at=at,
            target=target,
            order=self._order(),
            codes_taken=frozenset(taken),
            has_plan_already=self._has_plan(target),
        )

    def _order(self) -> OrderValue | None:
        if self.order_id:
            return orders_by_id([self.order_id]).get(self.order_id)
        if not self.customer_id:
            return OrderValue(None, None, self.customer_name, self.order_reference, new_codes=self.codes)
        customer = Customer.objects.filter(pk=self.customer_id).first()
        if customer is None:
            return None
        is_disabled = customer.disabled_at is not None
        return OrderValue(None, customer.pk, customer.name, self.order_reference, is_disabled, self.codes)

    def _has_plan(self, target: RevisionValue | None) -> bool:
        if not self.order_id or target is None or target.kind != OfferingKind.PLAN:
            return False
        held = Entitlement.objects.filter(order=self.order_id, product=target.product_id, kind=OfferingKind.PLAN)
        return held.filter(ended_on=None).exists()

    def preview(self, state: State | None, world: CreationWorld) -> Preview:
        """Return the entitlement that would be made. Pure."""
        if world.target is None:
            raise LookupError("There is no such revision.")
        target, problems = world.target, self._problems(world)
        created = State(
            id=UNBORN,
            version=0,
            sequence=0,
            order=world.order or OrderValue(None, None, ""),
            revision=target,
            quantity=self.quantity if target.is_per_quantity else None,
        )
        if starts_on_creation(target):
            created = started(created, today=self.as_of, at=world.at)
        warnings = []
        if created.order.is_customer_disabled:
            warnings.append(Remark("customer_disabled", "The customer is disabled: the entitlement is out of use."))
        return conclude(self, None, created, problems=problems, warnings=warnings)

    def _problems(self, world: CreationWorld) -> list[Remark]:
        found: list[Remark] = []
        if world.target is not None:
            found += _offering_problems(world.target, self.quantity)
        if world.order is None:
            found.append(Remark("unknown_customer", "Choose a customer from the list.", "customer"))
        elif world.order.customer_id is None and not self.customer_name.strip():
            found.append(Remark("customer_missing", "Choose a customer, or name a new one.", "customer"))
        found += text_problems(self.customer_name, field="customer_name", longest=NAME_LENGTH)
        found += text_problems(self.order_reference, field="order_reference", longest=REFERENCE_LENGTH)
        if self.order_id and (self.order_reference or self.codes):
            message = "Order reference and codes are for a new order. Leave them empty."
            found.append(Remark("order_exists", message, "codes" if self.codes else "order_reference"))
        if world.has_plan_already and world.target:
            message = f"This order has a plan for {world.target.product_name} already. Change its offering instead."
            found.append(Remark("has_plan_already", message, "offering"))
        return [*found, *_code_problems(self.codes, world.codes_taken)]


def _offering_problems(target: RevisionValue, quantity: int | None) -> list[Remark]:
    found: list[Remark] = []
    if target.is_retired:
        found.append(Remark("retired", f"{target.offering_name} is retired. Choose an offering on sale.", "offering"))
    if target.number != target.newest_number:
        message = f"{target} is no longer the newest. Choose revision {target.newest_number}."
        found.append(Remark("not_newest_revision", message, "offering"))
    if target.is_per_quantity:
        return [*found, *quantity_problems(quantity)]
    if quantity is not None:
        message = f"{target.offering_name} is sold with a fixed number of seats. Leave the quantity empty."
        found.append(Remark("quantity_not_sold", message, "quantity"))
    return found


def _is_code(text: str) -> bool:
    try:
        code_format(text)
    except ValidationError:
        return False
    return True


def _code_problems(codes: Sequence[str], taken: frozenset[str]) -> list[Remark]:
    found = []
    for code in dict.fromkeys(codes):
        if not _is_code(code):
            found.append(Remark("code_format", f"{code[:60]}: {code_format.message}", "codes"))
        if code in taken:
            found.append(Remark("code_taken", f"{code} is in use already. Choose another code.", "codes"))
        if codes.count(code) > 1:
            found.append(Remark("code_twice", f"{code} is there twice. Give each code once.", "codes"))
    return found
