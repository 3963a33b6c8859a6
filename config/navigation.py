"""The sidebar: its pages, the permission for each, and the current page."""

from dataclasses import dataclass
from itertools import groupby

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the sidebar. ``letter`` follows "g" on the keyboard."""

    section: str
    label: str
    name: str
    permission: str
    icon: str
    letter: str = ""


PAGES = (
    Page("", "Dashboard", "entitlements:dashboard", "entitlements.view_entitlement", "dashboard", "d"),
    Page("", "Entitlements", "entitlements:entitlements", "entitlements.view_entitlement", "key", "e"),
    Page("", "Customers", "entitlements:customers", "entitlements.view_customer", "people", "c"),
    Page("", "History", "entitlements:acts", "entitlements.view_act", "history", "h"),
    Page("Reports", "Overrides", "entitlements:override_report", "entitlements.view_override", "alert", "r"),
    Page("Reports", "Drift", "entitlements:drift_report", "entitlements.view_entitlement", "revision", "f"),
    Page("Catalog", "Offerings", "offerings:offerings", "offerings.view_offering", "tag", "o"),
    Page("Catalog", "Compare", "offerings:compare", "offerings.view_offering", "columns", "m"),
    Page("Catalog", "Import", "offerings:import", "offerings.change_offering", "upload", "i"),
    Page("Catalog", "Change groups", "changegroups:changegroups", "changegroups.view_changegroup", "swap", "g"),
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A page with its address. ``is_current``: the reader is on the page or on a page below it."""

    page: Page
    url: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Section:
    """Entries under one heading; the first section has none."""

    name: str
    entries: list[Entry]


def sections(request: HttpRequest) -> list[Section]:
    """Return the sidebar of the reader; pages without an address are left out. Queries permissions alone."""
    found = [(page, url) for page in PAGES if (url := _url(page)) and request.user.has_perm(page.permission)]
    addresses = {url for _, url in found if request.path == url or (url != "/" and request.path.startswith(url))}
    here = max(addresses, key=len, default="")
    return [
        Section(name, [Entry(page, url, url == here) for page, url in pages])
        for name, pages in groupby(found, lambda entry: entry[0].section)
    ]


def _url(page: Page) -> str:
    try:
        return reverse(page.name)
    except NoReverseMatch:
        return ""
