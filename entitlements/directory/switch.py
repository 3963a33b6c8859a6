"""Disable and enable a customer. The switch compares the effect on the entitlements with the effect on screen."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Count, Max
from django.utils import timezone
from django.utils.translation import ngettext

from config.digests import digest_of_seen
from config.edit_log import log_edit
from entitlements.directory.edits import EditResult, EditStatus
from entitlements.directory.merged import require_current
from entitlements.models import Customer, Entitlement, Seat
from entitlements.state import Status

INDEPENDENT = (Status.ENDED, Status.DISABLED)  # whether the customer is disabled or not


@dataclass(frozen=True, slots=True)
class StatusChange:
    """The number of entitlements with one status before and one status after the switch."""

    before: Status
    after: Status
    count: int

    @property
    def is_changed(self) -> bool:
        """Tell whether the status changes."""
        return self.before is not self.after


@dataclass(frozen=True, slots=True)
class CustomerEffect:
    """The effect of disabling or enabling a customer on one day. ``seats`` is the number of seats in use."""

    is_disabled: bool
    changes: tuple[StatusChange, ...]
    seats: int = 0
    reaches_at: datetime | None = None

    @property
    def changed(self) -> int:
        """Return the number of entitlements whose status changes."""
        return sum(change.count for change in self.changes if change.is_changed)

    @property
    def usable(self) -> int:
        """Return the number of entitlements, active or in grace, that stop working or work again."""
        usable = (Status.ACTIVE, Status.GRACE_PERIOD)
        statuses = [(each.after if self.is_disabled else each.before, each.count) for each in self.changes]
        return sum(count for status, count in statuses if status in usable)

    @property
    def fingerprint(self) -> str:
        """Return a digest of the effect without seats, which clients activate and release at any time."""
        return digest_of_seen([self.is_disabled, [(each.before, each.after, each.count) for each in self.changes]])


def effect_of(customer: Customer, *, today: date) -> CustomerEffect:
    """Return the effect of disabling a customer, or of enabling a disabled one. Two queries."""
    entitlements = Entitlement.objects.filter(order__customer=customer).with_own_status(today)
    counts: Mapping[str, int] = dict(entitlements.order_by().values_list("own_status").annotate(Count("pk")))
    is_disabled = customer.disabled_at is not None
    changes = [_change(status, counts[status], is_disabled=is_disabled) for status in Status if status in counts]
    seats = Seat.objects.filter(entitlement__order__customer=customer, released_at=None)
    found = seats.aggregate(count=Count("pk"), reaches_at=Max("lease_expires_at"))
    return CustomerEffect(is_disabled, tuple(changes), found["count"], found["reaches_at"])


def _change(own: Status, count: int, *, is_disabled: bool) -> StatusChange:
    disabled = own if own in INDEPENDENT else Status.CUSTOMER_DISABLED
    return StatusChange(disabled, own, count) if is_disabled else StatusChange(own, disabled, count)


def switch(customer_id: UUID, *, today: date, made_by: User, reason: str, seen: str) -> EditResult[Customer]:
    """Disable a customer, or enable a disabled one, if the effect still has the fingerprint ``seen``.

    Locks the customer, compares, writes and logs in one transaction.
    Entitlements are not written: their status follows from the customer. Raise ``MergedAway`` for a merged customer.
    """
    with transaction.atomic():
        customer = Customer.objects.select_for_update().get(pk=customer_id)
        require_current(customer_id)
        effect = effect_of(customer, today=today)
        if effect.fingerprint != seen:
            return EditResult(EditStatus.STALE, customer)
        customer.disabled_at = None if customer.disabled_at else timezone.now()
        customer.save(update_fields=["disabled_at"])
        log_edit(customer, _effect_in_words(effect, reason), made_by=made_by)
    return EditResult(EditStatus.CHANGED, customer)


def _effect_in_words(effect: CustomerEffect, reason: str) -> str:
    done = "Enabled" if effect.is_disabled else "Disabled"
    count = ngettext("%(count)s entitlement changed status", "%(count)s entitlements changed status", effect.changed)
    count %= {"count": f"{effect.changed:,}"}
    return f"{done}: {reason} ({count})" if reason else f"{done} ({count})"
