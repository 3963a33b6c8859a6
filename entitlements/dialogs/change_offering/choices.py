"""The choices of the dialog: targets by direction, change groups, and terms with their resulting days."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from uuid import UUID

from django.utils.translation import ngettext

from changegroups.paths import ChangePath, Rank
from entitlements.dialogs.change_offering.forms import OUTSIDE
from entitlements.dialogs.entitlement import state_or_404
from entitlements.operations import TermMode
from entitlements.operations.add_ons import why_not_carried
from entitlements.operations.add_ons_beside import add_ons_beside
from entitlements.operations.change_offering.created import with_chosen_term
from entitlements.operations.change_offering.dropped import reasons_against
from entitlements.operations.change_offering.routes import may_leave_groups
from entitlements.operations.change_offering.targets import ladder_around, targets_within_reach
from entitlements.operations.terms import ADDING, NEW, TermChoice, resolved_mode, starts_on_creation
from entitlements.state import RevisionValue, State, load_alone
from offerings.models import PlanType, Revision
from offerings.periods import parse_period
from offerings.prices import price_line
from offerings.revisions import newest_revisions, show_term
from offerings.rights import show_day

HEADINGS = {
    Rank.UPGRADE: ("Upgrade", "arrow-up"),
    Rank.SAME_LEVEL: ("Same level", "same"),
    Rank.DOWNGRADE: ("Downgrade", "arrow-down"),
    Rank.UNRANKED: ("", ""),
}


@dataclass(frozen=True, slots=True)
class Target:
    """One offering to change to, closed where it has reasons. ``value`` is the value in the form."""

    value: str
    name: str
    plan: str
    price: str
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TargetGroup:
    """Targets under one heading; unranked targets have no heading."""

    heading: str
    icon: str
    targets: tuple[Target, ...]


@dataclass(frozen=True, slots=True)
class Targets:
    """Every offering within reach of an entitlement."""

    state: State
    paths: tuple[ChangePath, ...]
    newest: Mapping[int, Revision]

    @classmethod
    def of(cls, state: State) -> "Targets":
        """Read the open and closed targets of an entitlement; six queries for any number of offerings."""
        current = state.revision.offering_id
        paths = targets_within_reach(ladder_around(state.revision), current)
        return cls(state, paths, newest_revisions([current, *(path.target.id for path in paths)]))

    def groups(self, outside: Collection[Target] = ()) -> list[TargetGroup]:
        """Return a newer revision of the current offering, the open targets by direction, and the closed targets.

        Targets of ``outside`` are listed there alone.
        """
        groups = [TargetGroup("", "", (self._current_offering(),))]
        for rank in HEADINGS:
            groups += self.ranked(rank)
        elsewhere = {target.value for target in outside}
        closed = [
            self._target(path) for path in self.paths if not path.is_open and _outside_value(path) not in elsewhere
        ]
        groups.append(TargetGroup("Closed", "lock", tuple(closed)))
        return [group for group in groups if group.targets]

    def ranked(self, rank: Rank) -> list[TargetGroup]:
        """Return the open targets of one direction alone."""
        heading, icon = HEADINGS[rank]
        paths = [path for path in self.paths if path.is_open and path.routes[0].rank is rank]
        targets = tuple(self._target(path) for path in paths)
        return [TargetGroup(heading, icon, targets)] if targets else []

    def outside(self) -> tuple[Target, ...]:
        """Return the targets that only a person with permission and a reason may choose: no group opens them.

        The reasons say why the groups do not.
        """
        closed = [path for path in self.paths if may_leave_groups(path, self.state.revision)]
        return tuple(replace(self._target(path), value=_outside_value(path)) for path in closed)

    def group_options(self, target: RevisionValue) -> list[tuple[int, str]]:
        """Return the change groups to choose from; none where all open the target on the same terms."""
        path = self._path(target)
        if path is None or not path.needs_choice:
            return []
        return [(route.group.id, f"{route.group.name}: {route.rank}") for route in path.routes if route.group]

    def subscribe_mode(self, target: RevisionValue, group_id: int | None) -> str:
        """Return the subscribe mode for a target; empty without a change group."""
        path = self._path(target)
        route = path.route(group_id) if path else None
        return route.group.subscribe_mode if route and route.group else ""

    @property
    def has_groups(self) -> bool:
        """Tell whether a change group opens one of the targets."""
        return any(route.group for path in self.paths for route in path.routes)

    def effective(self, revision_id: int, group_id: int | None) -> str | None:
        """Return when the change group lets a change to a revision take effect; empty where no group says so.

        ``None`` where the target or its group has yet to be chosen.
        """
        path = next((path for path in self.paths if path.target.revision_id == revision_id), None)
        if path is None or not path.is_open:
            return "" if revision_id else None
        route = path.route(group_id)
        return route.effective if route else None

    def _path(self, target: RevisionValue) -> ChangePath | None:
        return next((path for path in self.paths if path.target.id == target.offering_id), None)

    def _current_offering(self) -> Target:
        newest = self.newest[self.state.revision.offering_id]
        if newest.pk == self.state.revision.id:
            reasons = ("In force now, at its newest revision.",)
            return Target("", newest.offering_name, _plan(newest), _price(newest), reasons)
        name = f"This offering, revision {newest.number} (newer)"
        return Target(str(newest.pk), name, _plan(newest), _price(newest))

    def _target(self, path: ChangePath) -> Target:
        newest = self.newest.get(path.target.id)
        reasons = tuple(reason.sentence for reason in path.reasons)
        if newest is None:
            return Target("", path.target.name, "", "", reasons)
        return Target(_value(path), newest.offering_name, _plan(newest), _price(newest), reasons)


def _value(path: ChangePath) -> str:
    return str(path.target.revision_id or "")


def _outside_value(path: ChangePath) -> str:
    return OUTSIDE + _value(path)


def _plan(revision: Revision) -> str:
    terms = revision.terms
    kind = "" if terms["plan_type"] == PlanType.PAID else show_term("plan_type", terms["plan_type"])
    length = parse_period(terms["duration"]).words if terms["duration"] else ""
    return ", ".join(filter(None, (kind, show_term("license_type", terms["license_type"]), length)))


def _price(revision: Revision) -> str:
    return price_line(revision.prices, revision.terms["billing_period"])


class TargetsOnce:
    """The targets of one entitlement, read when they are first asked for."""

    def __init__(self, pk: UUID) -> None:
        self._pk = pk
        self._found: Targets | None = None

    def get(self, state: State | None = None) -> Targets:
        """Return the targets; eleven queries at most the first time, six with a state, then none."""
        self._found = self._found or Targets.of(state or state_or_404(self._pk))
        return self._found


# --- add-ons ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AddOnChoice:
    """One open add-on of the order: carried, or dropped with the change. ``reason`` says why it cannot be carried."""

    value: str
    name: str
    quantity: int | None
    reason: str
    is_dropped: bool


def add_on_choices(state: State, target: RevisionValue, *, dropped: Collection[str]) -> list[AddOnChoice]:
    """Return the add-ons beside a plan that changes to ``target``; one query, five more where there are any."""
    add_ons = load_alone(add_ons_beside([state.id]).get(state.id, ()))
    staying = [each for each in add_ons if str(each.id) not in dropped]
    reasons = {key: why_not_carried(conflict) for key, conflict in reasons_against(state, staying, target).items()}
    return [
        AddOnChoice(
            value=str(each.id),
            name=each.revision.offering_name,
            quantity=each.quantity,
            reason=reasons.get(each.id, ""),
            is_dropped=str(each.id) in dropped,
        )
        for each in add_ons
    ]


# --- term ------------------------------------------------------------------------------------------------------------


def term_options(
    state: State, target: RevisionValue, chosen: str, *, at: datetime, today: date, subscribe: str
) -> Iterator[tuple[str, str]]:
    """Yield each choice for the term with the day in force that it leads to; the standard one first."""
    if not state.is_activated:
        starts = "today" if starts_on_creation(target) else "with the activation"
        yield TermMode.DEFAULT, f"Starts {starts}"
    else:
        standard = resolved_mode(state, target, TermChoice(), subscribe)
        days = partial(_ends, state, target, at=at, today=today, subscribe=subscribe)
        left = state.days_left(today)
        yield TermMode.DEFAULT, f"{_TERM_WORDS[standard]}: {days(TermMode.DEFAULT)} (standard)"
        for mode, words in _TERM_WORDS.items():
            is_needless = mode == standard and mode != chosen and days(mode) == days(TermMode.DEFAULT)
            if not is_needless and _is_offered(mode, state, target, left=left):
                sentence = words if mode not in ADDING else _adding(words, left)
                yield mode, f"{sentence}: {days(mode)}"
    yield TermMode.DATE, "Until a date…"


_TERM_WORDS = {
    TermMode.KEEP: "Keep",
    TermMode.RESTART: "Restart",
    TermMode.RESTART_AND_ADD: "Restart and add",
    TermMode.CREATE_NEW: "Create new",
    TermMode.CREATE_NEW_AND_ADD: "Create new and add",
}


def _is_offered(mode: TermMode, state: State, target: RevisionValue, *, left: int) -> bool:
    if mode in NEW and target.offering_id == state.revision.offering_id:
        return False
    return mode not in ADDING or (left > 0 and not target.is_perpetual)


def _adding(words: str, left: int) -> str:
    days = ngettext("%(count)s day", "%(count)s days", left) % {"count": f"{left:,}"}
    return f"{words} {days}"


def _ends(state: State, target: RevisionValue, mode: TermMode, *, at: datetime, today: date, subscribe: str) -> str:
    """Return the day in force that a choice leads to, in words."""
    choice, after = TermChoice(mode), replace(state, revision=target)
    is_new = resolved_mode(state, target, choice, subscribe) in NEW
    outcome = with_chosen_term(state, after, choice, is_new=is_new, today=today, at=at, subscribe=subscribe)
    return _until(outcome.state.expires_on)


def _until(day: date | None) -> str:
    return f"to {show_day(day)}" if day else "no end"
