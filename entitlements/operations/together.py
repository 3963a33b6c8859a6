"""Several operations on one order, previewed one after the other on the evolving states, as one preview."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from entitlements.operations.base import Operation, Unit, World, label
from entitlements.operations.create_entitlement import CreateEntitlement
from entitlements.operations.one_plan import TWO_PLANS, OpenPlans, plan_problems
from entitlements.operations.preview import Move, Preview, PreviewWarning, Problem
from entitlements.operations.words import Words
from entitlements.state import Revisions, State


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One operation, and the entitlements it is for: such as are there, or that an earlier step creates."""

    operation: Operation
    ids: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class TogetherWorld(World):
    """The world of each step, and the units it is previewed in, in their order."""

    worlds: tuple[World, ...] = ()
    units: tuple[tuple[Unit, ...], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Together(Operation):
    """Carry out ``steps`` as one: all or nothing, and undone as one.

    Each step sees the states that the ones before it leave. What the steps need to know beside the states is read
    once, from the states before the first; whether an order holds two plans is asked of the end.
    """

    name: ClassVar[str] = "together"
    permission: ClassVar[str] = "entitlements.view_entitlement"
    words: ClassVar[Words] = Words(
        title="Change together",
        submit="Change",
        done="Changed together",
        verb="changed together",
        icon="swap",
        tone="info",
    )

    steps: tuple[Step, ...] = field(default=(), metadata=label("Steps"))

    @property
    def permissions(self) -> tuple[str, ...]:
        """Return the permissions of all steps."""
        return tuple(dict.fromkeys(each for step in self.steps for each in step.operation.permissions))

    @property
    def needs_reason(self) -> bool:
        """Tell whether any step must say why."""
        return any(step.operation.needs_reason for step in self.steps)

    def units(self, ids: Sequence[UUID]) -> list[Unit]:
        """Return one unit: every entitlement that a step names and that no step creates."""
        named = [key for step in self.steps for unit in step.operation.units(step.ids) for key in unit]
        created = {step.operation.key for step in self.steps if isinstance(step.operation, CreateEntitlement)}
        return [tuple(key for key in dict.fromkeys(named) if key not in created)]

    def revision_ids(self) -> tuple[int, ...]:
        """Return the revisions of all steps."""
        return tuple(key for step in self.steps for key in step.operation.revision_ids())

    def load(self, states: Sequence[State], *, at: datetime, revisions: Revisions) -> TogetherWorld:
        """Read what each step needs; as many queries as the steps together."""
        by_id = {state.id: state for state in states}
        worlds = [
            step.operation.load([by_id[key] for key in step.ids if key in by_id], at=at, revisions=revisions)
            for step in self.steps
        ]
        units = tuple(tuple(step.operation.units(step.ids)) for step in self.steps)
        return TogetherWorld(at=at, worlds=tuple(worlds), units=units)

    def preview_moves(self, states: Sequence[State], world: TogetherWorld) -> Preview:
        """Return the moves of all steps, those of one entitlement joined; with every problem and warning. Pure."""
        now = {state.id: state for state in states}
        moves: dict[UUID, Move] = {}
        problems: list[Problem] = []
        warnings: list[PreviewWarning] = []
        permissions: set[str] = set()
        for step, known, units in zip(self.steps, world.worlds, world.units, strict=True):
            missing = {key for unit in units for key in unit} - set(now)
            if missing:
                problems.append(_missing(len(missing)))
                continue
            for unit in units:
                preview = step.operation.preview_moves([now[key] for key in unit], known)
                moves = _joined(moves, preview.moves)
                now |= {move.id: move.after for move in preview.moves}
                problems += (each for each in preview.problems if each.code != TWO_PLANS)
                warnings += preview.warnings
                permissions |= step.operation.parts(preview, known)
        plans = OpenPlans({place: held for each in world.worlds for place, held in each.plans.held.items()})
        problems += plan_problems(tuple(moves.values()), plans, field="")
        if not moves:
            problems.append(Problem("no_steps", "Nothing is asked for. Name at least one step."))
        kept = tuple(moves.values()) or tuple(Move(state, state) for state in states)
        return Preview(self, kept, _once(problems), _once(warnings), tuple(permissions))

    def parts(self, preview: Preview, world: TogetherWorld) -> set[str]:
        """Return the permissions that the parts of the steps need. Pure."""
        return set(preview.permissions)


def _joined(moves: dict[UUID, Move], later: Sequence[Move]) -> dict[UUID, Move]:
    return {**moves, **{move.id: moves[move.id].then(move) if move.id in moves else move for move in later}}


def _once(found: Sequence[Problem] | Sequence[PreviewWarning]) -> tuple:  # type: ignore[type-arg]
    return tuple(dict.fromkeys(found))


def _missing(count: int) -> Problem:
    noun = "entitlement is" if count == 1 else "entitlements are"
    return Problem("unknown_entitlement", f"{count:,} {noun} not there. Name those that are, or that a step creates.")
