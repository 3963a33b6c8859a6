"""The sidebar: who sees which page, and where the reader is."""

import re

import pytest
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.test import RequestFactory
from django.urls import reverse

from config.navigation import PAGES, sections
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def shown(path: str = "/accounts/profile/", *permissions: str, is_superuser: bool = False) -> dict[str, bool]:
    """Return the labels of the sidebar on a page, and which of them is the current one."""
    request = RequestFactory().get(path)
    request.user = UserFactory(is_superuser=is_superuser)
    for permission in permissions:
        app, codename = permission.split(".")
        request.user.user_permissions.add(Permission.objects.get(codename=codename, content_type__app_label=app))
    return {entry.page.label: entry.is_current for section in sections(request) for entry in section.entries}


def test_a_person_without_permissions_sees_no_page() -> None:
    assert shown() == {}


def test_a_page_is_shown_to_people_with_its_permission() -> None:
    assert list(shown("/", "offerings.view_offering")) == ["Offerings", "Compare"]


@pytest.mark.parametrize(
    ("path", "current"),
    [
        ("/offerings/", "Offerings"),
        ("/offerings/PRO/revisions/1/", "Offerings"),
        ("/offerings/compare/", "Compare"),
        ("/entitlements/new/", "Entitlements"),
    ],
)
def test_the_page_nearest_to_the_reader_is_the_current_one(path: str, current: str) -> None:
    assert [label for label, is_current in shown(path, is_superuser=True).items() if is_current] == [current]


def test_a_page_that_needs_two_permissions_is_shown_with_both() -> None:
    assert "Invoice lines" not in shown("/", "entitlements.view_act")
    assert "Invoice lines" in shown("/", "entitlements.view_act", "entitlements.view_order")


def test_outside_of_every_page_none_is_current() -> None:
    assert not any(shown("/accounts/profile/", is_superuser=True).values())


def test_a_page_without_an_address_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def url_or_nothing(name: str) -> str:
        return "" if name.startswith("offerings:") else "/entitlements/"

    monkeypatch.setattr("config.navigation._url", lambda page: url_or_nothing(page.name))
    assert "Offerings" not in shown(is_superuser=True)


def test_every_letter_leads_to_one_page() -> None:
    letters = [page.letter for page in PAGES if page.letter]
    assert len(letters) == len(set(letters))


def test_every_permission_of_the_sidebar_exists() -> None:
    apps = set(ContentType.objects.values_list("app_label", flat=True))
    for page in PAGES:
        for permission in page.permissions:
            app, codename = permission.split(".")
            if app in apps and page.name.startswith("offerings"):
                assert Permission.objects.filter(codename=codename, content_type__app_label=app).exists(), page


def test_the_sidebar_marks_the_page_for_screen_readers(client) -> None:
    client.force_login(UserFactory(is_superuser=True))
    html = client.get(reverse("offerings:compare")).content.decode()
    assert re.search(r'href="/offerings/compare/"\s+data-goto="m"\s+aria-current="page"', html)
