"""The day that terms count from: the site's, not the reader's."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings as site
from django.test import Client
from django.utils import timezone

from config.clock import site_day, site_today
from config.models import Preferences
from entitlements.models import Entitlement
from tests.cast import make_cast

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


def test_no_door_takes_the_readers_day_for_the_sites() -> None:
    modules = [
        path for app in ("offerings", "changegroups", "entitlements") for path in (site.BASE_DIR / app).rglob("*.py")
    ]
    assert [path.name for path in modules if "localdate()" in path.read_text(encoding="utf-8")] == []


def test_a_term_starts_on_the_sites_day_whatever_zone_the_reader_has(
    db: None, settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast = make_cast()
    Preferences.objects.create(user=cast.operations, time_zone="Asia/Tokyo")
    monkeypatch.setattr(timezone, "now", lambda: LATE)
    client = Client()
    client.force_login(cast.operations)
    words = {"customer_name": "Halden Robotics", "codes": "HALDEN-1", "offering": "SILVER-ANNUAL"}
    looked = client.post("/entitlements/new/?preview=1", words).context
    client.post("/entitlements/new/", {**words, "seen": looked["seen"], "key": looked["preview"].id})
    assert Entitlement.objects.get().starts_on == date(2027, 3, 1)
