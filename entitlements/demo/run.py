"""One run of seed_demo: it carries out operations at past moments, as made-up people and systems."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random
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
class DemoRun:
    """The clock, random numbers with a fixed seed, the catalog and the people of one run."""

    now: datetime
    catalog: DemoCatalog
    people: dict[str, User]
    random: Random = field(default_factory=lambda: Random(SEED))  # noqa: S311 (made-up data)

    @property
    def today(self) -> date:
        """Return the day of the run in the site's zone."""
        return timezone.localdate(self.now)

    def moment(self, days_ago: int, *, hour: int | None = None) -> datetime:
        """Return a moment (aware UTC) in office hours ``days_ago`` days ago, at the latest now."""
        chosen = self.random.randint(8, 17) if hour is None else hour
        at = time(chosen, self.random.randint(0, 59), self.random.randint(0, 59))
        day = self.today - timedelta(days=days_ago)
        return min(timezone.make_aware(datetime.combine(day, at)).astimezone(UTC), self.now)

    def carry_out(
        self,
        operation: type[Operation],
        ids: Iterable[UUID] = (),
        *,
        at: datetime,
        by: User | engine.System,
        reason: str = "",
        reference: str = "",
        **fields: Any,
    ) -> Act | None:
        """Carry out an operation at a moment and return its act; ``None`` where every entitlement was refused."""
        result = engine.apply(
            operation(as_of=timezone.localdate(at), **fields),
            ids,
            made_by=by,
            source=SOURCES[by.name] if isinstance(by, engine.System) else Source.PAGE,
            reason=reason,
            reference=reference,
            at=at,
        )
        return result.act
