"""Pages and the log name people by their own names, and processes so that nobody can take their place."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from config.actors import System, name_of
from entitlements.directory.notes import add_note
from entitlements.models import Act
from tests.cast import Cast


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"username": "olivia", "first_name": "Olivia", "last_name": "Brandt"}, "Olivia Brandt"),
        ({"username": "olivia", "first_name": "Olivia"}, "Olivia"),
        ({"username": "olivia"}, "olivia"),
        ({"username": "olivia", "first_name": "  "}, "olivia"),
        ({"username": "olivia", "first_name": "system", "last_name": "(deploy)"}, "olivia"),
        ({"username": "olivia", "first_name": "System", "last_name": "(root)"}, "olivia"),
        ({"username": "olivia", "first_name": "s\u200bystem", "last_name": "(root)"}, "olivia"),
        ({"username": "olivia", "first_name": "\u202eaivilO"}, "olivia"),
        ({"username": "olivia", "first_name": "Systema"}, "Systema"),
        ({"username": "o", "first_name": "x" * 150, "last_name": "y"}, "x" * 150),
    ],
)
def test_a_person_has_the_own_name_else_the_username(fields: dict[str, str], name: str) -> None:
    assert name_of(User(**fields)) == name


def test_a_process_has_the_name_of_its_user() -> None:
    assert name_of(System("deploy")) == "system (deploy)"


@pytest.fixture
def cast(cast: Cast) -> Cast:
    User.objects.filter(username="operations").update(first_name="Olivia", last_name="Brandt")
    cast.people["operations"] = User.objects.get(username="operations")
    return cast


def test_every_page_names_who_did_it(cast: Cast) -> None:
    entitlement = cast.entitle()
    act = cast.override(entitlement, seat_limit=250)
    add_note(entitlement, "Call first.", made_by=cast.operations)
    client = Client()
    client.force_login(cast.people["administrator"])
    for address in (
        "/",
        "/history/",
        f"/history/{act.pk}/",
        f"/entitlements/{entitlement.pk}/",
        f"/entitlements/{entitlement.pk}/history/",
        f"/entitlements/{entitlement.pk}/notes/",
        f"/customers/{entitlement.order.customer_id}/history/",
        "/reports/overrides/",
    ):
        assert "Olivia Brandt" in client.get(address).content.decode(), address
    assert Act.objects.get(pk=act.pk).made_by_name == "Olivia Brandt"


@pytest.mark.parametrize("text", ["operations", "Olivia Brandt", "OLIVIA brandt"])
def test_history_finds_people_by_either_name(cast: Cast, text: str) -> None:
    entitlement = cast.entitle()
    act = cast.override(entitlement, seat_limit=250)
    client = Client()
    client.force_login(cast.people["administrator"])
    assert f"/history/{act.pk}/" in client.get("/history/", {"person": text}).content.decode()


def test_the_page_of_an_act_says_the_username_too(cast: Cast) -> None:
    act = cast.override(cast.entitle(), seat_limit=250)
    client = Client()
    client.force_login(cast.people["administrator"])
    assert '<span class="muted">operations</span>' in client.get(f"/history/{act.pk}/").content.decode()
