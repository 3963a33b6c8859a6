"""Entitlements through what is scheduled for them, cut where their billing periods count anew. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from types import MappingProxyType
from uuid import UUID

from entitlements.billing.money import NO_DAYS, Days
from entitlements.state import State

Step = tuple[date, State]
"""A state, and the day from which it holds."""
Waits = tuple[tuple[date, Days], ...]
"""The days on which charges start that start later than the change that brought them, by the day of that change."""


@dataclass(frozen=True, slots=True)
class Course:
    """One entitlement: each of its states with the day from which it holds, in order. There is at least one.

    ``waits`` are the charges that start later than with their state, from each day on, in order.
    """

    steps: tuple[Step, ...]
    waits: Waits = ()

    @property
    def last(self) -> State:
        """Return the last state."""
        return self.steps[-1][1]

    def waits_on(self, day: date) -> Days:
        """Return the charges that start later than their state, as known on a day, each with the day it starts on."""
        return next((days for since, days in reversed(self.waits) if since <= day), NO_DAYS)

    @property
    def starts(self) -> list[tuple[date, str]]:
        """Return each day on which a charge starts by itself, with the key of the charge."""
        found = {(day, charge) for _since, days in self.waits for charge, day in days.items()}
        return sorted((day, charge) for day, charge in found if self.waits_on(day).get(charge) == day)


@dataclass(frozen=True, slots=True)
class Run:
    """The states of one entitlement whose billing periods count from one ``anchor``.

    It is billed from ``starts`` to before ``ends``, ``None`` where no end is known. ``is_new_count`` says that the
    periods count from a day within the term, because their length changed.
    """

    steps: tuple[Step, ...]
    anchor: date
    starts: date
    ends: date | None
    is_new_count: bool = False

    @property
    def first(self) -> State:
        """Return the first state."""
        return self.steps[0][1]

    def on(self, day: date) -> State:
        """Return the state in force on a day; the first one before all of them."""
        return next((state for since, state in reversed(self.steps) if since <= day), self.first)


def courses_of(
    moments: Sequence[tuple[date, Iterable[State]]], waits: Mapping[UUID, Waits] = MappingProxyType({})
) -> list[Course]:
    """Return the course of each entitlement from the states of an order, each with the day from which they hold."""
    found: dict[UUID, list[Step]] = {}
    for since, states in moments:
        for state in states:
            known = found.setdefault(state.id, [])
            if not known or known[-1][1] != state:
                known.append((since, state))
    return [Course(tuple(known), waits.get(key, ())) for key, known in found.items()]


def runs_of(course: Course) -> Iterator[Run]:
    """Yield the runs of a course, one after the other; none of a term that has not started."""
    groups = [tuple(steps) for _key, steps in groupby(course.steps, key=lambda step: _counts_by(step[1]))]
    before: State | None = None
    for number, steps in enumerate(groups):
        until = groups[number + 1][0][0] if number + 1 < len(groups) else None
        run = _run(steps, before, until)
        if run and (run.ends is None or run.ends > run.starts):
            yield run
        before = steps[-1][1]


def _run(steps: tuple[Step, ...], before: State | None, until: date | None) -> Run | None:
    since, state = steps[0]
    if not state.is_activated or state.starts_on is None:
        return None
    anchor = state.anchor or state.starts_on
    goes_on = before is not None and (before.starts_on, before.anchor) == (state.starts_on, state.anchor)
    anchor = since if goes_on else anchor
    last = steps[-1][1]
    ends = [day for day in (last.ended_on, last.expires_on, until) if day is not None]
    return Run(steps, anchor, max(state.starts_on, anchor), min(ends) if ends else None, is_new_count=goes_on)


def _counts_by(state: State) -> tuple[object, ...]:
    """Return what billing periods count by: the start and the anchor of the term, and their length."""
    return state.is_activated, state.starts_on, state.anchor, state.revision.terms.billing_period
