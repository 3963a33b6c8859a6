"""What of the operation of a proposal may be edited: quantities, and the values of rights set by hand."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django import forms

from config.number_fields import WholeNumberField
from entitlements.dialogs.overrides.forms import ValueField, typed_value
from entitlements.operations import Operation, SetOverrides, Step, Together
from entitlements.schedule.planned import Planned
from entitlements.state import State, load
from offerings.rights import Right

NO_NUMBER = "Write a whole number."


@dataclass(frozen=True, slots=True)
class Asked:
    """One value that a proposal asks for: the place of its step, and the right; ``None`` for the quantity."""

    place: int
    right: Right | None
    value: Any

    @property
    def name(self) -> str:
        """Return the name of its field; those of the first step are called as in other forms."""
        name = f"right-{self.right.key}" if self.right else "quantity"
        return f"{name}-{self.place + 1}" if self.place else name

    @property
    def initial(self) -> Any:
        """Return what its field shows first."""
        return typed_value(self.right, self.value) if self.right else self.value

    def field(self) -> forms.Field:
        """Return a field for it."""
        if self.right:
            return ValueField(self.right)
        return WholeNumberField(label="Quantity", error_messages={"required": NO_NUMBER, "invalid": NO_NUMBER})


def asked_by(planned: Planned) -> list[Asked]:
    """Return the values that an operation asks for, in their order; five queries at most, none without rights."""
    steps = list(enumerate(_steps_of(planned)))
    keys = {step.ids[0] for _place, step in steps if isinstance(step.operation, SetOverrides) and step.ids}
    states = {state.id: state for state in load(keys)} if keys else {}
    return [each for place, step in steps for each in _asked_in(place, step, states)]


def _steps_of(planned: Planned) -> tuple[Step, ...]:
    operation = planned.operation
    if isinstance(operation, Together):
        return operation.steps
    return (Step(operation=operation, ids=planned.ids),) if operation else ()


def _asked_in(place: int, step: Step, states: Mapping[UUID, State]) -> Iterator[Asked]:
    quantity = getattr(step.operation, "quantity", None)
    if quantity is not None:
        yield Asked(place, None, quantity)
    if isinstance(step.operation, SetOverrides) and step.ids and step.ids[0] in states:
        revision = states[step.ids[0]].revision
        for key, value in step.operation.values.items():
            if right := revision.right(key):
                yield Asked(place, right, value)


def with_values(planned: Planned, asked: Sequence[Asked], values: Mapping[str, Any]) -> Operation | None:
    """Return the operation with other values by the names of ``asked``; ``None`` where none may be edited. Pure."""
    operation, steps = planned.operation, _steps_of(planned)
    if operation is None or not asked:
        return None
    changed = [
        _with_values(step.operation, [(each.right, values[each.name]) for each in asked if each.place == place])
        for place, step in enumerate(steps)
    ]
    if not isinstance(operation, Together):
        return changed[0]
    pairs = zip(steps, changed, strict=True)
    return replace(operation, steps=tuple(replace(step, operation=each) for step, each in pairs))


def _with_values(operation: Operation, values: Iterable[tuple[Right | None, Any]]) -> Operation:
    changes: dict[str, Any] = {}
    for right, value in values:
        if right is None:
            changes["quantity"] = value
        elif isinstance(operation, SetOverrides):
            changes["values"] = {**changes.get("values", operation.values), right.key: value}
    return replace(operation, **changes) if changes else operation
