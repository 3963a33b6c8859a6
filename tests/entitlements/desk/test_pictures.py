"""The pictures on the page of an entitlement: what they draw and say, how little they read, how much they bear."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from entitlements.desk import life
from entitlements.desk.life import DAYS, Event, Life, life_of
from entitlements.desk.views.pictures import seats_picture_of, timeline_of
from entitlements.history.drawing import Days, gathered, height_of, percent, runs_of, upper_edge
from entitlements.models import Entitlement, Seat
from entitlements.operations import ChangeTerms, RevertOverrides, SetOverrides
from entitlements.state import load
from tests.cast import NOW, TODAY, Cast, day
from tests.entitlements.pages import address, client_of, shown
from tests.entitlements.values import state

STRETCH = Days(date(2026, 1, 1), date(2026, 1, 11))


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every test run on the day the cast lives in."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)


# --- drawing ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moment", "place"),
    [
        (date(2025, 1, 1), "0%"),
        (date(2026, 1, 1), "0%"),
        (date(2026, 1, 6), "50%"),
        (date(2026, 1, 11), "100%"),
        (date(2027, 1, 1), "100%"),
    ],
)
def test_a_day_has_its_place_along_the_width(moment: date, place: str) -> None:
    assert STRETCH.place(moment) == place


def test_lengths_are_those_of_svg() -> None:
    assert [percent(0.3333), percent(0.5), percent(0)] == ["33.33%", "50%", "0%"]
    assert STRETCH.width(date(2026, 1, 1), date(2026, 1, 2)) == "10%"
    assert STRETCH.width(date(2026, 1, 1), date(2026, 1, 1)) == "0.4%"
    assert Days(TODAY, TODAY).place(TODAY) == "0%"


@pytest.mark.parametrize(("number", "edge"), [(0, 5), (5, 5), (6, 10), (11, 20), (21, 50), (51, 100), (101, 200)])
def test_the_upper_edge_is_round(number: int, edge: int) -> None:
    assert upper_edge(number) == edge


def test_small_amounts_stay_visible_and_equal_days_are_one() -> None:
    assert [height_of(amount, top=1000, height=100) for amount in (0, 1, 500)] == [0.0, 1.5, 50.0]
    assert [tuple(run) for run in runs_of([2, 2, None, 3])] == [(0, 1, 2), (2, 2, None), (3, 3, 3)]
    assert gathered([(3, "b"), (1, "a"), (3, "c")]) == [(1, ["a"]), (3, ["b", "c"])]


# --- the timeline ----------------------------------------------------------------------------------------------------


def lived(**facts: object) -> Life:
    known = Life(
        date(2026, 3, 1), (Event(date(2026, 3, 1), "Created", "operations", "ok"),), (), is_whole=True, today=NOW.date()
    )
    return replace(known, **facts)  # type: ignore[arg-type]


def test_the_timeline_has_term_grace_today_and_the_days_in_words() -> None:
    picture = timeline_of(state(), lived(), today=TODAY)
    assert [band.words for band in picture.bands] == [
        "Term: 1 Mar 2026 to 1 Mar 2027",
        "Grace period: 1 Mar 2027 to 15 Mar 2027",
    ]
    assert [caption.words for caption in picture.captions] == ["today", "created 1 Mar 2026", "expires 1 Mar 2027"]
    assert picture.summary == "Created on 1 Mar 2026, 1 change so far, expires on 1 Mar 2027."
    assert [words for _day, words in picture.rows] == [
        "Created",
        "The term started",
        "Today",
        "Expires",
        "End of the grace period",
    ]


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"standard_expires_on": None, "overrides": {"expires_on": ""}}, "never expires."),
        ({"standard_expires_on": date(2026, 10, 1)}, "expired on 1 Oct 2026."),
        ({"ended_on": date(2026, 11, 1)}, "ended on 1 Nov 2026."),
        ({"starts_on": None, "standard_expires_on": None, "activated_at": None}, "1 change so far."),
        ({"standard_expires_on": date(2999, 12, 1)}, "expires on 1 Dec 2999."),
    ],
)
def test_the_timeline_says_how_it_ends(facts: dict[str, object], words: str) -> None:
    picture = timeline_of(state(**facts), lived(), today=TODAY)  # type: ignore[arg-type]
    assert picture.summary.endswith(words)


def test_ten_thousand_changes_are_few_marks() -> None:
    events = tuple(Event(date(2026, 3, 1) + timedelta(days=n % 200), "Changed", "x", "info") for n in range(10_000))
    picture = timeline_of(state(), lived(events=events, is_whole=False), today=TODAY)
    assert len(picture.marks) <= 101
    assert (len(picture.rows), picture.rows_left_out > 9_000) == (30, True)
    assert "10,000 or more changes" in picture.summary


def test_the_spans_of_overrides_come_from_the_log(cast: Cast) -> None:
    entitlement = cast.entitle(at=datetime(2026, 3, 1, 9, tzinfo=UTC))
    ids = [entitlement.pk]
    for at, operation in (
        (datetime(2026, 5, 1, 9, tzinfo=UTC), SetOverrides(as_of=day("2026-05-01"), values={"seat_limit": 9})),
        (datetime(2026, 6, 1, 9, tzinfo=UTC), SetOverrides(as_of=day("2026-06-01"), values={"seat_limit": 12})),
        (datetime(2026, 7, 1, 9, tzinfo=UTC), RevertOverrides(as_of=day("2026-07-01"), keys=("seat_limit",))),
        (datetime(2026, 8, 1, 9, tzinfo=UTC), SetOverrides(as_of=day("2026-08-01"), values={"feature.sso": True})),
    ):
        cast.do(operation, ids, reason="Agreed", at=at)
    [held] = load(ids)
    found = life_of(held)
    assert [(each.label, each.value, each.start, each.end) for each in found.spans] == [
        ("Seats", "9", date(2026, 5, 1), date(2026, 6, 1)),
        ("Seats", "12", date(2026, 6, 1), date(2026, 7, 1)),
        ("Single sign-on", "on", date(2026, 8, 1), None),
    ]
    lanes = timeline_of(held, found, today=TODAY).lanes
    assert [lane.words for lane in lanes][-1] == "Single sign-on on by hand: 1 Aug 2026 until today"


# --- seats -----------------------------------------------------------------------------------------------------------


def at(days_ago: int, hour: int = 10) -> datetime:
    return NOW.replace(hour=hour) - timedelta(days=days_ago)


def test_seats_used_are_counted_back_from_today(cast: Cast) -> None:
    entitlement = cast.entitle()
    cast.occupy(entitlement, 2, at=at(200))
    [third] = cast.occupy(entitlement, 1, at=at(10))
    Seat.objects.filter(pk=third.pk).update(activated_at=at(10))
    gone = Seat.objects.create(
        entitlement=entitlement,
        seat_id="gone",
        activated_at=at(30),
        lease_expires_at=at(20),
        last_refresh_at=at(20),
        released_at=at(20),
    )
    older = {"activated_at": at(300), "lease_expires_at": at(95), "last_refresh_at": at(95), "released_at": at(5)}
    Seat.objects.create(entitlement=entitlement, seat_id="older", **older)
    [held] = load([entitlement.pk])
    used = life_of(held).used
    assert len(used) == DAYS
    by_age = {ago: used[DAYS - 1 - ago] for ago in (0, 5, 6, 10, 11, 20, 21, 30, 31, 89)}
    assert by_age == {0: 3, 5: 3, 6: 4, 10: 4, 11: 3, 20: 3, 21: 4, 30: 4, 31: 3, 89: 3}
    assert gone.released_at is not None


def test_the_limit_follows_the_log(cast: Cast) -> None:
    entitlement = cast.entitle(seats=4)
    operation = SetOverrides(as_of=at(40).date(), values={"seat_limit": 250})
    cast.do(operation, [entitlement.pk], reason="Agreed", at=at(40))
    [held] = load([entitlement.pk])
    found = life_of(held)
    assert [found.limits[DAYS - 1 - ago] for ago in (0, 40, 41, 89)] == [250, 250, 5, 5]
    picture = seats_picture_of(found, today=TODAY)
    assert picture is not None
    assert (picture.top, len(picture.lines), picture.summary.startswith("4 of 250 in use; most in use: 4 on")) == (
        250,
        2,
        True,
    )
    assert [row[2:] for row in picture.rows][:2] == [(4, "250"), (4, "5")]


def test_unlimited_seats_have_no_line_and_no_seats_no_picture() -> None:
    found = lived(used=(3,) * DAYS, limits=(None,) * DAYS)
    picture = seats_picture_of(found, today=TODAY)
    assert picture is not None
    assert (picture.lines, picture.rows[0][3]) == ((), "unlimited")
    assert seats_picture_of(lived(), today=TODAY) is None


def test_seats_over_the_limit_are_red() -> None:
    found = lived(used=(3,) * DAYS, limits=(2,) * DAYS)
    picture = seats_picture_of(found, today=TODAY)
    assert picture is not None
    assert [(bar.tone, bar.words) for bar in picture.bars] == [("stop", "24 Aug 2026 to 21 Nov 2026: 3 of 2 in use")]


# --- the page --------------------------------------------------------------------------------------------------------


@pytest.fixture
def staff(cast: Cast) -> Client:
    return client_of(cast.operations)


def test_the_page_has_both_pictures_with_the_same_in_words(cast: Cast, staff: Client) -> None:
    entitlement = cast.entitle(seats=2, overrides={"seat_limit": 250})
    page = shown(staff.get(address("entitlement", entitlement)))
    for words in ("2 of 250 in use", "The timeline as a list", "Seats used as a table", 'role="img"', "Created on"):
        assert words in page
    assert " style=" not in page


def count_queries(client: Client, entitlement: Entitlement) -> int:
    client.get(address("entitlement", entitlement))
    with CaptureQueriesContext(connection) as queries:
        client.get(address("entitlement", entitlement))
    return len(queries)


def test_changes_and_seats_take_no_more_queries(cast: Cast, staff: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(life, "MOST_CHANGES", 5)
    few, many = cast.entitle(seats=2, overrides={"sso": True}), cast.entitle(seats=5, overrides={"sso": True})
    for entitlement, count in ((few, 2), (many, 9)):
        for number in range(count):
            expires = TODAY + timedelta(days=200 + number)
            cast.do(
                ChangeTerms(as_of=TODAY, expires_on=expires), [entitlement.pk], reason="Agreed", at=at(9 - number, 9)
            )
    assert count_queries(staff, many) == count_queries(staff, few)
    assert "5 or more changes" in shown(staff.get(address("entitlement", many)))
