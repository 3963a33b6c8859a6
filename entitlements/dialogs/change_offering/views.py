"""The dialog that moves an entitlement to another offering, or to a newer revision of the same one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, cast
from uuid import UUID

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse

from changegroups.paths import ChangePath, Rank, load
from config.clock import site_today
from config.web import require
from entitlements.dialogs.change_offering.forms import OUTSIDE, ChangeOfferingForm
from entitlements.dialogs.confirm import Dialog, answer, typed
from entitlements.dialogs.forms import defaults
from entitlements.dialogs.operations import form_methods
from entitlements.dialogs.panel import Pane
from entitlements.operations import ChangeOffering, TermMode
from entitlements.operations.terms import TermChoice, end_of_term, resolved_mode, starts_on_creation
from entitlements.operations.ways import offering_value
from entitlements.state import RevisionValue, State
from offerings.models import PlanType, Revision
from offerings.periods import parse_period
from offerings.prices import Price
from offerings.revisions import newest_revisions, show_term
from offerings.rights import show_day


@dataclass(frozen=True, slots=True)
class Target:
    """One offering to change to; closed where there are reasons. ``value`` is what the form sends."""

    value: str
    name: str
    plan: str
    price: str
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TargetGroup:
    """Targets under one heading; without a heading where nothing ranks them."""

    heading: str
    icon: str
    targets: tuple[Target, ...]


@require(ChangeOffering.permission)
@form_methods
def change_offering(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Change the offering; ``target`` in the address chooses a revision to begin with."""
    today, user = site_today(), cast("User", request.user)  # nobody else gets through the login
    form = ChangeOfferingForm(typed(request, pk, defaults()), as_of=today)
    dialog = Dialog(
        "Change offering",
        "Change",
        "Changed the offering",
        template="entitlements/dialogs/change_offering.html",
        context=lambda pane: _context(pane, form, today, user),
    )
    return answer(request, pk, form, dialog)


def _context(pane: Pane, form: ChangeOfferingForm, today: date, user: User) -> Mapping[str, Any]:
    target = pane.preview.outcome.revision if pane.preview else pane.state.revision
    targets = Targets.of(pane.state)
    way = targets.way(target, form.chosen_group())
    return {
        "groups": targets.groups(),
        "outside": targets.outside() if user.has_perm("changegroups.change_outside_group") else (),
        "group_options": targets.ways(target),
        "group_name": f"group-{form.chosen_target}",
        "group_chosen": form.chosen_group(),
        "target": target,
        "term_options": list(_term_options(pane.state, target, form.term_mode, today, way)),
        "used": _used(pane.state),
    }


def _used(state: State) -> str:
    """Return what is counted, in words; empty where nothing is."""
    return "; ".join(f"{state.right(key).label}, {used:,}" for key, used in state.counters.items() if used)


# --- targets ---------------------------------------------------------------------------------------------------------


HEADINGS = {
    Rank.UPGRADE: ("Upgrade", "arrow-up"),
    Rank.SAME_LEVEL: ("Same level", "same"),
    Rank.DOWNGRADE: ("Downgrade", "arrow-down"),
    Rank.UNRANKED: ("", ""),
}
GROUP_REASONS = {"no_shared_group", "wrong_direction", "held_is_fixed", "term_changes_refused"}


