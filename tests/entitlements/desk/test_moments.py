"""Moments as distances: "3 days ago", with the exact time in the tooltip."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from config.templatetags.moments import ago, distance_in_words

NOW = datetime(2027, 3, 16, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("before", "words"),
    [
        (timedelta(seconds=0), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(seconds=-30), "just now"),
        (timedelta(seconds=60), "1 minute ago"),
        (timedelta(minutes=59, seconds=59), "59 minutes ago"),
        (timedelta(hours=1), "1 hour ago"),
        (timedelta(hours=23, minutes=59), "23 hours ago"),
        (timedelta(hours=24), "1 day ago"),
        (timedelta(hours=36), "1 day ago"),
        (timedelta(hours=37), "2 days ago"),
        (timedelta(days=30), "30 days ago"),
        (timedelta(days=31), "13 Feb 2027"),
        (timedelta(days=-2), "18 Mar 2027"),
    ],
)
def test_a_distance_is_in_words_up_to_30_days(before: timedelta, words: str) -> None:
    assert distance_in_words(NOW - before, now=NOW) == words


def test_the_tooltip_has_the_exact_time_of_the_reader_and_of_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    with timezone.override(ZoneInfo("Asia/Tokyo")):
        assert ago(NOW - timedelta(days=3)) == (
            '<time datetime="2027-03-13T12:00Z" title="13 Mar 2027, 21:00 (2027-03-13 12:00 UTC)">3 days ago</time>'
        )
    with timezone.override(UTC):
        assert 'title="2027-03-13 12:00 UTC"' in ago(NOW - timedelta(days=3))
    assert ago(None) == ""
