"""The one confirm flow: in every place that asks for an operation, nothing happens that was not seen."""

import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from entitlements.models import Act, Entitlement, Order, Override
from offerings.revisions import publish
from tests.cast import NOW, Cast
from tests.entitlements.pages import address, client_of, look_and_confirm, seen_in, shown

STALE = 409
SOMETHING_ELSE = "00000000-0000-4000-8000-000000000000:0123456789abcdef"
Question = tuple[str, dict[str, Any]]


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every test run on the day the cast lives in."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)


def one(cast: Cast) -> Question:
    return address("renew", cast.entitle()), {}


def change(cast: Cast) -> Question:
    return address("change_offering", cast.entitle()), {"target": cast.revision("gold_annual").pk}


def transfer(cast: Cast) -> Question:
    order = Order.objects.create(customer=cast.entitle().order.customer)
    return address("transfer_entitlement", cast.entitle()), {"order_id": str(order.pk)}


def create(cast: Cast) -> Question:
    words = {"customer_name": "Halden", "customer": "new", "codes": "HALDEN-1", "offering": "SILVER-ANNUAL"}
    return reverse("entitlements:create"), {**words, "key": str(uuid4())}


def undo_for_one(cast: Cast) -> Question:
    entitlement = cast.entitle()
    return address("undo", entitlement, cast.override(entitlement, seat_limit=250).pk), {}


def undo_whole(cast: Cast) -> Question:
    return reverse("entitlements:undo_act", args=[cast.override(cast.entitle(), seat_limit=250).pk]), {}


def drift(cast: Cast) -> Question:
    held = cast.entitle()
    cast.offerings["silver_annual"].overdraft = "2"
    cast.offerings["silver_annual"].save()
    publish([cast.offerings["silver_annual"]], published_by=None, published_by_name="tests")
    newest = cast.revision("silver_annual").pk
    data = {"target": newest, "seats": "refuse", "term": "default", "confirm": "1"}
    return reverse("entitlements:move_revision", args=[held.revision_id]), data


def revert_selection(cast: Cast) -> Question:
    entitlement = cast.entitle(overrides={"seat_limit": 250})
    return reverse("entitlements:revert_many"), {"right": "seat_limit", "chosen": str(entitlement.pk), "confirm": "1"}


def admin_action(cast: Cast) -> Question:
    data = {
        "action": "change_offering",
        "_selected_action": str(cast.entitle().pk),
        "target": cast.revision("gold_annual").pk,
        "seats": "refuse",
        "term": "default",
        "confirm": "1",
    }
    return reverse("admin:entitlements_entitlement_changelist"), data


FLOWS = (one, change, transfer, create, undo_for_one, undo_whole, drift, revert_selection, admin_action)


@pytest.mark.parametrize("seen", ["", "nonsense", SOMETHING_ELSE])
@pytest.mark.parametrize("ask", FLOWS)
def test_what_nobody_saw_is_shown_and_not_done(cast: Cast, ask: Callable[[Cast], Question], seen: str) -> None:
    url, data = ask(cast)
    acts = Act.objects.count()
    answer = client_of(cast.operations).post(url, {**data, "seen": seen})
    assert answer.status_code == STALE
    assert seen_in(answer)
    assert Act.objects.count() == acts


@pytest.mark.parametrize("ask", FLOWS)
def test_what_the_answer_showed_can_be_confirmed(cast: Cast, ask: Callable[[Cast], Question]) -> None:
    url, data = ask(cast)
    client, acts = client_of(cast.operations), Act.objects.count()
    shown_first = client.post(url, data)
    assert client.post(url, {**data, "seen": seen_in(shown_first)}).status_code == 302
    assert Act.objects.count() == acts + 1


@pytest.mark.parametrize("customer", ["new", ""])
def test_a_second_post_of_a_creation_makes_no_second_entitlement(cast: Cast, customer: str) -> None:
    url, data = create(cast)
    data |= {"customer": customer}
    client = client_of(cast.operations)
    confirmed = {**data, "seen": seen_in(client.post(url, {**data, "preview": "1"}))}
    assert client.post(url, confirmed).status_code == 302
    again = client.post(url, confirmed)
    assert again.status_code == STALE
    assert "This has been created already: the same request came twice." in shown(again)
    assert Entitlement.objects.count() == 1


