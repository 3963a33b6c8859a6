"""The tones of statuses and of seats in use, the same on every page."""

from entitlements.state import Status

STATUS_TONES = {
    Status.ENDED: "quiet",
    Status.DISABLED: "stop",
    Status.CUSTOMER_DISABLED: "stop",
    Status.CREATED: "info",
    Status.ACTIVE: "ok",
    Status.GRACE_PERIOD: "warn",
    Status.EXPIRED: "quiet",
}


def seats_tone(used: int, *, limit: int | None, capacity: int | None) -> str:
    """Return the tone of seats in use: over the capacity, none free, or some free. ``None`` is unlimited."""
    if capacity is not None and used > capacity:
        return "stop"
    return "warn" if limit and used >= limit else "info"


def seats_percent(used: int, *, limit: int | None) -> int:
    """Return the used share of the limit in percent, from 0 to 100; rounded up, so that one seat shows."""
    if not limit:
        return 100 if used and limit == 0 else 0
    return min(100, -(-used * 100 // limit))
