"""The page of one entitlement and its tabs: what it shows, to whom, in how many queries."""

from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from entitlements.models import Entitlement, Note, Order, Override, Seat
from entitlements.operations import ChangeOffering, ChangeTerms, Disable, ReleaseSeats, SetOverrides, UndoAct
from offerings.models import EditionValue
from offerings.revisions import publish
from tests.cast import NOW, TODAY, Cast, day
from tests.entitlements.pages import address, client_of, shown
from tests.entitlements.schedule.asking import MARCH, quantity, scheduled
from tests.factories import FeatureFactory

TABS = ("entitlement", "seats", "entitlement_amendments", "history", "notes")
HTML = "<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every test run on the day the cast lives in."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def staff(cast: Cast) -> Client:
    return client_of(cast.operations)


def visit(client: Client, tab: str, entitlement: Entitlement, query: str = "") -> str:
    response = client.get(address(tab, entitlement) + query)
    assert response.status_code == 200
    return shown(response)


def count_queries(client: Client, tab: str, entitlement: Entitlement, query: str = "") -> int:
    visit(client, tab, entitlement, query)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        visit(client, tab, entitlement, query)
    return len(queries)


@pytest.mark.parametrize("tab", TABS)
def test_every_tab_names_the_offering_and_the_customer(staff: Client, cast: Cast, tab: str) -> None:
    page = visit(staff, tab, cast.entitle(seats=2, overrides={"seat_limit": 250}))
    assert "Silver annual" in page
    assert "Customer 0" in page


@pytest.mark.parametrize("tab", TABS)
def test_an_unknown_entitlement_is_not_found(staff: Client, tab: str) -> None:
    assert staff.get(reverse(f"entitlements:{tab}", args=[uuid4()])).status_code == 404


def test_an_overridden_right_says_standard_value_who_when_and_why(staff: Client, cast: Cast) -> None:
    page = visit(staff, "entitlement", cast.entitle(overrides={"seat_limit": 250}))
    assert (
        "Standard is 5 in Silver annual (revision 1). Set to 250 by operations on 1 Mar 2026: October migration" in page
    )


def test_the_tooltip_says_the_standard_of_the_new_offering(staff: Client, cast: Cast) -> None:
    entitlement = cast.entitle(overrides={"seat_limit": 250})
    cast.do(ChangeOffering(as_of=TODAY, revision_id=cast.revision("gold_annual").pk), [entitlement.pk])
    assert "Standard is 25 in Gold annual (revision 1). Set to 250" in visit(staff, "entitlement", entitlement)


def test_a_hand_set_expiry_has_its_tooltip(staff: Client, cast: Cast) -> None:
    entitlement = cast.entitle()
    cast.do(ChangeTerms(as_of=TODAY, expires_on=day("2027-06-30")), [entitlement.pk], reason="Audit")
    page = visit(staff, "entitlement", entitlement)
    assert "Standard is 1 Mar 2027 in Silver annual (revision 1). Set to 30 Jun 2027 by operations" in page


def test_the_filter_leaves_only_what_is_overridden(staff: Client, cast: Cast) -> None:
    page = visit(staff, "entitlement", cast.entitle(overrides={"seat_limit": 250}), "?show=overridden")
    assert "seat_limit" in page
    assert "lease_period" not in page


def test_the_filter_shows_an_expiry_set_by_hand(staff: Client, cast: Cast) -> None:
    entitlement = cast.entitle()
    cast.do(ChangeTerms(as_of=TODAY, expires_on=day("2027-06-30")), [entitlement.pk], reason="Audit")
    page = visit(staff, "entitlement", entitlement, "?show=overridden")
    assert "Overridden 1</a>" in page
    assert address("revert", entitlement, "expires_on") in page.partition("Rights table")[2]


def test_those_who_may_not_override_still_read_why_an_expiry_was_set(cast: Cast) -> None:
    entitlement = cast.entitle()
    cast.do(ChangeTerms(as_of=TODAY, expires_on=day("2027-06-30")), [entitlement.pk], reason="Audit")
    page = visit(client_of(cast.people["viewer"]), "entitlement", entitlement)
    assert 'popovertarget="tip-expires_on"' in page
    assert "remove override…" not in page


