"""What guards every page: login, locks against guessing, and what browsers are told."""

import re

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.test import Client
from django.urls import get_resolver

from config.addresses import client_address

OPEN_TO_ALL = {"healthz", "readyz", "login", "admin:login"}
ARGUMENTS = {"int": "1", "str": "x", "slug": "x", "uuid": "00000000-0000-0000-0000-000000000000", "path": "x"}


def every_address(patterns: list, *, prefix: str = "", namespace: str = "") -> dict[str, str]:
    """Return an example path for each named address of the site."""
    found = {}
    for pattern in patterns:
        route = prefix + re.sub(r"<(\w+):\w+>", lambda match: ARGUMENTS[match[1]], str(pattern.pattern))
        if hasattr(pattern, "url_patterns"):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            found |= every_address(pattern.url_patterns, prefix=route, namespace=inner)
        elif pattern.name:
            found[namespace + pattern.name] = route
    return found


ADDRESSES = every_address(get_resolver().url_patterns)


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(ADDRESSES.keys() - OPEN_TO_ALL))
def test_an_address_asks_visitors_to_log_in(client: Client, name: str) -> None:
    response = client.get("/" + ADDRESSES[name])
    assert response.status_code == 302
    assert response["Location"].startswith(("/accounts/login/", "/admin/login/"))


@pytest.fixture
def person(db: None) -> User:
    return User.objects.create_user("robin", password="right horse battery")


def log_in(client: Client, password: str) -> int:
    return client.post("/accounts/login/", {"username": "robin", "password": password}).status_code


def test_the_right_password_lets_a_person_in(client: Client, person: User) -> None:
    assert log_in(client, "right horse battery") == 302


def test_guessing_locks_even_the_right_password_out(client: Client, person: User) -> None:
    codes = [log_in(client, f"guess {number}") for number in range(settings.AXES_FAILURE_LIMIT)]
    assert codes == [200] * (settings.AXES_FAILURE_LIMIT - 1) + [429]
    assert log_in(client, "right horse battery") == 429


def test_a_lock_is_for_one_address_only(client: Client, person: User) -> None:
    for number in range(settings.AXES_FAILURE_LIMIT):
        log_in(client, f"guess {number}")
    assert log_in(Client(REMOTE_ADDR="192.0.2.7"), "right horse battery") == 302


def request_through_proxy() -> HttpRequest:
    request = HttpRequest()
    request.META = {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": "203.0.113.9, 198.51.100.4"}
    return request


def test_a_made_up_forwarding_header_is_not_believed_without_a_proxy() -> None:
    assert client_address(request_through_proxy()) == "10.0.0.1"


def test_behind_a_proxy_the_address_is_the_one_the_proxy_saw(settings) -> None:
    settings.BEHIND_PROXY = True
    assert client_address(request_through_proxy()) == "198.51.100.4"


def test_scripts_and_styles_come_from_this_site_alone(client: Client) -> None:
    policy = client.get("/healthz")["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "style-src 'self';" in policy + ";"
    assert "unsafe" not in policy


@pytest.mark.parametrize("path", ["/admin/", "/admin/auth/user/", "/admin/auth/user/add/", "/admin/auth/group/add/"])
def test_admin_pages_have_nothing_that_the_policy_refuses(admin_client: Client, path: str) -> None:
    page = admin_client.get(path).content.decode()
    assert not re.search(r"<script(?![^>]*(?:src=|type=\"application/json\"))|\sstyle=|\son\w+=|<style", page)
