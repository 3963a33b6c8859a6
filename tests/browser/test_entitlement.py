"""The page of one entitlement and its dialogs in a real browser: stories, keyboard, no scripts, accessibility."""

from collections.abc import Callable

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import BrowserContext, Locator, Page, expect

from entitlements.models import Act, Entitlement, Seat
from entitlements.operations import ChangeOffering
from offerings.revisions import publish
from tests.browser.checks import assert_accessible, assert_no_sideways_scroll, misfits
from tests.browser.conftest import LogIn
from tests.cast import NOW, TODAY, Cast, make_cast
from tests.factories import FeatureFactory

TABS = ("entitlement", "seats", "history", "notes")
DIALOGS = ("change_offering", "renew", "disable", "change_terms", "release_seats")
MENU = {
    "Change offering…": "Change offering",
    "Renew…": "Renew",
    "Change terms…": "Change terms",
    "Disable…": "Disable",
}


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every test run on the day the cast lives in."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def cast(roles: None) -> Cast:
    return make_cast()


@pytest.fixture
def operations(page: Page, cast: Cast, login_as: LogIn) -> Page:
    login_as(page, cast.operations)
    return page


def address(name: str, entitlement: Entitlement, *args: object) -> str:
    return reverse(f"entitlements:{name}", args=[entitlement.pk, *args])


def dialog_of(page: Page) -> Locator:
    """Return the open dialog, once htmx listens to its fields."""
    return page.locator("dialog[open]:has(> .dialog-form:not(.htmx-settling))")


def row_of(page: Page, right: str) -> Locator:
    return page.get_by_role("row").filter(has=page.get_by_role("rowheader", name=right))


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent"))


# --- the revert story ------------------------------------------------------------------------------------------------


def test_seats_go_from_5_to_250_and_back(operations: Page, cast: Cast) -> None:
    page, entitlement = operations, cast.entitle(seats=7 - 2)
    page.goto(address("entitlement", entitlement))
    page.get_by_role("link", name="Set Seats…").click()
    dialog = dialog_of(page)
    dialog.get_by_label("Seats", exact=True).fill("250")
    dialog.get_by_label("Reason").fill("October migration")
    expect(dialog.locator("#preview").get_by_text("1 raised")).to_be_visible()
    dialog.get_by_role("button", name="Set override").click()
    expect(page.get_by_text("Set Seats by hand.")).to_be_visible()
    mark = page.get_by_role("link", name="Seats overridden: remove override…")
    mark.hover()
    expect(page.get_by_role("tooltip")).to_contain_text(
        "Standard is 5 in Silver annual (revision 1). Set to 250 by operations on 21 Nov 2026: October migration"
    )
    mark.click()
    expect(dialog.get_by_role("heading", name="Revert Seats to 5?")).to_be_visible()
    dialog.get_by_role("button", name="Remove override").click()
    expect(page.get_by_text("Seats is back to its standard.")).to_be_visible()
    expect(mark).to_have_count(0)
    expect(row_of(page, "Seats").get_by_role("cell").first).to_have_text("5")


def test_the_tooltip_shows_on_focus_and_cancel_changes_nothing(operations: Page, cast: Cast) -> None:
    page, entitlement = operations, cast.entitle(overrides={"seat_limit": 250})
    page.goto(address("entitlement", entitlement))
    mark = page.get_by_role("link", name="Seats overridden: remove override…")
    page.get_by_role("link", name="Overridden 1").focus()
    while "Seats overridden" not in focused(page):
        page.keyboard.press("Tab")
    expect(page.get_by_role("tooltip")).to_contain_text("Standard is 5")
    page.keyboard.press("Enter")
    dialog_of(page).get_by_role("button", name="Cancel").click()
    expect(mark).to_be_focused()
    assert Entitlement.objects.get().seat_limit == 250


def test_reverting_names_the_seats_that_go_and_lets_them_be_chosen(operations: Page, cast: Cast) -> None:
    page, entitlement = operations, cast.entitle(seats=7, overrides={"seat_limit": 250})
    page.goto(address("entitlement", entitlement))
    page.get_by_role("link", name="Revert Seats to 5…").click()
    dialog = dialog_of(page)
    expect(dialog.get_by_text("2 of 7 seats are released, oldest first")).to_be_visible()
    dialog.get_by_label("Release chosen").check()
    expect(dialog.get_by_text("0 of 2 chosen")).to_be_visible()
    dialog.get_by_label("device-5").check()
    dialog.get_by_label("device-6").check()
    expect(dialog.get_by_text("2 of 2 chosen")).to_be_visible()
    dialog.get_by_role("button", name="Remove override").click()
    expect(page.get_by_text("Seats is back to its standard.")).to_be_visible()
    names = Seat.objects.filter(released_at__isnull=False).values_list("name", flat=True)
    assert sorted(names) == ["device-5", "device-6"]


