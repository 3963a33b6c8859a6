"""The header of every tab of an entitlement: name, menu, facts, tabs."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import ngettext

from config.clock import site_today
from entitlements.dialogs.banners import banners_of
from entitlements.dialogs.pages import operations_with_dialog
from entitlements.dialogs.pinned import pinned_on
from entitlements.dialogs.tones import STATUS_TONES, seats_percent, seats_tone
from entitlements.history.continuations import continuations_of
from entitlements.history.words import overridden_by
from entitlements.models import ActivationCode, Note
from entitlements.operations import OPERATIONS
from entitlements.schedule.ahead import Ahead, next_renewals, renewals_ahead
from entitlements.schedule.upcoming import AmendmentLine, upcoming_of
from entitlements.state import COUNTED, EXPIRY, MAINTENANCE_EXPIRY, State, Status, price_list_of, price_of
from offerings.models import Revision
from offerings.periods import parse_period
from offerings.revisions import show_term
from offerings.rights import UNLIMITED, Right
from offerings.totals import Total

KEYS = {"change_offering": "c", "renew": "r", "transfer_entitlement": "t"}  # templates/shortcuts.html lists them


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """One operation in the menu of an entitlement. ``key`` is the key that opens it, or empty."""

    url: str
    icon: str
    words: str
    key: str = ""


@dataclass(frozen=True, slots=True)
class AgreedPrice:
    """One price that was set by hand, with its tooltip."""

    right: Right
    tip: str

    @property
    def tip_id(self) -> str:
        """Return the id of the tooltip in the page."""
        return f"tip-{self.right.key.replace('.', '-')}"

    @property
    def label(self) -> str:
        """Return what the alert says to those who cannot see it."""
        return f"{self.right.label} set by hand"


@dataclass(frozen=True, slots=True)
class EntitlementHeader:
    """The facts of one entitlement on one day, in the words of the page."""

    state: State
    today: date
    code: str
    newest_id: int | None
    note_count: int

    @property
    def status(self) -> str:
        """Return the status in words."""
        return self.state.status(self.today).capitalize()

    @property
    def tone(self) -> str:
        """Return the tone of the status."""
        return STATUS_TONES[self.state.status(self.today)]

    @property
    def right_count(self) -> int:
        """Return the number of rights."""
        return len(self.state.right_keys)

    @property
    def plan(self) -> str:
        """Return the license type."""
        return show_term("license_type", self.state.revision.terms.license_type).capitalize()

    @property
    def duration(self) -> str:
        """Return the length of one term in words; empty for a perpetual license."""
        text = self.state.revision.terms.duration
        return parse_period(text).words if text else ""

    @property
    def days(self) -> str:
        """Return the distance to the expiry in words; empty where it never comes, or the entitlement has ended."""
        if self.state.expires_on is None:
            return ""
        if self.state.ended_on is not None:
            return ""
        days = (self.state.expires_on - self.today).days
        if not days:
            return "today"
        distance = ngettext("%(count)s day", "%(count)s days", abs(days)) % {"count": f"{abs(days):,}"}
        return distance if days > 0 else f"{distance} ago"

    @property
    def maintenance(self) -> str:
        """Return the maintenance in words; empty where maintenance ends on a day."""
        if not self.state.in_force("maintenance"):
            return "none"
        return "" if self.state.maintenance_expires_on else "with the license"

    @property
    def expiry_tip(self) -> str:
        """Return the tooltip of an overridden expiry; empty where the expiry is standard."""
        return overridden_by(self.state, EXPIRY.key) if EXPIRY.key in self.state.overrides else ""

    @property
    def maintenance_tip(self) -> str:
        """Return the tooltip of an overridden end of maintenance; empty where the end is standard."""
        key = MAINTENANCE_EXPIRY.key
        return overridden_by(self.state, key) if key in self.state.overrides else ""

    # --- price -------------------------------------------------------------------------------------------------------

    @property
    def price(self) -> Total:
        """Return the price in force; nothing where the entitlement has ended."""
        return price_of(self.state)

    @property
    def price_details(self) -> list[str]:
        """Return what stands beside the price that recurs: how it comes about, what is due once, prices for use."""
        if not self.price:
            return []
        found = price_list_of(self.state).workings(self.state.quantity)
        return [*found, *(f"+ {words}" for words in (*self.price.once, *self.price.usage))]

    @property
    def agreed_prices(self) -> list[AgreedPrice]:
        """Return the prices that were set by hand; none where the entitlement has ended."""
        keys = () if self.state.ended_on is not None else self.state.agreed
        return [AgreedPrice(self.state.right(key), overridden_by(self.state, key)) for key in keys]

    @property
    def price_note(self) -> str:
        """Return why the price counts in no sum; empty where it does."""
        status = self.state.status(self.today)
        return "" if status in COUNTED or status is Status.ENDED else f"counts in no sum: {status}"

    # --- seats -------------------------------------------------------------------------------------------------------

    @property
    def seat_limit(self) -> str:
        """Return the seat limit in words; empty for an offering without seats."""
        limit = self.state.seat_limit
        return UNLIMITED if limit == UNLIMITED else f"{limit:,}" if limit else ""

    @property
    def seats_tone(self) -> str:
        """Return the tone of the seats in use."""
        return seats_tone(self.state.seats_used, limit=self._limit, capacity=self.state.seat_capacity)

    @property
    def seats_percent(self) -> int:
        """Return the used share of the limit in percent."""
        return seats_percent(self.state.seats_used, limit=self._limit)

    @property
    def _limit(self) -> int | None:
        limit = self.state.seat_limit
        return limit if isinstance(limit, int) else None

    @property
    def seats_over(self) -> int:
        """Return the number of seats in use beyond the capacity."""
        capacity = self.state.seat_capacity
        return 0 if capacity is None else max(0, self.state.seats_used - capacity)


def entitlement_context(request: HttpRequest, state: State, tab: str, **context: Any) -> dict[str, Any]:
    """Return the context of one tab; eight queries at most beside those of the tab itself, and those of the banners."""
    revision = state.revision
    newest_id = None
    if revision.number < revision.newest_number:
        newest_id = Revision.objects.values_list("pk", flat=True).get(
            offering=revision.offering_id, number=revision.newest_number
        )
    code = ActivationCode.objects.filter(order=state.order.id).values_list("code", flat=True).first()
    return {
        "state": state,
        "header": EntitlementHeader(
            state=state,
            today=site_today(),
            code=code or "",
            newest_id=newest_id,
            note_count=Note.objects.filter(entitlement=state.id).count(),
        ),
        "tab": tab,
        "continuations": continuations_of(state),
        "upcoming": _upcoming(request, state),
        "renewals": _renewals(request, state),
        "banners": banners_of(state, today=site_today(), user=request.user),
        "pinned": None if tab == "notes" else pinned_on(request.user, state),
        "may": {each.permission.partition(".")[2]: request.user.has_perm(each.permission) for each in OPERATIONS},
        "menu": list(_menu(request, state)),
        **context,
    }


def _upcoming(request: HttpRequest, state: State) -> list[AmendmentLine]:
    """Return what is scheduled for the entitlement, for people who may see it; one query."""
    may_see = request.user.has_perm("entitlements.view_amendment")
    return upcoming_of(state.order.id, entitlement=state.id) if may_see else []


def _renewals(request: HttpRequest, state: State) -> list[Ahead]:
    """Return the next automatic renewal of the entitlement, for people who may see it; no query where none is."""
    if not state.order.renewal or not request.user.has_perm("entitlements.view_amendment"):
        return []
    return list(next_renewals(renewals_ahead(state.order.id, today=site_today()), of=state.id))


def _menu(request: HttpRequest, state: State) -> Iterator[MenuEntry]:
    """Yield the operations that apply to the state and that the person may carry out."""
    for operation in operations_with_dialog():
        is_in_menu = operation.tab == "entitlement" and operation.applies_to(state)
        if is_in_menu and request.user.has_perm(operation.permission):
            url = reverse(f"entitlements:{operation.name}", args=[state.id])
            yield MenuEntry(url, operation.words.icon, operation.words.menu, KEYS.get(operation.name, ""))
