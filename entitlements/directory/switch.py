"""Disable and enable a customer; the effect on the entitlements is shown first and compared again under a lock."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Count, Max
from django.utils import timezone
from django.utils.translation import ngettext

from config.edit_log import log_edit
from entitlements.directory.edits import Edited, EditResult
from entitlements.models import Customer, Entitlement, Seat
from entitlements.state import Status

STANDING = (Status.ENDED, Status.DISABLED)  # with or without the customer


@dataclass(frozen=True, slots=True)
class StatusMove:
    """The number of entitlements with one status now and another one after."""

    before: Status
    after: Status
    count: int

    @property
    def is_moved(self) -> bool:
        """Tell whether the status would change."""
        return self.before is not self.after


@dataclass(frozen=True, slots=True)
class CustomerEffect:
    """The effect of disabling or enabling a customer on one day. ``seats`` is the number of seats in use."""

    is_disabled: bool
    moves: tuple[StatusMove, ...]
    seats: int = 0
    reaches_at: datetime | None = None

    @property
    def moved(self) -> int:
        """Return the number of entitlements with another status after."""
        return sum(move.count for move in self.moves if move.is_moved)

    @property
    def usable(self) -> int:
        """Return the number of entitlements, active or in grace, that stop working or work again."""
        states = (Status.ACTIVE, Status.GRACE_PERIOD)
        return sum(move.count for move in self.moves if (move.after if self.is_disabled else move.before) in states)

    @property
    def fingerprint(self) -> str:
        """Return a digest of the effect, seats left out: they come and go by themselves."""
        values = json.dumps([self.is_disabled, [(move.before, move.after, move.count) for move in self.moves]])
        return hashlib.sha256(values.encode()).hexdigest()[:32]


def effect_of(customer: Customer, *, today: date) -> CustomerEffect:
    """Return the effect of disabling a customer, or of enabling a disabled one. Two queries."""
    entitlements = Entitlement.objects.filter(order__customer=customer).with_own_status(today)
    counts: Mapping[str, int] = dict(entitlements.order_by().values_list("own_status").annotate(Count("pk")))
    is_disabled = customer.disabled_at is not None
    moves = [_move(status, counts[status], is_disabled=is_disabled) for status in Status if status in counts]
    seats = Seat.objects.filter(entitlement__order__customer=customer, released_at=None)
    found = seats.aggregate(count=Count("pk"), reaches_at=Max("lease_expires_at"))
    return CustomerEffect(is_disabled, tuple(moves), found["count"], found["reaches_at"])


def _move(own: Status, count: int, *, is_disabled: bool) -> StatusMove:
    stopped = own if own in STANDING else Status.CUSTOMER_DISABLED
    return StatusMove(stopped, own, count) if is_disabled else StatusMove(own, stopped, count)


def switch(customer_id: UUID, *, today: date, made_by: User, reason: str, seen: str) -> EditResult[Customer]:
    """Disable a customer, or enable a disabled one, if the effect has the fingerprint ``seen``.

    Locks the customer, compares, writes and logs in one transaction.
    Entitlements are not written: their status follows from the customer.
    """
    with transaction.atomic():
        customer = Customer.objects.select_for_update().get(pk=customer_id)
        effect = effect_of(customer, today=today)
        if effect.fingerprint != seen:
            return EditResult(Edited.STALE, customer)
        customer.disabled_at = None if customer.disabled_at else timezone.now()
        customer.save(update_fields=["disabled_at"])
        log_edit(customer, _effect_in_words(effect, reason), made_by=made_by)
    return EditResult(Edited.CHANGED, customer)


def _effect_in_words(effect: CustomerEffect, reason: str) -> str:
    done = "Enabled" if effect.is_disabled else "Disabled"
    count = f"{effect.moved:,} {ngettext('entitlement', 'entitlements', effect.moved)} changed status"
    return f"{done}: {reason} ({count})" if reason else f"{done} ({count})"
