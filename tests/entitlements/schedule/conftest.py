"""The clock of the cast: every test here runs on the day on which its people work."""

from collections.abc import Iterator

import pytest
import time_machine

from tests.cast import NOW


@pytest.fixture(autouse=True)
def clock(request: pytest.FixtureRequest) -> Iterator[time_machine.Traveller]:
    """Stop the clock at the cast's moment; ``clock.move_to`` goes on."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller
