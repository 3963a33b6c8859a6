"""The dashboard: counts to watch, changes per day, the latest acts."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from config.clock import reader_day, site_today
from entitlements.desk.activity import latest_acts, work_days
from entitlements.desk.counts import EXPIRING_DAYS, Counts, recent_counts, unpublished_count
from entitlements.desk.expiries import first_of_month, recent_expiries
from entitlements.desk.late_endings import LateEndings
from entitlements.desk.views.chart import chart_of
from entitlements.dialogs.tones import STATUS_TONES
from entitlements.engine.approval import APPROVE
from entitlements.schedule.upcoming import proposed_count, set_aside_count
from entitlements.state import Status

STATUSES = (  # most useful first
    Status.ACTIVE,
    Status.CREATED,
    Status.GRACE_PERIOD,
    Status.EXPIRED,
    Status.DISABLED,
    Status.CUSTOMER_DISABLED,
    Status.ENDED,
)

OPEN = [str(status) for status in STATUSES if status is not Status.ENDED]


@dataclass(frozen=True, slots=True)
class Tile:
    """A count that links to its list. ``tone`` is empty where nothing needs attention."""

    label: str
    count: int
    url: str
    tone: str = ""
    icon: str = ""
    hint: str = ""


@permission_required("entitlements.view_entitlement", raise_exception=True)
@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    """Show counts with links to their lists, changes per day and the latest acts. Constant queries."""
    today = site_today()
    counts = recent_counts(today)
    may_approve = request.user.has_perm(APPROVE)
    context = {
        "counts": counts,
        "statuses": _statuses(counts),
        "watched": [
            *_watched(counts),
            _renewals_tile(today),
            *([_proposals_tile()] if may_approve else []),
            *_catalog_tiles(request),
        ],
        "chart": chart_of(work_days(reader_day(timezone.now()))),
        "acts": latest_acts(),
        "late": LateEndings.of(today),
        "set_aside": set_aside_count() if request.user.has_perm("entitlements.view_amendment") else 0,
    }
    return render(request, "entitlements/desk/dashboard.html", context)


def _statuses(counts: Counts) -> list[Tile]:
    counted = counts.by_status
    return [
        Tile(status.capitalize(), counted[status], _list_url(status=str(status)), STATUS_TONES[status])
        for status in STATUSES
    ]


def _watched(counts: Counts) -> list[Tile]:
    return [
        _tile(
            "Overridden", counts.overridden, "alert", _rights_in_words(counts.overrides), overridden="on", status=OPEN
        ),
        _tile(
            "Over the limit",
            counts.over_limit,
            "seat",
            "more seats in use than allowed",
            "stop",
            over_limit="on",
            status=OPEN,
        ),
        _tile(
            "Not on the latest revision",
            counts.outdated,
            "revision",
            "the catalog has moved on",
            revision="old",
            status=OPEN,
        ),
        _tile(
            f"Expiring in {EXPIRING_DAYS} days",
            counts.expiring,
            "calendar",
            "active today",
            status=str(Status.ACTIVE),
            expires_before=counts.expires_before.isoformat(),
            sort="expires",
        ),
    ]


def _renewals_tile(today: date) -> Tile:
    """Return the tile of what is to be renewed this month; three queries, none from ``MANY`` entitlements on."""
    expiries, month = recent_expiries(today), first_of_month(today)
    count, open_count = expiries.count(month), expiries.count(month, contacted="no")
    hint = f"{open_count:,} not yet contacted" if open_count else "all contacted" if count else "nothing to renew"
    tone = "info" if open_count else ""
    return Tile("Expires this month", count, reverse("entitlements:renewals"), tone, "renew", hint)


def _proposals_tile() -> Tile:
    """Return the tile of what waits for somebody who agrees; one query."""
    count = proposed_count()
    url = reverse("entitlements:proposals")
    return Tile("Waiting for approval", count, url, "warn" if count else "", "check", "proposed by somebody")


def _rights_in_words(count: int) -> str:
    return ngettext("%(count)s right set by hand", "%(count)s rights set by hand", count) % {"count": f"{count:,}"}


def _tile(label: str, count: int, icon: str, hint: str, tone: str = "warn", **query: Any) -> Tile:
    return Tile(label, count, _list_url(**query), tone if count else "", icon, hint)


def _catalog_tiles(request: HttpRequest) -> list[Tile]:
    """Return the tile of offerings with unpublished changes, for people who see the catalog."""
    if not request.user.has_perm("offerings.view_offering"):
        return []
    page = "publish" if request.user.has_perm("offerings.publish_offering") else "offerings"
    count = unpublished_count()
    tone = "info" if count else ""
    return [Tile("Unpublished changes", count, reverse(f"offerings:{page}"), tone, "tag", "offerings in the catalog")]


def _list_url(**query: Any) -> str:
    return f"{reverse('entitlements:entitlements')}?{urlencode(query, doseq=True)}"
