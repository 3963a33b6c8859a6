"""Bring the entitlements of many orders up to the lines of a file, each order as one."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from entitlements.billing.due import Billed
from entitlements.models import ActivationCode
from entitlements.operations.base import VERSION, Operation, Unit, World, label
from entitlements.operations.create_entitlement import CreateEntitlement, CreationWorld, existing
from entitlements.operations.one_plan import Place, open_plans
from entitlements.operations.preview import Preview, PreviewWarning, Problem
from entitlements.operations.together import Step, Together, TogetherWorld
from entitlements.operations.words import Words
from entitlements.state import NOTHING_HELD, Delta, Held, OrderValue, Revisions, State, orders_by_id
from offerings.models import OfferingKind

MOST_PREFIXES = 30  # lines of an order of which each is looked at together with all before it


@dataclass(frozen=True, slots=True)
class ImportLine:
    """One line of the file: its number, its entitlement, and the operations that bring that up to the line."""

    number: int
    entitlement_id: UUID
    operations: tuple[Operation, ...]

    @property
    def steps(self) -> tuple[Step, ...]:
        """Return the operations as steps for the entitlement; one that creates it names it itself."""
        ids = (self.entitlement_id,)
        return tuple(Step(operation=each, ids=() if each.creates else ids) for each in self.operations)

    @property
    def creation(self) -> CreateEntitlement | None:
        """Return the operation that creates the entitlement; ``None`` where it is there already."""
        return next((each for each in self.operations if isinstance(each, CreateEntitlement)), None)


@dataclass(frozen=True, slots=True)
class ImportOrder:
    """The lines of one order: what happens to it happens wholly or not at all."""

    order: OrderValue
    lines: tuple[ImportLine, ...]

    @property
    def unit(self) -> Unit:
        """Return the keys of its entitlements, also of those to be created."""
        return tuple(line.entitlement_id for line in self.lines)


@dataclass(frozen=True, slots=True)
class ImportWorld(World):
    """What the creations of all orders need to know, read once."""

    orders: Mapping[UUID, OrderValue] = field(default_factory=dict)
    revisions: Revisions = field(default_factory=dict)
    created: frozenset[UUID] = frozenset()
    codes_taken: frozenset[str] = frozenset()
    units: Mapping[Unit, ImportOrder] = field(default_factory=dict)
    held_in_order: Mapping[UUID, Held] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportEntitlements(Operation):
    """Create and change what the lines of a file ask for; ``orders`` are those of one batch of the file.

    The act stores which file it was, by name and digest: each change says what it did. Problems and warnings of a
    preview name the line in their field; see ``line_of``.
    """

    name: ClassVar[str] = "import_entitlements"
    permission: ClassVar[str] = "entitlements.create_entitlement"
    creates: ClassVar[bool] = True
    has_dialog: ClassVar[bool] = False
    takes_ids: ClassVar[bool] = False
    words: ClassVar[Words] = Words(
        title="Import entitlements",
        submit="Import",
        done="Imported",
        verb="imported",
        icon="upload",
        tone="info",
    )

    file: str = field(metadata=label("File"))
    digest: str = field(metadata=label("SHA-256 of the file"))
    lines: int = field(metadata=label("Lines"))
    orders: tuple[ImportOrder, ...] = field(default=(), compare=False)

    def asked(self) -> dict[str, Any]:
        """Return the operation as JSON, without the lines of the file."""
        facts = {"as_of": self.as_of.isoformat(), "file": self.file, "digest": self.digest, "lines": self.lines}
        return {"operation": self.name, "version": VERSION, **facts}

    def units(self, ids: Sequence[UUID]) -> list[Unit]:
        """Return one unit for each order."""
        return [each.unit for each in self.orders]

    def created_ids(self, ids: Sequence[UUID]) -> tuple[UUID, ...]:
        """Return the keys of the entitlements that lines create."""
        return tuple(each.key for each in self._creations())

    def revision_ids(self) -> tuple[int, ...]:
        """Return the revisions that entitlements are created from."""
        return tuple({each.revision_id for each in self._creations()})

    def order_ids(self, ids: Sequence[UUID]) -> tuple[UUID, ...]:
        """Return the orders that are there and that something is created in."""
        return tuple(
            each.order.id for each in self.orders if not each.order.is_new and any(line.creation for line in each.lines)
        )

    def _creations(self) -> Iterator[CreateEntitlement]:
        return (line.creation for order in self.orders for line in order.lines if line.creation)

    def load(self, states: Sequence[State], *, at: datetime, revisions: Revisions) -> ImportWorld:
        """Read orders, plans, codes and keys that are there, for all lines; four queries at most."""
        creations = list(self._creations())
        codes = [code for each in creations for code in each.codes]
        there = self.order_ids(())
        taken = ActivationCode.objects.filter(code__in=codes).values_list("code", flat=True) if codes else ()
        return ImportWorld(
            at=at,
            orders=orders_by_id(there) if there else {},
            revisions=revisions,
            plans=open_plans(self._places(revisions)),
            created=existing(each.key for each in creations),
            codes_taken=frozenset(taken),
            units={each.unit: each for each in self.orders},
        )

    def _places(self, revisions: Revisions) -> Iterator[Place | None]:
        """Yield the places that plans would be created in, of orders that are there."""
        for each in self.orders:
            for line in each.lines if not each.order.is_new else ():
                target = revisions.get(line.creation.revision_id) if line.creation else None
                if target is not None and target.kind == OfferingKind.PLAN:
                    yield each.order.id, target.product_id

    def world(
        self, states: Sequence[State], *, at: datetime, revisions: Revisions, held: Held = NOTHING_HELD
    ) -> ImportWorld:
        """Return what ``load`` reads, with what is open in each order."""
        by_order: defaultdict[UUID, dict[Any, Any]] = defaultdict(dict)
        for place, members in held.items():
            by_order[place[0]][place] = members
        return replace(self.load(states, at=at, revisions=revisions), held=held, held_in_order=by_order)

    def preview_unit(self, unit: Unit, states: Sequence[State], world: ImportWorld) -> Preview:
        """Return what would happen to one order, with the line of each problem and warning. Pure."""
        order = world.units[unit]
        whole = self._preview_lines(order, order.lines, states, world)
        first = order.lines[0].number
        if len(order.lines) == 1 or not (whole.problems or whole.warnings):
            places = dict.fromkeys(_messages(whole), first)
        else:
            places = self._places_of_messages(order, whole, states, world)
        problems = tuple(replace(each, field=field_of_line(places[each], each.field)) for each in whole.problems)
        warnings = tuple(replace(each, field=field_of_line(places[each], each.field)) for each in whole.warnings)
        permissions = tuple(sorted({*whole.permissions, *self.permissions}))
        found = replace(whole, operation=self, problems=problems, warnings=warnings, permissions=permissions)
        return replace(found, money=None)

    def money_of(self, preview: Preview, world: ImportWorld, billed: Billed) -> None:
        """Return that nothing is due: what a file brings in was billed elsewhere."""

    def _places_of_messages(
        self, order: ImportOrder, whole: Preview, states: Sequence[State], world: ImportWorld
    ) -> dict[Problem | PreviewWarning, int]:
        """Return the line with which each message first appears; the last line where only the whole has it.

        Of an order with more than ``MOST_PREFIXES`` lines, that is the line which has it alone: the work stays linear.
        """
        found: dict[Problem | PreviewWarning, int] = {}
        is_long = len(order.lines) > MOST_PREFIXES
        for count, line in enumerate(order.lines, start=1):
            lines = (line,) if is_long else order.lines[:count]
            part = self._preview_lines(order, lines, states, world)
            for each in _messages(part):
                found.setdefault(each, line.number)
        last = order.lines[-1].number
        return {each: found.get(each, last) for each in _messages(whole)}

    def _preview_lines(
        self, order: ImportOrder, lines: Sequence[ImportLine], states: Sequence[State], world: ImportWorld
    ) -> Preview:
        """Return the preview of lines of one order, one after the other on the evolving states."""
        steps = tuple(step for line in lines for step in line.steps)
        held = world.held_in_order.get(order.order.id, NOTHING_HELD)
        value = order.order if order.order.is_new else world.orders.get(order.order.id)
        known = TogetherWorld(
            at=world.at,
            plans=world.plans,
            held=held,
            worlds=tuple(self._world_of(step, value, world) for step in steps),
            units=tuple(step.units() for step in steps),
        )
        concerned = {line.entitlement_id for line in lines}
        return Together(as_of=self.as_of, steps=steps).preview([each for each in states if each.id in concerned], known)

    def _world_of(self, step: Step, order: OrderValue | None, world: ImportWorld) -> World:
        if not isinstance(step.operation, CreateEntitlement):
            return World(at=world.at, memo=world.memo)
        return CreationWorld(
            at=world.at,
            memo=world.memo,
            plans=world.plans,
            target=world.revisions.get(step.operation.revision_id),
            order=order,
            codes_taken=world.codes_taken,
            is_created=step.operation.key in world.created,
        )

    @classmethod
    def title_of(cls, before: State | None, after: State, delta: Delta) -> str:
        """Return the title of one change in the log."""
        return "Created by an import" if before is None else "Changed by an import"


def field_of_line(number: int, name: str) -> str:
    """Return the field of a problem in a line of a file."""
    return f"line {number} {name}".rstrip()


def line_of(field_name: str) -> tuple[int | None, str]:
    """Return the number of the line and the name of the field that ``field_of_line`` joined; no number for others."""
    word, _blank, rest = field_name.partition(" ")
    number, _blank, name = rest.partition(" ")
    return (int(number), name) if word == "line" and number.isdigit() else (None, field_name)


def _messages(preview: Preview) -> list[Problem | PreviewWarning]:
    return [*preview.problems, *preview.warnings]
