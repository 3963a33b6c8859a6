"""The desk of the demo: carries out operations at moments of the past, as its people and systems."""

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.utils import timezone

from entitlements import engine
from entitlements.demo.catalog import DemoCatalog
from entitlements.models import Act, Source
from entitlements.operations import Operation

SEED = 48213
BILLING = engine.System("billing")
WEBSHOP = engine.System("webshop")
LICENSING = engine.System("licensing")
SOURCES = {BILLING.name: Source.TASK, WEBSHOP.name: Source.API, LICENSING.name: Source.CLIENT}


@dataclass
class Desk:
    """Everything the demo is made with: the clock, chance with a fixed seed, the catalog and the people."""

    now: datetime
    catalog: DemoCatalog
    people: dict[str, User]
    chance: random.Random = field(default_factory=lambda: random.Random(SEED))  # noqa: S311 (made-up data)

    @property
    def today(self) -> date:
        """Return the day of the demo's making, in the site's zone."""
        return timezone.localdate(self.now)

    def moment(self, days_ago: int, *, hour: int | None = None) -> datetime:
        """Return a moment in office hours so many days ago, never later than now."""
        chosen = self.chance.randint(8, 17) if hour is None else hour
        at = time(chosen, self.chance.randint(0, 59), self.chance.randint(0, 59))
        day = self.today - timedelta(days=days_ago)
        return min(timezone.make_aware(datetime.combine(day, at)).astimezone(UTC), self.now)

    def do(
        self,
        operation: type[Operation],
        ids: Iterable[UUID] = (),
        *,
        at: datetime,
        by: User | engine.System,
        reason: str = "",
        reference: str = "",
        **asked: Any,
    ) -> Act | None:
        """Carry out an operation at a moment and return its act; ``None`` where all of it was refused."""
        result = engine.apply(
            operation(as_of=timezone.localdate(at), **asked),
            ids,
            made_by=by,
            source=SOURCES[by.name] if isinstance(by, engine.System) else Source.PAGE,
            reason=reason,
            reference=reference,
            at=at,
        )
        return result.act
