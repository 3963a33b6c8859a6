"""The dialogs of an entitlement as forms: look, confirm, be refused, be told; with htmx and without."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from entitlements.dialogs.forms import OperationForm
from entitlements.models import Act, Change, Entitlement, Override, Seat
from entitlements.operations import ChangeOffering, Disable, SetOverrides
from offerings.models import EditionValue, Feature, Offering
from offerings.revisions import publish
from tests.cast import NOW, TODAY, Cast
from tests.entitlements.pages import HTMX, address, client_of, look_and_confirm, seen_in, shown
from tests.factories import OfferingFactory, published

REFUSED, STALE = 422, 409
DIALOGS = ("change_offering", "activate", "renew", "disable", "enable", "change_terms", "set_quantity", "release_seats")
HTML = "<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every test run on the day the cast lives in."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def staff(cast: Cast) -> Client:
    return client_of(cast.operations)


@pytest.fixture
def overridden(cast: Cast) -> Entitlement:
    return cast.entitle(seats=12, overrides={"seat_limit": 250})


def changes_so_far() -> int:
    return Change.objects.count()


def target(cast: Cast, name: str, **choices: Any) -> dict[str, Any]:
    return {"target": cast.revision(name).pk, **choices}


# --- the flow --------------------------------------------------------------------------------------------------------


def test_a_confirmed_preview_is_carried_out(staff: Client, cast: Cast) -> None:
    entitlement = cast.entitle()
    url = address("change_offering", entitlement)
    response = look_and_confirm(staff, url, target(cast, "gold_annual", reason="Asked for", reference="TCK-1"))
    assert response.status_code == 302
    act = Act.objects.latest("made_at", "id")
    assert (act.operation, act.reason, act.reference, act.source) == ("change_offering", "Asked for", "TCK-1", "page")


def test_the_message_says_what_changed_and_links_to_undo(staff: Client, cast: Cast) -> None:
    entitlement = cast.entitle()
    response = look_and_confirm(staff, address("change_offering", entitlement), target(cast, "gold_annual"))
    [message] = get_messages(response.wsgi_request)  # type: ignore[attr-defined]
    assert "Changed offering" in str(message)
    assert address("undo", entitlement, Act.objects.latest("made_at", "id").pk) in str(message)


def test_htmx_is_sent_to_the_page_after_a_change(staff: Client, cast: Cast) -> None:
    entitlement = cast.entitle()
    url = address("change_offering", entitlement)
    response = look_and_confirm(staff, url, target(cast, "gold_annual"), **HTMX)
    assert response.headers["HX-Redirect"] == address("entitlement", entitlement)


def test_the_same_address_is_a_page_and_a_dialog(staff: Client, cast: Cast) -> None:
    url = address("renew", cast.entitle())
    assert "<html" in shown(staff.get(url))
    assert "<html" not in shown(staff.get(url, headers=HTMX))


@pytest.mark.parametrize("name", DIALOGS)
def test_looking_writes_nothing(staff: Client, cast: Cast, name: str) -> None:
    url = address(name, cast.entitle(seats=2))
    before = changes_so_far()
    staff.get(url)
    staff.post(url, {"preview": "1"})
    assert changes_so_far() == before


def test_a_change_nobody_looked_at_is_shown_first(staff: Client, cast: Cast) -> None:
    entitlement = cast.entitle()
    before = changes_so_far()
    response = staff.post(address("change_offering", entitlement), target(cast, "gold_annual"))
    assert response.status_code == STALE
    assert "Nothing was changed: this preview is new." in shown(response)
    assert changes_so_far() == before


def test_a_stale_preview_is_shown_afresh_and_can_then_be_confirmed(staff: Client, cast: Cast) -> None:
    entitlement = cast.entitle()
    url, data = address("change_offering", entitlement), target(cast, "gold_annual")
    seen = seen_in(staff.post(url, {**data, "preview": "1"}))
    cast.override(entitlement, seat_limit=250)
    again = staff.post(url, {**data, "seen": seen})
    assert again.status_code == STALE
    assert staff.post(url, {**data, "seen": seen_in(again)}).status_code == 302


def test_a_blocked_change_answers_with_the_problem_on_its_field(staff: Client, cast: Cast) -> None:
    entitlement = cast.entitle(seats=5)
    response = look_and_confirm(staff, address("change_offering", entitlement), target(cast, "bronze_annual"))
    assert response.status_code == REFUSED
    assert '<ul class="field-errors"><li>5 seats are in use and 3 allowed' in shown(response)  # type: ignore[arg-type]


def test_what_was_typed_is_still_there_after_a_refusal(staff: Client, cast: Cast) -> None:
    entitlement = cast.entitle(seats=5)
    data = target(cast, "bronze_annual", reason="Fewer users", reference="TCK-2")
    page = shown(look_and_confirm(staff, address("change_offering", entitlement), data))
    assert 'value="Fewer users"' in page
    assert 'value="TCK-2"' in page


def test_a_blocked_button_is_off_in_the_dialog_and_on_in_the_page(staff: Client, cast: Cast) -> None:
    url = address("change_offering", cast.entitle(seats=5))
    data = {**target(cast, "bronze_annual"), "preview": "1"}
    assert 'disabled aria-describedby="problems"' in shown(staff.post(url, data, headers=HTMX))
    assert 'disabled aria-describedby="problems"' not in shown(staff.post(url, data))


@pytest.mark.parametrize("person", ["viewer", "support", "manager"])
@pytest.mark.parametrize("name", [name for name in DIALOGS if name != "release_seats"])
def test_a_dialog_is_forbidden_without_its_permission(cast: Cast, person: str, name: str) -> None:
    client = client_of(cast.people[person])
    url = address(name, cast.entitle())
    assert client.get(url).status_code == 403
    assert client.post(url).status_code == 403


def test_overrides_and_undo_are_forbidden_without_their_permission(cast: Cast, overridden: Entitlement) -> None:
    support = client_of(cast.people["support"])
    act = Act.objects.latest("made_at", "id").pk
    for url in (
        address("override", overridden, "seat_limit"),
        address("revert", overridden, "seat_limit"),
        address("undo", overridden, act),
    ):
        assert support.post(url).status_code == 403


@pytest.mark.parametrize("name", DIALOGS)
def test_an_unknown_entitlement_is_not_found(staff: Client, cast: Cast, name: str) -> None:
    url = reverse(f"entitlements:{name}", args=[uuid4()])
    data = target(cast, "gold_annual", quantity="3", seen="x")
    assert staff.get(url).status_code == 404
    assert staff.post(url, data).status_code == 404


def test_a_reason_of_a_megabyte_is_refused_on_its_field(staff: Client, cast: Cast) -> None:
    before = changes_so_far()
    data = target(cast, "gold_annual", reason="x" * 1_000_000)
    response = look_and_confirm(staff, address("change_offering", cast.entitle()), data)
    assert response.status_code == REFUSED
    assert 'id="id_reason_error"' in shown(response)
    assert changes_so_far() == before + 1


def test_html_in_a_reason_is_shown_as_text(staff: Client, cast: Cast) -> None:
    entitlement = cast.entitle(seats=5)
    data = target(cast, "bronze_annual", reason=HTML, reference=HTML)
    page = shown(look_and_confirm(staff, address("change_offering", entitlement), data))
    assert HTML not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize("is_changed", [False, True], ids=["as sold", "changed since"])
def test_changing_the_offering_takes_at_most_20_queries(staff: Client, cast: Cast, is_changed: bool) -> None:
    entitlement = cast.entitle(seats=5, overrides={"sso": True})
    cast.use(entitlement, "api_calls", 5)
    if is_changed:  # what changes made due before counts for what is given back
        cast.do(SetOverrides(as_of=TODAY, values={"lease_period": "P2D"}), [entitlement.pk], reason="Agreed")
    url = address("change_offering", entitlement)
    data = target(cast, "bronze_annual", seats="release_oldest", drop="feature.sso")
    seen = seen_in(staff.post(url, {**data, "preview": "1"}))
    with CaptureQueriesContext(connection) as queries:
        assert staff.post(url, {**data, "seen": seen}).status_code == 302
    assert len(queries) <= 20, [query["sql"][:120] for query in queries]


def test_more_seats_and_offerings_cost_the_dialog_no_more_queries(staff: Client, cast: Cast) -> None:
    few, many = cast.entitle(seats=4), cast.entitle(seats=40, overrides={"seat_limit": 50})

    def count(entitlement: Entitlement) -> int:
        data = target(cast, "bronze_annual", seats="release_chosen", preview="1")
        with CaptureQueriesContext(connection) as queries:
            staff.post(address("change_offering", entitlement), data)
        return len(queries)

    count(few)
    before = count(few)
    for number in range(10):
        published(OfferingFactory(product=cast.atlas, name=f"Extra {number}"))
    assert count(many) - before <= 1  # its overrides


# --- change offering -------------------------------------------------------------------------------------------------


def test_a_date_not_given_yet_is_asked_for_without_alarm(staff: Client, cast: Cast) -> None:
    data = target(cast, "gold_annual", term="date", preview="1")
    page = shown(staff.post(address("change_offering", cast.entitle()), data))
    notice = page.partition("Give the day the term is to end.")[0].rpartition('class="notice"')[2]
    assert 'data-tone="info"' in notice


def test_overrides_stand_in_the_order_of_the_rights(staff: Client, cast: Cast) -> None:
    entitlement = cast.entitle()
    cast.override(entitlement, sso=True)
    cast.override(entitlement, seat_limit=250)
    page = shown(staff.post(address("change_offering", entitlement), target(cast, "gold_annual", preview="1")))
    assert page.index('id="drop-seat_limit"') < page.index('id="drop-feature.sso"')


def test_overrides_are_counted_as_kept_only_when_the_offering_moves(staff: Client, cast: Cast) -> None:
    entitlement = cast.entitle(overrides={"seat_limit": 250})
    moved = staff.post(address("change_offering", entitlement), target(cast, "gold_annual", preview="1"))
    renewed = staff.post(address("renew", entitlement), {"preview": "1"})
    assert "1 kept" in shown(moved)
    assert "1 kept" not in shown(renewed)


def test_a_form_that_builds_no_operation_cannot_be_made() -> None:
    with pytest.raises(TypeError, match="abstract"):
        OperationForm({}, as_of=TODAY)  # type: ignore[abstract]


def test_every_offering_is_listed_and_closed_ones_say_why(staff: Client, cast: Cast) -> None:
    Offering.objects.filter(sku="GOLD-MONTHLY").update(retired_at=NOW)
    OfferingFactory(product=cast.atlas, name="Platinum")
    page = shown(staff.get(address("change_offering", cast.entitle())))
    for words in (
        "Bronze annual",
        "Gold monthly is retired.",
        "Platinum has never been published.",
        "In force now, at its newest revision.",
    ):
        assert words in page


def test_another_products_offering_is_refused(staff: Client, cast: Cast) -> None:
    other = published(name="Elsewhere")
    response = look_and_confirm(staff, address("change_offering", cast.entitle()), {"target": other.pk})
    assert response.status_code == REFUSED
    assert "Choose an offering of Atlas Analytics." in shown(response)


@pytest.mark.parametrize("text", ["", "999999", "abc", "-1", "9" * 40, HTML])
def test_a_target_that_does_not_exist_is_refused_on_its_field(staff: Client, cast: Cast, text: str) -> None:
    response = staff.post(address("change_offering", cast.entitle()), {"target": text})
    assert response.status_code == REFUSED
    assert '<ul class="field-errors">' in shown(response)


@pytest.mark.parametrize(
    "choice",
    [
        {"seats": "sell_them"},
        {"term": "forever"},
        {"term": "date", "expires_on": "soon"},
        {"quantity": "many"},
        {"quantity": "1" + "0" * 20},
        {"release": "not-a-key", "seats": "release_chosen"},
    ],
)
def test_choices_that_make_no_sense_are_refused(staff: Client, cast: Cast, choice: dict[str, str]) -> None:
    before = changes_so_far()
    response = look_and_confirm(staff, address("change_offering", cast.entitle()), target(cast, "gold_seats", **choice))
    assert response.status_code == REFUSED
    assert changes_so_far() == before + 1


def test_a_seat_of_another_entitlement_is_refused(staff: Client, cast: Cast) -> None:
    entitlement, other = cast.entitle(seats=5), cast.entitle(seats=1)
    data = target(cast, "bronze_annual", seats="release_chosen", release=str(other.seats.get().pk))
    response = look_and_confirm(staff, address("change_offering", entitlement), data)
    assert response.status_code == REFUSED
    assert Seat.objects.get(entitlement=other).released_at is None


def test_the_term_choices_say_where_they_lead(staff: Client, cast: Cast) -> None:
    page = shown(staff.get(address("change_offering", cast.entitle()), target(cast, "gold_annual")))
    assert "Keep: to 1 Mar 2027 (standard)" in page
    assert "Restart: to " in page
    assert "Restart and add " in page


def test_the_newer_revision_can_be_chosen_in_the_address(staff: Client, cast: Cast) -> None:
    entitlement = cast.entitle()
    silver = cast.offerings["silver_annual"]
    silver.overdraft = "2"
    silver.save()
    publish([silver], published_by=None, published_by_name="tests")
    page = shown(staff.get(address("change_offering", entitlement), target(cast, "silver_annual")))
    assert "This offering, revision 2 (newer)" in page
    assert "Revision 1" in page


def test_choose_oldest_ticks_as_many_seats_as_must_go(staff: Client, cast: Cast) -> None:
    entitlement = cast.entitle(seats=5)
    data = target(cast, "bronze_annual", seats="release_chosen", oldest="2")
    page = shown(staff.post(address("change_offering", entitlement), data))
    assert "2 of 2 chosen" in page


def test_more_seats_than_can_be_listed_are_not_chosen_one_by_one(
    staff: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("entitlements.dialogs.panel.SEATS_TO_CHOOSE_FROM", 1)
    entitlement = cast.entitle(seats=5)
    data = target(cast, "bronze_annual", seats="release_chosen", preview="1")
    page = shown(staff.post(address("change_offering", entitlement), data))
    assert "Too many to choose one by one: take “Release oldest”." in page
    assert "Choose oldest" not in page


def test_seats_can_be_ticked_before_a_target_is_chosen(staff: Client, cast: Cast) -> None:
    data = {"seats": "release_chosen", "preview": "1"}
    page = shown(staff.post(address("change_offering", cast.entitle(seats=2)), data))
    assert "Choose what to change to." in page
    assert "device-1" in page


def test_kept_and_dropped_overrides_end_as_the_preview_said(staff: Client, cast: Cast) -> None:
    entitlement = cast.entitle(seats=5, overrides={"seat_limit": 250, "sso": True})
    data = target(cast, "bronze_annual", seats="release_oldest", drop="seat_limit")
    assert look_and_confirm(staff, address("change_offering", entitlement), data).status_code == 302
    assert list(Override.objects.filter(entitlement=entitlement).values_list("key", flat=True)) == ["feature.sso"]
    entitlement.refresh_from_db()
    assert (entitlement.seat_limit, entitlement.seats_used) == (3, 3)


# --- overrides -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "text", "stored"),
    [
        ("seat_limit", "1250", 1250),
        ("seat_limit", "unlimited", "unlimited"),
        ("lease_period", "12 hours", "PT12H"),
        ("overdraft", "10 %", "10%"),
        ("usage_reset_schedule", "never", "never"),
        ("feature.sso", "on", True),
        ("feature.connectors", "2.5", 2.5),
        ("feature.data_region", "<b>eu</b>", "<b>eu</b>"),
        ("feature.training_ends", "2027-06-30", "2027-06-30"),
    ],
)
def test_every_kind_of_right_is_set_as_people_type_it(
    staff: Client, cast: Cast, key: str, text: str, stored: object
) -> None:
    entitlement = cast.entitle()
    response = look_and_confirm(staff, address("override", entitlement, key), {"value": text, "reason": "Audit"})
    assert response.status_code == 302
    assert Override.objects.get(entitlement=entitlement, key=key).value == stored


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("seat_limit", "0"),
        ("seat_limit", "1" + "0" * 20),
        ("seat_limit", ""),
        ("seat_limit", HTML),
        ("lease_period", "P0D"),
        ("overdraft", "lots"),
        ("usage_reset_schedule", "daily"),
        ("feature.sso", "perhaps"),
        ("feature.data_region", "x" * 501),
        ("feature.training_ends", "tomorrow"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_on_its_field(staff: Client, cast: Cast, key: str, text: str) -> None:
    url = address("override", cast.entitle(), key)
    response = staff.post(url, {"value": text, "reason": "Audit"})
    assert response.status_code == REFUSED
    assert 'id="id_value_error"' in shown(response)
    assert not Override.objects.exists()


def test_setting_what_is_standard_already_says_what_it_means(staff: Client, cast: Cast) -> None:
    url, words = address("override", cast.entitle(), "seat_limit"), "5 is the standard already."
    assert words in shown(staff.post(url, {"value": "5", "preview": "1"}))
    assert words not in shown(staff.post(url, {"value": "6", "preview": "1"}))


def test_an_override_asks_for_a_reason(staff: Client, cast: Cast) -> None:
    response = look_and_confirm(staff, address("override", cast.entitle(), "seat_limit"), {"value": "250"})
    assert response.status_code == REFUSED
    assert "Give a reason" in shown(response)
    assert not Override.objects.exists()


@pytest.mark.parametrize("key", ["nothing", "feature.nothing", "concurrency_mode"])
def test_a_right_that_cannot_be_set_is_not_found(staff: Client, cast: Cast, key: str) -> None:
    assert staff.get(address("override", cast.entitle(), key)).status_code == 404


def test_a_date_of_the_term_is_set_with_the_terms(staff: Client, cast: Cast) -> None:
    entitlement = cast.entitle()
    assert staff.get(address("override", entitlement, "expires_on")).headers["Location"] == address(
        "change_terms", entitlement
    )


def test_reverting_shows_the_seats_that_go_oldest_first(staff: Client, overridden: Entitlement) -> None:
    page = shown(staff.get(address("revert", overridden, "seat_limit")))
    assert "Revert Seats to 5?" in page
    assert "7 of 12 seats are released, oldest first" in page


def test_reverting_brings_the_standard_back(staff: Client, overridden: Entitlement) -> None:
    assert look_and_confirm(staff, address("revert", overridden, "seat_limit"), {}).status_code == 302
    overridden.refresh_from_db()
    assert (overridden.seat_limit, overridden.seats_used, overridden.override_count) == (5, 5, 0)


def test_reverting_after_a_move_brings_the_standard_of_the_new_offering(
    staff: Client, cast: Cast, overridden: Entitlement
) -> None:
    cast.do(ChangeOffering(as_of=TODAY, revision_id=cast.revision("gold_annual").pk), [overridden.pk])
    look_and_confirm(staff, address("revert", overridden, "seat_limit"), {})
    overridden.refresh_from_db()
    assert overridden.seat_limit == 25


def test_an_unknown_right_cannot_be_reverted(staff: Client, cast: Cast) -> None:
    assert staff.get(address("revert", cast.entitle(), "nothing")).status_code == 404


def test_a_right_that_is_standard_has_nothing_to_revert(staff: Client, cast: Cast) -> None:
    response = look_and_confirm(staff, address("revert", cast.entitle(), "seat_limit"), {})
    assert response.status_code == REFUSED
    assert "Seats is not overridden" in shown(response)


# --- the others ------------------------------------------------------------------------------------------------------


def test_renewing_adds_a_term(staff: Client, cast: Cast) -> None:
    entitlement = cast.entitle()
    assert look_and_confirm(staff, address("renew", entitlement), {}).status_code == 302
    entitlement.refresh_from_db()
    assert entitlement.expires_on
    assert entitlement.expires_on.year >= 2028


def test_disabling_and_enabling(staff: Client, cast: Cast) -> None:
    entitlement = cast.entitle()
    assert look_and_confirm(staff, address("disable", entitlement), {}).status_code == 302
    assert look_and_confirm(staff, address("enable", entitlement), {}).status_code == 302
    assert Change.objects.filter(entitlement=entitlement).count() == 3


def test_activating_starts_the_term(staff: Client, cast: Cast) -> None:
    entitlement = cast.entitle("silver_trial")
    assert look_and_confirm(staff, address("activate", entitlement), {}).status_code == 302
    entitlement.refresh_from_db()
    assert entitlement.activated_at


def test_the_terms_start_with_the_dates_in_force(staff: Client, cast: Cast) -> None:
    page = shown(staff.get(address("change_terms", cast.entitle())))
    assert 'value="2026-03-01"' in page
    assert 'value="2027-03-01"' in page
    assert "Nothing would change." in page


def test_an_expiry_can_be_set_by_hand_and_taken_away(staff: Client, cast: Cast) -> None:
    entitlement = cast.entitle()
    look_and_confirm(staff, address("change_terms", entitlement), {"expires_on": "2027-06-30", "reason": "Agreed"})
    entitlement.refresh_from_db()
    assert str(entitlement.expires_on) == "2027-06-30"
    look_and_confirm(staff, address("change_terms", entitlement), {"never_expires": "on", "reason": "Agreed"})
    entitlement.refresh_from_db()
    assert entitlement.expires_on is None


def test_an_expiry_set_by_hand_without_a_reason_is_refused_on_the_reason(staff: Client, cast: Cast) -> None:
    response = look_and_confirm(staff, address("change_terms", cast.entitle()), {"expires_on": "2027-06-30"})
    assert response.status_code == REFUSED
    assert 'id="id_reason_error"' in shown(response)


def test_an_expiry_before_the_start_is_refused_on_its_field(staff: Client, cast: Cast) -> None:
    response = look_and_confirm(staff, address("change_terms", cast.entitle()), {"expires_on": "2020-01-01"})
    assert response.status_code == REFUSED
    assert 'id="id_expires_on_error"' in shown(response)


def test_the_quantity_is_set_where_sold_so(staff: Client, cast: Cast) -> None:
    entitlement = cast.entitle("gold_seats", quantity=7)
    assert look_and_confirm(staff, address("set_quantity", entitlement), {"quantity": "9"}).status_code == 302
    entitlement.refresh_from_db()
    assert entitlement.seat_limit == 9


def test_chosen_seats_are_released(staff: Client, cast: Cast) -> None:
    entitlement = cast.entitle(seats=3)
    chosen = entitlement.seats.all()[1]
    response = look_and_confirm(
        client_of(cast.people["support"]), address("release_seats", entitlement), {"release": str(chosen.pk)}
    )
    assert response.headers["Location"] == address("seats", entitlement)
    chosen.refresh_from_db()
    assert chosen.released_at


def test_releasing_another_entitlements_seat_is_refused(staff: Client, cast: Cast) -> None:
    entitlement, other = cast.entitle(seats=1), cast.entitle(seats=1)
    data = {"release": str(other.seats.get().pk)}
    response = look_and_confirm(staff, address("release_seats", entitlement), data)
    assert response.status_code == REFUSED
    assert other.seats.get().released_at is None


# --- undo ------------------------------------------------------------------------------------------------------------


def test_undo_and_redo(staff: Client, cast: Cast) -> None:
    entitlement = cast.entitle()
    changed = cast.do(ChangeOffering(as_of=TODAY, revision_id=cast.revision("gold_annual").pk), [entitlement.pk])
    assert changed.act
    look_and_confirm(staff, address("undo", entitlement, changed.act.pk), {})
    entitlement.refresh_from_db()
    assert entitlement.offering == cast.offerings["silver_annual"]
    undo = Act.objects.filter(operation="undo_act").latest("made_at", "id")
    page = shown(staff.get(address("undo", entitlement, undo.pk)))
    assert "Redo: Changed offering" in page
    look_and_confirm(staff, address("undo", entitlement, undo.pk), {})
    entitlement.refresh_from_db()
    assert entitlement.offering == cast.offerings["gold_annual"]


def test_the_message_of_an_undo_links_to_redo_and_that_of_a_redo_to_undo(staff: Client, cast: Cast) -> None:
    entitlement = cast.entitle()
    act = cast.override(entitlement, seat_limit=250)
    for word in ("Redo", "Undo"):
        response = look_and_confirm(staff, address("undo", entitlement, act.pk), {})
        *_earlier, message = get_messages(response.wsgi_request)  # type: ignore[attr-defined]
        assert f">{word}</a>" in str(message)
        act = Act.objects.filter(operation="undo_act").latest("made_at", "id")


def test_an_older_change_says_to_undo_the_later_one_first(staff: Client, cast: Cast) -> None:
    entitlement = cast.entitle()
    act = cast.override(entitlement, seat_limit=250)
    cast.do(Disable(as_of=TODAY), [entitlement.pk], at=NOW + timedelta(hours=1))
    page = shown(staff.get(address("undo", entitlement, act.pk)))
    assert "Undo the later changes first" in page


def test_an_act_on_another_entitlement_is_not_found(staff: Client, cast: Cast) -> None:
    entitlement, other = cast.entitle(), cast.entitle()
    act = cast.override(other, seat_limit=250)
    assert staff.get(address("undo", entitlement, act.pk)).status_code == 404
    assert staff.post(address("undo", entitlement, act.pk)).status_code == 404


def test_an_undo_brings_released_seats_back(staff: Client, cast: Cast) -> None:
    entitlement = cast.entitle(seats=5)
    data = target(cast, "bronze_annual", seats="release_oldest")
    look_and_confirm(staff, address("change_offering", entitlement), data)
    act = Act.objects.filter(operation="change_offering").latest("made_at", "id")
    page = shown(staff.get(address("undo", entitlement, act.pk)))
    assert "2 seats come back" in page
    look_and_confirm(staff, address("undo", entitlement, act.pk), {})
    entitlement.refresh_from_db()
    assert entitlement.seats_used == 5


# --- rights that changed their kind -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "value"), [("date", "2027-06-30"), ("flag", True), ("text", "many"), ("pool", 3)])
def test_an_override_of_a_kind_the_target_no_longer_has_is_a_problem_until_dropped(
    staff: Client, cast: Cast, kind: str, value: object
) -> None:
    entitlement = cast.entitle(overrides={"connectors": 2.5})
    Feature.objects.filter(key="connectors").update(kind=kind)
    EditionValue.objects.filter(feature__key="connectors").update(value=value)
    publish(cast.offerings.values(), published_by=None, published_by_name="tests")
    url = address("change_offering", entitlement)
    kept = look_and_confirm(staff, url, target(cast, "silver_annual"))
    assert kept.status_code == REFUSED
    assert "Drop this override" in shown(kept)
    dropped = look_and_confirm(staff, url, target(cast, "silver_annual", drop="feature.connectors"))
    assert dropped.status_code == 302
    for tab in ("entitlement", "history"):
        assert staff.get(address(tab, entitlement)).status_code == 200
