"""Offerings in the log: the same one by another name, and another one by the same name."""

import pytest
from django.test import Client
from django.urls import reverse

from entitlements.history.feed import Touched, feed_of
from entitlements.models import Entitlement
from entitlements.operations import ChangeOffering
from offerings.revisions import publish
from tests.cast import TODAY, Cast
from tests.entitlements.pages import client_of


def rename(cast: Cast, offering: str, name: str) -> None:
    """Give an offering another name and more seats, and publish it: a name alone makes no revision."""
    row = cast.offerings[offering]
    row.name, row.seat_limit = name, 50
    row.save()
    publish([row], published_by=None, published_by_name="tests")


def moved(cast: Cast, *, to: str) -> Entitlement:
    """Move an entitlement on Silver annual to the newest revision of an offering, and return it."""
    entitlement = Entitlement.objects.get()
    cast.do(ChangeOffering(as_of=TODAY, revision_id=cast.revision(to).pk), [entitlement.pk])
    return entitlement


def touched(entitlement: Entitlement) -> Touched:
    """Return the entitlement as the newest act in the history of its order names it."""
    return feed_of(entitlement.order).entries[0].touched[0]


@pytest.fixture
def viewer(cast: Cast) -> Client:
    cast.entitle("silver_annual")
    return client_of(cast.people["viewer"])


def named_in_log(client: Client) -> str:
    """Return how the newest act in the log names the entitlement."""
    line = client.get(reverse("entitlements:acts"), {"kind": "acts"}).context["page"].rows[0]
    return str(line.thing)


def test_a_renamed_offering_is_an_update(cast: Cast, viewer: Client) -> None:
    rename(cast, "silver_annual", "Sterling annual")
    found = touched(moved(cast, to="silver_annual"))
    assert (found.moved_from, found.offering) == ("revision 1", "Sterling annual, revision 2")
    assert named_in_log(viewer) == "Customer 0, Sterling annual"


def test_another_offering_of_the_same_name_is_a_move(cast: Cast, viewer: Client) -> None:
    rename(cast, "gold_annual", "Silver annual")
    found = touched(moved(cast, to="gold_annual"))
    assert (found.moved_from, found.offering) == ("Silver annual", "Silver annual")
    assert named_in_log(viewer) == "Customer 0, Silver annual → Silver annual"


def test_an_offering_that_stays_is_named_once(cast: Cast, viewer: Client) -> None:
    assert touched(Entitlement.objects.get()).moved_from == ""
    assert named_in_log(viewer) == "Customer 0, Silver annual"