# --- the change story ------------------------------------------------------------------------------------------------


def test_a_downgrade_keeps_one_override_drops_another_and_releases_seats(operations: Page, cast: Cast) -> None:
    page, entitlement = operations, cast.entitle(seats=5, overrides={"seat_limit": 250, "sso": True})
    page.goto(address("entitlement", entitlement))
    page.get_by_role("link", name="Change offering…").first.click()
    dialog = dialog_of(page)
    dialog.get_by_label("Bronze annual").check()
    expect(dialog.locator("#preview").get_by_text("2 kept")).to_be_visible()
    dialog.get_by_role("switch", name="Drop the override of Seats").check()
    expect(dialog.get_by_text("5 seats are in use and 3 allowed after this change")).to_be_visible()
    expect(dialog.get_by_role("button", name="Change", exact=True)).to_be_disabled()
    dialog.get_by_label("Release chosen").check()
    dialog.get_by_role("button", name="Choose oldest 2").click()
    expect(dialog.get_by_text("2 of 2 chosen")).to_be_visible()
    dialog.get_by_label("Reason").fill("Fewer users")
    dialog.get_by_role("button", name="Change", exact=True).click()
    expect(page.get_by_text("Changed offering.")).to_be_visible()
    expect(page.locator("main h1")).to_contain_text("Bronze annual")
    last = page.get_by_role("region", name="Last change")
    expect(last).to_contain_text("Silver annual, revision 1 → Bronze annual, revision 1")
    expect(last).to_contain_text("Seat device-0")
    expect(page.get_by_role("link", name="Single sign-on overridden: remove override…")).to_be_visible()
    expect(page.get_by_role("link", name="Seats overridden: remove override…")).to_have_count(0)


def test_a_change_is_undone_from_its_message_and_redone_from_the_history(operations: Page, cast: Cast) -> None:
    page, entitlement = operations, cast.entitle()
    page.goto(address("entitlement", entitlement))
    page.get_by_role("link", name="Change offering…").first.click()
    dialog_of(page).get_by_label("Gold annual").check()
    dialog_of(page).get_by_role("button", name="Change", exact=True).click()
    page.get_by_role("link", name="Undo", exact=True).click()
    dialog_of(page).get_by_role("button", name="Undo").click()
    expect(page.locator("main h1")).to_contain_text("Silver annual")
    page.get_by_role("navigation", name="Entitlement").get_by_role("link", name="History").click()
    expect(page.get_by_text("undone 21 Nov 2026")).to_be_visible()
    page.get_by_role("link", name="Redo…").click()
    dialog_of(page).get_by_role("button", name="Redo").click()
    expect(page.locator("main h1")).to_contain_text("Gold annual")


def test_a_stale_preview_in_a_second_tab_is_shown_again_never_applied(operations: Page, cast: Cast) -> None:
    first, entitlement = operations, cast.entitle()
    second = first.context.new_page()
    for page in (first, second):
        page.goto(address("entitlement", entitlement))
        page.get_by_role("link", name="Change offering…").first.click()
        dialog_of(page).get_by_label("Gold annual").check()
        expect(dialog_of(page).get_by_text("Nothing blocks this change.")).to_be_visible()
    first.get_by_role("button", name="Change", exact=True).click()
    expect(first.get_by_text("Changed offering.")).to_be_visible()
    second.get_by_role("button", name="Change", exact=True).click()
    expect(dialog_of(second).get_by_text("Nothing was changed: this preview is new.")).to_be_visible()
    expect(dialog_of(second).get_by_text("This entitlement is already on Gold annual").first).to_be_visible()
    assert Act.objects.filter(operation="change_offering").count() == 1


def test_what_is_typed_while_the_preview_updates_is_not_lost(operations: Page, cast: Cast) -> None:
    page, entitlement = operations, cast.entitle("gold_seats", quantity=7)
    page.goto(address("change_offering", entitlement) + f"?target={cast.revision('gold_annual').pk}")
    page.get_by_label("Reason").fill("Asked for")
    page.get_by_label("Bronze annual").check()
    page.get_by_label("Term", exact=True).select_option("date")
    page.get_by_label("Until").fill("2027-06-30")
    expect(page.get_by_role("row", name="Later Expires")).to_contain_text("30 Jun 2027")
    expect(page.get_by_label("Reason")).to_have_value("Asked for")
    expect(page.get_by_label("Until")).to_have_value("2027-06-30")


