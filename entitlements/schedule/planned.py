"""What is scheduled as values: what waits for its day, and what it does on that day."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from config.digests import digest_of_seen
from entitlements.billing.money import Days
from entitlements.models import Amendment
from entitlements.models.amendments import PENDING
from entitlements.operations import Operation, Preview, Problem, read
from entitlements.operations.preview import Move
from entitlements.schedule.facts import facts_of


@dataclass(frozen=True, slots=True)
class Planned:
    """One operation that waits for its day. ``number`` orders those of one day; ``operation`` counts from the day.

    ``operation`` is ``None`` where this version cannot read it. ``triggers`` are the days on which charges start.
    """

    key: UUID
    effective_on: date
    number: int
    operation: Operation | None
    ids: tuple[UUID, ...]
    name: str = ""
    triggers: Days = field(default_factory=dict, compare=False)

    @property
    def place(self) -> tuple[date, int]:
        """Return what planned operations are sorted by."""
        return self.effective_on, self.number

    @property
    def entitlements(self) -> tuple[UUID, ...]:
        """Return the entitlements that the operation is for, wherever it names them."""
        return self.operation.named(self.ids) if self.operation else self.ids


@dataclass(frozen=True, slots=True)
class Folded:
    """One planned operation with the previews it has on its day; without any, ``problems`` say why."""

    planned: Planned
    previews: tuple[Preview, ...]
    unmet: tuple[Problem, ...] = ()

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Return everything that stands against it on its day."""
        found = (*self.unmet, *(problem for preview in self.previews for problem in preview.problems))
        return tuple(dict.fromkeys(found))

    @property
    def fits(self) -> bool:
        """Tell whether it could be carried out on its day."""
        return not self.problems

    @property
    def removes(self) -> frozenset[UUID]:
        """Return the entitlements that it ends, and that no other goes on from."""
        moves = [move for preview in self.previews for move in preview.moves]
        going_on = {move.continues.id for move in moves if move.continues}
        ended = {move.id for move in moves if move.before and not move.before.ended_on and move.after.ended_on}
        return frozenset(ended - going_on)

    @property
    def outcome(self) -> str:
        """Return a digest of what it does: values that move, overrides, what is created or ends, and problems.

        Never versions, moments, seats or the use of the day: those move on until then, and change nothing agreed.
        """
        seen = [
            [_seen(move) for preview in self.previews for move in preview.moves],
            sorted(p.code for p in self.problems),
        ]
        return digest_of_seen(seen)


def _seen(move: Move) -> list[Any]:
    return [
        str(move.id) if move.before else "",
        [[each.right.key, each.before, each.after] for each in move.effects],
        [each.seen for each in move.overrides],
    ]


def planned_of(row: Amendment) -> Planned:
    """Return an amendment as a value."""
    keys = tuple(UUID(key) for key in row.entitlements)
    triggers = facts_of(row).triggers
    return Planned(row.pk, row.effective_on, row.number, read(row.operation), keys, row.name, triggers)


def pending_of(orders: Iterable[UUID]) -> dict[UUID, list[Planned]]:
    """Return what is scheduled for orders, in its order; one query."""
    found: dict[UUID, list[Planned]] = {}
    rows = Amendment.objects.filter(order__in=list(orders), status__in=PENDING).order_by("effective_on", "number")
    for row in rows:
        found.setdefault(row.order_id, []).append(planned_of(row))
    return found
