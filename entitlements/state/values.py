"""The state of one entitlement as plain values. Pure: no query, no clock, no settings."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Self
from uuid import UUID

from entitlements.state.added import Added
from offerings import rights
from offerings.models import AllowedChanges, SeatsSold
from offerings.periods import Period, add_period, parse_period
from offerings.prices import price_right, price_rights, standard_price
from offerings.relations import Relations
from offerings.rights import Kind, Right, Sheet, Value
from offerings.terms import Terms

EXPIRY = Right("expires_on", Kind.DATE, "Expires", group="Term")
MAINTENANCE_EXPIRY = Right("maintenance_expires_on", Kind.DATE, "Maintenance ends", group="Term")
TERM_RIGHTS = {right.key: right for right in (EXPIRY, MAINTENANCE_EXPIRY)}
NEVER = ""  # an expiry set by hand to "never": the empty date

NOTHING: Mapping[str, Any] = MappingProxyType({})
NO_RELATIONS = Relations()


class Status(StrEnum):
    """Where an entitlement stands on a day; the first that fits, in this order."""

    ENDED = "ended"
    DISABLED = "disabled"
    CUSTOMER_DISABLED = "customer disabled"
    CREATED = "created"
    ACTIVE = "active"
    GRACE_PERIOD = "grace period"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class RevisionValue:
    """A published revision. ``extensions`` are what an add-on adds to rights of its plan, once for each one bought.

    The last four fields are what is said of its offering today.
    """

    id: int
    number: int
    offering_id: int
    sku: str
    offering_name: str
    product_id: int
    product_name: str
    kind: str
    sheet: Sheet
    terms: Terms
    prices: tuple[Mapping[str, Any], ...] = ()
    extensions: Mapping[str, Value] = field(default_factory=dict)
    relations: Relations = NO_RELATIONS
    newest_number: int = 1
    is_retired: bool = False
    allowed_changes: str = AllowedChanges.BOTH
    has_change_groups: bool = False

    def __str__(self) -> str:
        return f"{self.offering_name}, revision {self.number}"

    @property
    def is_per_quantity(self) -> bool:
        """Tell whether the customer says how many seats."""
        return self.terms.seats_sold == SeatsSold.PER_QUANTITY

    @property
    def is_perpetual(self) -> bool:
        """Tell whether the license never ends."""
        return not self.terms.duration

    @property
    def duration(self) -> Period | None:
        """Return the length of one term; ``None`` where perpetual."""
        return parse_period(self.terms.duration) if self.terms.duration else None

    def right(self, key: str) -> Right | None:
        """Return the definition of a right of this revision, of its prices, or of the term."""
        return TERM_RIGHTS.get(key) or self.sheet.definitions.get(key) or price_right(self.prices, key)

    @property
    def definitions(self) -> Mapping[str, Right]:
        """Return the definition of each right that may be set by hand, by key: those of the sheet, then the prices."""
        return {**self.sheet.definitions, **price_rights(self.prices)}


@dataclass(frozen=True, slots=True)
class OverrideValue:
    """A value set by hand: exactly this value, or with ``is_floor`` at least this one.

    ``set_at`` is ``None`` until the act that sets it is written. ``until`` is the first day without it.
    """

    value: Value
    set_at: datetime | None = None
    set_by_id: int | None = None
    set_by_name: str = ""
    reason: str = ""
    is_floor: bool = False
    until: date | None = None


def is_same(one: OverrideValue | None, other: OverrideValue | None) -> bool:
    """Tell whether two overrides are the same in all; 1 and true are not the same value."""
    return one == other and type(one and one.value) is type(other and other.value)


@dataclass(frozen=True, slots=True)
class SeatValue:
    """One seat, with what it has checked out by right key."""

    id: UUID
    seat_id: str
    name: str
    activated_at: datetime
    lease_expires_at: datetime
    last_refresh_at: datetime
    is_offline: bool = False
    checked_out: Mapping[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.name or self.seat_id


@dataclass(frozen=True, slots=True)
class BillingTerms:
    """How an order is billed. ``day`` is the day of month its periods begin on, ``None`` for that of each term.

    ``proration`` names the method, or is ``off``; ``own_proration`` is what the order itself says, empty for what the
    site does. ``invoiced_through`` is the first day that has not been invoiced.
    """

    day: int | None = None
    proration: str = "actual"
    invoiced_through: date | None = None
    own_proration: str = ""


@dataclass(frozen=True, slots=True)
class OrderValue:
    """The order an entitlement belongs to, with its customer.

    ``is_new`` and ``is_new_customer`` mark rows that are still to be written. A new order gets ``new_codes``, and
    with ``needs_code`` a random one; a new customer gets the ``account_reference``. Terms that end on ``renews_from``
    or later renew by themselves, as ``renewal`` says.
    """

    id: UUID
    customer_id: UUID
    customer_name: str
    order_reference: str = ""
    is_customer_disabled: bool = False
    is_new: bool = False
    is_new_customer: bool = False
    new_codes: tuple[str, ...] = ()
    needs_code: bool = False
    account_reference: str = ""
    billing: BillingTerms = field(default_factory=BillingTerms, compare=False)
    renewal: str = field(default="", compare=False)
    renews_from: date | None = field(default=None, compare=False)

    def __str__(self) -> str:
        return f"{self.customer_name}, order {self.order_reference}" if self.order_reference else self.customer_name


@dataclass(frozen=True, slots=True)
class State:
    """Everything a rule may ask about one entitlement at one moment.

    Dates are days in the site's zone, half-open. ``version`` and ``sequence`` are 0 until the row is there.
    ``counters`` are amounts by right key, ``seat_uses`` what each active seat has checked out. The fields that are
    columns are described in ``state.fields``. ``anchor_on`` is ``None`` where terms count from the start.
    ``changed_at`` is the moment of the newest act; states that differ in it alone are equal.
    ``added`` is what the add-ons beside a plan make of its rights: no part of the entitlement itself.
    """

    id: UUID
    version: int
    sequence: int
    order: OrderValue
    revision: RevisionValue
    quantity: int | None = None
    overrides: Mapping[str, OverrideValue] = field(default_factory=dict)
    starts_on: date | None = None
    anchor_on: date | None = None
    standard_expires_on: date | None = None
    standard_maintenance_expires_on: date | None = None
    conditions: str | None = None
    ended_on: date | None = None
    activated_at: datetime | None = None
    disabled_at: datetime | None = None
    seats_used: int = 0
    seat_uses: Mapping[UUID, Mapping[str, int]] = field(default_factory=dict)
    counters: Mapping[str, int] = field(default_factory=dict)
    changed_at: datetime | None = field(default=None, compare=False)
    added: tuple[Added, ...] = field(default=(), compare=False)

    # --- rights ------------------------------------------------------------------------------------------------------

    def standard(self, key: str) -> Value | None:
        """Return what the revision says for a right, or the computed day; ``None`` where it says nothing."""
        if key == EXPIRY.key:
            return self.standard_expires_on.isoformat() if self.standard_expires_on else NEVER
        if key == MAINTENANCE_EXPIRY.key:
            ends = self.standard_maintenance_expires_on
            return ends.isoformat() if ends else NEVER
        if key == "seat_limit" and self.revision.is_per_quantity:
            return None if self.revision.extensions else self.quantity
        found = self.revision.sheet.values.get(key)
        return standard_price(self.revision.prices, key) if found is None else found

    def in_force(self, key: str) -> Value | None:
        """Return the value the customer has: the override, else the standard; a floor only while it is higher."""
        override = self.overrides.get(key)
        if override is None:
            return self.standard(key)
        if not override.is_floor:
            return override.value
        return _higher(self.revision.right(key), self.standard(key), override.value)

    def granted(self, key: str) -> Value | None:
        """Return what the customer has with the add-ons beside the plan: they replace or extend the value in force."""
        value = self.in_force(key)
        for each in self.added:
            value = each.applied_to(key, value, is_by_hand=key in self.overrides)
        return value

    def right(self, key: str) -> Right:
        """Return the definition of a right, that of an add-on where the revision lacks it; else it is read as text."""
        found = self.revision.right(key)
        for each in self.added:
            found = found or each.definitions.get(key)
        return found or Right(key, Kind.TEXT, key)

    @property
    def right_keys(self) -> tuple[str, ...]:
        """Return the key of every right with a value, in the revision's order, then overrides and add-ons on others."""
        keys = [*self.revision.definitions, *self.overrides]
        keys += [key for each in self.added for key in (*each.replaced, *each.extended)]
        return tuple(key for key in dict.fromkeys(keys) if key not in TERM_RIGHTS and self.granted(key) is not None)

    # --- seats -------------------------------------------------------------------------------------------------------

    @property
    def seat_limit(self) -> Value:
        """Return the limit with add-ons: a whole number or ``"unlimited"``; 0 where seats are not sold."""
        return self.granted("seat_limit") or 0

    @property
    def seat_capacity(self) -> int | None:
        """Return how many seats can be in use at once, add-ons and overdraft included; ``None`` is unlimited."""
        return self._capacity(self.seat_limit)

    @property
    def own_seat_limit(self) -> Value:
        """Return the limit of the entitlement alone, without add-ons."""
        return self.in_force("seat_limit") or 0

    @property
    def own_seat_capacity(self) -> int | None:
        """Return how many seats can be in use at once without add-ons."""
        return self._capacity(self.own_seat_limit)

    def _capacity(self, limit: Value) -> int | None:
        return 0 if limit == 0 else rights.capacity(limit, self.in_force("overdraft") or "none")

    @property
    def checked_out(self) -> dict[str, int]:
        """Return how much of each element pool is checked out, by right key."""
        total: dict[str, int] = {}
        for uses in self.seat_uses.values():
            for key, amount in uses.items():
                total[key] = total.get(key, 0) + amount
        return total

    @property
    def agreed(self) -> dict[str, Value]:
        """Return the prices that are set by hand, by key of the right."""
        return {key: each.value for key, each in self.overrides.items() if key.startswith(rights.PRICE_PREFIX)}

    @property
    def override_count(self) -> int:
        """Return how many rights, the expiry and maintenance included, are set by hand."""
        return len(self.overrides)

    # --- term --------------------------------------------------------------------------------------------------------

    @property
    def expires_on(self) -> date | None:
        """Return the first day without the license; ``None`` is never."""
        return _day(self.overrides, EXPIRY.key, self.standard_expires_on)

    @property
    def maintenance_expires_on(self) -> date | None:
        """Return the first day without maintenance; ``None`` is as long as the license."""
        return _day(self.overrides, MAINTENANCE_EXPIRY.key, self.standard_maintenance_expires_on)

    @property
    def grace_ends_on(self) -> date | None:
        """Return the first day after the grace period; ``None`` where the license never ends."""
        if self.expires_on is None:
            return None
        try:
            return add_period(self.expires_on, parse_period(str(self.in_force("grace_period") or "P0D")))
        except OverflowError:
            return date.max

    @property
    def is_activated(self) -> bool:
        """Tell whether the term has been started."""
        return self.activated_at is not None

    @property
    def anchor(self) -> date | None:
        """Return the day whose day of month all later terms keep; ``None`` before the activation."""
        return self.anchor_on or self.starts_on

    def days_left(self, today: date) -> int:
        """Return the whole days of the term from ``today``, or from its later start; 0 where it is over or endless."""
        if self.expires_on is None:
            return 0
        return max(0, (self.expires_on - max(today, self.starts_on or today)).days)

    def status(self, today: date) -> Status:
        """Return where the entitlement stands on ``today``."""
        own = self.own_status(today)
        is_out = own in (Status.ENDED, Status.DISABLED) or not self.order.is_customer_disabled
        return own if is_out else Status.CUSTOMER_DISABLED

    def own_status(self, today: date) -> Status:
        """Return where the entitlement would stand on ``today`` if its customer were enabled."""
        return status_of(
            today=today,
            ended_on=self.ended_on,
            is_disabled=self.disabled_at is not None,
            is_customer_disabled=False,
            is_activated=self.is_activated,
            starts_on=self.starts_on,
            expires_on=self.expires_on,
            grace_ends_on=self.grace_ends_on,
        )

    # --- changes -----------------------------------------------------------------------------------------------------

    def with_overrides(self, changed: Mapping[str, OverrideValue | None]) -> Self:
        """Return the state with overrides set, or dropped where the value is ``None``."""
        merged: dict[str, OverrideValue | None] = {**self.overrides, **changed}
        return replace(self, overrides={key: value for key, value in merged.items() if value is not None})

    def settled(self) -> Self:
        """Return the state without expiry overrides that say what the standard says: equal is not set by hand."""
        equal = [key for key in TERM_RIGHTS if key in self.overrides and self.in_force(key) == self.standard(key)]
        return self.with_overrides(dict.fromkeys(equal)) if equal else self


