"""Recent work: changes per day, and the latest acts as sentences."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Count, OuterRef, Subquery, UUIDField
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import TruncDate
from django.utils import timezone

from entitlements.models import Act, Change, Entitlement
from entitlements.operations import BY_NAME, UndoAct, Work, words_of

DAYS = 30
LATEST = 10

WORK_BY_DIRECTION = {"upgrade": Work.UPGRADE, "downgrade": Work.DOWNGRADE}


@dataclass(frozen=True, slots=True)
class WorkDay:
    """One day in the reader's zone, with the number of changes by kind of work."""

    day: date
    counts: Mapping[Work, int]

    @property
    def total(self) -> int:
        """Return the number of changes."""
        return sum(self.counts.values())


def work_days(today: date, *, days: int = DAYS) -> list[WorkDay]:
    """Return the last ``days`` days of the reader, ``today`` last, days without a change included; one query.

    The index ``act_newest`` finds the acts, the index of the foreign key their changes.
    """
    zone = timezone.get_current_timezone()
    first = today - timedelta(days=days - 1)
    rank = KeyTextTransform("rank", KeyTransform("path", "changes__delta"))
    rows = (
        Act.objects.filter(made_at__gte=datetime.combine(first, time.min, tzinfo=zone))
        .annotate(day=TruncDate("made_at", tzinfo=zone), rank=rank)
        .order_by()
        .values_list("day", "operation", "rank")
        .annotate(Count("changes"))
    )
    found: defaultdict[date, dict[Work, int]] = defaultdict(lambda: dict.fromkeys(Work, 0))
    for day, operation, rank, count in rows:
        work = BY_NAME[operation].work if operation in BY_NAME else Work.OTHER
        found[day][WORK_BY_DIRECTION.get(rank, work)] += count
    return [WorkDay(day, found[day]) for day in (first + timedelta(days=step) for step in range(days))]


@dataclass(frozen=True, slots=True)
class LatestAct:
    """One act as a sentence: the person, ``verb``, and the entitlement or the number of entitlements."""

    act: Act
    verb: str
    icon: str
    tone: str
    count: int
    entitlement: Entitlement | None

    @property
    def is_one(self) -> bool:
        """Tell whether the act changed one entitlement."""
        return self.count == 1 and self.entitlement is not None


def latest_acts(*, size: int = LATEST) -> list[LatestAct]:
    """Return the newest acts, each with one of the entitlements it changed; two queries.

    The index ``act_newest`` finds the acts, the index of the foreign key counts their changes.
    """
    changes = Change.objects.filter(act=OuterRef("pk")).order_by()
    acts = list(
        Act.objects.select_related("undoes")
        .annotate(
            change_count=Subquery(changes.values("act").annotate(count=Count("pk")).values("count")),
            entitlement_id=Subquery(changes.values("entitlement")[:1], output_field=UUIDField()),
        )
        .defer("asked", "undoes__asked")
        .order_by("-made_at", "-pk")[:size]
    )
    keys = [act.entitlement_id for act in acts if act.entitlement_id]
    entitlements = Entitlement.objects.select_related("order__customer", "revision").in_bulk(keys)
    return [_latest_act(act, act.change_count or 0, entitlements.get(act.entitlement_id)) for act in acts]


def _latest_act(act: Act, count: int, entitlement: Entitlement | None) -> LatestAct:
    if act.operation != UndoAct.name or act.undoes is None:
        words = words_of(act.operation)
        return LatestAct(act, words.verb, words.icon, words.tone, count, entitlement)
    if act.undoes.operation == UndoAct.name:
        return LatestAct(act, "redid an undone change of", "redo", "quiet", count, entitlement)
    return LatestAct(act, f"undid “{words_of(act.undoes.operation).done}” on", "undo", "quiet", count, entitlement)
