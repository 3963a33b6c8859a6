"""Fixtures of the entitlement tests."""

import pytest

from tests.cast import Cast, make_cast


@pytest.fixture
def cast(db: None) -> Cast:
    """Return the cast, made afresh for one test."""
    return make_cast()
