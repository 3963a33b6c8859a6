"""The list of entitlements: search, filters, pages."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import F, Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from config.clock import site_today
from config.web import require, wants_part
from entitlements import states
from entitlements.forms.filters import Filters
from entitlements.models import ActivationCode, Entitlement
from entitlements.states import TERM_RIGHTS, State, Status
from entitlements.views.paging import page_of
from offerings import rights
from offerings.models import Offering, Revision

PAGE = 50
NAMED_OVERRIDES = 4
MENU = ("change_offering", "renew_entitlement", "disable_entitlement")

TONES = {
    Status.ENDED: "quiet",
    Status.DISABLED: "stop",
    Status.CUSTOMER_DISABLED: "stop",
    Status.CREATED: "info",
    Status.ACTIVE: "ok",
    Status.GRACE_PERIOD: "warn",
    Status.EXPIRED: "quiet",
}


@dataclass(frozen=True, slots=True)
class ListedEntitlement:
    """One row of the list."""

    entitlement: Any
    newest_number: int
    code: str
    overrides: str

    @property
    def tone(self) -> str:
        """Return the tone of the status."""
        return TONES[self.entitlement.status]

    @property
    def is_newest(self) -> bool:
        """Tell whether the entitlement is on the newest revision of its offering."""
        return bool(self.entitlement.revision_number == self.newest_number)

    @property
    def seats_tone(self) -> str:
        """Return the tone of the seats: over the capacity, none left, or fine."""
        row = self.entitlement
        if row.seat_capacity is not None and row.seats_used > row.seat_capacity:
            return "stop"
        return "warn" if row.seat_limit is not None and row.seats_used >= row.seat_limit else "info"

    @property
    def seats_percent(self) -> int:
        """Return how much of the limit is in use, from 0 to 100."""
        row = self.entitlement
        if not row.seat_limit:
            return 100 if row.seats_used else 0
        return int(min(100, -(-row.seats_used * 100 // row.seat_limit)))


@require("entitlements.view_entitlement")
@require_safe
def entitlements(request: HttpRequest) -> HttpResponse:
    """List entitlements, last changed first; ``q``, ``offering`` and ``overridden`` narrow. Constant queries."""
    filters = Filters.read(request.GET)
    page = page_of(request, _with_columns(filters), field="changed_at", size=PAGE)
    offerings = list(Offering.objects.select_related("product").order_by("product__name", "product", "name", "sku"))
    context = {
        "rows": _listed(page.rows),
        "page": page,
        "filters": filters,
        "offerings": offerings,
        "is_gone": bool(filters.offering) and filters.offering not in {each.sku for each in offerings},
        "about": None if filters else Entitlement.objects.about_count(),
        "menu": {name: request.user.has_perm(f"entitlements.{name}") for name in MENU},
    }
    response = render(request, "entitlements/entitlements.html", context)
    if wants_part(request):
        response["HX-Push-Url"] = "?".join(filter(None, (reverse("entitlements:entitlements"), filters.address())))
    return response


def _with_columns(filters: Filters) -> Any:
    """Return the entitlements wanted with all that a row shows, and nothing else: revisions are large."""
    columns = ("offering_id", "group_id", "seats_used", "seat_limit", "seat_capacity", "override_count")
    terms = ("starts_on", "expires_on", "changed_at", "disabled_at")
    found = filters.entitlements().with_status(site_today()).only(*columns, *terms)
    return found.annotate(
        customer_name=F("group__customer__name"),
        order_reference=F("group__order_reference"),
        offering_name=F("revision__offering_name"),
        revision_number=F("revision__number"),
    )


def _listed(rows: list[Any]) -> list[ListedEntitlement]:
    newest = _newest_numbers({row.offering_id for row in rows})
    codes = _codes({row.group_id for row in rows})
    overrides = _overrides([row.pk for row in rows if row.override_count])
    return [
        ListedEntitlement(row, newest[row.offering_id], codes.get(row.group_id, ""), overrides.get(row.pk, ""))
        for row in rows
    ]


def _newest_numbers(offerings: Iterable[int]) -> dict[int, int]:
    numbers = Revision.objects.filter(offering__in=list(offerings)).order_by().values_list("offering")
    return dict(numbers.annotate(Max("number")))


def _codes(groups: Iterable[UUID]) -> dict[UUID, str]:
    """Return the first activation code of each group."""
    rows = ActivationCode.objects.filter(group__in=list(groups)).order_by("-created_at", "-pk")
    return dict(rows.values_list("group_id", "code"))


def _overrides(ids: list[UUID]) -> dict[UUID, str]:
    """Return what is overridden in each entitlement, in words; five queries, none where nothing is."""
    return {state.id: _overrides_in_words(state) for state in states.load(ids)} if ids else {}


def _overrides_in_words(state: State) -> str:
    keys = sorted(state.overrides, key=lambda key: key.startswith(rights.FEATURE_PREFIX))
    said = [_override_in_words(state, key) for key in keys[:NAMED_OVERRIDES]]
    more = len(state.overrides) - len(said)
    return "; ".join(said) + (f"; and {more} more" if more else "") + "."


def _override_in_words(state: State, key: str) -> str:
    right, value, standard = state.right(key), state.in_force(key), state.standard(key)
    shown = rights.show(right, value) if rights.is_valid(right, value) else str(value)
    nothing = "never" if right.key in TERM_RIGHTS else "none"
    return f"{right.label} {shown or nothing} (standard {rights.show(right, standard) or nothing})"
