"""Orders: the reference, activation codes and what was ordered; who edits them, and what is logged."""

from uuid import uuid4

import pytest
from django.contrib.admin.models import LogEntry
from django.db import IntegrityError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from entitlements.directory.codes import add_codes
from entitlements.directory.order_forms import CodesForm
from entitlements.models import ActivationCode, Customer, Order
from tests.cast import NOW, Cast
from tests.entitlements.pages import client_of, shown
from tests.factories import UserFactory

HTML = "<script>alert(1)</script>"
DIALOGS = ("edit_order", "add_codes")


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every test run on the day the cast lives in."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def staff(cast: Cast) -> Client:
    return client_of(cast.operations)


@pytest.fixture
def order(cast: Cast) -> Order:
    """Return an order of one entitlement, without a code."""
    return Order.objects.get(pk=cast.entitle().order_id)


@pytest.fixture
def code(order: Order) -> ActivationCode:
    return ActivationCode.objects.create(order=order, code="HALDEN-1")


def at(name: str, order: Order, *args: object) -> str:
    return reverse(f"entitlements:{name}", args=[order.pk, *args])


def visit(client: Client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200
    return shown(response)


def said(order: Order) -> list[str]:
    """Return what the log of edits says about an order, oldest first."""
    return list(
        LogEntry.objects.filter(object_id=str(order.pk)).order_by("pk").values_list("change_message", flat=True)
    )


def written() -> list[str]:
    return sorted(ActivationCode.objects.values_list("code", flat=True))


# --- who sees what ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["order", *DIALOGS])
def test_every_page_is_refused_without_permission(order: Order, name: str) -> None:
    assert client_of(UserFactory.create()).get(at(name, order)).status_code == 403


@pytest.mark.parametrize("person", ["viewer", "support", "manager"])
def test_only_operations_and_administrators_edit(cast: Cast, code: ActivationCode, person: str) -> None:
    client, order = client_of(cast.people[person]), code.order
    urls = [*(at(name, order) for name in DIALOGS), at("remove_code", order, code.pk)]
    assert [client.post(url, {"order_reference": "x", "generate": 1}).status_code for url in urls] == [403, 403, 403]
    assert written() == ["HALDEN-1"]


def test_a_viewer_reads_the_order_and_is_offered_nothing(cast: Cast, code: ActivationCode) -> None:
    page = visit(client_of(cast.people["viewer"]), at("order", code.order))
    assert "HALDEN-1" in page
    for words in ("Add offering…", "Edit order reference…", "Add codes…", "Remove HALDEN-1…"):
        assert words not in page


@pytest.mark.parametrize("name", ["order", *DIALOGS])
def test_an_unknown_order_is_not_found(staff: Client, name: str) -> None:
    assert staff.get(reverse(f"entitlements:{name}", args=[uuid4()])).status_code == 404


# --- the page --------------------------------------------------------------------------------------------------------


def test_the_page_shows_customer_entitlements_codes_and_history(staff: Client, code: ActivationCode) -> None:
    page = visit(staff, at("order", code.order))
    for words in ("Order SO-0", "Customer 0", "Silver annual", "HALDEN-1", "Created"):
        assert words in page


def test_adding_an_offering_starts_with_this_order(staff: Client, order: Order) -> None:
    url = f"/entitlements/new/?customer={order.customer_id}&order={order.pk}"
    assert url.replace("&", "&amp;") in visit(staff, at("order", order))
    form = staff.get(url).context["form"]
    assert (form.chosen_customer, form.chosen_order) == (order.customer, order)


def test_html_is_shown_as_text(staff: Client, code: ActivationCode) -> None:
    Customer.objects.update(name=HTML)
    Order.objects.update(order_reference=HTML)
    order = code.order
    for url in [*(at(name, order) for name in ("order", *DIALOGS)), at("remove_code", order, code.pk)]:
        assert HTML not in visit(staff, url)
    assert HTML not in shown(staff.post(at("add_codes", order), {"codes": HTML}))


def test_the_number_of_queries_does_not_grow_with_the_rows(cast: Cast, staff: Client, code: ActivationCode) -> None:
    def count() -> int:
        visit(staff, at("order", code.order))
        with CaptureQueriesContext(connection) as queries:
            visit(staff, at("order", code.order))
        return len(queries)

    add_on = cast.add_on()
    cast.entitle(add_on, order=code.order_id)
    few = count()
    for _number in range(4):
        cast.entitle(add_on, order=code.order_id)
        staff.post(at("add_codes", code.order), {"generate": "20"})
    assert count() == few


# --- the order reference ---------------------------------------------------------------------------------------------


def seen(client: Client, order: Order) -> str:
    return str(client.get(at("edit_order", order)).context["form"]["seen"].value())


def test_an_edit_is_logged_with_before_and_after(cast: Cast, staff: Client, order: Order) -> None:
    staff.post(at("edit_order", order), {"order_reference": "SO-77", "seen": seen(staff, order)})
    order.refresh_from_db()
    assert order.order_reference == "SO-77"
    assert said(order) == ["Order reference: SO-0 → SO-77."]
    assert LogEntry.objects.get().user == cast.operations


def test_a_reference_may_be_taken_away(staff: Client, order: Order) -> None:
    staff.post(at("edit_order", order), {"order_reference": "", "seen": seen(staff, order)})
    assert said(order) == ["Order reference: SO-0 → none."]


def test_a_reference_that_is_too_long_is_refused_on_its_field(staff: Client, order: Order) -> None:
    answer = staff.post(at("edit_order", order), {"order_reference": "x" * 101, "seen": seen(staff, order)})
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["order_reference"]


def test_an_edit_of_what_somebody_else_edited_is_shown_again(staff: Client, order: Order) -> None:
    before = seen(staff, order)
    Order.objects.update(order_reference="Meanwhile")
    answer = staff.post(at("edit_order", order), {"order_reference": "Mine", "seen": before})
    assert answer.status_code == 409
    assert "Its reference is Meanwhile now." in shown(answer)
    assert said(order) == []


# --- activation codes ------------------------------------------------------------------------------------------------


def test_codes_are_generated_and_logged(staff: Client, order: Order) -> None:
    assert staff.post(at("add_codes", order), {"generate": "100"}).status_code == 302
    assert len(written()) == 100
    [message] = said(order)
    assert message.startswith("Added 100 activation codes: ")
    assert all(code in message for code in written())


def test_typed_codes_are_added_in_capitals(staff: Client, order: Order) -> None:
    staff.post(at("add_codes", order), {"codes": "halden-2\n\n  AB \n7-7\n", "generate": ""})
    assert written() == ["7-7", "AB", "HALDEN-2"]
    assert said(order) == ["Added 3 activation codes: HALDEN-2, AB, 7-7."]


def test_both_at_once_are_one_edit(staff: Client, order: Order) -> None:
    staff.post(at("add_codes", order), {"codes": "AB", "generate": "2"})
    assert len(written()) == 3
    assert len(said(order)) == 1


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        ({"generate": "101"}, "generate", "at most 100 codes at once"),
        ({"generate": "-1"}, "generate", "from 0 to 100"),
        ({"generate": "many"}, "generate", "from 0 to 100"),
        ({"generate": "9" * 30}, "generate", "at most 100 codes at once"),
        ({"codes": "\n".join(f"AB-{number}" for number in range(101))}, "codes", "These are 101 codes."),
        ({"codes": "A"}, "codes", "A: Use 2 to 50"),
        ({"codes": "AB\nno good!"}, "codes", "NO GOOD!: Use 2 to 50"),
        ({"codes": "A" * 51}, "codes", "Use 2 to 50"),
        ({"codes": "ÄÖ"}, "codes", "ÄÖ: Use 2 to 50"),
        ({"codes": "A\0B"}, "codes", "Null characters are not allowed."),
        ({"codes": "AB\nab"}, "codes", "AB is there twice."),
        ({"codes": "halden-1"}, "codes", "HALDEN-1 is in use already."),
        ({"codes": "x" * 1_000_000}, "codes", "at most 6,000 characters"),
        ({}, "__all__", "Say how many codes to generate"),
        ({"generate": "100", "codes": "AB"}, "__all__", "These are 101 codes together."),
    ],
)
def test_bad_codes_are_refused_on_their_field_and_nothing_is_written(
    staff: Client, code: ActivationCode, typed: dict[str, str], field: str, words: str
) -> None:
    answer = staff.post(at("add_codes", code.order), typed)
    assert answer.status_code == 422
    errors = answer.context["form"].errors
    assert list(errors) == [field]
    assert words in str(errors[field].as_text())
    assert (written(), said(code.order)) == (["HALDEN-1"], [])