def test_the_page_of_a_creation_keeps_the_key_it_began_with(cast: Cast) -> None:
    url, data = create(cast)
    page = shown(client_of(cast.operations).post(url, {**data, "preview": "1"}))
    assert re.findall(r'name="key" value="([^"]+)"', page) == [data["key"]]


@pytest.mark.parametrize("key", ["", "abc", "9" * 1000, "\0"])
def test_a_key_that_is_none_is_replaced(cast: Cast, key: str) -> None:
    url, data = create(cast)
    answer = client_of(cast.operations).post(url, {**data, "key": key, "preview": "1"})
    [found] = re.findall(r'name="key" value="([^"]+)"', shown(answer))
    assert found != key


def test_nothing_is_done_where_one_of_several_moved_on_since_it_was_seen(cast: Cast) -> None:
    one_of_two, other = cast.entitle(overrides={"seat_limit": 250}), cast.entitle(overrides={"seat_limit": 250})
    client = client_of(cast.operations)
    data = {"right": "seat_limit", "chosen": [str(one_of_two.pk), str(other.pk)]}
    seen = seen_in(client.post(reverse("entitlements:revert_many"), data))
    cast.override(other, seat_limit=300)
    answer = client.post(reverse("entitlements:revert_many"), {**data, "seen": seen, "confirm": "1"})
    assert answer.status_code == STALE
    assert [str(message)[:33] for message in answer.context["messages"]] == ["2 entitlements were not changed: "]
    assert Override.objects.filter(entitlement__in=[one_of_two.pk, other.pk]).count() == 2


# --- several moves, a part, at least ---------------------------------------------------------------------------------


@pytest.fixture
def staff(cast: Cast) -> Client:
    return client_of(cast.operations)


def per_seat(cast: Cast) -> Entitlement:
    return cast.entitle("gold_seats", quantity=10, seats=4)


def part(cast: Cast, **choices: Any) -> dict[str, Any]:
    name = cast.offer("silver", "seats", seats_sold="per_quantity", seat_limit=None)
    return {"target": cast.revision(name).pk, "count": "3", **choices}


def test_a_part_moves_into_an_entitlement_of_its_own(staff: Client, cast: Cast) -> None:
    entitlement = per_seat(cast)
    url, data = address("change_offering", entitlement), part(cast)
    page = shown(staff.post(url, {**data, "preview": "1"}))
    for words in ("New entitlement", "This entitlement", "3 seats go over", "quantity 3", "quantity 7", "device-2"):
        assert words in page
    assert look_and_confirm(staff, url, data).status_code == 302
    entitlement.refresh_from_db()
    made = Entitlement.objects.exclude(pk=entitlement.pk).get()
    assert (entitlement.quantity, entitlement.seats_used, made.quantity, made.seats_used) == (7, 1, 3, 3)


def test_the_seats_that_go_with_a_part_can_be_chosen(staff: Client, cast: Cast) -> None:
    entitlement = per_seat(cast)
    last = entitlement.seats.order_by("-activated_at")[0]
    url, data = address("change_offering", entitlement), part(cast, seats="release_chosen", release=str(last.pk))
    assert "Seats that go with the part" in shown(staff.post(url, {**data, "preview": "1"}))
    look_and_confirm(staff, url, data)
    last.refresh_from_db()
    assert (last.released_at, last.entitlement_id == entitlement.pk) == (None, False)


@pytest.mark.parametrize(("count", "field"), [("0", "Give a number"), ("10", "Give a number"), ("x", "whole number")])
def test_a_part_that_is_none_is_refused_on_its_field(staff: Client, cast: Cast, count: str, field: str) -> None:
    response = look_and_confirm(staff, address("change_offering", per_seat(cast)), part(cast, count=count))
    assert response.status_code == 422
    errors = re.search(r'id="id_count".*?<ul class="field-errors">(.*?)</ul>', shown(response), re.DOTALL)
    assert errors
    assert field in errors[1]


