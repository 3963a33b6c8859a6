"""The numbers in the sidebar: what was set aside, and what is proposed, and waits for a person."""

from functools import cache
from typing import Any

from django.http import HttpRequest

from entitlements.schedule.upcoming import proposed_count, set_aside_count


def set_aside(_request: HttpRequest) -> dict[str, Any]:
    """Give every template the number of amendments that were set aside, and of those that are proposed.

    Each is counted once, where a template shows it: one query by a small index.
    """
    return {"set_aside_count": cache(set_aside_count), "proposed_count": cache(proposed_count)}
