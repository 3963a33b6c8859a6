"""What is behind the login is kept by nobody; what everybody may have is kept as before."""

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client

from tests.addresses import Address, every_address, make_things, values_of
from tests.cast import make_cast
from tests.entitlements.pages import HTMX, client_of
from tests.marked_data import superuser

OPEN = {"favicon.ico", "healthz", "readyz", "login", "admin/login/", "admin:login"}
"""The addresses that answer somebody without a login, as the table of roles says."""


def is_private(answer: object) -> bool:
    return "no-store" in answer.headers.get("Cache-Control", "")


@pytest.mark.django_db
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "part"])
def test_no_answer_behind_the_login_may_be_stored(headers: dict[str, str]) -> None:
    things = make_things(make_cast())
    browser, stored = client_of(superuser()), []
    for address in every_address():
        path = address.filled(values_of(address, things))
        for method in ("GET", "POST"):
            cookies = browser.cookies.copy()
            with transaction.atomic():
                answer = browser.generic(method, path, headers=headers)
                transaction.set_rollback(True)
            browser.cookies = cookies
            if address.name not in OPEN and not is_private(answer):
                stored.append((method, path, answer.status_code))
    assert not stored


def is_open(address: Address) -> bool:
    return not getattr(address.view, "login_required", True)


def test_only_these_addresses_are_open_to_everybody() -> None:
    """An address that opens would be stored: it is named here, and in the table of roles, first."""
    assert {address.name for address in every_address() if is_open(address)} <= OPEN


@pytest.mark.django_db
def test_a_page_that_is_not_there_is_not_stored(client: Client) -> None:
    client.force_login(User.objects.create_user("robin"), backend="django.contrib.auth.backends.ModelBackend")
    assert is_private(client.get("/no/such/page/"))


def test_static_files_are_stored_as_before(client: Client) -> None:
    answer = client.get("/static/css/base.css")
    assert answer.status_code == 200
    assert not is_private(answer)


def test_the_icon_is_stored_as_before(client: Client) -> None:
    assert not is_private(client.get("/favicon.ico"))
