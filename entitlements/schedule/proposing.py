"""Propose an operation in place of doing it: it waits, with what it does, for somebody who agrees.

Whoever may do an operation may propose it; the permissions of all its parts are asked for here. One that is for several
orders becomes a proposal for each. What becomes of what is scheduled is shown, and settled by whoever approves.

What makes an order of its own waits in that order: it is written with the proposal, without entitlements, so that its
reference and its codes are kept for it. Declined, the order stays as the record of what was asked for.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from config.actors import name_of
from config.clock import site_today
from config.edit_log import log_edit
from entitlements import engine
from entitlements.engine.apply import CONFLICT
from entitlements.engine.approval import approval_problems, without_approval
from entitlements.models import Amendment, AmendmentStatus, Entitlement, Order
from entitlements.models.amendments import NAME_LENGTH
from entitlements.models.customers import REFERENCE_LENGTH
from entitlements.models.holdings import REASON_LENGTH
from entitlements.operations import Operation, Preview, Problem
from entitlements.operations.base import text_problems
from entitlements.operations.parts import not_permitted
from entitlements.operations.preview import NO_ENTITLEMENT
from entitlements.schedule.answers import Answer
from entitlements.schedule.approving import when_in_words
from entitlements.schedule.attempts import Overtaken, in_transaction
from entitlements.schedule.facts import NO_FACTS, Facts, code_problems, fact_problems, write_facts
from entitlements.schedule.locking import lock_orders, next_number
from entitlements.schedule.new_orders import make_order, twice_problems
from entitlements.schedule.now import later_after, with_blocking
from entitlements.schedule.planned import Folded, Planned
from entitlements.schedule.scheduling import fill, orders_for, preview_scheduled

NO_ORDER = Problem("no_order", "This belongs to no order, so that it cannot be proposed.")


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody proposes. ``on`` is its day, ``None`` for the day on which somebody agrees.

    ``seen`` holds what the person saw, as a page sends it back; ``None`` is for callers without a preview. ``cancels``
    and ``keeps`` are what the person ticked beside it: part of what was seen, and no part of the proposal.
    """

    operation: Operation
    ids: tuple[UUID, ...]
    made_by: User
    on: date | None = None
    seen: Mapping[UUID, str] | None = None
    name: str = ""
    facts: Facts = NO_FACTS
    reason: str = ""
    reference: str = ""
    cancels: Collection[UUID] = ()
    keeps: Collection[UUID] = ()

    @property
    def settles(self) -> dict[str, Any]:
        """Return what the person ticked."""
        return {"cancels": self.cancels, "keeps": self.keeps}


@dataclass(frozen=True, slots=True)
class Proposed:
    """What came of it: the rows that were written, else the fresh previews with what stands against them.

    ``order`` is one that was made for the proposal.
    """

    rows: tuple[Amendment, ...] = ()
    order: Order | None = None
    previews: tuple[Preview, ...] = ()
    refused: tuple[Problem, ...] = ()
    is_stale: bool = False


def propose(request: Request) -> Proposed:
    """Write a proposal for each order; previews with problems are left out, and refused where none is left.

    Where the person saw something else, nothing is written. Raises ``PermissionDenied``.
    """
    if not request.made_by.has_perms(request.operation.permissions):
        raise PermissionDenied(f"This needs the permission {' and '.join(request.operation.permissions)}.")
    try:
        return in_transaction(
            lambda: _propose_now(request) if request.on is None else _propose_for(request, request.on)
        )
    except Overtaken:
        return Proposed(refused=(CONFLICT,))


def _propose_now(request: Request) -> Proposed:
    operation, ids = request.operation, request.ids
    if operation.new_order:
        return _propose_in_new_order(request)
    places = _places(operation, ids)
    orders = {order.pk: order for order in lock_orders(set(places.values()), beside=places)}
    if _places(operation, ids) != places:
        raise Overtaken("It came to another order meanwhile.")
    previews = engine.preview(operation, ids)
    judged = with_blocking(previews, later_after(previews, **request.settles))
    if request.seen is not None and any(request.seen.get(each.id) != each.fingerprint for each in judged):
        return Proposed(previews=tuple(judged), is_stale=True)
    previews = [each.with_problems(_against(each, request, orders, places)) for each in previews]
    by_order: dict[UUID, list[Preview]] = {}
    for preview in previews:
        if not preview.is_blocked:
            by_order.setdefault(_order_of(preview, places), []).append(preview)
    rows = [_written(request, orders[order], found) for order, found in sorted(by_order.items())]
    return Proposed(tuple(rows), previews=tuple(previews))


def _propose_in_new_order(request: Request) -> Proposed:
    """Propose what makes an order of its own: the order is made, and waits for it without entitlements."""
    [preview] = engine.preview(request.operation, request.ids)
    if request.seen is not None and request.seen.get(preview.id) != preview.fingerprint:
        return Proposed(previews=(preview,), is_stale=True)
    preview = preview.with_problems([*_of_words_and_parts([preview], request), *twice_problems(request.operation)])
    if preview.is_blocked:
        return Proposed(previews=(preview,))
    order = make_order([preview], made_by=request.made_by)
    request = replace(request, operation=request.operation.into(order.pk))
    row = _written(request, order, engine.preview(request.operation, request.ids))
    return Proposed((row,), order, previews=(preview,))


