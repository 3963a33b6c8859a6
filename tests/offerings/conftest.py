"""People who look after the catalog."""

import pytest
from django.test import Client

from tests.factories import UserFactory


@pytest.fixture
def admin(db: None) -> Client:
    """Return the browser of somebody who may do everything."""
    client = Client()
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    return client
