"""Change groups in a real browser: made, filled, ranked and tried, with scripts and without."""

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from playwright.sync_api import Locator, Page, expect

from changegroups.models import ChangeGroup, Membership
from offerings.models import Offering
from tests.browser.checks import assert_accessible, assert_no_sideways_scroll
from tests.browser.conftest import LogIn
from tests.factories import ChargeFactory, OfferingFactory, PlanFactory, ProductFactory, UserFactory, published

LADDER = {"Bronze": 10, "Silver": 20, "Gold": 30}


@pytest.fixture
def manager(transactional_db: None) -> User:
    """Return a product manager, beside a catalog of three editions by the month and by the year."""
    product = ProductFactory(name="Atlas Analytics")
    plans = {"monthly": PlanFactory(duration="P1M"), "annual": PlanFactory(duration="P1Y")}
    for position, edition in enumerate(LADDER):
        for name, plan in plans.items():
            offering = OfferingFactory(
                sku=f"{edition}-{name}".upper(),
                name=f"{edition} {name}",
                product=product,
                plan=plan,
                position=position,
            )
            ChargeFactory(offering=offering, amount=(position + 1) * 1200)
            published(offering)
    return UserFactory(is_staff=True, is_superuser=True, username="pia")


@pytest.fixture
def group(manager: User) -> ChangeGroup:
    """Return a group of all six offerings, two on each rung."""
    group = ChangeGroup.objects.create(
        name="Atlas subscriptions", description="Moves between the annual and monthly offerings of Atlas Analytics"
    )
    for offering in Offering.objects.all():
        Membership.objects.create(group=group, offering=offering, priority=LADDER[offering.name.split()[0]])
    return group


def picture(page: Page) -> Locator:
    return page.locator("svg.ladder")


def add_offering(page: Page, sku: str) -> None:
    page.get_by_label("Add an offering: product, name or SKU").fill(sku)
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator("#members")).to_contain_text(f"Added {sku.replace('-', ' ').capitalize()}")


def make_group(page: Page) -> None:
    page.goto(reverse("changegroups:changegroups"))
    page.get_by_label("Name of a new change group").fill("Atlas moves")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("main")).to_contain_text("Added Atlas moves.")


def test_a_group_is_made_filled_and_ranked_and_its_ladder_follows(page: Page, manager: User, login_as: LogIn) -> None:
    login_as(page, manager)
    make_group(page)
    for sku in ("BRONZE-ANNUAL", "GOLD-ANNUAL", "SILVER-ANNUAL"):
        add_offering(page, sku)
    page.get_by_label("Priority of Silver annual").fill("15")
    page.get_by_label("Priority of Silver annual").press("Tab")
    expect(page.locator("#members")).to_contain_text("Silver annual is at priority 15.")
    page.get_by_label("Show moves from").select_option("SILVER-ANNUAL")
    expect(picture(page)).to_have_accessible_name(
        "Ladder. Priority 20: Gold annual. Priority 15: Silver annual. Priority 10: Bronze annual. "
        "From Silver annual: up to Gold annual; down to Bronze annual."
    )
    page.get_by_label("Change mode", exact=True).select_option("upgrade")
    expect(page.locator("#moves")).to_contain_text("not saved yet")
    expect(picture(page)).to_have_accessible_name(
        "Ladder. Priority 20: Gold annual. Priority 15: Silver annual. Priority 10: Bronze annual. "
        "From Silver annual: up to Gold annual."
    )
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("main")).to_contain_text("Saved Atlas moves.")
    assert ChangeGroup.objects.get().change_mode == "upgrade"


def test_a_group_is_made_filled_and_ranked_without_scripts(
    page_without_scripts: Page, manager: User, login_as: LogIn
) -> None:
    page = page_without_scripts
    login_as(page, manager)
    make_group(page)
    page.get_by_label("Add an offering: product, name or SKU").fill("gold")
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_role("button", name="Atlas Analytics: Gold annual").click()
    expect(page.get_by_role("main")).to_contain_text("Added Gold annual at priority 10.")
    page.get_by_label("Add an offering: product, name or SKU").fill("BRONZE-ANNUAL")
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_label("Priority of Bronze annual").fill("5")
    page.get_by_role("button", name="Save priority of Bronze annual").click()
    expect(page.get_by_role("main")).to_contain_text("Bronze annual is at priority 5.")
    page.get_by_label("Change mode", exact=True).select_option("upgrade")
    page.get_by_label("Show moves from").select_option("GOLD-ANNUAL")
    page.get_by_role("button", name="Show the ladder with this").click()
    expect(page.locator("#moves")).to_contain_text("not saved yet")
    page.get_by_role("button", name="Remove Bronze annual").click()
    page.get_by_role("button", name="Undo removing Bronze annual").click()
    expect(page.get_by_role("main")).to_contain_text("Added Bronze annual at priority 5.")


def test_priorities_follow_the_arrow_keys(page: Page, group: ChangeGroup, manager: User, login_as: LogIn) -> None:
    login_as(page, manager)
    page.goto(group.get_absolute_url())
    field = page.get_by_label("Priority of Silver annual")
    field.focus()
    field.press("ArrowUp")
    field.press("ArrowUp")
    expect(page.locator("#members")).to_contain_text("Silver annual is at priority 22.")
    expect(field).to_be_focused()
    expect(field).to_have_value("22")


