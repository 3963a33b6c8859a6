"""The page of one entitlement and its tabs: what it shows, to whom, in how many queries."""

import pytest
from django.test import Client
from django.urls import reverse

from entitlements.models import Entitlement
from tests.cast import Cast

TABS = ("entitlement", "seats", "history", "notes")


def visit(client: Client, name: str, entitlement: Entitlement, **query: str) -> str:
    response = client.get(reverse(f"entitlements:{name}", args=[entitlement.pk]), query)
    assert response.status_code == 200
    return response.content.decode()


@pytest.fixture
def staff(client: Client, cast: Cast) -> Client:
    client.force_login(cast.operations, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.mark.parametrize("tab", TABS)
def test_every_tab_is_shown(staff: Client, cast: Cast, tab: str) -> None:
    entitlement = cast.entitle(seats=2, overrides={"seat_limit": 250})
    assert "Silver annual" in visit(staff, tab, entitlement)
