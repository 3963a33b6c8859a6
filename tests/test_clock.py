"""The day that terms count from: the site's, not the reader's."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from config.clock import site_day, site_today

LATE = datetime(2027, 3, 1, 23, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "expected"),
    [("UTC", date(2027, 3, 1)), ("Asia/Tokyo", date(2027, 3, 2)), ("America/New_York", date(2027, 3, 1))],
)
def test_a_moment_falls_on_the_day_it_has_at_the_site(settings, zone: str, expected: date) -> None:
    settings.TIME_ZONE = zone
    assert site_day(LATE) == expected


def test_the_readers_zone_does_not_move_the_day(settings) -> None:
    settings.TIME_ZONE = "UTC"
    with timezone.override(ZoneInfo("Asia/Tokyo")):
        assert site_day(LATE) == date(2027, 3, 1)


def test_today_is_the_sites_day_of_now(settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.TIME_ZONE = "Asia/Tokyo"
    monkeypatch.setattr(timezone, "now", lambda: LATE)
    assert site_today() == date(2027, 3, 2)
