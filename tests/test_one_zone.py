"""Every page shows moments in one zone, the reader's; only terms are days of the site."""

import html
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from config.models import Preferences
from entitlements.directory.notes import add_note
from entitlements.models import Act, Contact, Note
from entitlements.operations import Disable, Enable, SetOverrides
from entitlements.schedule import Request, propose, schedule
from tests.cast import KEEP, Cast
from tests.test_roles_and_addresses import ROUTES, filled

SITE_DAY, READER_DAY = "16 Mar", "17 Mar"
MOMENT = datetime(2027, 3, 16, 23, 30, tzinfo=UTC)  # in Tokyo it is half past eight on the 17th
LABELLED = r'(?:datetime|title)="[^"]*"|<dt>(?:UTC|Counted from)</dt>\s*<dd>[^<]*</dd>'  # says which zone, or a term
BILLED = re.compile(r'<table class="table money".*?</table>', re.DOTALL)  # billing periods are days of the site
LEFT_OUT = (
    "invoice/",  # the days of billing periods
    "profile",  # compares the two zones
    "<int:pk>",
    "<int:member_pk>",
    "<int:view_id>",
    "<uuid:code_id>",
    "notes/<uuid:pk>",
    "logout",
)


@pytest.fixture
def cast(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Cast:
    """Return the cast, with everything that has a moment done in the same minute, long after the terms began."""
    monkeypatch.setattr(timezone, "now", lambda: MOMENT + timedelta(minutes=1))
    Preferences.objects.create(user=cast.people["administrator"], time_zone="Asia/Tokyo")
    return cast


@pytest.fixture
def places(cast: Cast) -> dict[str, object]:
    """Do everything that has a moment in the same minute; return what stands for the variable parts of a route."""
    entitlement = cast.entitle("silver_annual", seats=2)
    day = MOMENT.date()
    overrides = SetOverrides(as_of=day, values={"feature.sso": True}, seats=KEEP)
    act = cast.do(overrides, [entitlement.pk], at=MOMENT, reason="Agreed.").act
    assert act is not None
    for operation in (Disable(as_of=day), Enable(as_of=day)):
        cast.do(operation, [entitlement.pk], at=MOMENT)
    note = add_note(entitlement, "Call first.", made_by=cast.operations)
    later = SetOverrides(as_of=day, values={"feature.audit_log": True})
    waits = schedule(
        later, [entitlement.pk], on=day + timedelta(days=40), made_by=cast.operations, seen=None, reason="Agreed."
    ).amendment
    assert waits is not None
    asked = Request(
        Disable(as_of=day), (entitlement.pk,), cast.operations, on=day + timedelta(days=50), reason="Agreed."
    )
    [proposed] = propose(asked).rows
    Note.objects.filter(pk=note.pk).update(created_at=MOMENT)
    contact = Contact.objects.create(customer_id=entitlement.order.customer_id, name="Ada")
    return {
        "entitlements/<uuid:pk>": entitlement.pk,
        "amendments/<uuid:pk>": waits.pk,
        "proposals/<uuid:pk>": proposed.pk,
        "renewals/<uuid:pk>": entitlement.pk,
        "customers/<uuid:pk>": entitlement.order.customer_id,
        "orders/<uuid:pk>": entitlement.order_id,
        "history/<uuid:pk>": act.pk,
        "<uuid:act_id>": act.pk,
        "<str:key>": "feature.sso",
        "<uuid:contact_id>": contact.pk,
        "<str:sku>": "SILVER-ANNUAL",
        "<int:number>": 1,
    }


def moments_in(page: str) -> str:
    """Return a page without days that are no moments, or that say which zone they are in."""
    page = re.sub(LABELLED, "", page)
    page = BILLED.sub("", page)
    page = page.replace(f"{SITE_DAY}: nothing", "")  # the chart has all days
    page = page.replace(f'<td class="after">{SITE_DAY} 2027</td>', "")  # what ends today ends a term
    page = page.replace(f"{SITE_DAY} 2028", "")  # a term of a year from today
    return page.replace(f"license on {SITE_DAY}", "")  # the text for the customer, who knows the site's days


def test_no_page_shows_the_sites_day_of_a_moment(cast: Cast, places: dict[str, object]) -> None:
    client = Client()
    client.force_login(cast.people["administrator"])
    shown = set()
    for name, route in ROUTES.items():
        if any(each in route for each in LEFT_OUT):
            continue
        answer = client.get(filled(route, places))
        if answer.status_code != 200 or not answer["Content-Type"].startswith("text/html"):
            continue
        page = moments_in(html.unescape(answer.content.decode()))
        assert SITE_DAY not in page, f"{name} shows the site's day of a moment"
        shown |= {name} if READER_DAY in page else set()
    assert {
        "entitlements:entitlement",
        "entitlements:history",
        "entitlements:act",
        "entitlements:acts",
        "entitlements:dashboard",
        "entitlements:override",
        "entitlements:revert",
        "entitlements:notes",
        "entitlements:customer_history",
    } <= shown


def test_the_days_of_the_history_filter_are_the_readers(cast: Cast) -> None:
    entitlement = cast.entitle("silver_annual")
    cast.do(Disable(as_of=MOMENT.date()), [entitlement.pk], at=MOMENT)
    client = Client()
    client.force_login(cast.people["administrator"])
    link = reverse("entitlements:act", args=[Act.objects.get(operation="disable").pk])
    found = {
        day: link in client.get("/history/", {"from": day, "to": day}).content.decode()
        for day in ("2027-03-16", "2027-03-17", "2027-03-18")
    }
    assert found == {"2027-03-16": False, "2027-03-17": True, "2027-03-18": False}