# --- seats -----------------------------------------------------------------------------------------------------------


def test_support_releases_two_chosen_seats(page: Page, cast: Cast, login_as: LogIn) -> None:
    login_as(page, cast.people["support"])
    page.goto(address("seats", cast.entitle(seats=4)))
    page.get_by_label("Choose device-1").check()
    page.get_by_label("Choose device-2").check()
    page.get_by_role("button", name="Release chosen…").click()
    expect(dialog_of(page).get_by_text("2 chosen")).to_be_visible()
    dialog_of(page).get_by_role("button", name="Release", exact=True).click()
    expect(page.get_by_role("heading", name="2 seats in use")).to_be_visible()


# --- keyboard --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("item", MENU)
def test_each_menu_dialog_opens_and_closes_by_keyboard(operations: Page, cast: Cast, item: str) -> None:
    page = operations
    page.goto(address("entitlement", cast.entitle(seats=1)))
    dots = page.get_by_role("button", name="Actions for this entitlement")
    dots.focus()
    page.keyboard.press("ArrowDown")
    while item not in focused(page):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(dialog_of(page).get_by_role("heading", name=MENU[item], exact=True)).to_be_visible()
    assert page.evaluate("document.activeElement.closest('dialog') !== null")
    page.keyboard.press("Escape")
    expect(dialog_of(page)).to_have_count(0)
    expect(dots).to_be_focused()


def test_an_offering_is_changed_by_keyboard_alone(operations: Page, cast: Cast) -> None:
    page = operations
    page.goto(address("entitlement", cast.entitle()))
    page.get_by_role("link", name="Change offering…").first.focus()
    page.keyboard.press("Enter")
    expect(dialog_of(page).get_by_label("Bronze annual")).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(dialog_of(page).get_by_label("Gold annual")).to_be_checked()
    expect(dialog_of(page).get_by_text("Nothing blocks this change.")).to_be_visible()
    page.keyboard.press("Enter")
    expect(dialog_of(page).get_by_label("Gold annual")).not_to_be_focused()
    while focused(page) != "Change":
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("main h1")).to_contain_text("Gold annual")


