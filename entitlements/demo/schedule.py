"""The schedule of the demo: events on days of the past, carried out in the order of time."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from entitlements.demo.run import DemoRun
from entitlements.demo.sales import Sale
from entitlements.models import Act
from entitlements.operations import Operation

SETTLED = 28  # days between a sale and its first later event
Action = Callable[[datetime], object]


class Event(NamedTuple):
    """An action at a moment."""

    at: datetime
    action: Action


@dataclass
class Schedule:
    """The events of one run."""

    run: DemoRun
    events: list[Event] = field(default_factory=list)

    def on(self, days_ago: int, action: Action) -> None:
        """Schedule an action ``days_ago`` days ago, at the latest yesterday."""
        self.events.append(Event(self.run.moment(max(1, days_ago)), action))

    def carry_out(self) -> None:
        """Carry out every event, the oldest first."""
        for event in sorted(self.events, key=lambda event: event.at):
            event.action(event.at)

    def day_after(self, sale: Sale) -> int:
        """Return a random day, as days ago, from ``SETTLED`` days after a sale to yesterday."""
        return self.run.random.randint(1, max(1, sale.days_ago - SETTLED))

    def pick(self, texts: tuple[str, ...]) -> str:
        """Return one of several texts."""
        return self.run.random.choice(texts)

    def reference(self) -> str:
        """Return the number of a ticket, or an empty text."""
        return f"TCK-{self.run.random.randint(20_000, 39_999)}" if self.run.random.random() < 0.4 else ""

    def operate(self, operation: type[Operation], sale: Sale, at: datetime, **fields: Any) -> Act | None:
        """Carry out an operation on one sale, mostly as the operations person; ``None`` where it is refused."""
        person = self.run.people["administrator" if self.run.random.random() < 0.1 else "operations"]
        return self.run.carry_out(operation, [sale.key], at=at, by=fields.pop("by", person), **fields)