def status_of(
    *,
    today: date,
    ended_on: date | None,
    is_disabled: bool,
    is_customer_disabled: bool,
    is_activated: bool,
    starts_on: date | None,
    expires_on: date | None,
    grace_ends_on: date | None,
) -> Status:
    """Return the status of facts on ``today``. The queryset annotation ``with_status`` says the same in SQL."""
    if ended_on is not None and ended_on <= today:
        return Status.ENDED
    if is_disabled:
        return Status.DISABLED
    if is_customer_disabled:
        return Status.CUSTOMER_DISABLED
    if not is_activated or starts_on is None or starts_on > today:
        return Status.CREATED
    if expires_on is None or today < expires_on:
        return Status.ACTIVE
    return Status.GRACE_PERIOD if grace_ends_on is not None and today < grace_ends_on else Status.EXPIRED


def _higher(right: Right | None, standard: Value | None, floor: Value) -> Value:
    """Return the higher of the standard and a floor; the floor where the right cannot compare them."""
    if right is None or standard is None or not all(rights.is_valid(right, each) for each in (standard, floor)):
        return floor
    return rights.higher(right, standard, floor)


def _day(overrides: Mapping[str, OverrideValue], key: str, standard: date | None) -> date | None:
    override = overrides.get(key)
    if override is None:
        return standard
    return date.fromisoformat(str(override.value)) if override.value else None
