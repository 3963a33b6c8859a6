"""Importing entitlements in a real browser: three widths, both themes, by keyboard and without scripts."""

from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from entitlements.models import Entitlement
from tests.browser.checks import assert_accessible, assert_no_sideways_scroll
from tests.browser.conftest import LogIn
from tests.cast import Cast, make_cast

WIDTHS = (1440, 768, 360)
HEAD = "account_reference;customer;order_reference;sku;quantity\n"
GOOD = HEAD + "C-1;Halden Robotics;SO-1;SILVER-ANNUAL;\nC-2;Osprey Freight;SO-2;GOLD-SEATS;12\n"
BAD = GOOD + "C-3;;SO-3;SILVER-ANNUAL;\nC-1;;SO-4;NO-SUCH;1.000\n"


@pytest.fixture
def cast(roles: None) -> Cast:
    return make_cast()


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text)
    return path


def look_at(page: Page) -> None:
    """Check the page in three widths, and in both themes."""
    for width in WIDTHS:
        assert_no_sideways_scroll(page, width)
    assert_accessible(page)


def test_a_file_is_looked_at_mended_and_imported(page: Page, login_as: LogIn, cast: Cast, tmp_path: Path) -> None:
    login_as(page, cast.operations)
    page.goto(reverse("entitlements:entitlements"))
    page.get_by_role("link", name="Import…").press("Enter")
    look_at(page)
    page.get_by_label("File", exact=True).set_input_files(written(tmp_path, "bad.csv", BAD))
    page.get_by_label("Reason").fill("Moved from the old system")
    page.get_by_role("button", name="Show what it would do").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("2 errors: nothing can be imported.")
    errors = page.get_by_role("region", name="Table: errors by line")
    expect(errors).to_contain_text("Fill in the name of the new one.")
    expect(page.get_by_role("button", name="Import", exact=True)).to_have_count(0)
    look_at(page)
    page.get_by_label("Another file").set_input_files(written(tmp_path, "good.csv", GOOD))
    page.get_by_role("button", name="Show what it would do").press("Enter")
    expect(page.get_by_role("region", name="good.csv", exact=True)).to_contain_text("2 new")
    look_at(page)
    page.get_by_role("button", name="Import", exact=True).press("Enter")
    expect(page.get_by_text("Imported good.csv: 2 new, 0 changed, 0 the same")).to_be_visible()
    assert Entitlement.objects.count() == 2


def test_a_file_is_imported_without_scripts(
    page_without_scripts: Page, login_as: LogIn, cast: Cast, tmp_path: Path
) -> None:
    page = page_without_scripts
    login_as(page, cast.operations)
    page.goto(reverse("entitlements:import_customers"))
    path = written(tmp_path, "customers.csv", "account_reference,name\nC-1,Halden\n")
    page.get_by_label("File", exact=True).set_input_files(path)
    page.get_by_role("button", name="Show what it would do").click()
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("Imported customers.csv: 1 new")).to_be_visible()
