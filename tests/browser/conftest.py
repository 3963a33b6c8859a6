"""A real Chromium, pages in it, and people who are logged in."""

import os
import shutil
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from tests.roles import make_roles

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE_MILLISECONDS = 10_000

expect.set_options(timeout=PATIENCE_MILLISECONDS)

LogIn = Callable[[Page, AbstractBaseUser], None]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder as one for the browser."""
    for item in items:
        if "tests/browser/" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start the Chromium that CHROMIUM names, or the one of this machine."""
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    assert path, "no Chromium was found: install one, or name it in CHROMIUM"
    with sync_playwright() as playwright:
        # Playwright keeps an event loop in this thread, which Django would take for an asynchronous caller.
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
        chromium = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def open_context(browser: Browser, live_server: LiveServer) -> Iterator[Callable[..., BrowserContext]]:
    """Return a function that opens a window of its own, with its own cookies; options are Playwright's."""
    contexts = []

    def open_it(**options: object) -> BrowserContext:
        size = {"width": 1280, "height": 800}
        context = browser.new_context(**{"base_url": live_server.url, "viewport": size, **options})  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE_MILLISECONDS)
        contexts.append(context)
        return context

    yield open_it
    for context in contexts:
        context.close()


@pytest.fixture
def page(open_context: Callable[..., BrowserContext]) -> Iterator[Page]:
    """Open a page; the test fails if a script fails in it or the security policy stops something."""
    page = open_context().new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: problems.append(message.text) if is_refusal(message.text) else None)
    yield page
    assert not problems, problems


def is_refusal(text: str) -> bool:
    """Tell whether the console says that the content security policy stopped something."""
    return "Content Security Policy" in text


@pytest.fixture
def page_without_scripts(open_context: Callable[..., BrowserContext]) -> Page:
    """Open a page in a browser that runs no script."""
    return open_context(java_script_enabled=False).new_page()


@pytest.fixture
def roles(transactional_db: None) -> None:
    """Make the roles again, which the flush after an earlier test has removed."""
    make_roles()


@pytest.fixture
def login_as(live_server: LiveServer) -> LogIn:
    """Return a function that gives a page the session of a person, without the login form."""

    def log_in(page: Page, user: AbstractBaseUser) -> None:
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}])

    return log_in
