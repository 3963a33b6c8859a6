"""Whether the terms of an order renew by themselves, and what that makes of what is scheduled for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.contrib.auth.models import User
from django.db import transaction

from config.edit_log import logged
from entitlements.directory.edits import EditStatus, digest_of
from entitlements.models import Order
from entitlements.schedule import Later, fold_order, seen_later
from entitlements.schedule.agreed import to_propose
from entitlements.schedule.answers import Verdict, blocking, compared
from entitlements.schedule.locking import lock_order
from entitlements.schedule.planned import pending_of
from entitlements.schedule.scheduling import settle_later

CANNOT_BE_PROPOSED = "How an order renews cannot be proposed. Let somebody choose it who may approve."


@dataclass(frozen=True, slots=True)
class RenewalEdit:
    """The outcome, and the order after it; ``later`` is what is scheduled and would do something else, or not fit.

    With ``later`` nothing was written unless the person had seen it. ``refusals`` are sentences that say why nobody, or
    this person, may choose it: an amendment would no longer fit, or do what nobody does alone.
    """

    status: EditStatus
    row: Order
    later: tuple[Later, ...] = ()
    refusals: tuple[str, ...] = ()

    @property
    def seen(self) -> str:
        """Return a digest of what a person sees of what is scheduled."""
        return seen_later(self.later)


def set_renewal(
    order: Order, renewal: str, *, today: date, made_by: User, seen: str, seen_of_later: str = ""
) -> RenewalEdit:
    """Write whether the terms of an order renew by themselves; where they begin to, those that end from ``today``.

    Locks the order, compares with what the editor saw (``seen``), writes and logs in one transaction. What is scheduled
    and does something else then is kept as that, where the editor saw it; else, or where something is refused, nothing
    is written.
    """
    with transaction.atomic():
        lock_order(order.pk)
        pending = pending_of([order.pk]).get(order.pk, [])
        before = fold_order(order.pk, pending) if pending else []
        found = _write(order, renewal, today=today, made_by=made_by, seen=seen)
        after = fold_order(order.pk, pending) if pending and found.status is EditStatus.CHANGED else before
        later = tuple(each for each in compared(order.pk, before, after) if _is_moved(each))
        found = RenewalEdit(found.status, found.row, later, _refusals(later, made_by))
        if found.refusals or found.seen != (seen_of_later if later else ""):
            transaction.set_rollback(True)
            return RenewalEdit(EditStatus.STALE, order, later, found.refusals)
        settle_later(later, made_by=made_by, why="The order renews otherwise.")
        return found


def _refusals(later: Sequence[Later], made_by: User) -> tuple[str, ...]:
    alone = to_propose(later, made_by)
    return tuple(each.message for each in (*blocking(later), *alone)) + ((CANNOT_BE_PROPOSED,) if alone else ())


def _is_moved(later: Later) -> bool:
    return later.verdict in (Verdict.CHANGES, Verdict.NO_LONGER_FITS)


def _write(order: Order, renewal: str, *, today: date, made_by: User, seen: str) -> RenewalEdit:
    with logged(order, made_by=made_by) as change:
        locked = Order.objects.get(pk=order.pk)
        if digest_of(locked, ["renewal"]) != seen:
            return RenewalEdit(EditStatus.STALE, locked)
        if locked.renewal != renewal:
            locked.renews_from = (locked.renews_from or today) if renewal else None
            locked.renewal = renewal
            locked.save(update_fields=["renewal", "renews_from"])
    return RenewalEdit(EditStatus.CHANGED if change.is_change else EditStatus.SAME, locked)
