"""People with a role, and change groups, for the tests of their pages."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from changegroups.models import ChangeGroup, Membership
from offerings.models import Offering
from tests.factories import OfferingFactory, PlanFactory, ProductFactory, UserFactory, published

LogIn = Callable[[str], Client]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def client_as(db: None) -> LogIn:
    """Return a function that logs in somebody of a role; no role is somebody without any permission."""

    def log_in(role: str) -> Client:
        person = UserFactory()
        if role:
            person.groups.add(Group.objects.get(name=role))
        client = Client()
        client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return log_in


@pytest.fixture
def manager(client_as: LogIn) -> Client:
    return client_as("Product manager")


@pytest.fixture
def viewer(client_as: LogIn) -> Client:
    return client_as("Viewer")


def make_group(name: str = "Atlas", **modes: object) -> ChangeGroup:
    """Make the textbook group: basic monthly < premium monthly < premium annual."""
    product = ProductFactory(name="Atlas Analytics")
    monthly, annual = PlanFactory(duration="P1M"), PlanFactory(duration="P1Y")
    group = ChangeGroup.objects.create(name=name, **modes)
    for sku, priority, plan in (("BASIC-M", 10, monthly), ("PREMIUM-M", 20, monthly), ("PREMIUM-Y", 30, annual)):
        offering = OfferingFactory(sku=sku, name=sku.title(), product=product, plan=plan)
        published(offering)
        Membership.objects.create(group=group, offering=offering, priority=priority)
    return group


def more_members(group: ChangeGroup, count: int) -> list[Offering]:
    """Put more published offerings of one more product into a group, each on a rung of its own."""
    product = ProductFactory(name="Borealis")
    added = [OfferingFactory(product=product) for _number in range(count)]
    for number, offering in enumerate(added):
        published(offering)
        Membership.objects.create(group=group, offering=offering, priority=100 + number)
    return added
