"""Refusals name the permission that is missing, the roles that have it, and who gives roles: at every door."""

import re

import pytest
from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied
from django.test import Client, RequestFactory

from config.refusals import Refusal, refusal_of
from tests.addresses import every_address, make_things, values_of
from tests.cast import Cast
from tests.entitlements.pages import HTMX
from tests.test_roles_and_addresses import ROWS, column, filled

pytestmark = pytest.mark.django_db

NAMED = re.compile(r"This needs the permission “Can [a-z][a-z ,()]+”, which your roles do not include\.")
BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture(autouse=True)
def people(cast: Cast) -> None:
    """Add somebody who gives roles, and two who may do nothing."""
    User.objects.create_superuser("ada", first_name="Ada", last_name="Admin")
    cast.people["no role"] = User.objects.create_user("no role")
    cast.people["staff"] = User.objects.create_user("staff", is_staff=True)


def said(client: Client, method: str, path: str, **headers: str) -> str:
    answer = client.generic(method, path, content_type="application/x-www-form-urlencoded", headers=headers)
    assert answer.status_code == 403
    found = re.search(r"<p data-refusal>(.*?)</p>", answer.content.decode(), flags=re.DOTALL)
    assert found
    return " ".join(found[1].split())


def test_every_door_names_what_is_missing(cast: Cast) -> None:
    places, client = make_things(cast), Client()
    routes = {each.name: each.route for each in every_address() if not each.is_admin}
    client.force_login(cast.people["no role"], backend=BACKEND)
    refused = [(method, name) for (method, name), answer in column("no role").items() if answer == "403"]
    assert len(refused) > len(ROWS) / 2
    for method, name in refused:
        if name != "admin/login/":
            sentences = said(client, method, filled(routes[name], places))
            assert NAMED.match(sentences), f"{method} {name}: {sentences}"
            assert "ask Ada Admin" in sentences


def test_every_list_of_the_administration_names_what_is_missing(cast: Cast) -> None:
    things, client = make_things(cast), Client()
    client.force_login(cast.people["staff"], backend=BACKEND)
    lists = [each for each in every_address() if each.is_admin and each.name.endswith(("_changelist", "_add"))]
    assert len(lists) > 20
    for each in lists:
        sentences = said(client, "GET", each.filled(values_of(each, things)))
        is_closed = each.name.endswith("_add") and sentences.startswith("Nobody may do this here")
        assert is_closed or NAMED.match(sentences), each.name


def test_people_who_are_not_staff_are_told_so_at_the_administration(cast: Cast, client: Client) -> None:
    client.force_login(cast.people["no role"], backend=BACKEND)
    assert "“Can open the administration”" in said(client, "GET", "/admin/login/")


def test_the_words_the_roles_and_a_name(cast: Cast, client: Client) -> None:
    held = cast.entitle()
    client.force_login(cast.people["viewer"], backend=BACKEND)
    for headers in ({}, HTMX):
        assert said(client, "GET", f"/entitlements/{held.pk}/change-offering/", **headers) == (
            "This needs the permission “Can change the offering of entitlements”, which your roles do not include. "
            "The roles Administrator and Operations have it. If you should have it, ask Ada Admin or administrator."
        )


def test_a_permission_of_one_role_and_of_none(cast: Cast) -> None:
    assert Refusal("Can x", ["Support"]).sentences[1] == "The role Support has it."
    assert Refusal("Can x", [], ["a", "b", "c"]).sentences[1:] == ["If you should have it, ask a, b or c."]
    assert Refusal().sentences == ["Nobody may do this here, whatever their roles."]


def test_a_refusal_without_a_question_is_refused_all_the_same(cast: Cast) -> None:
    request = RequestFactory().get("/")
    request.user = cast.people["viewer"]
    assert refusal_of(request, PermissionDenied()) == Refusal()


def test_the_last_backend_grants_nothing(cast: Cast) -> None:
    person = cast.people["no role"]
    assert not person.has_perm("entitlements.view_entitlement")
    assert person.get_all_permissions() == set()
    person.groups.add(Group.objects.get(name="Viewer"))
    assert User.objects.get(pk=person.pk).has_perm("entitlements.view_entitlement")


@pytest.mark.parametrize("path", ["/offerings/", "/no/such/page/"])
def test_error_pages_have_breadcrumbs(cast: Cast, client: Client, path: str) -> None:
    client.force_login(cast.people["no role"], backend=BACKEND)
    page = client.get(path).content.decode()
    crumbs = re.search(r'<nav aria-label="Breadcrumb">(.*?)</nav>', page, flags=re.DOTALL)
    assert crumbs
    assert '<li><a href="/">Start page</a></li>' in crumbs[1]
    assert crumbs[1].count('aria-current="page"') == 1


def test_no_page_has_empty_breadcrumbs(cast: Cast) -> None:
    things, client = make_things(cast), Client()
    client.force_login(User.objects.get(username="ada"), backend=BACKEND)
    empty = re.compile(r'<nav aria-label="Breadcrumb">\s*<ol>\s*</ol>')
    for each in every_address():
        if not each.is_admin and each.name != "logout":
            page = client.get(each.filled(values_of(each, things)))
            assert page.streaming or not empty.search(page.content.decode()), each.name
