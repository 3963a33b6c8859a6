"""What of the operation of a proposal may be edited: numbers, values set by hand, where it leads, what was agreed."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django import forms

from config.number_fields import WholeNumberField
from entitlements.amendments.proposals.targets import target_choices, target_of, with_target
from entitlements.dialogs.change_offering.choices import Targets
from entitlements.dialogs.overrides.forms import ValueField, typed_value
from entitlements.models.holdings import CONDITIONS_LENGTH
from entitlements.operations import (
    ChangeOffering,
    ChangeTerms,
    Operation,
    SeatChoice,
    SeatMode,
    SetOverrides,
    SetQuantity,
    Step,
    Together,
)
from entitlements.operations.seats import SEAT_MODES
from entitlements.schedule.planned import Planned
from entitlements.state import State, load
from offerings.rights import Right

NO_NUMBER = "Write a whole number."
NO_TARGET = "Choose one of the offerings listed."


@dataclass(frozen=True, slots=True)
class Asked:
    """One value that a proposal asks for, with its field: the place of its step, and what it is called there.

    ``value`` is it as it is, ``initial`` what its field shows first; ``put`` returns an operation with another one.
    """

    place: int
    key: str
    value: Any
    initial: Any
    field: forms.Field
    put: Callable[[Any, Any], Operation]

    @property
    def name(self) -> str:
        """Return the name of its field; those of the first step are called as in other forms."""
        return f"{self.key}-{self.place + 1}" if self.place else self.key


def asked_by(planned: Planned) -> list[Asked]:
    """Return the values that an operation asks for, in their order; five queries at most, none without states.

    Seven more for each step that changes the offering.
    """
    steps = list(enumerate(_steps_of(planned)))
    keys = {step.ids[0] for _place, step in steps if isinstance(step.operation, _OF_STATES) and step.ids}
    states = {state.id: state for state in load(keys)} if keys else {}
    return [each for place, step in steps for each in _asked_in(place, step, states)]


def _steps_of(planned: Planned) -> tuple[Step, ...]:
    operation = planned.operation
    if isinstance(operation, Together):
        return operation.steps
    return (Step(operation=operation, ids=planned.ids),) if operation else ()


_OF_STATES = (ChangeOffering, SetOverrides)
_WITH_SEATS = (ChangeOffering, SetOverrides, SetQuantity)


def _asked_in(place: int, step: Step, states: Mapping[UUID, State]) -> Iterator[Asked]:
    operation, state = step.operation, states.get(step.ids[0]) if step.ids else None
    if isinstance(operation, ChangeOffering) and state:
        yield _target(place, operation, state)
    quantity = getattr(operation, "quantity", None)
    if quantity is not None or (isinstance(operation, ChangeOffering) and operation.count is None):
        yield _quantity(place, quantity, is_optional=isinstance(operation, ChangeOffering))
    if isinstance(operation, SetOverrides) and state:
        for key, value in operation.values.items():
            if right := state.revision.right(key):
                yield _right(place, right, value)
    if isinstance(operation, _WITH_SEATS):
        yield _seats(place, operation.seats)
    if isinstance(operation, ChangeTerms) and operation.conditions is not None:
        yield _conditions(place, operation.conditions)


def _target(place: int, operation: ChangeOffering, state: State) -> Asked:
    """Return where a change of the offering leads; seven queries."""
    field = forms.ChoiceField(
        label="Change to",
        choices=target_choices(Targets.of(state), operation),
        error_messages={"required": NO_TARGET, "invalid_choice": NO_TARGET},
    )
    target = target_of(operation)
    return Asked(place, "target", target, target, field, with_target)


def _quantity(place: int, value: int | None, *, is_optional: bool) -> Asked:
    field = WholeNumberField(
        label="Quantity",
        required=not is_optional,
        help_text="Empty: as many as now, where it is sold so." if is_optional else "",
        error_messages={"required": NO_NUMBER, "invalid": NO_NUMBER},
    )
    return Asked(place, "quantity", value, value, field, lambda operation, new: replace(operation, quantity=new))


def _right(place: int, right: Right, value: Any) -> Asked:
    def put(operation: SetOverrides, new: Any) -> SetOverrides:
        return replace(operation, values={**operation.values, right.key: new})

    return Asked(place, f"right-{right.key}", value, typed_value(right, value), ValueField(right), put)


def _seats(place: int, choice: SeatChoice) -> Asked:
    """Return what happens to seats in use; seats that were chosen stay chosen, or are chosen no more."""

    def put(operation: ChangeOffering | SetOverrides | SetQuantity, new: str) -> Operation:
        mode = SeatMode(new or choice.mode)
        return operation if mode == choice.mode else replace(operation, seats=SeatChoice(mode))

    modes = [mode for mode in SEAT_MODES if mode is not SeatMode.RELEASE_CHOSEN or mode is choice.mode]
    field = forms.ChoiceField(
        label="Seats in use", required=False, choices=[(mode.value, SEAT_MODES[mode]) for mode in modes]
    )
    return Asked(place, "seats", choice.mode.value, choice.mode.value, field, put)


def _conditions(place: int, text: str) -> Asked:
    field = forms.CharField(
        label="Terms and conditions",
        required=False,
        max_length=CONDITIONS_LENGTH,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text="What was agreed in words. Empty: none any more.",
    )

    def put(operation: ChangeTerms, new: str) -> ChangeTerms:
        written = new.replace("\r\n", "\n")
        return operation if written == text.strip() else replace(operation, conditions=written)

    return Asked(place, "conditions", text, text, field, put)


def with_values(planned: Planned, asked: Sequence[Asked], values: Mapping[str, Any]) -> Operation | None:
    """Return the operation with other values by the names of ``asked``; ``None`` where none may be edited. Pure."""
    operation, steps = planned.operation, _steps_of(planned)
    if operation is None or not asked:
        return None
    changed = [
        _with_values(step.operation, [(each, values[each.name]) for each in asked if each.place == place])
        for place, step in enumerate(steps)
    ]
    if not isinstance(operation, Together):
        return changed[0]
    pairs = zip(steps, changed, strict=True)
    return replace(operation, steps=tuple(replace(step, operation=each) for step, each in pairs))


def _with_values(operation: Operation, values: Iterable[tuple[Asked, Any]]) -> Operation:
    for asked, value in values:
        operation = asked.put(operation, value)
    return operation
