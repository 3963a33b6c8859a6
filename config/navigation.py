"""The sidebar: its pages, the permission for each, and the current page."""

from dataclasses import dataclass
from itertools import groupby

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse


@dataclass(frozen=True, slots=True)
class SidebarPage:
    """One page that the sidebar may list. ``letter`` is the key that follows "g" on the keyboard.

    ``also`` is a second permission that the page needs.
    """

    section: str
    label: str
    name: str
    permission: str
    icon: str
    letter: str = ""
    also: str = ""

    @property
    def permissions(self) -> tuple[str, ...]:
        """Return every permission that the page needs."""
        return (self.permission, self.also) if self.also else (self.permission,)


PAGES = (
    SidebarPage("", "Dashboard", "entitlements:dashboard", "entitlements.view_entitlement", "dashboard", "d"),
    SidebarPage("", "Entitlements", "entitlements:entitlements", "entitlements.view_entitlement", "key", "e"),
    SidebarPage("", "Renewals", "entitlements:renewals", "entitlements.view_entitlement", "renew", "n"),
    SidebarPage("", "Scheduled", "entitlements:amendments", "entitlements.view_amendment", "calendar", "a"),
    SidebarPage("", "Approvals", "entitlements:proposals", "entitlements.view_amendment", "check", "p"),
    SidebarPage("", "Customers", "entitlements:customers", "entitlements.view_customer", "people", "c"),
    SidebarPage("", "History", "entitlements:acts", "entitlements.view_act", "history", "h"),
    SidebarPage("Reports", "Overrides", "entitlements:override_report", "entitlements.view_override", "alert", "r"),
    SidebarPage("Reports", "Drift", "entitlements:drift_report", "entitlements.view_entitlement", "revision", "f"),
    SidebarPage(
        *("Reports", "Invoice lines", "entitlements:invoice_lines", "entitlements.view_act", "log", "l"),
        also="entitlements.view_order",
    ),
    SidebarPage("Catalog", "Offerings", "offerings:offerings", "offerings.view_offering", "tag", "o"),
    SidebarPage("Catalog", "Compare", "offerings:compare", "offerings.view_offering", "columns", "m"),
    SidebarPage("Catalog", "Import", "offerings:import", "offerings.change_offering", "upload", "i"),
    SidebarPage("Catalog", "Change groups", "changegroups:changegroups", "changegroups.view_changegroup", "swap", "g"),
)


@dataclass(frozen=True, slots=True)
class SidebarEntry:
    """A page with its address. ``is_current`` is true on the page and on pages below it."""

    page: SidebarPage
    url: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class SidebarSection:
    """Entries under one heading; the first section has no heading."""

    name: str
    entries: list[SidebarEntry]


def sections(request: HttpRequest) -> list[SidebarSection]:
    """Return the sidebar of the reader, without pages that have no address. Queries permissions alone.

    A view whose page belongs below another one than its address says puts that one's address into
    ``request.sidebar_path``.
    """
    path: str = getattr(request, "sidebar_path", request.path)
    visible = [(page, url) for page in PAGES if (url := _url(page)) and request.user.has_perms(page.permissions)]
    addresses = {url for _, url in visible if path == url or (url != "/" and path.startswith(url))}
    current = max(addresses, key=len, default="")
    return [
        SidebarSection(name, [SidebarEntry(page, url, url == current) for page, url in pages])
        for name, pages in groupby(visible, lambda pair: pair[0].section)
    ]


def _url(page: SidebarPage) -> str:
    try:
        return reverse(page.name)
    except NoReverseMatch:
        return ""
