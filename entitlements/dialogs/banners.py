"""Why an entitlement cannot be used, or soon cannot: who, when, why, and the way out."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.contenttypes.models import ContentType
from django.urls import reverse
from django.utils import timezone

from config.actors import name_of
from config.clock import reader_day
from entitlements.models import Act, Customer
from entitlements.operations import CreateEntitlement, Disable, Enable, Renew
from entitlements.state import EXPIRY, State
from offerings.periods import parse_period
from offerings.rights import show_day

DISABLED = "Disabled"  # how the line about a disabled customer begins in the log
LOGGED_WITHIN = timedelta(minutes=1)  # the line is of the same transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Banner:
    """One banner: what happened, when (a moment in aware UTC, or a day in words) and by whom, then a text.

    ``url`` and ``action`` are the way out, a dialog; both are empty for people who may not take it.
    """

    tone: str
    icon: str
    what: str
    at: datetime | None = None
    day: str = ""
    by: str = ""
    text: str = ""
    url: str = ""
    action: str = ""


def banners_of(state: State, *, today: date, user: User | AnonymousUser) -> list[Banner]:
    """Return a banner for each thing that keeps an entitlement out of use, or is about to.

    One query for each, three for a disabled customer.
    """
    if state.ended_on is not None:
        return [_ended(state, user)]
    found = []
    if state.disabled_at is not None:
        found.append(_disabled(state, state.disabled_at, user))
    if state.order.is_customer_disabled:
        found.append(customer_banner(Customer.objects.get(pk=state.order.customer_id), user=user, is_named=True))
    if state.is_activated and state.expires_on is not None and today >= state.expires_on:
        found.append(_expired(state, state.expires_on, today, user))
    return found


def customer_banner(customer: Customer, *, user: User | AnonymousUser, is_named: bool) -> Banner:
    """Return the banner of a disabled customer, with the reason in the log; two queries at most."""
    at = customer.disabled_at or timezone.now()
    lines = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(Customer),
        object_id=str(customer.pk),
        action_time__range=(at, at + LOGGED_WITHIN),
        change_message__startswith=DISABLED,
    )
    line = lines.select_related("user").order_by("action_time").first()
    why = _sentence(line.get_change_message().removeprefix(DISABLED).lstrip(": ")) if line else ""
    return Banner(
        tone="stop",
        icon="disable",
        what=f"{customer.name} was disabled" if is_named else "Disabled",
        at=at,
        by=name_of(line.user) if line else "",
        text=f"{why} No entitlement of this customer can be used until it is enabled.",
        url=_url(user, "entitlements.change_customer", "enable_customer", customer.pk),
        action="Enable customer…" if is_named else "Enable…",
    )


def _ended(state: State, user: User | AnonymousUser) -> Banner:
    act = Act.objects.filter(changes__entitlement=state.id).order_by("-changes__sequence").first()
    url = _url(user, CreateEntitlement.permission, "create")
    return Banner(
        tone="info",
        icon="info",
        what="Ended",
        day=show_day(state.ended_on) if state.ended_on else "",
        by=act.made_by_name if act else "",
        text=f"{_why(act)} It stays here with its history, and can no longer be changed.",
        url=f"{url}?customer={state.order.customer_id}&order={state.order.id}" if url else "",
        action="New entitlement…",
    )


def _disabled(state: State, at: datetime, user: User | AnonymousUser) -> Banner:
    acts = Act.objects.filter(changes__entitlement=state.id, operation=Disable.name)
    act = acts.order_by("-changes__sequence").first()
    return Banner(
        tone="stop",
        icon="disable",
        what="Disabled",
        at=at,
        by=act.made_by_name if act else "",
        text=f"{_why(act)} Nobody can use it until it is enabled.",
        url=_url(user, Enable.permission, "enable", state.id),
        action="Enable…",
    )


def _expired(state: State, day: date, today: date, user: User | AnonymousUser) -> Banner:
    until = state.grace_ends_on
    if until is not None and today < until:
        tone, grace = "warn", f" The grace period lets it be used until {show_day(until)}."
    else:
        tone, grace = "stop", f" The grace period ended on {show_day(until)}." if until and until != day else ""
    url = _url(user, Renew.permission, "renew", state.id)
    text = f"{_why_then(state)}{grace}"
    return Banner(tone=tone, icon="clock", what="Expired", day=show_day(day), text=text, url=url, action="Renew…")


def _why_then(state: State) -> str:
    """Return where the day of expiry comes from: set by hand, or the end of the term."""
    override = state.overrides.get(EXPIRY.key)
    if override is None:
        duration = state.revision.terms.duration
        return f"The term of {parse_period(duration).words} is over." if duration else "The term is over."
    when = f" on {show_day(reader_day(override.set_at))}" if override.set_at else ""
    why = f": {override.reason}" if override.reason else ""
    return _sentence(f"The day was set by {override.set_by_name}{when}{why}")


def _url(user: User | AnonymousUser, permission: str, name: str, *args: object) -> str:
    return reverse(f"entitlements:{name}", args=args) if user.has_perm(permission) else ""


def _why(act: Act | None) -> str:
    return _sentence(act.reason.strip()) if act else ""


def _sentence(text: str) -> str:
    """Return a text that people wrote as a sentence; empty for an empty text."""
    found = text.strip()
    return f"{found[:1].upper()}{found[1:]}{'' if found[-1] in '.!?' else '.'}" if found else ""
