"""Acts on many entitlements and seats: a few are named, the rest counted, with as much work as for a few."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from entitlements.history.feed import FeedEntry, feed_of
from entitlements.models import Act, Order
from entitlements.operations import Disable, ReleaseSeats, UndoAct
from entitlements.operations.seats import RELEASE_ALL
from tests.cast import TODAY, Cast
from tests.entitlements.pages import client_of, shown


def disabled_together(cast: Cast, count: int) -> Order:
    """Disable so many entitlements of one order, and one of another, by one act; return the order."""
    first = cast.entitle("silver_annual")
    add_on = "support_annual" if "support_annual" in cast.offerings else cast.add_on()
    others = [cast.entitle(add_on, order=first.order_id) for _ in range(count - 1)]
    cast.do(Disable(as_of=TODAY), [first.pk, *(each.pk for each in others), cast.entitle().pk])
    return first.order


def newest(order: Order) -> FeedEntry:
    return feed_of(order).entries[0]


@pytest.mark.parametrize(("count", "named", "more"), [(1, 1, 0), (4, 4, 0), (5, 5, 0), (6, 5, 1), (8, 5, 3)])
def test_five_entitlements_of_an_act_are_named_and_the_rest_counted(
    cast: Cast, count: int, named: int, more: int
) -> None:
    entry = newest(disabled_together(cast, count))
    assert (entry.title, len(entry.touched), entry.more) == ("Disabled", named, more)


def test_each_act_is_counted_for_itself(cast: Cast) -> None:
    order = disabled_together(cast, 7)
    entries = feed_of(order).entries
    assert [(entry.title, len(entry.touched), entry.more) for entry in entries][:2] == [
        ("Disabled", 5, 2),
        ("Created", 1, 0),
    ]


def test_only_the_changes_that_are_named_are_read(cast: Cast) -> None:
    def work(count: int) -> tuple[int, int]:
        order = disabled_together(cast, count)
        feed_of(order, size=1)
        with CaptureQueriesContext(connection) as seen:
            feed_of(order, size=1)
        [named] = [each["sql"] for each in seen if "to_name" in each["sql"]]
        [keys] = re.findall(r'"entitlements_change"."id" IN \(([^)]*)\)', named)
        return len(seen), len(keys.split(","))

    few, many = work(6), work(12)
    assert few == many
    assert many[1] == 5


def released(cast: Cast, count: int) -> tuple[Act, Act]:
    """Release so many seats by one act, bring them back by another, and return both."""
    entitlement = cast.entitle("gold_seats", quantity=100, seats=count)
    act = cast.do(ReleaseSeats(as_of=TODAY, seats=RELEASE_ALL), [entitlement.pk]).act
    assert act is not None
    undo = cast.do(UndoAct(as_of=TODAY, act_id=act.pk), [entitlement.pk]).act
    assert undo is not None
    return act, undo


@pytest.fixture
def viewer(cast: Cast) -> Client:
    return client_of(cast.people["viewer"])


@pytest.mark.parametrize(("count", "named", "more"), [(1, 1, 0), (50, 50, 0), (51, 50, 1), (53, 50, 3)])
def test_fifty_seats_are_named_and_the_rest_counted(
    cast: Cast, viewer: Client, count: int, named: int, more: int
) -> None:
    for act, done in zip(released(cast, count), ("released", "brought back"), strict=True):
        page = shown(viewer.get(reverse("entitlements:act", args=[act.pk])))
        assert len(re.findall(rf"Seat device-\d+ {done}</span>", page)) == named
        assert re.findall(rf"and (\d+) more {done}</span>", page) == ([str(more)] if more else [])
