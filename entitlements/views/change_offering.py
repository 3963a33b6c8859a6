"""The dialog that moves an entitlement to another offering, or to a newer revision of the same one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse

from config.clock import site_today
from config.web import require
from entitlements.forms.base import defaults
from entitlements.forms.change_offering import ChangeOfferingForm
from entitlements.operations import ChangeOffering, TermMode
from entitlements.operations.terms import TermChoice, end_of_term, resolved_mode, starts_on_creation
from entitlements.states import RevisionValue, State
from entitlements.views.dialogs import Dialog, answer, typed
from entitlements.views.operations import form_methods
from entitlements.views.panes import Pane
from offerings.models import Offering, PlanType, Revision
from offerings.periods import parse_period
from offerings.prices import Price
from offerings.revisions import newest_revisions, show_term
from offerings.rights import show_day


@dataclass(frozen=True, slots=True)
class Target:
    """One offering to change to; closed where there are reasons."""

    revision_id: int | None
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
    today = site_today()
    form = ChangeOfferingForm(typed(request, pk, defaults()), as_of=today)
    dialog = Dialog(
        "Change offering",
        "Change",
        "Changed the offering",
        template="entitlements/change_offering.html",
        context=lambda pane: _context(pane, form, today),
    )
    return answer(request, pk, form, dialog)


def _context(pane: Pane, form: ChangeOfferingForm, today: date) -> Mapping[str, Any]:
    target = pane.preview.after.revision if pane.preview else pane.state.revision
    return {
        "groups": target_groups(pane.state),
        "target": target,
        "term_options": list(_term_options(pane.state, target, form.term_mode, today)),
        "used": _used(pane.state),
    }


def _used(state: State) -> str:
    """Return what is counted, in words; empty where nothing is."""
    return "; ".join(f"{state.right(key).label}, {used:,}" for key, used in state.counters.items() if used)


# --- targets ---------------------------------------------------------------------------------------------------------


def target_groups(state: State) -> list[TargetGroup]:
    """Return every offering of the same product and kind, open ones first; two queries for any number."""
    offerings = Offering.objects.filter(product=state.revision.product_id, kind=state.revision.kind)
    rows = list(offerings.order_by("position", "name", "sku"))
    newest = newest_revisions(row.pk for row in rows)
    targets = [_target(state, row, newest.get(row.pk)) for row in rows]
    return [TargetGroup("", "", tuple(sorted(targets, key=lambda target: bool(target.reasons))))]


def _target(state: State, offering: Offering, newest: Revision | None) -> Target:
    if newest is None:
        return Target(None, offering.name, "", "", ("Not published yet.",))
    name, reasons = newest.offering_name, []
    if offering.pk == state.revision.offering_id:
        name = f"This offering, revision {newest.number} (newer)"
        if newest.pk == state.revision.id:
            name, reasons = newest.offering_name, ["In force now, at its newest revision."]
    elif offering.is_retired:
        reasons = ["Retired."]
    return Target(newest.pk, name, _plan(newest), _price(newest), tuple(reasons))


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


def _term_options(state: State, target: RevisionValue, chosen: str, today: date) -> Iterator[tuple[str, str]]:
    """Yield each choice for the term with the day it leads to; the standard one first."""
    if not state.is_activated:
        starts = "today" if starts_on_creation(target) else "with the activation"
        yield TermMode.DEFAULT, f"Starts {starts}"
    else:
        standard = resolved_mode(state, target, TermChoice())
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
    if left and not target.is_perpetual:
        words[TermMode.RESTART_AND_ADD] = f"Restart and add {left:,} {'day' if left == 1 else 'days'}"
    return words


def _until(day: date | None) -> str:
    return f"to {show_day(day)}" if day else "no end"
