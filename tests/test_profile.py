"""A person's own profile: time zone, theme, single keys; and the list of shortcuts."""

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from config.models import Preferences
from config.profile import PreferencesForm, known_zones
from offerings.models import Offering
from offerings.revisions import publish
from tests.factories import UserFactory, published

PROFILE = "/accounts/profile/"
CHOICES = {"time_zone": "Asia/Tokyo", "theme": "dark", "uses_shortcuts": "on"}


@pytest.fixture
def person(db: None) -> User:
    return UserFactory(username="robin", is_superuser=True)


@pytest.fixture
def client(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def text(client: Client, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status
    return answer.content.decode()


def test_visitors_have_no_profile() -> None:
    assert Client().get(PROFILE)["Location"].startswith("/accounts/login/")


def test_choices_are_saved_for_the_person_alone(client: Client, person: User) -> None:
    answer = client.post(PROFILE, CHOICES)
    assert answer["Location"] == PROFILE
    [saved] = Preferences.objects.all()
    assert (saved.user, saved.time_zone, saved.theme, saved.uses_shortcuts) == (person, "Asia/Tokyo", "dark", True)
    assert "Your profile is saved." in text(client, PROFILE)


def test_choices_can_be_changed_again(client: Client) -> None:
    client.post(PROFILE, CHOICES)
    client.post(PROFILE, {"time_zone": "", "theme": "light"})
    [saved] = Preferences.objects.all()
    assert (saved.time_zone, saved.theme, saved.uses_shortcuts) == ("", "light", False)


@pytest.mark.parametrize(
    "wrong", [{"time_zone": "Europe/Atlantis"}, {"theme": "pink"}, {"time_zone": "../../etc/passwd"}, {"theme": ""}]
)
def test_what_is_no_choice_is_refused_on_its_field(client: Client, wrong: dict[str, str]) -> None:
    answer = client.post(PROFILE, CHOICES | wrong)
    assert answer.status_code == 422
    [name] = wrong
    assert f'id="id_{name}_error"' in answer.content.decode()
    assert not Preferences.objects.exists()


def test_the_page_shows_the_roles_and_the_way_to_the_password(client: Client) -> None:
    html = text(client, PROFILE)
    assert "all permissions" in html
    assert 'href="/accounts/password/"' in html


def test_every_zone_people_live_in_can_be_chosen() -> None:
    zones = {name for _, names in known_zones() for name in names}
    assert {"Europe/Vienna", "America/Argentina/Salta", "Pacific/Auckland", "Asia/Kolkata"} <= zones
    assert not {"EST5EDT", "Etc/GMT+1", "localtime"} & zones


def test_the_sites_zone_is_named_in_the_choices(settings) -> None:
    settings.TIME_ZONE = "Europe/Vienna"
    assert next(iter(PreferencesForm().fields["time_zone"].choices)) == ("", "The site's (Europe/Vienna)")


# --- time zone -------------------------------------------------------------------------------------------------------


def revision_of_new_year(person: User, zone: str) -> str:
    """Publish at 23:30 UTC on New Year's Eve, and return the page of the revision for a person in ``zone``."""
    Preferences.objects.create(user=person, time_zone=zone)
    offering = published(sku="PRO").offering
    moment = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
    Offering.objects.filter(pk=offering.pk).update(seat_limit=77)
    publish([offering], published_by=None, published_by_name="Pia", at=moment)
    client = Client()
    client.force_login(person)
    return text(client, "/offerings/PRO/revisions/2/")


def test_times_are_shown_in_the_readers_zone_with_exact_utc_beside(person: User) -> None:
    html = revision_of_new_year(person, "Asia/Tokyo")
    assert "1 Jan 2027, 08:30" in html
    assert 'title="2026-12-31 23:30 UTC"' in html


@pytest.mark.parametrize("zone", ["", "Europe/Atlantis", "../nowhere"])
def test_without_a_zone_that_is_known_times_are_the_sites(settings, person: User, zone: str) -> None:
    settings.TIME_ZONE = "Europe/Vienna"
    assert "1 Jan 2027, 00:30" in revision_of_new_year(person, zone)


def test_the_zone_of_one_reader_does_not_reach_the_next(client: Client, person: User) -> None:
    Preferences.objects.create(user=person, time_zone="Asia/Tokyo")
    assert "Asia/Tokyo" in text(client, PROFILE)
    assert timezone.get_current_timezone_name() == "UTC"
    other = Client()
    other.force_login(UserFactory())
    assert "<span>UTC</span>" in text(other, PROFILE)


# --- theme -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("address", "status"), [(PROFILE, 200), ("/no/such/page/", 404)])
def test_a_chosen_theme_is_on_every_page(client: Client, person: User, theme: str, address: str, status: int) -> None:
    Preferences.objects.create(user=person, theme=theme)
    assert f'data-theme="{theme}"' in text(client, address, status)


@pytest.mark.parametrize("address", [PROFILE, "/accounts/login/"])
def test_without_a_choice_the_system_decides(person: User, address: str) -> None:
    client = Client()
    if address == PROFILE:
        client.force_login(person)
    html = text(client, address)
    assert "data-theme" not in html
    assert 'content="light dark"' in html


def test_preferences_cost_a_page_one_query(client: Client) -> None:
    with CaptureQueriesContext(connection) as captured:
        text(client, "/shortcuts/")
    assert sum("config_preferences" in query["sql"] for query in captured) == 1


def test_probes_ask_for_no_preferences(client: Client) -> None:
    with CaptureQueriesContext(connection) as captured:
        text(client, "/healthz")
    assert not any("config_preferences" in query["sql"] for query in captured)


# --- shortcuts -------------------------------------------------------------------------------------------------------


def test_the_list_of_shortcuts_names_the_pages_the_reader_may_see(client: Client) -> None:
    html = text(client, "/shortcuts/")
    assert "<kbd>g</kbd> <kbd>o</kbd>" in html
    stranger = Client()
    stranger.force_login(UserFactory())
    assert "<kbd>g</kbd>" not in text(stranger, "/shortcuts/")


def test_the_list_of_shortcuts_is_a_dialog_where_htmx_asks(client: Client) -> None:
    html = client.get("/shortcuts/", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in html
    assert "data-dialog-close" in html


def test_single_keys_can_be_switched_off(client: Client, person: User) -> None:
    assert "data-shortcuts-off" not in text(client, PROFILE)
    Preferences.objects.create(user=person, uses_shortcuts=False)
    assert "data-shortcuts-off" in text(client, PROFILE)
    assert "switched off" in text(client, "/shortcuts/")
