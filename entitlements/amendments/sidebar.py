"""The number beside "Scheduled" in the sidebar: what was set aside and waits for a person."""

from functools import cache
from typing import Any

from django.http import HttpRequest

from entitlements.schedule.upcoming import set_aside_count


def set_aside(_request: HttpRequest) -> dict[str, Any]:
    """Give every template the number of amendments that were set aside.

    It is counted once, where a template shows it: one query by the small index of pending amendments.
    """
    return {"set_aside_count": cache(set_aside_count)}
