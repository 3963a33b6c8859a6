"""How many entitlements expire in each month, trials apart, and of how many the customer has been contacted."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from dateutil.relativedelta import relativedelta
from django.core.cache import cache
from django.db.models import Count, F
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import TruncMonth
from django.db.models.lookups import GreaterThanOrEqual, LessThan

from entitlements.desk.counts import CACHE_SECONDS, MANY
from entitlements.models import Entitlement, Note, NoteKind
from entitlements.models.queries import EntitlementQuerySet
from entitlements.models.seats_added import EXPIRY_DAY
from offerings.models import PlanType, Revision

MONTHS_BACK, MONTHS_AHEAD = 2, 12
IS_TRIAL = {"terms__plan_type": PlanType.TRIAL}


class Group(NamedTuple):
    """What is counted apart: a month (its first day), a product by code, and whether it is a trial."""

    month: date
    product: str
    is_trial: bool


@dataclass(frozen=True, slots=True)
class Expiries:
    """The numbers of what expires, and of those contacted about it, by group. Ended entitlements are left out."""

    expiring: Mapping[Group, int] = field(default_factory=dict)
    contacted: Mapping[Group, int] = field(default_factory=dict)

    def count(self, month: date, *, is_trial: bool = False, product: str = "", contacted: str = "") -> int:
        """Return the number in a month: of one product or all; ``contacted`` is ``yes``, ``no`` or empty for all."""
        groups = [
            each
            for each in self.expiring
            if each.month == month and each.is_trial == is_trial and product in ("", each.product)
        ]
        done = sum(self.contacted.get(each, 0) for each in groups)
        everything = sum(self.expiring[each] for each in groups)
        return {"yes": done, "no": everything - done}.get(contacted, everything)


def first_of_month(day: date, months: int = 0) -> date:
    """Return the first day of the month of a day, or of one so many months later."""
    return day.replace(day=1) + relativedelta(months=months)


def expiring_in(start: date, end: date) -> EntitlementQuerySet:
    """Return entitlements whose expiry in force is from ``start`` to the day before ``end``, without ended ones."""
    found: EntitlementQuerySet = Entitlement.objects.filter(
        GreaterThanOrEqual(EXPIRY_DAY, start), LessThan(EXPIRY_DAY, end), ended_on=None
    )
    return found


def recent_expiries(today: date) -> Expiries:
    """Return the numbers of the months around ``today``; from ``MANY`` entitlements on those of up to a minute ago."""
    if (Entitlement.objects.estimated_count() or 0) < MANY:
        return expiries_around(today)
    key = f"entitlements.expiries.{today.isoformat()}"
    found: Expiries | None = cache.get(key)
    if found is None:
        found = expiries_around(today)
        cache.set(key, found, CACHE_SECONDS)
    return found


def expiries_around(today: date) -> Expiries:
    """Return the numbers of ``MONTHS_BACK`` earlier months, this one and ``MONTHS_AHEAD``; three queries."""
    start, end = first_of_month(today, -MONTHS_BACK), first_of_month(today, MONTHS_AHEAD + 1)
    expiring = expiring_in(start, end).order_by().annotate(month=TruncMonth("expires_on"))
    contacts = Note.objects.filter(
        kind=NoteKind.CONTACTED,
        about__gte=start,
        about__lt=end,
        entitlement__expires_on=F("about"),
        entitlement__ended_on=None,
    )
    contacted = contacts.order_by().annotate(month=TruncMonth("about"))
    numbers = list(expiring.values_list("month", "revision").annotate(count=Count("pk")))
    done = list(
        contacted.values_list("month", "entitlement__revision").annotate(count=Count("entitlement", distinct=True))
    )
    kinds = _kinds({revision for _month, revision, _count in numbers})
    return Expiries(_grouped(numbers, kinds), _grouped(done, kinds))


def _kinds(revisions: Iterable[int]) -> dict[int, tuple[str, bool]]:
    """Return the product of each revision, and whether it is a trial; one query."""
    rows = Revision.objects.filter(pk__in=list(revisions)).order_by()
    facts = rows.values_list("pk", "offering__product__code", KeyTextTransform("plan_type", "terms"))
    return {key: (product, plan_type == PlanType.TRIAL) for key, product, plan_type in facts}


def _grouped(rows: Iterable[Any], kinds: Mapping[int, tuple[str, bool]]) -> dict[Group, int]:
    found: Counter[Group] = Counter()
    for month, revision, count in rows:
        if revision in kinds:
            found[Group(month, *kinds[revision])] += count
    return dict(found)