def test_every_bad_code_is_named(staff: Client, code: ActivationCode) -> None:
    answer = staff.post(at("add_codes", code.order), {"codes": "HALDEN-1\n?\nOK-1\nOK-1"})
    assert len(answer.context["form"].errors["codes"]) == 3


def test_a_hundred_bad_codes_are_named_shortly(staff: Client, code: ActivationCode) -> None:
    answer = staff.post(at("add_codes", code.order), {"codes": "\n".join(f"?{number}" for number in range(100))})
    errors = answer.context["form"].errors["codes"]
    assert (len(errors), errors[-1]) == (21, "And 80 more.")


def test_a_code_that_somebody_took_meanwhile_is_refused_on_its_field(cast: Cast, order: Order) -> None:
    form = CodesForm({"codes": "HALDEN-1\nAB", "generate": "3"})
    assert form.is_valid()
    ActivationCode.objects.create(order=order, code="HALDEN-1")
    with pytest.raises(IntegrityError):
        add_codes(order, form.cleaned_data["codes"], generate=3, made_by=cast.operations)
    form.refuse_used_codes()
    assert form.errors["codes"] == ["HALDEN-1 is in use already. Choose another code."]
    assert (written(), said(order)) == (["HALDEN-1"], [])


def test_where_nobody_knows_which_code_was_taken_the_form_asks_to_try_again(order: Order) -> None:
    form = CodesForm({"generate": "3"})
    assert form.is_valid()
    form.refuse_used_codes()
    assert form.errors["codes"] == ["Somebody added codes at the same moment. Nothing was written; try again."]


def test_removing_asks_first_and_is_logged(staff: Client, code: ActivationCode) -> None:
    url = at("remove_code", code.order, code.pk)
    assert "This is the only code of the order." in visit(staff, url)
    assert written() == ["HALDEN-1"]
    staff.post(url)
    assert (written(), said(code.order)) == ([], ["Removed activation code: HALDEN-1."])


def test_removing_twice_says_so(staff: Client, code: ActivationCode) -> None:
    url = at("remove_code", code.order, code.pk)
    staff.post(url)
    assert "was removed already" in shown(staff.post(url, follow=True))
    assert len(said(code.order)) == 1
    assert staff.get(url).status_code == 404


def test_a_code_of_another_order_is_not_removed_from_this_one(cast: Cast, staff: Client, code: ActivationCode) -> None:
    other = Order.objects.get(pk=cast.entitle().order_id)
    staff.post(at("remove_code", other, code.pk))
    assert written() == ["HALDEN-1"]
