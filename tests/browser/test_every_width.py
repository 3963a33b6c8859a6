"""Every page and dialog of Upshift at three widths, in light and dark: found by their addresses, so none is left out.

Pages of the Django admin are walked beside the catalog.
"""

from collections.abc import Iterator

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page

from entitlements.directory.notes import add_note, pin_note
from entitlements.models import Customer
from tests.addresses import every_address, make_things, values_of
from tests.browser.checks import misfits, overflows
from tests.browser.conftest import LogIn
from tests.cast import NOW, Cast, make_cast
from tests.entitlements.pages import client_of

# How many pages and dialogs there are at least, by the start of the route; the last room has all others.
FEWEST = {"entitlements/": (9, 17), "customers/": (9, 10), "orders/": (1, 3), "": (23, 9)}
EMPTY_PAGE = "/shortcuts/"  # one with little on it, below a dialog
# How an address is filled in where the bare one shows less.
ASKED = {
    "entitlements:search": "?q=customer",
    "entitlements:entitlements": "?overridden=on&status=active",
    "entitlements:customers": "?holds=overridden",
    "entitlements:renewals": "?month=2027-03",
    "offerings:compare": "?with=SILVER-ANNUAL:1&with=SILVER-ANNUAL:2",
}
DIALOG = "dialog[open]:has(> .dialog-form:not(.htmx-settling)):not(:has([aria-busy=true]))"


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every test run on the day the cast lives in."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def cast(roles: None) -> Cast:
    return make_cast()


def paths(cast: Cast, room: str) -> Iterator[str]:
    """Yield the addresses of a room; the customer has a pinned note, which pages and dialogs show as a banner."""
    things = make_things(cast)
    customer = Customer.objects.get(pk=things["customers/<uuid:pk>"])
    pin_note(add_note(customer, "Ask **Mira** first.", made_by=cast.operations).pk, made_by=cast.operations)
    for address in every_address():
        route = address.route
        its_room = next(each for each in FEWEST if route.startswith(each))
        if not address.is_admin and its_room == room and "." not in route.rpartition("/")[2]:
            yield address.filled(values_of(address, things)) + ASKED.get(address.name, "")


def is_page(client: Client, path: str) -> bool:
    """Tell whether an address answers with a whole page."""
    answer = client.get(path)
    return answer.status_code == 200 and not answer.streaming and b"<main" in answer.content


@pytest.mark.parametrize("room", FEWEST, ids=lambda room: room or "others")
def test_every_page_and_dialog_fits_every_screen(page: Page, cast: Cast, login_as: LogIn, room: str) -> None:
    person = cast.people["administrator"]
    login_as(page, person)
    client = client_of(person)
    wrong: list[str] = []
    pages = dialogs = 0
    for path in paths(cast, room):
        if not is_page(client, path):
            continue
        page.goto(path)
        if page.locator(".page > .dialog-form").count():
            dialogs += 1
            wrong += overflows(page)
            page.goto(EMPTY_PAGE)
            page.evaluate("path => window.htmx.ajax('GET', path, { target: '#dialog' })", path)
            page.locator(DIALOG).wait_for()
            wrong += [f"{path} as a dialog: {sentence}" for sentence in misfits(page)]
        else:
            pages += 1
            wrong += misfits(page)
    assert not wrong, "\n".join(wrong)
    least_pages, least_dialogs = FEWEST[room]
    assert pages >= least_pages
    assert dialogs >= least_dialogs
