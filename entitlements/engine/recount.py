"""Recount the stored numbers of entitlements, check their terms, and replay their log. Writes nothing."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count, F, Q
from django.utils.translation import ngettext

from entitlements.engine.checks.findings import Code, Difference, Mismatch
from entitlements.engine.checks.reading import (
    UNREADABLE,
    RevisionTerms,
    links_of,
    seats_of,
    without_entitlement,
    without_holder,
)
from entitlements.engine.checks.replay import Replay, SeatRow, end_mismatches, moment_mismatches, seat_mismatches
from entitlements.engine.checks.standards import moved_standards, standard_mismatches
from entitlements.engine.log_chain import Link, broken_links
from entitlements.models import Entitlement, FeatureUse, Override, Seat
from entitlements.state import FIELDS, OverrideValue, State, columns_of, load_alone
from offerings.rights import Kind

BATCH_SIZE = 2000
COUNTED = tuple(field.column for field in FIELDS if field.column and (not field.is_own or field.name == "seats_used"))
"""The columns that follow from the rest of an entitlement and from its rows, so that they can be counted anew."""
Mender = Callable[[Sequence[State], Sequence[Difference]], Collection[UUID]]
Progress = Callable[[UUID], None]


def differences(
    *,
    batch_size: int = BATCH_SIZE,
    after: UUID | None = None,
    mend: Mender | None = None,
    progress: Progress | None = None,
) -> Iterator[Difference]:
    """Check every entitlement, in order of id, and yield the differences. Writes nothing but what ``mend`` writes.

    Reads in batches, so memory stays flat, and starts beyond ``after``. An entitlement with a difference is locked and
    checked once more: a change made between two reads is no difference. ``mend`` is given the recounted states and the
    differences of a batch while the rows are locked; ``progress`` the last key of each batch that is done.
    """
    terms, last = RevisionTerms(), after
    held = Entitlement.objects.filter(pk__gt=after) if after else Entitlement.objects.all()
    for ids in batches_of_ids(held, size=batch_size):
        yield from _orphans(after=last, until=ids[-1])
        last = ids[-1]
        suspects = sorted({each.entitlement_id for each in _checked(ids, terms)[1] if each.entitlement_id})
        if suspects:
            with transaction.atomic():
                list(
                    Entitlement.objects.select_for_update(no_key=True)
                    .filter(pk__in=suspects)
                    .order_by("pk")
                    .values_list("pk")
                )
                states, confirmed = _checked(suspects, terms)
                if mend:
                    mend(states, confirmed)
            yield from confirmed
        if progress:
            progress(last)
    yield from _orphans(after=last, until=None)


def batches_of_ids(rows: Any, *, size: int, after: UUID | None = None) -> Iterator[list[UUID]]:
    """Yield the keys of a queryset of entitlements in order, in lists of at most ``size``; one query for each list.

    They begin with the first key above ``after``.

    Each list is read on demand, so it leaves out rows that left the queryset since the list before.
    """
    first = rows if after is None else rows.filter(pk__gt=after)
    page = list(first.order_by("pk").values_list("pk", flat=True)[:size])
    while page:
        yield page
        page = list(rows.filter(pk__gt=page[-1]).order_by("pk").values_list("pk", flat=True)[:size])


def _orphans(*, after: UUID | None, until: UUID | None) -> Iterator[Difference]:
    for change, key in without_entitlement(after=after, until=until):
        name = f"change {change}"
        yield Difference(str(key), Code.CHANGE_WITHOUT_ENTITLEMENT, name, "no entitlement", "an entitlement")


def _checked(ids: Sequence[UUID], terms: RevisionTerms) -> tuple[list[State], list[Difference]]:
    """Return the recounted states of entitlements that can be read, and all differences; sixteen queries at most."""
    rows = Entitlement.objects.in_bulk(ids)
    terms.read(row.revision_id for row in rows.values())
    homeless = without_holder(ids)
    readable = [key for key in ids if key in rows and key not in homeless and terms.get(rows[key].revision_id)]
    found = [_not_readable(key, "its revision, its order or its customer") for key in sorted(set(rows) - set(readable))]
    logs, unreadable_logs = _logs(readable, terms)
    named = {seat for links in logs.values() for link in links for seat in _seats_named(link)}
    seats, uses = seats_of(named), _misplaced_uses(readable)
    states = _recounted_states(readable)
    for state in states:
        if state.id in unreadable_logs:
            found.append(_not_readable(state.id, "a change in its log"))
            continue
        try:
            mismatches = list(_mismatches(rows[state.id], state, logs.get(state.id, ()), seats, uses[state.id]))
        except UNREADABLE as error:
            found.append(_not_readable(state.id, f"a value of it or of its log ({error})"))
        else:
            found += (Difference(str(state.id), *each, entitlement_id=state.id) for each in mismatches)
    return states, found


def _not_readable(key: UUID, what: str) -> Difference:
    return Difference(str(key), Code.NOT_READABLE, what, "not readable", "readable", key)


def _logs(ids: Sequence[UUID], terms: RevisionTerms) -> tuple[dict[UUID, list[Link]], set[UUID]]:
    """Return the logs of entitlements, and those whose log cannot be read; one after the other where any cannot."""
    try:
        return links_of(ids, terms), set()
    except UNREADABLE:
        if len(ids) == 1:
            return {}, set(ids)
    found: dict[UUID, list[Link]] = {}
    unreadable: set[UUID] = set()
    for half in (ids[: len(ids) // 2], ids[len(ids) // 2 :]):
        logs, bad = _logs(half, terms)
        found |= logs
        unreadable |= bad
    return found, unreadable


def _seats_named(link: Link) -> Iterator[UUID]:
    delta = link.delta
    yield from (seat.id for seat in (*delta.released, *delta.restored))
    yield from (key for over in (delta.handed_over, delta.took_over) if over for key in over.seats)


def _recounted_states(ids: Sequence[UUID]) -> list[State]:
    """Return the states with seats and overrides counted from their rows; seven queries."""
    active = Seat.objects.filter(entitlement__in=ids, released_at=None).order_by()
    seats = dict(active.values_list("entitlement_id").annotate(Count("pk")))
    overrides: dict[UUID, dict[str, OverrideValue]] = {}
    for row in Override.objects.filter(entitlement__in=ids).order_by("key"):
        author = (row.set_at, row.set_by_id, row.set_by_name, row.reason)
        value = OverrideValue(row.value, *author, is_floor=row.is_floor, until=row.until)
        overrides.setdefault(row.entitlement_id, {})[row.key] = value
    return [
        replace(state, overrides=overrides.get(state.id, {}), seats_used=seats.get(state.id, 0))
        for state in load_alone(ids)
    ]


def _misplaced_uses(ids: Sequence[UUID]) -> Counter[UUID]:
    """Count checkouts of released seats and of seats of other entitlements, by entitlement; one query."""
    uses = FeatureUse.objects.filter(entitlement__in=ids, seat__isnull=False)
    wrong = uses.filter(Q(seat__released_at__isnull=False) | ~Q(seat__entitlement=F("entitlement")))
    return Counter(wrong.values_list("entitlement_id", flat=True))


def _mismatches(
    row: Entitlement, state: State, links: Sequence[Link], seats: dict[UUID, SeatRow], misplaced_uses: int
) -> Iterator[Mismatch]:
    yield from _row_mismatches(row, state)
    if misplaced_uses:
        yield Mismatch(Code.CHECKOUT_MISPLACED, "checkouts of seats that are not active here", misplaced_uses, 0)
    yield from _use_mismatches(state)
    if not links:
        words = ngettext("%(n)d change", "%(n)d changes", state.sequence) % {"n": state.sequence}
        yield Mismatch(Code.NO_LOG, "log", "no change", words)
        return
    yield from broken_links(links, state)
    replay = Replay()
    for link in links:
        if link.act is None:
            yield Mismatch(Code.CHANGE_WITHOUT_ACT, f"change {link.sequence}", "no act", "an act")
        yield from moved_standards(link, replay)
        yield from replay.follow(link)
    yield from end_mismatches(replay, state)
    yield from seat_mismatches(replay, state, seats)
    yield from standard_mismatches(state, links)
    yield from moment_mismatches(links, created_at=row.created_at, changed_at=row.changed_at)


def _row_mismatches(row: Entitlement, state: State) -> Iterator[Mismatch]:
    for name, recounted in columns_of(state).items():
        stored = row.serializable_value(name)
        if stored != recounted:
            yield Mismatch(Code.COUNTED_NUMBER, name, stored, recounted)
    if (state.quantity is not None) != state.revision.is_per_quantity:
        wanted = "a number" if state.revision.is_per_quantity else None
        yield Mismatch(Code.QUANTITY_WRONG, "quantity", state.quantity, wanted)
    for key in sorted(set(state.overrides) - set(state.settled().overrides)):
        value = state.overrides[key].value
        yield Mismatch(Code.OVERRIDE_NEEDLESS, f"override of {key}", value, "none, as it is the standard")
    if state.ended_on is not None and state.seats_used:
        yield Mismatch(Code.ENDED_WITH_SEATS, "seats in use of an ended entitlement", state.seats_used, 0)


def _use_mismatches(state: State) -> Iterator[Mismatch]:
    """Yield use of rights that the revision in force lacks, or that are not checked out or counted there."""
    for kind, uses in ((Kind.POOL, state.checked_out), (Kind.COUNT, state.counters)):
        for key, amount in uses.items():
            right = state.revision.right(key)
            if amount and (right is None or right.kind is not kind):
                there = f"a {right.kind}" if right else "no such right"
                yield Mismatch(Code.USE_WITHOUT_RIGHT, f"use of {key} as a {kind}", amount, there)