def test_the_filter_shows_what_the_newest_revision_says(staff: Client, cast: Cast) -> None:
    entitlement = cast.entitle()
    silver = cast.offerings["silver_annual"]
    silver.overdraft = "2"
    silver.save()
    publish([silver], published_by=None, published_by_name="tests")
    page = visit(staff, "entitlement", entitlement, "?show=differs")
    assert "overdraft" in page
    assert "lease_period" not in page
    assert "revision 1 of 2" in page


def test_the_page_shows_the_last_change_with_its_differences(staff: Client, cast: Cast) -> None:
    entitlement = cast.entitle()
    cast.do(ChangeOffering(as_of=TODAY, revision_id=cast.revision("gold_annual").pk), [entitlement.pk])
    page = visit(staff, "entitlement", entitlement)
    assert "Silver annual, revision 1 → <b>Gold annual, revision 1</b>" in page
    assert "Seats 5 → <b>25</b>" in page


def test_a_viewer_sees_no_button_that_changes_anything(cast: Cast) -> None:
    entitlement = cast.entitle(seats=2, overrides={"seat_limit": 250})
    viewer = client_of(cast.people["viewer"])
    pages = "".join(visit(viewer, tab, entitlement) for tab in TABS)
    for words in ("Change offering…", "Renew…", "Disable…", "Set Seats…", "Undo…", "Release chosen…", "Add note"):
        assert words not in pages


def test_support_may_release_seats_and_write_notes_only(cast: Cast) -> None:
    entitlement = cast.entitle(seats=2, overrides={"seat_limit": 250})
    support = client_of(cast.people["support"])
    pages = "".join(visit(support, tab, entitlement) for tab in TABS)
    assert "Release chosen…" in pages
    assert "Add note" in pages
    assert "Change offering…" not in pages


def test_without_a_role_the_page_is_forbidden(cast: Cast) -> None:
    person = cast.people["viewer"]
    person.groups.clear()
    assert client_of(person).get(address("entitlement", cast.entitle())).status_code == 403


def test_html_is_shown_as_text_on_every_tab(staff: Client, cast: Cast) -> None:
    entitlement = cast.entitle(seats=1)
    operation = SetOverrides(as_of=TODAY, values={"feature.data_region": HTML})
    cast.do(operation, [entitlement.pk], reason=HTML, reference=HTML)
    order = Order.objects.get(pk=entitlement.order_id)
    order.customer.name = order.order_reference = HTML
    order.customer.save()
    order.save()
    Seat.objects.update(name=HTML, seat_id=HTML)
    Note.objects.create(entitlement=entitlement, text=HTML, author=cast.operations)
    pages = "".join(visit(staff, tab, entitlement) for tab in TABS)
    assert HTML not in pages
    assert pages.count("&lt;script&gt;") > len(TABS)


# --- history ---------------------------------------------------------------------------------------------------------


def test_the_history_strikes_out_what_was_undone_and_offers_to_redo_it(staff: Client, cast: Cast) -> None:
    entitlement = cast.entitle()
    result = cast.do(ChangeOffering(as_of=TODAY, revision_id=cast.revision("gold_annual").pk), [entitlement.pk])
    assert result.act
    cast.do(UndoAct(as_of=TODAY, act_id=result.act.pk), [entitlement.pk])
    page = visit(staff, "history", entitlement)
    assert "Undid: Changed offering" in page
    assert page.count("data-undone") == 1
    assert page.count("Redo…") == 1
    assert page.count("Undo…") == 1  # of the creation


def test_a_kept_override_is_not_told_as_a_change(staff: Client, cast: Cast) -> None:
    entitlement = cast.entitle(overrides={"seat_limit": 250})
    cast.do(ChangeOffering(as_of=TODAY, revision_id=cast.revision("gold_annual").pk), [entitlement.pk])
    assert "Seats 5 → <b>25</b>" not in visit(staff, "history", entitlement)