def _places(operation: Operation, ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """Return the order of each entitlement that it is for; of what it creates, the order that it is created in."""
    named = operation.named(ids)
    found = dict(Entitlement.objects.filter(pk__in=named).order_by().values_list("pk", "order"))
    into = operation.order_ids(ids)
    return found or ({NO_ENTITLEMENT: into[0]} if len(into) == 1 else {})


def _order_of(preview: Preview, places: Mapping[UUID, UUID]) -> UUID:
    """Return the order of a preview: that of the first entitlement asked about, or the one to create in."""
    found = (places[key] for key in preview.ids if key in places)
    return next(found, places.get(NO_ENTITLEMENT, NO_ENTITLEMENT))


def _against(
    preview: Preview, request: Request, orders: Mapping[UUID, Order], places: Mapping[UUID, UUID]
) -> list[Problem]:
    """Return what stands against proposing what a preview shows."""
    found = _of_words_and_parts([preview], request)
    return found if _order_of(preview, places) in orders else [*found, NO_ORDER]


def _of_words_and_parts(previews: Sequence[Preview], request: Request) -> list[Problem]:
    """Return what is wrong with the words, and each part that the person may not ask for."""
    needed = dict.fromkeys(each for preview in previews for each in preview.permissions)
    missing = None if request.reason.strip() else engine.reason_problem(previews)
    return [
        *text_problems(request.reason, field="reason", longest=REASON_LENGTH),
        *text_problems(request.reference, field="reference", longest=REFERENCE_LENGTH),
        *([missing] if missing else []),
        *not_permitted([permission for permission in needed if not request.made_by.has_perm(permission)]),
    ]


def _propose_for(request: Request, day: date) -> Proposed:
    """Propose something for a day; whoever does needs the permission to schedule, as ``preview_scheduled`` says.

    What makes an order of its own waits in that order, as ``_propose_in_new_order`` says.
    """
    operation, ids = request.operation, request.ids
    places = orders_for(operation, ids)
    orders = {order.pk: order for order in lock_orders(places)}
    if orders_for(operation, ids) != places:
        raise Overtaken("It came to another order meanwhile.")
    answer = preview_scheduled(
        operation, ids, on=day, made_by=request.made_by, facts=request.facts, **request.settles, lock=True
    )
    if answer.own is None or not answer.own.previews or len(places) != 1:
        return Proposed(refused=answer.problems or (NO_ORDER,))
    previews, _sentences = without_approval(answer.own.previews)
    own = replace(answer.own, previews=tuple(previews))
    if request.seen is not None and request.seen.get(NO_ENTITLEMENT) != answer.fingerprint:
        return Proposed(previews=own.previews, is_stale=True)
    if against := list(dict.fromkeys(_against_day(request, answer, own, day))):
        shown = previews[0].with_problems(each for each in against if each not in previews[0].problems)
        return Proposed(previews=(shown, *previews[1:]), refused=tuple(against))
    if operation.new_order is None:
        return Proposed((_written(request, orders[places.pop()], own.previews),), previews=own.previews)
    order = make_order(own.previews, made_by=request.made_by)
    request = replace(request, operation=operation.into(order.pk))
    fresh = preview_scheduled(request.operation, ids, on=day, facts=request.facts).own
    row = _written(request, order, fresh.previews if fresh else own.previews)
    return Proposed((row,), order, previews=own.previews)


def _against_day(request: Request, answer: Answer, own: Folded, day: date) -> Iterator[Problem]:
    """Yield what stands against proposing something for a day, but that it must be proposed."""
    yield from (each for each in answer.refused if each not in approval_problems(answer.refused))
    yield from own.problems
    yield from _of_words_and_parts(own.previews, request)
    yield from fact_problems(request.name, request.facts, on=day)
    for order in orders_for(request.operation, request.ids):
        yield from code_problems(request.facts.code, order=order)


def _written(request: Request, order: Order, previews: Sequence[Preview]) -> Amendment:
    """Write the proposal for one order, with its line in the log."""
    concerned = {key for preview in previews for key in preview.ids}
    ids = tuple(key for key in request.ids if key in concerned)
    day = request.on or site_today()
    row = Amendment(
        order=order,
        number=next_number(order.pk),
        name=(request.name or request.operation.amendment_name(previews[0]))[:NAME_LENGTH],
        kind=request.operation.amendment_kind(previews[0]),
        status=AmendmentStatus.PROPOSED,
        is_immediate=request.on is None,
        reason=request.reason,
        reference=request.reference,
        requested_by=request.made_by,
        requested_by_name=name_of(request.made_by),
        requested_at=timezone.now(),
    )
    write_facts(row, request.facts)
    planned = Planned(row.pk, day, row.number, request.operation.on_day(day), ids, row.name)
    fill(row, Folded(planned, tuple(previews)))
    row.save(force_insert=True)
    log_edit(order, f"Proposed “{row.name}”, {when_in_words(row)}.", made_by=request.made_by)
    return row
