"""Give a customer an entitlement to an offering."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, ClassVar, Self
from uuid import UUID

from django.core.exceptions import ValidationError

from config.folding import fold
from entitlements.models import (
    ActivationCode,
    AmendmentKind,
    Customer,
    Entitlement,
    Order,
    code_format,
    derived_id,
    new_id,
)
from entitlements.models.customers import NAME_LENGTH, REFERENCE_LENGTH
from entitlements.operations.base import Operation, Unit, World, label, name_problems
from entitlements.operations.change_offering.rules import quantity_problems
from entitlements.operations.one_plan import open_plans, place_of, plan_problems
from entitlements.operations.preview import Move, Preview, PreviewWarning, Problem
from entitlements.operations.terms import started, starts_on_creation
from entitlements.operations.words import Words
from entitlements.state import OrderValue, Revisions, RevisionValue, State, billing_of_new_order, orders_by_id

MOST_NAMED = 3
UNKNOWN_CUSTOMER = Problem("unknown_customer", "Choose a customer from the list.", "customer")
ALREADY_CREATED = Problem("already_created", "This has been created already: the same request came twice.")


@dataclass(frozen=True, slots=True)
class CreationWorld(World):
    """The world with the revision and the order the entitlement is made from; ``None`` where they do not exist."""

    target: RevisionValue | None = None
    order: OrderValue | None = None
    codes_taken: frozenset[str] = frozenset()
    same_reference: tuple[str, ...] = ()  # the customers of other orders with the order reference
    is_created: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateEntitlement(Operation):
    """Make an entitlement on ``revision_id`` in an order, in a new order of a customer, or for a new customer.

    Name one of ``order_id``, ``customer_id`` and ``customer_name``; order reference and codes belong to new orders.
    ``key`` is that of the entitlement; those of a new order and a new customer follow from it.
    """

    name: ClassVar[str] = "create_entitlement"
    permission: ClassVar[str] = "entitlements.create_entitlement"
    amends: ClassVar[AmendmentKind] = AmendmentKind.ADD_PRODUCT
    has_dialog: ClassVar[bool] = False
    takes_ids: ClassVar[bool] = False
    creates: ClassVar[bool] = True
    order_field: ClassVar[str] = "offering"
    words: ClassVar[Words] = Words(
        title="Create entitlement",
        submit="Create",
        done="Created",
        verb="created",
        icon="plus",
        tone="quiet",
    )

    revision_id: int = field(metadata=label("Offering"))
    order_id: UUID | None = None
    customer_id: UUID | None = None
    customer_name: str = field(default="", metadata=label("New customer"))
    order_reference: str = field(default="", metadata=label("Order reference"))
    codes: tuple[str, ...] = field(default=(), metadata=label("Activation codes"))
    quantity: int | None = field(default=None, metadata=label("Quantity"))
    key: UUID = field(default_factory=new_id)

    def units(self, ids: Sequence[UUID]) -> list[Unit]:
        """Return one unit without entitlements that are there already."""
        return [()]

    def created_ids(self, ids: Sequence[UUID]) -> tuple[UUID, ...]:
        """Return the key of the entitlement."""
        return (self.key,)

    def revision_ids(self) -> tuple[int, ...]:
        """Return the revision to make it from."""
        return (self.revision_id,)

    def order_ids(self, ids: Sequence[UUID]) -> tuple[UUID, ...]:
        """Return the order it is made in, where that is there already."""
        return (self.order_id,) if self.order_id else ()

    @property
    def new_order(self) -> UUID | None:
        """Return the key of the order that it makes; ``None`` where it names one that is there already."""
        return None if self.order_id else derived_id(self.key, "order")

    def into(self, order: UUID) -> Self:
        """Return the creation in an order, whose customer, reference and codes are there."""
        return replace(self, order_id=order, customer_id=None, customer_name="", order_reference="", codes=())

    def load(self, states: Sequence[State], *, at: datetime, revisions: Revisions) -> CreationWorld:
        """Read the order or customer, codes and a reference in use, and the order's plan; five queries at most."""
        target, order = revisions.get(self.revision_id), self._order()
        codes = [code for code in self.codes if _is_code(code)]
        taken = ActivationCode.objects.filter(code__in=codes).values_list("code", flat=True) if codes else ()
        is_in_order = self.order_id is not None and target is not None and order is not None
        return CreationWorld(
            at=at,
            target=target,
            order=order,
            plans=open_plans([place_of(self._created(order, target))] if is_in_order and order and target else ()),
            codes_taken=frozenset(taken),
            same_reference=self._customers_of_reference(),
            is_created=bool(existing([self.key])),
        )

    def _customers_of_reference(self) -> tuple[str, ...]:
        """Return the customers of other orders with the reference of a new order; one query, none without one."""
        if self.order_id or not fold(self.order_reference):
            return ()
        others = Order.objects.of_reference(self.order_reference).exclude(pk=derived_id(self.key, "order"))
        return tuple(dict.fromkeys(others.values_list("customer__name", flat=True)[:MOST_NAMED]))

    def _order(self) -> OrderValue | None:
        if self.order_id:
            return orders_by_id([self.order_id]).get(self.order_id)
        new: dict[str, Any] = {"order_reference": self.order_reference, "new_codes": self.codes, "is_new": True}
        new["billing"] = billing_of_new_order()
        key = derived_id(self.key, "order")
        if not self.customer_id:
            name = self.customer_name.strip()
            return OrderValue(key, derived_id(self.key, "customer"), name, is_new_customer=True, **new)
        customer = Customer.objects.current().filter(pk=self.customer_id).first()
        if customer is None:
            return None
        is_disabled = customer.disabled_at is not None
        return OrderValue(key, customer.pk, customer.name, is_customer_disabled=is_disabled, **new)

    def _created(self, order: OrderValue, target: RevisionValue) -> State:
        quantity = self.quantity if target.is_per_quantity else None
        return State(id=self.key, version=0, sequence=0, order=order, revision=target, quantity=quantity)

    def amendment_name(self, preview: Preview) -> str:
        """Return ``Add Gold annual``."""
        return f"Add {preview.lead.after.revision.offering_name}"

    def preview_moves(self, states: Sequence[State], world: CreationWorld) -> Preview:
        """Return the entitlement that would be made. Pure."""
        if world.target is None:
            raise LookupError("There is no such revision.")
        order = world.order or OrderValue(self.key, self.key, "", is_new=True)
        created = self._created(order, world.target)
        if starts_on_creation(world.target):
            created = started(created, today=self.as_of, at=world.at)
        moves = (Move(None, created),)
        problems = [*self._problems(world, world.target), *plan_problems(moves, world.plans, field="offering")]
        return Preview(self, moves, tuple(problems), tuple(self._warnings(world)))

    def _warnings(self, world: CreationWorld) -> Iterator[PreviewWarning]:
        if world.same_reference:
            names = ", ".join(world.same_reference)
            message = (
                f"The order reference {self.order_reference} is used already, for {names}. Check that it is right."
            )
            yield PreviewWarning("order_reference_used", message, "order_reference")

    def _problems(self, world: CreationWorld, target: RevisionValue) -> list[Problem]:
        found = _offering_problems(target, self.quantity)
        if world.is_created:
            found.append(ALREADY_CREATED)
        if world.order is None:
            found.append(UNKNOWN_CUSTOMER)
        elif world.order.is_new_customer and not world.order.customer_name:
            found.append(Problem("customer_missing", "Choose a customer, or name a new one.", "customer"))
        found += name_problems(self.customer_name, field="customer_name", longest=NAME_LENGTH)
        found += name_problems(self.order_reference, field="order_reference", longest=REFERENCE_LENGTH)
        if self.order_id and (self.order_reference or self.codes):
            message = "Order reference and codes are for a new order. Leave them empty."
            found.append(Problem("order_exists", message, "codes" if self.codes else "order_reference"))
        return [*found, *_code_problems(self.codes, world.codes_taken)]


