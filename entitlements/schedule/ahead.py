"""What happens to an order by itself on a day to come: terms renew, and overrides end."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from entitlements.history.words import days_in_words
from entitlements.models import Override
from entitlements.models.orders import AutomaticRenewal
from entitlements.schedule.fold import foreseen_renewals
from entitlements.schedule.planned import Folded, pending_of
from entitlements.state import State, load_alone
from offerings.rights import show_day


class Kind(StrEnum):
    """What happens by itself."""

    RENEWAL = "renewal"
    ENDING = "ending"


@dataclass(frozen=True, slots=True)
class Ahead:
    """One thing that happens by itself on a day: ``what`` to which ``names``; ``problem`` says why it does not."""

    kind: Kind
    day: date
    what: str
    names: str
    ids: tuple[UUID, ...]
    today: date
    detail: str = ""
    problem: str = ""

    @property
    def tone(self) -> str:
        """Return the tone of its mark."""
        if self.problem or (self.kind is Kind.ENDING and self.day <= self.today):
            return "stop"
        return "ok" if self.kind is Kind.RENEWAL else "kept"

    @property
    def when(self) -> str:
        """Return the distance to the day in words."""
        return days_in_words(self.day, self.today)

    @property
    def sentence(self) -> str:
        """Return the day and what happens: ``1 Mar 2027: Gold annual renews automatically``."""
        unfit = f", but does not fit: {self.problem}" if self.problem else ""
        return f"{show_day(self.day)}: {self.names} {self.what}{self.detail}{unfit}"


def renewals_ahead(order: UUID, *, today: date) -> list[Ahead]:
    """Return what renews by itself between what is scheduled for an order, and next after all of it, earliest first.

    A constant number of queries for each amendment, for any number of entitlements and terms.
    """
    found = foreseen_renewals(order, pending_of([order]).get(order, []))
    return [_renewal(each, today=today) for each in found if each.previews]


def _renewal(folded: Folded, *, today: date) -> Ahead:
    states = [state for preview in folded.previews for move in preview.moves if (state := move.before)]
    names = list(dict.fromkeys(state.revision.offering_name for state in states))
    is_newest = any(state.order.renewal == AutomaticRenewal.NEWEST for state in states)
    return Ahead(
        Kind.RENEWAL,
        folded.planned.effective_on,
        "renew automatically" if len(names) > 1 else "renews automatically",
        _listed(names),
        tuple(state.id for state in states),
        today,
        detail=", onto the newest revision" if is_newest else "",
        problem=folded.problems[0].message if folded.problems else "",
    )


def next_renewals(found: Iterable[Ahead], *, of: UUID | None = None) -> Iterator[Ahead]:
    """Yield the next renewal of each entitlement, or that of one. Pure."""
    seen: set[UUID] = set()
    for each in found:
        if set(each.ids) - seen and (of is None or (of in each.ids and of not in seen)):
            yield each
        seen |= set(each.ids)


def endings_ahead(order: UUID, *, today: date) -> list[Ahead]:
    """Return the overrides of an order that end on a day, earliest first; one query, five more where there are some.

    One whose day has come is still there: it is late, or cannot end.
    """
    rows = Override.objects.filter(entitlement__order=order, entitlement__ended_on=None, until__isnull=False)
    found = list(rows.order_by("until", "entitlement", "key"))
    states = {state.id: state for state in load_alone({row.entitlement_id for row in found})} if found else {}
    return [_ending(row.until, row.key, states[row.entitlement_id], today=today) for row in found if row.until]


def _ending(day: date, key: str, state: State, *, today: date) -> Ahead:
    verb = "loses" if day > today else "should have lost"
    what = f"{verb} the override of {state.right(key).label}"
    return Ahead(Kind.ENDING, day, what, state.revision.offering_name, (state.id,), today)


def _listed(names: Sequence[str]) -> str:
    """Return names in one phrase: ``Gold annual, Support and Storage``, of many the first three."""
    if len(names) > 3:
        return f"{', '.join(names[:3])} and {len(names) - 3:,} more"
    return " and ".join((", ".join(names[:-1]), names[-1]) if len(names) > 1 else names)
