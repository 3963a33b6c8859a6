"""Days: terms count in the site's time zone; moments are shown in the zone of the person who reads them."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone


def site_today() -> date:
    """Return today's date in the site's zone."""
    return site_day(timezone.now())


def reader_day(moment: datetime) -> date:
    """Return the date of a moment as its reader sees it, in the zone of the times on the same page."""
    return timezone.localdate(moment)


def site_day(moment: datetime) -> date:
    """Return the date of a moment in the site's zone; ``moment`` has a time zone."""
    return timezone.localdate(moment, timezone=ZoneInfo(settings.TIME_ZONE))