def test_released_seats_are_named_in_the_history(staff: Client, cast: Cast) -> None:
    entitlement = cast.entitle(seats=5)
    cast.do(ReleaseSeats(as_of=TODAY), [entitlement.pk])
    page = visit(staff, "history", entitlement)
    assert "Released 5 seats" in page
    assert "Seat device-0" in page
    assert "2 more seats" in page


def test_an_older_page_tells_the_values_of_its_time(staff: Client, cast: Cast) -> None:
    entitlement = cast.entitle()
    for limit in range(10, 65):
        cast.override(entitlement, seat_limit=limit)
    page = visit(staff, "history", entitlement, "?older=3")
    assert "Seats 5 → <b>10</b>" in page
    assert "Seats 10 → <b>11</b>" not in page


def test_a_history_address_that_leads_nowhere_is_not_found(staff: Client, cast: Cast) -> None:
    assert staff.get(address("history", cast.entitle()) + "?older=1").status_code == 404


# --- notes -----------------------------------------------------------------------------------------------------------


def test_a_note_is_kept_with_its_author(cast: Cast) -> None:
    entitlement = cast.entitle()
    response = client_of(cast.people["support"]).post(address("notes", entitlement), {"text": "Ask Ida first."})
    assert response.status_code == 302
    assert Note.objects.get().author == cast.people["support"]


def test_a_viewer_may_not_write_a_note(cast: Cast) -> None:
    response = client_of(cast.people["viewer"]).post(address("notes", cast.entitle()), {"text": "Hello"})
    assert response.status_code == 403
    assert not Note.objects.exists()


@pytest.mark.parametrize("text", ["", "x" * 5001, "nul\0byte"])
def test_a_note_that_cannot_be_kept_is_refused_on_its_field(staff: Client, cast: Cast, text: str) -> None:
    response = staff.post(address("notes", cast.entitle()), {"text": text})
    assert response.status_code == 422
    assert 'id="id_text_error"' in shown(response)
    assert not Note.objects.exists()


# --- queries ---------------------------------------------------------------------------------------------------------


def test_more_rights_overrides_seats_and_changes_cost_no_more_queries(staff: Client, cast: Cast) -> None:
    few = cast.entitle("gold_annual", seats=1, overrides={"seat_limit": 30})
    before = {tab: count_queries(staff, tab, few) for tab in TABS}
    for number in range(10):
        feature = FeatureFactory(product=cast.atlas, key=f"extra_{number}")
        EditionValue.objects.create(edition=cast.editions["gold"], feature=feature, value=True)
    publish(cast.offerings.values(), published_by=None, published_by_name="tests")
    many = cast.entitle("gold_annual", seats=20, overrides={"seat_limit": 30, "sso": False, "extra_1": False})
    for limit in range(40, 50):
        cast.override(many, seat_limit=limit)
        Note.objects.create(entitlement=many, text="Hello", author=cast.operations)
    assert Override.objects.filter(entitlement=many).count() == 3
    after = {tab: count_queries(staff, tab, many) for tab in TABS}
    assert {tab: after[tab] <= before[tab] for tab in TABS} == dict.fromkeys(TABS, True)


def test_a_disabled_entitlement_can_be_enabled_from_its_menu(staff: Client, cast: Cast) -> None:
    entitlement = cast.entitle()
    cast.do(Disable(as_of=TODAY), [entitlement.pk])
    page = visit(staff, "entitlement", entitlement)
    assert "Enable…" in page
    assert "Disable…" not in page


# --- amendments ------------------------------------------------------------------------------------------------------


def test_the_tab_of_amendments_shows_those_of_the_order(cast: Cast, staff: Client) -> None:
    entitlement = cast.entitle("gold_seats", quantity=10)
    page = staff.get(address("entitlement_amendments", entitlement)).content.decode()
    assert "Nothing was ever scheduled" in page
    row = scheduled(cast, quantity(20), entitlement, MARCH, name="Twenty seats")
    page = staff.get(address("entitlement_amendments", entitlement)).content.decode()
    assert row.get_absolute_url() in page.partition("Amendments table")[2]
    assert "1 amendment: 1 scheduled." in page
    assert "Amendments <span>1</span>" in staff.get(address("entitlement", entitlement)).content.decode()
