"""When a term starts and ends. Pure: dates in the site's zone, half-open."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from changegroups.models import SubscribeMode
from entitlements.operations.preview import Problem
from entitlements.state import EXPIRY, OverrideValue, RevisionValue, State
from offerings.models import StartType
from offerings.periods import add_period, parse_period

LATEST = date(2999, 12, 31)


class TermMode(StrEnum):
    """What to do about the term when the offering changes."""

    DEFAULT = "default"
    KEEP = "keep"
    RESTART = "restart"
    RESTART_AND_ADD = "restart_and_add"
    DATE = "date"
    CREATE_NEW = "create_new"
    CREATE_NEW_AND_ADD = "create_new_and_add"


NEW = (TermMode.CREATE_NEW, TermMode.CREATE_NEW_AND_ADD)
"""The modes in which a second entitlement takes the place of the first."""
ANEW = (TermMode.RESTART, TermMode.RESTART_AND_ADD, *NEW)
"""The modes in which a term starts anew; chosen by a person, they drop an expiry that was set by hand."""
ADDING = (TermMode.RESTART_AND_ADD, TermMode.CREATE_NEW_AND_ADD)
"""The modes in which what is left of the term is added to the new one."""
TERMS = {
    TermMode.DEFAULT: "As the change group says, else keep where license type and duration are equal, else restart",
    TermMode.KEEP: "Keep",
    TermMode.RESTART: "Restart today",
    TermMode.RESTART_AND_ADD: "Restart today and add what is left",
    TermMode.CREATE_NEW: "End these, create new ones",
    TermMode.CREATE_NEW_AND_ADD: "End these, create new ones and add what is left",
    TermMode.DATE: "Until a date",
}


@dataclass(frozen=True, slots=True)
class TermChoice:
    """What to do about the term, and with ``date`` the day it is to end."""

    mode: TermMode = TermMode.DEFAULT
    expires_on: date | None = None


DEFAULT_TERM = TermChoice()


class TermOutcome(NamedTuple):
    """The state with its new term, and what is wrong with it."""

    state: State
    problems: tuple[Problem, ...] = ()


def end_of_term(revision: RevisionValue, starts_on: date, *, anchor: int | None = None) -> date | None:
    """Return the first day after one term from ``starts_on``; ``None`` where the license is perpetual."""
    return add_period(starts_on, revision.duration, anchor=anchor) if revision.duration else None


def end_of_maintenance(revision: RevisionValue, starts_on: date) -> date | None:
    """Return the first day without maintenance; ``None`` where it runs as long as the license."""
    length = revision.terms.maintenance_duration
    return add_period(starts_on, parse_period(length)) if length else None


def started(state: State, *, today: date, at: datetime | None = None, extra_days: int = 0) -> State:
    """Return the state with a fresh term from ``today``, activated ``at`` that moment where it was not.

    A start that was agreed for a later day stays. ``extra_days`` are added to the end.
    """
    starts = max(today, state.starts_on) if state.starts_on else today
    ends = end_of_term(state.revision, starts)
    return replace(
        state,
        activated_at=state.activated_at or at,
        starts_on=starts,
        anchor_on=None,
        standard_expires_on=min(ends, LATEST) + timedelta(days=extra_days) if ends else None,
        standard_maintenance_expires_on=end_of_maintenance(state.revision, starts),
    )


def starts_on_creation(revision: RevisionValue) -> bool:
    """Tell whether the term starts as soon as the entitlement is there."""
    return revision.terms.start_type == StartType.ON_CREATION


def same_terms(one: RevisionValue, other: RevisionValue) -> bool:
    """Tell whether two revisions agree in license type and duration, so that a running term can go on."""
    return (one.terms.license_type, one.terms.duration) == (other.terms.license_type, other.terms.duration)


def standard_mode(before: State, target: RevisionValue, subscribe: str = "") -> TermMode:
    """Return what happens to the term where nobody chooses.

    Within an offering it is kept. Else the ``subscribe`` mode of the change group says; without a group it is kept
    where license type and duration are equal, and restarts where they are not.
    """
    if before.revision.offering_id == target.offering_id:
        return TermMode.KEEP
    matches = same_terms(before.revision, target)
    match subscribe:
        case SubscribeMode.KEEP:
            return TermMode.RESTART if _has_no_term_to_keep(before, target) else TermMode.KEEP
        case SubscribeMode.NEW_TERM:
            return TermMode.RESTART
        case SubscribeMode.CREATE_NEW:
            return TermMode.CREATE_NEW
        case SubscribeMode.KEEP_IF_MATCH:
            return TermMode.KEEP if matches else TermMode.CREATE_NEW
    return TermMode.KEEP if matches else TermMode.RESTART


def resolved_mode(before: State, target: RevisionValue, choice: TermChoice, subscribe: str = "") -> TermMode:
    """Return the mode chosen, or the standard one where none is; a chosen date changes an existing term."""
    if choice.mode not in (TermMode.DEFAULT, TermMode.DATE):
        return choice.mode
    standard = standard_mode(before, target, subscribe)
    is_in_place = choice.mode is TermMode.DATE and standard is TermMode.CREATE_NEW
    return TermMode.RESTART if is_in_place else standard


def with_changed_term(
    before: State, after: State, choice: TermChoice, *, today: date, at: datetime, subscribe: str = ""
) -> TermOutcome:
    """Return ``after`` (on its target revision already) with the term that ``choice`` or the group asks for."""
    if not before.is_activated:
        return _before_activation(after, choice, today=today, at=at)
    mode = resolved_mode(before, after.revision, choice, subscribe)
    after = without_day_by_hand(after, choice)
    state = _with_standard_term(before, after, mode, today=today)
    problems: list[Problem] = []
    if mode is TermMode.KEEP and choice.mode is TermMode.KEEP and _has_no_term_to_keep(before, after.revision):
        message = "A perpetual license has no expiry to keep. Choose restart, or a date."
        problems.append(Problem("no_term_to_keep", message, "term"))
    if choice.mode is TermMode.DATE:
        return _ends_on(state, choice, problems=problems)
    state = state.settled()
    problems += [*order_problems(state), *late_problems(state)]
    return TermOutcome(state, tuple(problems))


def without_day_by_hand(state: State, choice: TermChoice) -> State:
    """Return the state without an expiry set by hand, where a person chose that the term starts anew."""
    return state.with_overrides({EXPIRY.key: None}) if choice.mode in ANEW else state


def _before_activation(after: State, choice: TermChoice, *, today: date, at: datetime) -> TermOutcome:
    if starts_on_creation(after.revision):
        state = started(after, today=today, at=at)
        state = without_day_by_hand(state, choice)
        return _ends_on(state, choice, problems=[]) if choice.mode is TermMode.DATE else TermOutcome(state.settled())
    if choice.mode is TermMode.DATE:
        message = "The term has not started yet. Activate the entitlement first, then set its expiry."
        return TermOutcome(after, (Problem("not_activated", message, "term"),))
    return TermOutcome(after)


def _with_standard_term(before: State, after: State, mode: TermMode, *, today: date) -> State:
    if mode is not TermMode.KEEP:
        return started(after, today=today, extra_days=before.days_left(today) if mode in ADDING else 0)
    expires_on = None if after.revision.is_perpetual else after.standard_expires_on
    return replace(
        after, standard_expires_on=expires_on, standard_maintenance_expires_on=_maintenance(before, after, today=today)
    )


def _maintenance(before: State, after: State, *, today: date) -> date | None:
    """Return the standard end of maintenance where the term is kept: that of the target, never over at its start."""
    length = after.revision.terms.maintenance_duration
    if not length or after.starts_on is None:
        return None
    if length == before.revision.terms.maintenance_duration:
        return before.standard_maintenance_expires_on
    ends = end_of_maintenance(after.revision, after.starts_on)
    return ends if ends and ends > today else end_of_maintenance(after.revision, today)


def _has_no_term_to_keep(before: State, target: RevisionValue) -> bool:
    return before.standard_expires_on is None and not target.is_perpetual


def _ends_on(state: State, choice: TermChoice, *, problems: list[Problem]) -> TermOutcome:
    found = [*problems, *expiry_problems(state.starts_on, choice.expires_on)]
    if found or choice.expires_on is None:
        return TermOutcome(state, tuple(found))
    day = choice.expires_on.isoformat()
    if state.in_force(EXPIRY.key) != day:
        state = state.with_overrides({EXPIRY.key: OverrideValue(day)})
    return TermOutcome(state.settled())


def order_problems(state: State) -> list[Problem]:
    """Return a problem where the term in force would end before it starts."""
    if state.starts_on is None or state.expires_on is None or state.expires_on > state.starts_on:
        return []
    message = f"The term would start on {state.starts_on} and end on {state.expires_on}. Drop or change the expiry."
    return [Problem("expiry_before_start", message, EXPIRY.key)]


def late_problems(state: State) -> list[Problem]:
    """Return a problem where what is left moves the end of the term beyond the calendar."""
    if state.standard_expires_on is None or state.standard_expires_on <= LATEST:
        return []
    message = "With what is left the term would end after the year 2999. Choose restart, or a date."
    return [Problem("expiry_too_late", message, "term")]


def expiry_problems(starts_on: date | None, expires_on: date | None, *, field: str = "expires_on") -> list[Problem]:
    """Return what is wrong with an expiry: missing, or not after the start."""
    if expires_on is None:
        return [Problem("expiry_missing", "Give the day the term is to end.", field)]
    if starts_on is not None and expires_on <= starts_on:
        message = f"The term starts on {starts_on:%Y-%m-%d}. Choose a later day for its end."
        return [Problem("expiry_before_start", message, field)]
    if expires_on > LATEST:
        return [Problem("expiry_too_late", "Choose a day before the year 3000, or no end at all.", field)]
    return []