@pytest.mark.parametrize(("quantity", "is_offered"), [(1, False), (2, True)])
def test_a_part_is_offered_from_two_seats_on(staff: Client, cast: Cast, quantity: int, is_offered: bool) -> None:
    page = shown(staff.get(address("change_offering", cast.entitle("gold_seats", quantity=quantity))))
    assert ('name="count"' in page) is is_offered


def test_a_part_is_not_offered_of_a_fixed_number_of_seats(staff: Client, cast: Cast) -> None:
    assert 'name="count"' not in shown(staff.get(address("change_offering", cast.entitle())))


def test_both_entitlements_of_an_undo_show_the_same_preview(staff: Client, cast: Cast) -> None:
    entitlement = per_seat(cast)
    look_and_confirm(staff, address("change_offering", entitlement), part(cast))
    act, made = Act.objects.latest("made_at", "id"), Entitlement.objects.exclude(pk=entitlement.pk).get()
    pages = [staff.get(address("undo", each, act.pk)) for each in (entitlement, made)]
    assert seen_in(pages[0]) == seen_in(pages[1])
    for page in pages:
        assert "This entitlement" in shown(page)
        assert "The other entitlement" in shown(page)
    assert look_and_confirm(staff, address("undo", made, act.pk), {}).status_code == 302
    entitlement.refresh_from_db()
    assert (entitlement.quantity, entitlement.seats_used) == (10, 4)


def test_a_right_is_set_to_at_least_a_value(staff: Client, cast: Cast) -> None:
    entitlement = cast.entitle()
    url = address("override", entitlement, "seat_limit")
    look_and_confirm(staff, url, {"value": "200", "is_floor": "at_least", "reason": "Agreed"})
    override = Override.objects.get(entitlement=entitlement)
    assert (override.value, override.is_floor) == (200, True)
    assert "at least 200" in shown(staff.get(address("revert", entitlement, "seat_limit")))
    assert re.search(r'value="at_least"[^>]*checked', shown(staff.get(url)))


def test_a_right_is_set_exactly_where_nothing_else_is_chosen(staff: Client, cast: Cast) -> None:
    entitlement = cast.entitle()
    look_and_confirm(staff, address("override", entitlement, "seat_limit"), {"value": "200", "reason": "Agreed"})
    assert Override.objects.get(entitlement=entitlement).is_floor is False


@pytest.mark.parametrize(("key", "is_asked"), [("seat_limit", True), ("feature.data_region", False)])
def test_at_least_is_a_choice_where_values_have_an_order(
    staff: Client,
    cast: Cast,
    key: str,
    is_asked: bool,
) -> None:
    assert ("At least" in shown(staff.get(address("override", cast.entitle(), key)))) is is_asked


def test_a_text_has_no_floor_whatever_is_posted(staff: Client, cast: Cast) -> None:
    entitlement = cast.entitle()
    data = {"value": "eu", "is_floor": "at_least", "reason": "Agreed"}
    look_and_confirm(staff, address("override", entitlement, "feature.data_region"), data)
    assert Override.objects.get(entitlement=entitlement).is_floor is False


@pytest.mark.parametrize("ask", [flow for flow in FLOWS if flow is not admin_action])
def test_where_a_choice_renews_the_preview_htmx_gets_it_alone(cast: Cast, ask: Callable[[Cast], Question]) -> None:
    url, data = ask(cast)
    choice = {name: value for name, value in data.items() if name != "confirm"}
    answer = client_of(cast.operations).post(
        f"{url}?preview=1", choice, headers={"HX-Request": "true", "HX-Target": "preview"}
    )
    text = answer.content.decode()
    assert answer.status_code == 200
    assert seen_in(answer)
    assert "<form" not in text
    assert 'id="preview"' not in text


def test_a_part_that_a_page_does_not_have_is_answered_by_the_whole_page(cast: Cast) -> None:
    url, data = admin_action(cast)
    answer = client_of(cast.operations).post(url, data, headers={"HX-Request": "true", "HX-Target": "preview"})
    assert "<form" in answer.content.decode()
