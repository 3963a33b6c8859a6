"""The tag of moments: how long ago, with the exact time in its tooltip."""

from datetime import UTC, datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.dateformat import format as format_date
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import ngettext

from config.clock import reader_day

register = template.Library()

RELATIVE_DAYS = 30  # an older moment is shown as a day
MINUTE, HOUR = 60, 3600


@register.simple_tag
def ago(moment: datetime | None) -> SafeString | str:
    """Render a moment as "3 days ago", an older one as a day; hovering shows the exact time for the reader and in UTC.

    ``None`` is shown as nothing. Days are those of the reader's zone.
    """
    if moment is None:
        return ""
    local = timezone.localtime(moment)
    utc = moment.astimezone(UTC)
    exact = f"{utc:%Y-%m-%d %H:%M} UTC"
    if local.utcoffset():
        exact = f"{format_date(local, 'j M Y, H:i')} ({exact})"
    words = distance_in_words(moment, now=timezone.now())
    return format_html('<time datetime="{}" title="{}">{}</time>', f"{utc:%Y-%m-%dT%H:%MZ}", exact, words)


def distance_in_words(moment: datetime, *, now: datetime) -> str:
    """Return the distance of a moment to ``now`` in words; days count from midnight in the reader's zone.

    A clock a little ahead of this one's makes "just now", never a future.
    """
    seconds = int((now - moment) / timedelta(seconds=1))
    days = (reader_day(now) - reader_day(moment)).days
    if seconds < MINUTE:
        return "just now" if seconds > -HOUR else format_date(timezone.localtime(moment), "j M Y")
    if seconds < HOUR:
        return ngettext("%(count)d minute ago", "%(count)d minutes ago", seconds // MINUTE) % {
            "count": seconds // MINUTE
        }
    if seconds < 24 * HOUR:
        return ngettext("%(count)d hour ago", "%(count)d hours ago", seconds // HOUR) % {"count": seconds // HOUR}
    if days <= RELATIVE_DAYS:
        return ngettext("%(count)d day ago", "%(count)d days ago", days) % {"count": days}
    return format_date(timezone.localtime(moment), "j M Y")