def test_the_focus_stays_on_a_choice_while_the_preview_updates(operations: Page, cast: Cast) -> None:
    page, entitlement = operations, cast.entitle(seats=7, overrides={"seat_limit": 250})
    page.goto(address("entitlement", entitlement))
    page.get_by_role("link", name="Revert Seats to 5…").click()
    expect(dialog_of(page).get_by_label("Release oldest")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(dialog_of(page).get_by_text("0 of 2 chosen")).to_be_visible()
    expect(dialog_of(page).get_by_label("Release chosen")).to_be_focused()


# --- every page and dialog -------------------------------------------------------------------------------------------


@pytest.fixture
def busy(cast: Cast) -> Entitlement:
    """Return an entitlement with something of everything on its pages."""
    entitlement = cast.entitle(seats=5, overrides={"seat_limit": 250, "sso": True})
    cast.use(entitlement, "api_calls", 41_208)
    cast.use(entitlement, "dashboards", 6, seat=entitlement.seats.first())
    cast.do(ChangeOffering(as_of=TODAY, revision_id=cast.revision("gold_annual").pk), [entitlement.pk], reason="Why")
    return entitlement


@pytest.mark.parametrize("tab", TABS)
def test_each_tab_is_accessible_and_fits_a_phone(operations: Page, busy: Entitlement, tab: str) -> None:
    operations.goto(address(tab, busy))
    assert_accessible(operations)
    assert_no_sideways_scroll(operations)


@pytest.mark.parametrize("name", DIALOGS)
def test_each_dialog_is_accessible_as_a_page_and_fits_a_phone(operations: Page, busy: Entitlement, name: str) -> None:
    operations.goto(address(name, busy))
    assert_accessible(operations)
    assert_no_sideways_scroll(operations)


def test_the_blocked_change_dialog_is_accessible(operations: Page, cast: Cast, busy: Entitlement) -> None:
    page = operations
    page.goto(address("entitlement", busy))
    page.get_by_role("link", name="Change offering…").first.click()
    dialog_of(page).get_by_label("Bronze monthly").check()
    dialog_of(page).get_by_role("switch", name="Drop the override of Seats").check()
    dialog_of(page).get_by_label("Release chosen").check()
    expect(dialog_of(page).get_by_text("0 of 2 chosen")).to_be_visible()
    assert misfits(page) == []


@pytest.mark.parametrize("name", ["override", "revert"])
def test_the_dialogs_of_a_right_are_accessible(operations: Page, busy: Entitlement, name: str) -> None:
    page = operations
    page.goto(address("entitlement", busy))
    words = "Set Seats…" if name == "override" else "Revert Seats to 25…"
    page.get_by_role("link", name=words).click()
    expect(dialog_of(page).get_by_role("heading", name="Preview")).to_be_visible()
    assert misfits(page) == []


# --- without scripts -------------------------------------------------------------------------------------------------


def test_what_needs_scripts_is_not_in_the_menu_without_them(
    page_without_scripts: Page, cast: Cast, login_as: LogIn
) -> None:
    page = page_without_scripts
    login_as(page, cast.operations)
    page.goto(address("entitlement", cast.entitle()))
    page.get_by_role("button", name="Actions for this entitlement").click()
    expect(page.get_by_role("link", name="Renew…")).to_be_visible()
    expect(page.get_by_text("Copy entitlement id")).to_be_hidden()


def test_long_names_of_rights_leave_the_pencil_in_sight(operations: Page, cast: Cast) -> None:
    FeatureFactory(product=cast.atlas, key="x" * 50, name="Custom instructions for all code in use at once")
    publish([cast.offerings["silver_annual"]], published_by=None, published_by_name="tests")
    operations.goto(address("entitlement", cast.entitle()))
    table = operations.get_by_role("region", name="Rights table")
    assert table.evaluate("each => each.scrollWidth <= each.clientWidth")


def test_an_offering_is_changed_without_scripts(page_without_scripts: Page, cast: Cast, login_as: LogIn) -> None:
    page, entitlement = page_without_scripts, cast.entitle(seats=5)
    login_as(page, cast.operations)
    page.goto(address("entitlement", entitlement))
    page.get_by_role("link", name="Change offering…").first.click()
    page.get_by_label("Bronze annual").check()
    page.get_by_role("button", name="Show preview").click()
    expect(page.get_by_text("5 seats are in use and 3 allowed after this change").first).to_be_visible()
    page.get_by_role("button", name="Change", exact=True).click()
    expect(page.locator(".field-errors")).to_contain_text("5 seats are in use")
    page.get_by_label("Release oldest").check()
    page.get_by_label("Reason").fill("Fewer users")
    page.get_by_role("button", name="Show preview").click()
    expect(page.get_by_text("2 of 5 seats are released").first).to_be_visible()
    page.get_by_role("button", name="Change", exact=True).click()
    expect(page.locator("main h1")).to_contain_text("Bronze annual")


def test_an_override_is_set_and_reverted_without_scripts(
    page_without_scripts: Page, cast: Cast, login_as: LogIn
) -> None:
    page, entitlement = page_without_scripts, cast.entitle()
    login_as(page, cast.operations)
    page.goto(address("entitlement", entitlement))
    page.get_by_role("link", name="Set Seats…").click()
    page.get_by_label("Seats", exact=True).fill("250")
    page.get_by_label("Reason").fill("October migration")
    page.get_by_role("button", name="Set override").click()
    expect(page.get_by_text("Nothing was changed: this preview is new.")).to_be_visible()
    page.get_by_role("button", name="Set override").click()
    page.get_by_role("link", name="Seats overridden: remove override…").click()
    page.get_by_role("button", name="Remove override").click()
    expect(row_of(page, "Seats").get_by_role("cell").first).to_have_text("5")


def test_on_a_touch_screen_the_first_tap_shows_the_tooltip(
    open_context: Callable[..., BrowserContext], cast: Cast, login_as: LogIn
) -> None:
    page = open_context(has_touch=True, viewport={"width": 390, "height": 844}).new_page()
    login_as(page, cast.operations)
    page.goto(address("entitlement", cast.entitle(overrides={"seat_limit": 250})))
    mark = page.get_by_role("link", name="Seats overridden: remove override…")
    mark.tap()
    expect(page.get_by_role("tooltip")).to_contain_text("Standard is 5")
    mark.tap()
    expect(dialog_of(page).get_by_role("heading", name="Revert Seats to 5?")).to_be_visible()
