"""What every page must pass in a real browser."""

from collections.abc import Callable, Sequence

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

SMALLEST_PHONE = 360
WIDTHS = (1440, 768, SMALLEST_PHONE)
HEIGHT = 800

# A colour on its way from one scheme to the other has the contrast of neither.
WITHOUT_TRANSITIONS = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync("*, *::before, *::after { transition: none !important; animation: none !important; }");
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}"""


# What the foot of a dialog covers, or what leaves the dialog, when everything is scrolled to its end.
COVERED = """() => {
  window.scrollTo(0, document.body.scrollHeight);
  const form = document.querySelector("dialog[open] > .dialog-form") ?? document.querySelector(".page > .dialog-form");
  const foot = form?.querySelector(":scope > .dialog-foot");
  if (!foot) return [];
  const place = foot.getBoundingClientRect(), above = foot.previousElementSibling.getBoundingClientRect();
  const buttons = [...foot.querySelectorAll("a, button")].map(each => each.getBoundingClientRect());
  const seen = buttons.filter(each => each.width);
  const meets = (one, other) => one.left < other.right - 1 && other.left < one.right - 1
    && one.top < other.bottom - 1 && other.top < one.bottom - 1;
  return [
    above.bottom > place.top + 1 && "the foot covers what is above it",
    place.bottom > innerHeight + 1 && "the foot is below the screen",
    seen.some(each => each.right > innerWidth + 1 || each.left < -1) && "a button of the foot is beside the screen",
    seen.some((each, at) => seen.slice(at + 1).some(other => meets(each, other))) && "buttons of the foot overlap",
    form.scrollWidth > form.clientWidth + 1 && "the dialog is wider than its frame",
  ].filter(Boolean);
}"""

# What is being renewed is dimmed: it is looked at once it is there, and again where that began meanwhile.
RUN_AXE = """async rules => {
  const isBusy = () => document.querySelector("[aria-busy]") !== null;
  let renewed, found;
  const note = () => (renewed = true);
  document.addEventListener("htmx:beforeRequest", note);
  do {
    while (isBusy()) await new Promise(done => setTimeout(done, 20));
    renewed = false;
    found = await axe.run({ resultTypes: ["violations"], ...(rules.length ? { runOnly: rules } : {}) });
  } while (renewed || isBusy());
  document.removeEventListener("htmx:beforeRequest", note);
  return found.violations.map(each => `${each.id}: ${each.help}: ${each.nodes.map(node => node.html).join(", ")}`);
}"""


def assert_accessible(page: Page) -> None:
    """Check the page as it is now with axe-core, contrast included; once in each colour scheme."""
    page.evaluate(WITHOUT_TRANSITIONS)
    for scheme in ("light", "dark"):
        places = _violations(page, scheme)
        assert not places, f"{page.url} in {scheme}:\n" + "\n".join(places)
    page.emulate_media(color_scheme="light")


def misfits(page: Page) -> list[str]:
    """Return what is wrong with the page as it is now at each of ``WIDTHS``, in light and dark: a sentence for each.

    Beside what ``overflows`` finds, that is what axe-core finds. Between light and dark, colours alone differ: of its
    rules, that of contrast alone is asked about again in dark.
    """
    return _at_each_width(page, lambda: [*_violations(page, "light"), *_violations(page, "dark", ["color-contrast"])])


def overflows(page: Page) -> list[str]:
    """Return what is wider than the screen, or lies under the foot of a dialog, at each of ``WIDTHS``."""
    return _at_each_width(page, list)


def _at_each_width(page: Page, ask: Callable[[], list[str]]) -> list[str]:
    page.evaluate(WITHOUT_TRANSITIONS)
    size, found = page.viewport_size, []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        wide = page.evaluate("document.documentElement.scrollWidth")
        sentences = [*([f"{wide} pixels wide"] if wide > width else []), *page.evaluate(COVERED), *ask()]
        found += [f"{page.url} at {width}: {sentence}" for sentence in sentences]
    page.emulate_media(color_scheme="light")
    if size:
        page.set_viewport_size(size)
    return found


def _violations(page: Page, scheme: str, rules: Sequence[str] = ()) -> list[str]:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    if not page.evaluate("Boolean(window.axe)"):
        page.evaluate(AXE_SCRIPT)
    found: list[str] = page.evaluate(RUN_AXE, list(rules))
    return [f"{sentence} in {scheme}" for sentence in found]


def assert_no_sideways_scroll(page: Page, width: int = SMALLEST_PHONE) -> None:
    """Check that the page, at this many CSS pixels, is no wider than the screen; the old size comes back."""
    size = page.viewport_size
    page.set_viewport_size({"width": width, "height": 800})
    wide = page.evaluate("document.documentElement.scrollWidth")
    if size:
        page.set_viewport_size(size)
    assert wide <= width, f"{page.url} is {wide} pixels wide on a screen of {width}"