def test_an_offering_taken_out_comes_back_with_undo(
    page: Page, group: ChangeGroup, manager: User, login_as: LogIn
) -> None:
    login_as(page, manager)
    page.goto(group.get_absolute_url())
    page.get_by_label("Change mode", exact=True).select_option("downgrade")
    page.get_by_role("button", name="Remove Gold annual").click()
    expect(page.get_by_label("Priority of Gold annual")).to_have_count(0)
    page.get_by_role("button", name="Undo removing Gold annual").click()
    expect(page.get_by_label("Priority of Gold annual")).to_have_value("30")
    expect(page.get_by_label("Change mode", exact=True)).to_have_value("downgrade")


def test_suggestions_come_as_people_type(page: Page, group: ChangeGroup, manager: User, login_as: LogIn) -> None:
    OfferingFactory(sku="PLATINUM", name="Platinum annual", product=ProductFactory(name="Borealis"))
    login_as(page, manager)
    page.goto(group.get_absolute_url())
    page.get_by_label("Add an offering: product, name or SKU").press_sequentially("bor")
    expect(page.locator("#offerings option")).to_have_attribute("value", "PLATINUM")


def test_a_row_opens_its_group_wherever_it_is_clicked(
    page: Page, group: ChangeGroup, manager: User, login_as: LogIn
) -> None:
    login_as(page, manager)
    page.goto(reverse("changegroups:changegroups"))
    page.get_by_role("cell", name="Global default (both)").click(force=True)
    page.wait_for_url(f"**{group.get_absolute_url()}")


def test_removing_asks_first_and_says_what_stops(
    page: Page, group: ChangeGroup, manager: User, login_as: LogIn
) -> None:
    login_as(page, manager)
    page.goto(reverse("changegroups:changegroups"))
    page.get_by_role("link", name="Remove… Atlas subscriptions").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("30 open moves")
    assert_accessible(page)
    dialog.get_by_role("button", name="Remove group").click()
    expect(page.get_by_role("main")).to_contain_text("Removed change group Atlas subscriptions.")


def test_an_offerings_page_loads_its_open_moves(page: Page, group: ChangeGroup, manager: User, login_as: LogIn) -> None:
    login_as(page, manager)
    page.goto(reverse("offerings:offering", args=["SILVER-ANNUAL"]))
    expect(page.get_by_role("main")).to_contain_text("5 of 5 open to staff")
    assert_accessible(page)
    assert_no_sideways_scroll(page)


@pytest.mark.parametrize("name", ["changegroups", "defaults", "group", "remove", "offering"])
def test_a_page_is_accessible_and_fits_a_phone(
    page: Page, group: ChangeGroup, manager: User, login_as: LogIn, name: str
) -> None:
    arguments = {"group": [group.pk], "remove": [group.pk], "offering": ["SILVER-ANNUAL"]}.get(name, [])
    ChangeGroup.objects.update(change_mode="upgrade")
    login_as(page, manager)
    page.goto(reverse(f"changegroups:{name}", args=arguments))
    assert_accessible(page)
    assert_no_sideways_scroll(page)


def test_unsaved_modes_are_said_before_the_page_is_left_and_an_edited_row_keeps_the_focus(
    page: Page, group: ChangeGroup, manager: User, login_as: LogIn
) -> None:
    login_as(page, manager)
    questions: list[str] = []
    page.on("dialog", lambda dialog: (questions.append(dialog.type), dialog.dismiss()))
    page.goto(group.get_absolute_url())
    page.get_by_role("link", name="Change groups").last.click()
    expect(page).to_have_title("Change groups · Upshift")
    page.goto(group.get_absolute_url())
    note = page.get_by_role("status").filter(has_text="Not saved yet. Save, or it is lost")
    expect(note).to_be_hidden()
    page.get_by_label("Change mode", exact=True).select_option("upgrade")
    expect(note).to_be_visible()
    expect(page.locator("#moves")).to_contain_text("not saved yet")
    page.get_by_role("link", name="Customers").click()
    expect(page).to_have_title("Atlas subscriptions · Change groups · Upshift")
    assert questions == ["beforeunload"]
    for key in ("Enter", "Tab"):
        field = page.get_by_label("Priority of Gold annual")
        field.fill("5" if key == "Enter" else "7")
        field.press(key)
        expect(page.locator("#members")).to_contain_text(f"Gold annual is at priority {5 if key == 'Enter' else 7}.")
        row = page.get_by_role("row").filter(has=page.get_by_label("Priority of Gold annual"))
        expect(row.locator(":focus")).to_have_count(1)
    page.get_by_role("button", name="Remove Gold annual").click()
    expect(page.get_by_role("button", name="Undo removing Gold annual")).to_be_focused()
    expect(note).to_be_visible()
    page.get_by_role("link", name="Discard").click()
    expect(note).to_be_hidden()
    page.get_by_label("Change mode", exact=True).select_option("upgrade")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("main")).to_contain_text("Saved Atlas subscriptions.")
    assert questions == ["beforeunload"]


def test_a_picture_that_arrives_while_the_group_is_saved_asks_nothing(
    page: Page, group: ChangeGroup, manager: User, login_as: LogIn
) -> None:
    login_as(page, manager)
    questions: list[str] = []
    page.on("dialog", lambda dialog: (questions.append(dialog.type), dialog.dismiss()))
    page.goto(group.get_absolute_url())
    page.evaluate(
        """document.addEventListener("submit", () => document.dispatchEvent(
             new CustomEvent("htmx:afterRequest", {detail: {target: document.getElementById("moves")}})))"""
    )
    page.get_by_label("Change mode", exact=True).select_option("upgrade")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("main")).to_contain_text("Saved Atlas subscriptions.")
    assert questions == []
