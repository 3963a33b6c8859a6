"""Amounts of money as their reader writes them: the format of the profile, else of the browser, else the default."""

from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from config import formats
from config.models import Preferences
from offerings.models import Offering
from offerings.revisions import publish
from tests.factories import ChargeFactory, OfferingFactory, UserFactory


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("", "en"),
        ("de", "de"),
        ("de-AT,de;q=0.9,en;q=0.8", "de_AT"),
        ("de-LU", "de"),
        ("en-GB,de;q=0.5", "en"),
        ("eo,de;q=0.5", "de"),
        ("no", "nb"),
        ("zh-Hant-TW", "zh"),
        ("*", "en"),
        ("tlh", "en"),
        ("x" * 2000, "en"),
    ],
)
def test_the_format_of_a_browser(header: str, name: str) -> None:
    assert formats.format_of_browser(header) == name


def test_every_format_has_a_name_of_its_own_and_a_sample_of_all_its_digits() -> None:
    choices = formats.format_choices()
    assert [name for name, _words in choices] == list(formats.FORMATS)
    assert len({words for _name, words in choices}) == len(choices)
    digits = ["".join(filter(str.isdigit, words.rpartition(": ")[2])) for _name, words in choices]
    assert set(digits) == {"123456750"}


@pytest.mark.parametrize("name", formats.FORMATS)
@pytest.mark.parametrize(("places", "digits"), [(0, "1235"), (3, "1234500")])
def test_places_are_those_asked_for(name: str, places: int, digits: str) -> None:
    shown = formats.number(Decimal("1234.5") if places else Decimal(1235), places, name)
    assert "".join(filter(str.isdigit, shown)) == digits


@pytest.fixture
def client(db: None) -> Client:
    client = Client()
    client.force_login(UserFactory(username="robin", is_superuser=True))
    return client


@pytest.fixture
def offering(db: None) -> Offering:
    offering = OfferingFactory(name="Silver annual")
    ChargeFactory(offering=offering, amount="1829.50", currency="EUR")
    publish([offering], published_by=None, published_by_name="tests")
    return offering


def price_shown(client: Client, **headers: str) -> str:
    return client.get(reverse("offerings:offerings"), headers=headers).content.decode()


def test_a_page_follows_the_browser_and_the_profile_wins(client: Client, offering: Offering) -> None:
    assert "EUR 1,829.50 / year" in price_shown(client)
    assert "1.829,50 EUR / year" in price_shown(client, **{"accept-language": "de-DE"})
    Preferences.objects.create(user=User.objects.get(username="robin"), money_format="de_CH")
    assert "EUR 1&#x27;829.50 / year" in price_shown(client, **{"accept-language": "de-DE"})
    assert formats.active() == formats.DEFAULT


def test_the_profile_takes_a_format_there_is_and_no_other(client: Client) -> None:
    choices = {"time_zone": "", "theme": "light"}
    address = reverse("profile")
    assert client.post(address, {**choices, "money_format": "de_CH"}).status_code == 302
    assert Preferences.objects.get().money_format == "de_CH"
    assert client.post(address, {**choices, "money_format": "tlh"}).status_code == 422
    assert client.post(address, {**choices, "money_format": ""}).status_code == 302
    assert Preferences.objects.get().money_format == ""


def test_a_format_that_is_gone_breaks_no_page(client: Client, offering: Offering) -> None:
    Preferences.objects.create(user=User.objects.get(username="robin"), money_format="tlh")
    assert "EUR 1,829.50 / year" in price_shown(client)