@dataclass(frozen=True, slots=True)
class Targets:
    """Every offering within reach of an entitlement, as the dialog lists them."""

    state: State
    moves: tuple[ChangePath, ...]
    newest: Mapping[int, Revision]

    @classmethod
    def of(cls, state: State) -> "Targets":
        """Read what is open and closed; six queries for any number of offerings."""
        held = state.revision.offering_id
        found = load([held])
        ladder = replace(found, offerings={**found.offerings, held: offering_value(state.revision)})
        moves = tuple(move for move in ladder.paths(held) if move.target.kind == state.revision.kind)
        return cls(state, moves, newest_revisions([held, *(move.target.id for move in moves)]))

    def groups(self) -> list[TargetGroup]:
        """Return the open targets by direction, a newer revision of this offering first, the closed ones last."""
        found = [TargetGroup("", "", self._own())]
        for rank, (heading, icon) in HEADINGS.items():
            open_here = [move for move in self.moves if move.is_open and move.routes[0].rank is rank]
            found.append(TargetGroup(heading, icon, tuple(self._target(move) for move in open_here)))
        closed = [self._target(move) for move in self.moves if not move.is_open]
        found.append(TargetGroup("Closed", "lock", tuple(closed)))
        return [group for group in found if group.targets]

    def outside(self) -> tuple[Target, ...]:
        """Return what no group opens, but a person with permission may choose with a reason."""
        shut = [
            move
            for move in self.moves
            if not move.is_open
            and move.target.product_id == self.state.revision.product_id
            and {reason.code for reason in move.reasons} <= GROUP_REASONS
        ]
        return tuple(replace(self._target(move), value=OUTSIDE + self._value(move), reasons=()) for move in shut)

    def ways(self, target: RevisionValue) -> list[tuple[int, str]]:
        """Return the change groups to choose from, where they open the target on different terms."""
        move = self._move(target)
        if move is None or not move.needs_choice:
            return []
        return [(way.group.id, f"{way.group.name}: {way.rank}") for way in move.routes if way.group]

    def way(self, target: RevisionValue, group_id: int | None) -> str:
        """Return the subscribe mode that applies to a target; empty where no group says."""
        move = self._move(target)
        way = move.route(group_id) if move else None
        return way.group.subscribe_mode.value if way and way.group else ""

    def _move(self, target: RevisionValue) -> ChangePath | None:
        return next((move for move in self.moves if move.target.id == target.offering_id), None)

    def _own(self) -> tuple[Target, ...]:
        newest = self.newest[self.state.revision.offering_id]
        if newest.pk == self.state.revision.id:
            held = "In force now, at its newest revision."
            return (Target("", newest.offering_name, _plan(newest), _price(newest), (held,)),)
        name = f"This offering, revision {newest.number} (newer)"
        return (Target(str(newest.pk), name, _plan(newest), _price(newest)),)

    def _value(self, move: ChangePath) -> str:
        return str(move.target.revision_id or "")

    def _target(self, move: ChangePath) -> Target:
        newest = self.newest.get(move.target.id)
        reasons = tuple(reason.sentence for reason in move.reasons)
        if newest is None:
            return Target("", move.target.name, "", "", reasons)
        return Target(self._value(move), newest.offering_name, _plan(newest), _price(newest), reasons)


def _plan(revision: Revision) -> str:
    terms = revision.terms
    kind = "" if terms["plan_type"] == PlanType.PAID else show_term("plan_type", terms["plan_type"])
    length = parse_period(terms["duration"]).words if terms["duration"] else ""
    return ", ".join(filter(None, (kind, show_term("license_type", terms["license_type"]), length)))


def _price(revision: Revision) -> str:
    prices = [Price.from_json(stored) for stored in revision.prices]
    if not prices:
        return ""
    first, more = prices[0], len(prices) - 1
    every = ""
    if first.kind == "recurring" and first.amount is not None and revision.terms["billing_period"]:
        every = f" / {parse_period(revision.terms['billing_period']).words.removeprefix('1 ')}"
    return f"{first.words}{every}" + (f" + {more} more" if more else "")


# --- term ------------------------------------------------------------------------------------------------------------


def _term_options(
    state: State, target: RevisionValue, chosen: str, today: date, subscribe: str
) -> Iterator[tuple[str, str]]:
    """Yield each choice for the term with the day it leads to; the standard one first."""
    if not state.is_activated:
        starts = "today" if starts_on_creation(target) else "with the activation"
        yield TermMode.DEFAULT, f"Starts {starts}"
    else:
        standard = resolved_mode(state, target, TermChoice(), subscribe)
        words = _term_words(state, target, today)
        yield TermMode.DEFAULT, f"{words[standard]} (standard)"
        yield from ((mode, text) for mode, text in words.items() if mode != standard or mode == chosen)
    yield TermMode.DATE, "Until a date…"


def _term_words(state: State, target: RevisionValue, today: date) -> dict[TermMode, str]:
    left = state.days_left(today)
    words = {
        TermMode.KEEP: f"Keep: {_until(state.expires_on)}",
        TermMode.RESTART: f"Restart: {_until(end_of_term(target, today))}",
    }
    if target.offering_id != state.revision.offering_id:
        words[TermMode.CREATE_NEW] = "End this one, create a new one"
    if left and not target.is_perpetual:
        words[TermMode.RESTART_AND_ADD] = f"Restart and add {left:,} {'day' if left == 1 else 'days'}"
    return words


def _until(day: date | None) -> str:
    return f"to {show_day(day)}" if day else "no end"
