"""What every page must pass in a real browser."""

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

SMALLEST_PHONE = 360

# A colour on its way from one scheme to the other has the contrast of neither.
WITHOUT_TRANSITIONS = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync("*, *::before, *::after { transition: none !important; animation: none !important; }");
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}"""


def assert_accessible(page: Page) -> None:
    """Check the page as it is now with axe-core, contrast included; once in each colour scheme."""
    page.evaluate(WITHOUT_TRANSITIONS)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        found: list[dict[str, Any]] = Axe().run(page).response["violations"]
        places = [
            f"{violation['id']}: {violation['help']}: {[node['html'] for node in violation['nodes']]}"
            for violation in found
        ]
        assert not places, f"{page.url} in {scheme}:\n" + "\n".join(places)
    page.emulate_media(color_scheme="light")


def assert_no_sideways_scroll(page: Page, width: int = SMALLEST_PHONE) -> None:
    """Check that the page, at this many CSS pixels, is no wider than the screen; the old size comes back."""
    size = page.viewport_size
    page.set_viewport_size({"width": width, "height": 800})
    wide = page.evaluate("document.documentElement.scrollWidth")
    if size:
        page.set_viewport_size(size)
    assert wide <= width, f"{page.url} is {wide} pixels wide on a screen of {width}"
