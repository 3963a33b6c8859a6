"""The tabs of one entitlement: rights, seats, history. The tab of notes is in ``notes``."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from config.clock import site_today
from config.paging import older_page, read_number
from entitlements.desk.life import life_of
from entitlements.desk.views.entitlement_header import entitlement_context
from entitlements.desk.views.pictures import seats_picture_of, timeline_of
from entitlements.dialogs.entitlement import state_or_404
from entitlements.dialogs.panel import reaches_at
from entitlements.history.timeline import Entry, history_page
from entitlements.history.words import overridden_by, shown
from entitlements.models import Seat
from entitlements.schedule.timeline import OrderAmendments
from entitlements.state import TERM_RIGHTS, State, revisions_by_id
from offerings import rights
from offerings.prices import charge_words
from offerings.rights import Right, Sheet

VIEW = "entitlements.view_entitlement"
RELEASED_SHOWN = 100


@dataclass(frozen=True, slots=True)
class AddedPart:
    """What one add-on makes of a right, in words, with the key and name of the add-on."""

    entitlement: UUID
    name: str
    words: str


@dataclass(frozen=True, slots=True)
class RightRow:
    """One right of an entitlement in words. ``tip`` is empty where the right is standard.

    ``value`` is in force with add-ons; ``own`` is that of the entitlement alone where they differ, ``parts`` what each
    add-on makes of it.
    """

    right: Right
    value: str
    standard: str
    note: str
    tip: str
    newest: str
    own: str = ""
    parts: tuple[AddedPart, ...] = ()
    can_be_set: bool = True

    @property
    def is_overridden(self) -> bool:
        """Tell whether the right is overridden."""
        return bool(self.tip)


@dataclass(frozen=True, slots=True)
class RightSection:
    """Rights under one heading."""

    name: str
    rows: list[RightRow]


@permission_required(VIEW, raise_exception=True)
@require_safe
def entitlement(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show the rights; ``show`` in the address is ``overridden`` or ``differs`` (from the newest revision).

    Constant queries.
    """
    state = state_or_404(pk)
    context = entitlement_context(request, state, "rights")
    newest_id = context["header"].newest_id
    show = request.GET.get("show", "")
    if show != "overridden" and not (show == "differs" and newest_id):
        show = ""
    newest = revisions_by_id([newest_id])[newest_id].sheet if show == "differs" else None
    today = context["header"].today
    life = life_of(state)
    context |= {
        "timeline": timeline_of(state, life, today=today),
        "seats_picture": seats_picture_of(life, today=life.today),
        "show": show,
        "sections": _sections(state, show=show, newest=newest),
        "reaches_at": reaches_at(state),
        "last": history_page(state, size=1).entries,
    }
    return render(request, "entitlements/desk/entitlement.html", context)


def _sections(state: State, *, show: str, newest: Sheet | None) -> list[RightSection]:
    found: dict[str, RightSection] = {}
    keys = state.right_keys
    if newest:
        keys = tuple(change.right.key for change in rights.diff(state.revision.sheet, newest))
    elif show == "overridden":
        keys = (*keys, *TERM_RIGHTS)
    for key in keys:
        row = _row(state, key, newest)
        if show != "overridden" or row.is_overridden:
            found.setdefault(row.right.group, RightSection(row.right.group, [])).rows.append(row)
    return list(found.values())


def _row(state: State, key: str, newest: Sheet | None) -> RightRow:
    right = state.right(key)
    if newest and key in newest.definitions and key not in state.revision.sheet.definitions:
        right = newest.definitions[key]
    value, standard = state.granted(key), state.standard(key)
    parts = tuple(_parts(state, right))
    own = shown(right, state.in_force(key)) if parts else ""
    tip = overridden_by(state, key) if key in state.overrides else ""
    newest_value = shown(newest.definitions.get(key, right), newest.values.get(key)) if newest else ""
    return RightRow(
        right=right,
        value=shown(right, value),
        standard=shown(right, standard),
        note=_note(state, key),
        tip=tip,
        newest=newest_value,
        own=own,
        parts=parts,
        can_be_set=_can_be_set(state, right),
    )


def _can_be_set(state: State, right: Right) -> bool:
    """Tell whether a right may be set by hand here: not one that only an add-on gives."""
    is_given = not any(right.key in {**each.replaced, **each.extended} for each in state.added)
    return right.is_overridable and (is_given or state.revision.right(right.key) is not None)


def _parts(state: State, right: Right) -> Iterator[AddedPart]:
    """Yield what add-ons make of a right of their plan: ``+ 10``, ``→ on``."""
    for each in state.added:
        if right.key in each.replaced and right.key not in state.overrides:
            yield AddedPart(each.entitlement, each.name, f"→ {shown(right, each.replaced[right.key])}")
        if right.key in each.extended:
            yield AddedPart(each.entitlement, each.name, f"+ {shown(right, each.extended[right.key])}")


def _note(state: State, key: str) -> str:
    if key == "seat_limit" and state.seats_used:
        return f"{state.seats_used:,} in use"
    if words := charge_words(state.revision.prices, key):
        return words
    parts = []
    if key in state.counters:
        parts.append(f"{state.counters[key]:,} used")
    if key in (out := state.checked_out):
        parts.append(f"{out[key]:,} checked out")
    return ", ".join(parts)


@permission_required(VIEW, raise_exception=True)
@require_safe
def seats(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show the seats in use and the seats released last. Constant queries."""
    state = state_or_404(pk)
    found = Seat.objects.filter(entitlement=pk)
    active = found.filter(released_at=None).order_by("activated_at", "pk")
    context = entitlement_context(
        request,
        state,
        "seats",
        active=[(seat, _checked_out(state, seat)) for seat in active],
        released=list(found.exclude(released_at=None).order_by("-released_at", "-pk")[:RELEASED_SHOWN]),
    )
    return render(request, "entitlements/desk/seats.html", context)


def _checked_out(state: State, seat: Seat) -> str:
    uses = state.seat_uses.get(seat.pk, {})
    return ", ".join(f"{state.right(key).label} {amount:,}" for key, amount in uses.items())


@permission_required(VIEW, raise_exception=True)
@require_safe
def history(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show the changes below the sequence ``older`` of the address, newest first. Constant queries."""
    state = state_or_404(pk)

    def rows_below(sequence: int | None) -> tuple[Sequence[Entry], int | None]:
        found = history_page(state, before=sequence)
        return found.entries, found.older

    page = older_page(request, read=read_number, rows_below=rows_below)
    return render(request, "entitlements/desk/history.html", entitlement_context(request, state, "history", page=page))


@permission_required(VIEW, raise_exception=True)
@permission_required("entitlements.view_amendment", raise_exception=True)
@require_safe
def amendments(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show the amendments of the order, by number, with a picture of their days. Constant queries."""
    state = state_or_404(pk)
    found = OrderAmendments.of(state.order.id, renewal=state.order.renewal, today=site_today())
    context = entitlement_context(request, state, "amendments", amendments=found)
    return render(request, "entitlements/desk/amendments.html", context)
