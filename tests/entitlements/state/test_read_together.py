"""Overrides and use are read in one query, each as it is written."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from entitlements.state import load
from tests.cast import START, Cast

pytestmark = pytest.mark.django_db


def test_overrides_and_use_are_read_with_their_types(cast: Cast) -> None:
    entitlement = cast.entitle(seats=1, overrides={"seat_limit": 250, "sso": True, "lease_period": "P2D"})
    cast.use(entitlement, "api_calls", 41)
    [state] = load([entitlement.pk])
    assert {key: each.value for key, each in state.overrides.items()} == {
        "seat_limit": 250,
        "feature.sso": True,
        "lease_period": "P2D",
    }
    assert state.overrides["feature.sso"].value is True
    one = state.overrides["seat_limit"]
    assert (one.set_at, one.set_by_id, one.set_by_name) == (START, cast.operations.pk, "operations")
    assert (one.reason, one.is_floor, one.until) == ("October migration", False, None)
    assert state.counters == {"feature.api_calls": 41}


def test_the_number_of_queries_is_the_same_with_overrides(cast: Cast) -> None:
    plain = cast.entitle()
    by_hand = cast.entitle(overrides={"seat_limit": 250})
    counts = []
    for entitlement in (plain, by_hand):
        with CaptureQueriesContext(connection) as queries:
            load([entitlement.pk])
        counts.append(len(queries))
    assert counts[0] == counts[1]
