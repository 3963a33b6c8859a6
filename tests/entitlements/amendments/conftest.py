"""The clock of the cast, and people in their browsers."""

from collections.abc import Iterator

import pytest
import time_machine
from django.test import Client

from tests.cast import NOW, Cast
from tests.entitlements.pages import client_of


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    """Stop the clock at the cast's moment; ``clock.move_to`` goes on."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def staff(cast: Cast) -> Client:
    """Return the browser of the person who changes entitlements all day."""
    return client_of(cast.operations)
