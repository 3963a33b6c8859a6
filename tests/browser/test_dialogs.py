"""What every dialog does in a real browser: while the server works, when it refuses, before typed text is lost."""

import time
from collections.abc import Callable

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import BrowserContext, Locator, Page, expect

from entitlements.dialogs import confirm
from entitlements.directory.notes import add_note, pin_note
from entitlements.models import Act, Entitlement, Note
from entitlements.operations import Disable
from tests.browser.checks import assert_accessible, assert_no_sideways_scroll, misfits
from tests.browser.conftest import LogIn
from tests.cast import NOW, TODAY, Cast, make_cast

SLOW_SECONDS = 2
PHONE = {"width": 360, "height": 780}
TABLET = {"width": 768, "height": 1024}
# How much wider the text of the chosen option is than the room for it.
CUT = """(select) => {
  const style = getComputedStyle(select);
  const pen = document.createElement("canvas").getContext("2d");
  pen.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
  const room = select.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
  return Math.max(...[...select.options].map((option) => pen.measureText(option.text).width)) - room;
}"""


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


@pytest.fixture
def slow_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the server take two seconds for each dialog and each preview."""
    answer = confirm.respond

    def answer_slowly(*args: object, **options: object) -> object:
        time.sleep(SLOW_SECONDS)
        return answer(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr("entitlements.dialogs.entitlement.respond", answer_slowly)


def address(name: str, entitlement: Entitlement, *args: object) -> str:
    return reverse(f"entitlements:{name}", args=[entitlement.pk, *args])


def dialog_of(page: Page) -> Locator:
    """Return the open dialog, once htmx listens to its fields."""
    return page.locator("dialog[open]:has(> .dialog-form:not(.htmx-settling))")


def open_change(page: Page, entitlement: Entitlement) -> Locator:
    page.goto(address("entitlement", entitlement))
    page.get_by_role("link", name="Change offering…").first.click()
    return dialog_of(page)


# --- while the server works ------------------------------------------------------------------------------------------


def test_something_shows_while_the_server_works(operations: Page, cast: Cast, slow_server: None) -> None:
    page = operations
    page.goto(address("entitlement", cast.entitle()))
    link = page.get_by_role("link", name="Change offering…").first
    link.click()
    skeleton = page.locator("dialog[open] > .dialog-wait")
    expect(skeleton).to_be_visible(timeout=1_500)
    expect(skeleton.get_by_role("heading", name="Change offering…")).to_be_visible()
    assert_accessible(page)
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)
    expect(link).to_be_focused()
    link.click()
    dialog = dialog_of(page)
    dialog.get_by_label("Gold annual").check()
    preview, button = dialog.locator("#preview"), dialog.get_by_role("button", name="Change", exact=True)
    expect(preview).to_have_attribute("aria-busy", "true", timeout=1_500)
    expect(preview.get_by_text("Updating…")).to_be_visible()
    expect(button).to_be_disabled()
    expect(button).to_be_enabled(timeout=15_000)
    expect(preview.get_by_text("Updating…")).to_be_hidden()
    button.click()
    expect(dialog.locator(".dialog-form")).to_have_attribute("aria-busy", "true", timeout=1_500)
    expect(dialog.get_by_role("button", name="Cancel")).to_be_disabled()
    expect(page.get_by_text("Changed offering.")).to_be_visible(timeout=15_000)


def test_a_dialog_that_fails_to_open_closes_its_skeleton(
    operations: Page, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, entitlement = operations, cast.entitle()

    def fail(*_args: object, **_options: object) -> None:
        time.sleep(0.5)
        raise RuntimeError("on purpose")

    monkeypatch.setattr("entitlements.dialogs.entitlement.respond", fail)
    page.goto(address("entitlement", entitlement))
    page.get_by_role("link", name="Change offering…").first.click()
    expect(page.locator("dialog[open] > .dialog-wait")).to_be_visible()
    expect(page.locator("dialog[open]")).to_have_count(0)
    expect(page.get_by_text("Something went wrong and nothing was changed.")).to_be_visible()


# --- nothing is refused unseen, and nothing typed is lost ------------------------------------------------------------


def test_a_reason_is_asked_for_at_once_and_typed_text_is_not_lost(operations: Page, cast: Cast) -> None:
    page, entitlement = operations, cast.entitle()
    page.goto(address("entitlement", entitlement))
    opener = page.get_by_role("link", name="Set Seats…")
    opener.click()
    dialog = dialog_of(page)
    button, reason = dialog.get_by_role("button", name="Set override"), dialog.get_by_label("Reason required")
    dialog.get_by_label("Seats", exact=True).fill("250")
    expect(dialog.get_by_text("Give a reason: it is shown beside the value.")).to_be_visible()
    expect(button).to_be_disabled()
    reason.fill("October migration")
    expect(button).to_be_enabled()
    expect(dialog.get_by_text("Give a reason")).to_have_count(0)
    reason.fill("")
    expect(button).to_be_disabled()
    expect(dialog.get_by_text("Give a reason")).to_be_visible()

    page.keyboard.press("Escape")
    question = dialog.get_by_role("alertdialog", name="Discard what you entered?")
    expect(question.get_by_role("button", name="Keep editing")).to_be_focused()
    assert_accessible(page)
    page.keyboard.press("Escape")
    expect(question).to_have_count(0)
    expect(reason).to_be_focused()
    expect(dialog.get_by_label("Seats", exact=True)).to_have_value("250")
    dialog.get_by_role("button", name="Cancel").click()
    page.keyboard.press("Enter")
    expect(question).to_have_count(0)
    page.mouse.click(5, 5)
    question.get_by_role("button", name="Discard").click()
    expect(page.locator("dialog[open]")).to_have_count(0)
    expect(opener).to_be_focused()
    opener.click()
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)


def test_enter_in_a_list_of_choices_applies_nothing(operations: Page, cast: Cast) -> None:
    page = operations
    dialog = open_change(page, cast.entitle())
    dialog.get_by_label("Gold annual").check()
    expect(dialog.get_by_text("Nothing blocks this change.")).to_be_visible()
    dialog.get_by_label("Gold annual").press("Enter")
    expect(dialog.get_by_label("Gold annual")).not_to_be_focused()
    dialog.get_by_label("Release oldest").press("Enter")
    expect(dialog.get_by_label("Reason")).to_be_visible()
    assert Act.objects.filter(operation="change_offering").count() == 0


def test_a_refusal_moves_the_focus_to_the_first_invalid_field(operations: Page, cast: Cast) -> None:
    page, entitlement = operations, cast.entitle()
    page.goto(address("entitlement", entitlement))
    page.get_by_role("link", name="Set Seats…").click()
    dialog = dialog_of(page)
    dialog.get_by_label("Seats", exact=True).fill("250")
    dialog.get_by_label("Reason").fill("Why")
    expect(dialog.get_by_role("button", name="Set override")).to_be_enabled()
    dialog.get_by_label("Reference").evaluate(
        "(field) => { field.removeAttribute('maxlength'); field.value = 'x'.repeat(500); }"
    )
    dialog.get_by_role("button", name="Set override").click()
    expect(dialog.get_by_label("Reference")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog.get_by_role("alertdialog")).to_be_visible()  # what was typed before the refusal counts
    page.goto(reverse("entitlements:customer", args=[entitlement.order.customer_id]))
    page.get_by_role("button", name="Actions for this customer").click()
    page.get_by_role("link", name="Edit…").click()
    dialog.get_by_label("Name").fill("")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_label("Name")).to_be_focused()
    expect(dialog.get_by_label("Name")).to_have_attribute("aria-invalid", "true")
    page.goto(address("change_offering", entitlement))
    page.locator("[data-submit]").evaluate("(button) => button.form.requestSubmit()")  # as a plain page
    expect(page.locator("[name=target]").first.locator("xpath=ancestor::fieldset")).to_have_attribute(
        "data-invalid", ""
    )
    assert page.evaluate("document.activeElement.name") == "target"


# --- before and after, on every width --------------------------------------------------------------------------------


def test_on_a_phone_the_preview_is_seen_before_the_change(operations: Page, cast: Cast) -> None:
    page, entitlement = operations, cast.entitle(seats=2, overrides={"sso": True})
    page.set_viewport_size(PHONE)
    dialog = open_change(page, entitlement)
    dialog.get_by_label("Gold annual").check()
    foot, button = dialog.locator(".dialog-foot"), dialog.get_by_role("button", name="Change", exact=True)
    expect(foot.get_by_text("1 kept")).to_be_visible()
    expect(dialog.locator("#preview")).not_to_have_attribute("aria-busy", "true")
    expect(button).to_be_disabled()
    assert page.evaluate(CUT.join(("(", ")(document.getElementById('id_term'))"))) <= 0
    foot.get_by_role("button", name="See the preview").click()
    expect(dialog.locator("#preview")).to_be_focused()
    expect(button).to_be_enabled()
    row = dialog.locator(".diff.moves tbody tr").first
    name, before, after = (row.locator(each).bounding_box() for each in ("th", ".before", ".after"))
    assert name is not None
    assert before is not None
    assert after is not None
    assert before["y"] >= name["y"] + name["height"] - 1
    assert abs(before["y"] - after["y"]) < 4
    assert after["x"] > before["x"]
    assert_accessible(page)
    assert_no_sideways_scroll(page, PHONE["width"])
    page.set_viewport_size(TABLET)
    expect(foot.get_by_text("1 kept")).to_be_visible()
    assert_no_sideways_scroll(page, TABLET["width"])
    page.set_viewport_size({"width": 1440, "height": 900})
    expect(foot.get_by_text("1 kept")).to_be_hidden()
    expect(button).to_be_enabled()
    assert misfits(page) == []
    assert page.evaluate(CUT.join(("(", ")(document.getElementById('id_term'))"))) <= 0
    button.click()
    expect(page.locator("main h1")).to_contain_text("Gold annual")


# --- notes and states ------------------------------------------------------------------------------------------------


def test_banners_are_accessible_and_fit_every_screen(
    operations: Page, cast: Cast, open_context: Callable[..., BrowserContext], login_as: LogIn
) -> None:
    page, entitlement = operations, cast.entitle()
    add_note(entitlement, "First\n\n- of *several* lines", made_by=cast.operations)
    add_note(entitlement.order.customer, "Ask **Mira** first.", made_by=cast.operations)
    for note in Note.objects.all():
        pin_note(note.pk, made_by=cast.operations)
    cast.do(Disable(as_of=TODAY), [entitlement.pk], reason="Chargeback")
    page.goto(address("entitlement", entitlement))
    page.get_by_text("First …").click()
    expect(page.locator(".pinned li")).to_be_visible()
    assert misfits(page) == []
    page.get_by_role("main").get_by_role("link", name="Enable…").first.click()
    expect(dialog_of(page).get_by_text("Ask Mira first.")).to_be_visible()
    assert misfits(page) == []
    plain = open_context(java_script_enabled=False).new_page()
    login_as(plain, cast.operations)
    plain.goto(address("enable", entitlement))
    expect(plain.locator(".dialog-top").get_by_text("Ask Mira first.")).to_be_visible()
    plain.goto(address("override", entitlement, "seat_limit"))
    plain.get_by_label("Seats", exact=True).fill("250")
    plain.get_by_role("button", name="Set override").click()
    expect(plain.locator("#id_reason_error")).to_have_text("Give a reason: it is shown beside the value.")
