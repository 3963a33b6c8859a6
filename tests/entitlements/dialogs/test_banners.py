"""Banners on pages and in dialogs: pinned notes, and what keeps an entitlement out of use."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from config.clock import site_today
from entitlements.directory.notes import add_note, pin_note
from entitlements.directory.switch import effect_of, switch
from entitlements.models import Entitlement, Note
from entitlements.operations import ChangeTerms, Disable
from tests.cast import NOW, TODAY, Cast
from tests.entitlements.pages import HTMX, address, client_of, shown

TEXT = "250 seats were **promised** until March."
PROMISE = "250 seats were <strong>promised</strong> until March."


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every test run on the day the cast lives in."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def staff(cast: Cast) -> Client:
    return client_of(cast.operations)


@pytest.fixture
def entitlement(cast: Cast) -> Entitlement:
    return cast.entitle()


def pin(holder: object, cast: Cast, text: str = TEXT) -> Note:
    note = add_note(holder, text, made_by=cast.operations)  # type: ignore[arg-type]
    pin_note(note.pk, made_by=cast.operations)
    return note


def banner(page: str) -> str:
    found = re.search(r'<aside class="pinned".*?</aside>', page, flags=re.DOTALL)
    return found[0] if found else ""


def notices(page: str) -> str:
    content = page.partition('<div class="messages"')[2].partition('<dl class="card facts">')[0]
    return " ".join(re.sub(r"<[^>]+>", " ", content).split())


def pages_of(entitlement: Entitlement) -> list[str]:
    order = entitlement.order
    pages = [address(name, entitlement) for name in ("entitlement", "seats", "history")]
    pages.append(reverse("entitlements:order", args=[order.pk]))
    return pages + [
        reverse(f"entitlements:{name}", args=[order.customer_id]) for name in ("customer", "customer_orders")
    ]


def dialogs_of(entitlement: Entitlement) -> list[str]:
    order = entitlement.order
    names = ("change_offering", "renew", "change_terms", "disable", "set_quantity", "transfer_entitlement")
    of_customer = ("edit_customer", "disable_customer")
    return [
        *(address(name, entitlement) for name in names),
        address("override", entitlement, "seat_limit"),
        *(reverse(f"entitlements:{name}", args=[order.customer_id]) for name in of_customer),
        *(reverse(f"entitlements:{name}", args=[order.pk]) for name in ("edit_order", "add_codes")),
        f"{reverse('entitlements:create')}?customer={order.customer_id}",
    ]


# --- pinned notes ----------------------------------------------------------------------------------------------------


def test_a_pinned_note_on_the_customer_is_on_every_page_and_dialog(
    cast: Cast, staff: Client, entitlement: Entitlement
) -> None:
    pin(entitlement.order.customer, cast)
    without = [url for url in pages_of(entitlement) if PROMISE not in banner(shown(staff.get(url)))]
    without += [url for url in dialogs_of(entitlement) if PROMISE not in banner(shown(staff.get(url, headers=HTMX)))]
    assert without == []


def test_a_pinned_note_on_the_entitlement_is_on_its_pages_and_those_of_its_order(
    cast: Cast, staff: Client, entitlement: Entitlement
) -> None:
    pin(entitlement, cast)
    *found, customer, _orders = [PROMISE in banner(shown(staff.get(url))) for url in pages_of(entitlement)]
    assert (found, customer) == ([True, True, True, True], False)
    assert PROMISE in banner(shown(staff.get(address("renew", entitlement), headers=HTMX)))


def test_a_note_that_is_not_pinned_is_in_no_banner(cast: Cast, staff: Client, entitlement: Entitlement) -> None:
    add_note(entitlement, TEXT, made_by=cast.operations)
    assert banner(shown(staff.get(address("entitlement", entitlement)))) == ""


def test_the_tab_of_notes_shows_them_once(cast: Cast, staff: Client, entitlement: Entitlement) -> None:
    pin(entitlement, cast)
    page = shown(staff.get(address("notes", entitlement)))
    assert (banner(page), page.count(PROMISE)) == ("", 1)


def test_a_long_note_opens_and_more_than_three_lead_to_the_rest(
    cast: Cast, staff: Client, entitlement: Entitlement
) -> None:
    for number in range(4):
        pin(entitlement, cast, f"Line {number} & <b>\n\n- first\n- second")
    page = banner(shown(staff.get(address("entitlement", entitlement))))
    assert re.findall(r"<summary>(.*?)</summary>", page) == [f"Line {n} &amp; &lt;b&gt; …" for n in (3, 2, 1)]
    assert "More pinned notes" in page


def test_people_who_may_not_see_notes_see_no_banner(cast: Cast, entitlement: Entitlement) -> None:
    pin(entitlement, cast)
    person = User.objects.create_user("reader")
    person.user_permissions.add(Permission.objects.get(codename="view_entitlement"))
    assert banner(shown(client_of(person).get(address("entitlement", entitlement)))) == ""


def test_more_notes_take_no_more_queries(cast: Cast, staff: Client, entitlement: Entitlement) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            staff.get(address("entitlement", entitlement))
        return len(queries)

    pin(entitlement, cast)
    count()
    few = count()
    for number in range(20):
        pin(entitlement.order.customer, cast, f"Note {number}")
    assert count() == few


def test_a_preview_reads_no_notes(cast: Cast, staff: Client, entitlement: Entitlement) -> None:
    pin(entitlement, cast)
    url, headers = address("renew", entitlement), {**HTMX, "HX-Target": "preview"}
    with CaptureQueriesContext(connection) as queries:
        staff.post(url, {"preview": "1"}, headers=headers)
    assert not [each for each in queries if 'FROM "entitlements_note"' in each["sql"]]


# --- states ----------------------------------------------------------------------------------------------------------


def test_an_active_entitlement_has_no_banner(staff: Client, entitlement: Entitlement) -> None:
    assert notices(shown(staff.get(address("entitlement", entitlement)))) == 'role="status">'


def test_a_disabled_one_says_who_when_why_and_the_way_out(cast: Cast, staff: Client, entitlement: Entitlement) -> None:
    cast.do(Disable(as_of=TODAY), [entitlement.pk], reason="chargeback")
    page = shown(staff.get(address("entitlement", entitlement)))
    assert (
        "Disabled on 21 Nov 2026, 11:00 by operations. Chargeback. Nobody can use it until it is enabled."
        in notices(page)
    )
    assert f'<a href="{address("enable", entitlement)}" hx-get=' in page


def test_the_way_out_is_not_shown_to_people_who_may_not_take_it(cast: Cast, entitlement: Entitlement) -> None:
    cast.do(Disable(as_of=TODAY), [entitlement.pk], reason="Chargeback")
    page = shown(client_of(cast.people["viewer"]).get(address("entitlement", entitlement)))
    assert "by operations. Chargeback." in notices(page)
    assert address("enable", entitlement) not in page


def test_a_disabled_customer_is_named_on_pages_of_its_entitlements_and_orders(
    cast: Cast, staff: Client, entitlement: Entitlement
) -> None:
    customer = entitlement.order.customer
    seen = effect_of(customer, today=site_today()).fingerprint
    switch(customer.pk, today=site_today(), made_by=cast.operations, reason="unpaid since May", seen=seen)
    for url in pages_of(entitlement):
        words = notices(shown(staff.get(url))) or shown(staff.get(url))
        assert "Unpaid since May (1 entitlement changed status)." in words
        assert "by operations." in words
        assert reverse("entitlements:enable_customer", args=[customer.pk]) in shown(staff.get(url))
    assert f"{customer.name} was disabled on 21 Nov 2026" in notices(shown(staff.get(pages_of(entitlement)[0])))


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (0, "Expired on 21 Nov 2026. The day was set by operations on 21 Nov 2026: Ends early. The grace period lets"),
        (6, "The grace period lets it be used until 22 Nov 2026."),
        (7, "The grace period ended on 21 Nov 2026."),
    ],
)
def test_an_expired_one_says_where_the_day_comes_from(
    cast: Cast, staff: Client, entitlement: Entitlement, days: int, words: str
) -> None:
    ends = TODAY - timedelta(days=days)
    cast.do(ChangeTerms(as_of=TODAY, expires_on=ends), [entitlement.pk], reason="Ends early")
    page = shown(staff.get(address("entitlement", entitlement)))
    assert words in notices(page)
    assert "Renew…" in notices(page)


def test_an_expired_term_says_how_long_it_was(cast: Cast, staff: Client, entitlement: Entitlement) -> None:
    Entitlement.objects.filter(pk=entitlement.pk).update(standard_expires_on=TODAY, expires_on=TODAY)
    assert "The term of 1 year is over." in notices(shown(staff.get(address("entitlement", entitlement))))