def existing(keys: Iterable[UUID]) -> frozenset[UUID]:
    """Return which of the keys belong to an entitlement; one query, none without keys."""
    wanted = list(keys)
    return frozenset(Entitlement.objects.filter(pk__in=wanted).values_list("pk", flat=True)) if wanted else frozenset()


def _offering_problems(target: RevisionValue, quantity: int | None) -> list[Problem]:
    found: list[Problem] = []
    if target.is_retired:
        found.append(Problem("retired", f"{target.offering_name} is retired. Choose an offering on sale.", "offering"))
    if target.number != target.newest_number:
        message = f"{target} is no longer the newest. Choose revision {target.newest_number}."
        found.append(Problem("not_newest_revision", message, "offering"))
    if target.is_per_quantity:
        return [*found, *quantity_problems(quantity, limits=target.relations.bought)]
    if quantity is not None:
        message = f"{target.offering_name} is sold with a fixed number of seats. Leave the quantity empty."
        found.append(Problem("quantity_not_sold", message, "quantity"))
    limits = target.relations.bought
    if not limits.allows(1):
        message = f"{target.offering_name} can be bought {limits}, and is not sold per quantity. Sell it so first."
        found.append(Problem("quantity_not_allowed", message, "offering"))
    return found


def _is_code(text: str) -> bool:
    try:
        code_format(text)
    except ValidationError:
        return False
    return True


def _code_problems(codes: Sequence[str], taken: frozenset[str]) -> list[Problem]:
    found = []
    for code in dict.fromkeys(codes):
        if not _is_code(code):
            found.append(Problem("code_format", f"{code[:60]}: {code_format.message}", "codes"))
        if code in taken:
            found.append(Problem("code_taken", f"{code} is in use already. Choose another code.", "codes"))
        if codes.count(code) > 1:
            found.append(Problem("code_twice", f"{code} is there twice. Give each code once.", "codes"))
    return found
