"""Days of terms: terms count in the site's time zone, whatever zone a person reads times in."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone


def site_today() -> date:
    """Return today's date in the site's zone."""
    return site_day(timezone.now())


def site_day(moment: datetime) -> date:
    """Return the date of a moment in the site's zone; ``moment`` has a time zone."""
    return timezone.localdate(moment, timezone=ZoneInfo(settings.TIME_ZONE))
