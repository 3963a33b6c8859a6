"""Customers: who sees and edits them, what disabling does, what is logged, and how many queries the pages take."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from entitlements.directory.switch import effect_of
from entitlements.models import Customer, Entitlement, Order
from entitlements.operations import ChangeOffering, Disable, SetOverrides, UndoAct
from tests.admin_forms import sent
from tests.cast import NOW, TODAY, Cast
from tests.entitlements.pages import HTMX, client_of, shown
from tests.factories import UserFactory

HTML = "<script>alert(1)</script>"
LIST = "/customers/"
TABS = ("customer", "customer_orders", "customer_notes", "customer_history")
DIALOGS = ("edit_customer", "disable_customer", "enable_customer")


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every test run on the day the cast lives in."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def staff(cast: Cast) -> Client:
    return client_of(cast.operations)


@pytest.fixture
def customer(cast: Cast) -> Customer:
    """Return a customer with one active entitlement."""
    return cast.entitle().order.customer


def at(name: str, customer: Customer) -> str:
    return reverse(f"entitlements:{name}", args=[customer.pk])


def visit(client: Client, url: str, **query: str) -> str:
    response = client.get(url, query)
    assert response.status_code == 200
    return shown(response)


def said(customer: Customer) -> list[str]:
    """Return what the log of edits says about a customer, oldest first."""
    return list(
        LogEntry.objects.filter(object_id=str(customer.pk)).order_by("pk").values_list("change_message", flat=True)
    )


def switch(client: Client, name: str, customer: Customer, reason: str = "Unpaid.") -> int:
    """Look at the effect and confirm it; return the status of the answer."""
    customer.refresh_from_db()
    seen = effect_of(customer, today=TODAY).fingerprint
    return client.post(at(name, customer), {"reason": reason, "fingerprint": seen}).status_code


# --- who sees what ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*TABS, *DIALOGS])
def test_every_page_is_refused_without_permission(customer: Customer, name: str) -> None:
    assert client_of(UserFactory.create()).get(at(name, customer)).status_code == 403


@pytest.mark.parametrize("url", [LIST, "/customers/new/"])
def test_the_list_is_refused_without_permission(db: None, url: str) -> None:
    assert client_of(UserFactory.create()).get(url).status_code == 403


@pytest.mark.parametrize("name", DIALOGS)
@pytest.mark.parametrize("person", ["viewer", "support", "manager"])
def test_only_operations_and_administrators_edit(cast: Cast, customer: Customer, person: str, name: str) -> None:
    assert client_of(cast.people[person]).post(at(name, customer), {"name": "x", "reason": "x"}).status_code == 403
    customer.refresh_from_db()
    assert (customer.name, customer.disabled_at) == ("Customer 0", None)


def test_a_viewer_reads_everything_and_is_offered_nothing(cast: Cast, customer: Customer) -> None:
    viewer = client_of(cast.people["viewer"])
    pages = "".join(visit(viewer, url) for url in [LIST, *(at(tab, customer) for tab in TABS)])
    for words in ("New customer", "New entitlement", "Edit…", "Disable…", "Add note"):
        assert words not in pages


@pytest.mark.parametrize("name", [*TABS, *DIALOGS])
def test_an_unknown_customer_is_not_found(staff: Client, name: str) -> None:
    assert staff.get(reverse(f"entitlements:{name}", args=[uuid4()])).status_code == 404


# --- the list --------------------------------------------------------------------------------------------------------


def names(client: Client, **query: str) -> list[str]:
    return [row.customer.name for row in client.get(LIST, query).context["rows"]]


def test_a_row_counts_orders_entitlements_and_overrides(cast: Cast, staff: Client) -> None:
    first = cast.entitle(overrides={"seat_limit": 9})
    cast.entitle(cast.add_on(), order=cast.entitle("bronze_monthly").order_id)
    [row, other] = staff.get(LIST).context["rows"]
    assert (row.customer, row.orders, row.entitlements, row.active, row.overridden) == (
        first.order.customer,
        1,
        1,
        1,
        1,
    )
    assert (other.orders, other.entitlements, other.active, other.overridden) == (1, 2, 1, 0)


def test_customers_are_found_by_a_part_of_the_name_or_the_start_of_the_account(staff: Client) -> None:
    for name, account in (("Halden Robotics", "C-102"), ("Arden & Sons", "D-7"), ("Boc", "")):
        Customer.objects.create(name=name, account_reference=account)
    assert names(staff, q="DEN") == ["Arden & Sons", "Halden Robotics"]
    assert names(staff, q="c-1") == ["Halden Robotics"]
    assert names(staff, q="-1") == []
    assert names(staff, q="%") == []


@pytest.mark.parametrize("query", [{"q": "\0"}, {"q": "x" * 5000}, {"older": "nonsense"}, {"newer": "-"}])
def test_odd_queries_break_nothing(cast: Cast, staff: Client, query: dict[str, str]) -> None:
    visit(staff, LIST, **query)


def test_pages_cover_every_customer_once_by_name_forwards_and_backwards(staff: Client) -> None:
    Customer.objects.bulk_create(Customer(name=f"Company {number // 3:03}") for number in range(120))
    wanted = list(Customer.objects.order_by("name", "pk").values_list("pk", flat=True))
    first = staff.get(LIST)
    second = staff.get(first.context["page"].older)
    third = staff.get(second.context["page"].older)
    pages = [[row.customer.pk for row in each.context["rows"]] for each in (first, second, third)]
    assert pages == [wanted[:50], wanted[50:100], wanted[100:]]
    back = staff.get(third.context["page"].newer)
    assert [row.customer.pk for row in back.context["rows"]] == wanted[50:100]


def test_an_empty_list_says_what_to_do(staff: Client) -> None:
    assert "No customers yet" in visit(staff, LIST)
    assert "No customer found" in visit(staff, LIST, q="nobody")


# --- the page --------------------------------------------------------------------------------------------------------


def test_the_page_lists_what_the_customer_holds(cast: Cast, staff: Client) -> None:
    entitlement = cast.entitle(seats=2, overrides={"seat_limit": 250})
    page = visit(staff, at("customer", entitlement.order.customer))
    for words in (
        "Silver annual",
        "SO-0",
        "2 / 250",
        "Active",
        "1 Mar 2027",
        reverse("entitlements:order", args=[entitlement.order_id]),
    ):
        assert words in page


def test_the_orders_are_listed_with_their_counts(cast: Cast, staff: Client, customer: Customer) -> None:
    order = customer.orders.get()
    cast.entitle(cast.add_on(), order=order.pk)
    [(listed, entitlements, codes)] = staff.get(at("customer_orders", customer)).context["orders"]
    assert (listed, entitlements, codes) == (order, 2, 0)


def test_html_is_shown_as_text_everywhere(cast: Cast, staff: Client) -> None:
    entitlement = cast.entitle()
    Customer.objects.update(name=HTML, account_reference=HTML)
    Order.objects.update(order_reference=HTML)
    customer = Customer.objects.get()
    staff.post(at("customer_notes", customer), {"text": HTML})
    staff.post(
        at("edit_customer", customer), {"name": f"{HTML}2", "account_reference": HTML, "seen": seen(staff, customer)}
    )
    cast.do(Disable(as_of=TODAY), [entitlement.pk], reason=HTML, reference=HTML)
    for url in [LIST, *(at(tab, customer) for tab in (*TABS, "edit_customer", "disable_customer"))]:
        assert HTML not in visit(staff, url)


# --- history ---------------------------------------------------------------------------------------------------------


def titles(client: Client, customer: Customer) -> list[str]:
    return [entry.title for entry in client.get(at("customer_history", customer)).context["page"].rows]


def test_history_tells_acts_and_edits_newest_first(cast: Cast, staff: Client) -> None:
    entitlement = cast.entitle()
    customer = entitlement.order.customer
    act = cast.do(
        SetOverrides(as_of=TODAY, values={"seat_limit": 7}), [entitlement.pk], at=NOW - timedelta(hours=3), reason="x"
    ).act
    cast.do(UndoAct(as_of=TODAY, act_id=act.pk), [entitlement.pk], at=NOW - timedelta(hours=2))
    gold = ChangeOffering(as_of=TODAY, revision_id=cast.revision("gold_annual").pk)
    cast.do(gold, [entitlement.pk], at=NOW - timedelta(hours=1))
    staff.post(at("customer_notes", customer), {"text": "Call first."})
    switch(staff, "disable_customer", customer)
    assert titles(staff, customer) == [
        "Edited customer",
        "Edited customer",
        "Changed offering",
        "Undid: Set override",
        "Set override",
        "Created",
    ]
    page = visit(staff, at("customer_history", customer))
    for words in ("Disabled: Unpaid. (1 entitlement changed status)", "Added a note: Call first.", "Silver annual → "):
        assert words in page


def test_history_pages_cover_everything_once_even_at_one_moment(cast: Cast, staff: Client, customer: Customer) -> None:
    entitlement = Entitlement.objects.get()
    moments = [NOW - timedelta(minutes=number // 4) for number in range(60)]
    for number, moment in enumerate(moments):
        cast.do(SetOverrides(as_of=TODAY, values={"seat_limit": number + 6}), [entitlement.pk], at=moment, reason="x")
        entry = LogEntry.objects.create(
            user=cast.operations,
            content_type=ContentType.objects.get_for_model(Customer),
            object_id=str(customer.pk),
            action_flag=2,
        )
        LogEntry.objects.filter(pk=entry.pk).update(action_time=moment)
    url, places = at("customer_history", customer), []
    while url:
        page = staff.get(url).context["page"]
        places += [entry.place for entry in page.rows]
        url = page.older
    assert len(places) == len(set(places)) == 121
    assert [place.moment for place in places] == sorted((place.moment for place in places), reverse=True)


@pytest.mark.parametrize(
    "place", ["nonsense", "1", "1.act.x", "1.edit.-1", f"{10**17}9.edit.1", "..", "1.edit.99999999999"]
)
def test_a_bad_place_gives_the_first_page(staff: Client, customer: Customer, place: str) -> None:
    assert "Created" in visit(staff, at("customer_history", customer), older=place)


def test_a_place_beyond_the_end_is_not_found(staff: Client, customer: Customer) -> None:
    assert staff.get(at("customer_history", customer), {"older": "1.edit.1"}).status_code == 404


def test_edits_in_the_admin_are_told_too(cast: Cast, customer: Customer) -> None:
    administrator = client_of(cast.people["administrator"])
    url = reverse("admin:entitlements_customer_change", args=[customer.pk])
    administrator.post(url, {**sent(administrator, url), "name": "Halden"})
    assert "Name: Customer 0 → Halden." in visit(administrator, at("customer_history", customer))


# --- add and edit ----------------------------------------------------------------------------------------------------


def seen(client: Client, customer: Customer) -> str:
    return str(client.get(at("edit_customer", customer)).context["form"]["seen"].value())


def test_a_customer_is_added_and_logged(cast: Cast, staff: Client) -> None:
    response = staff.post("/customers/new/", {"name": " Halden ", "account_reference": "C-1"})
    customer = Customer.objects.get()
    assert (response.status_code, response["Location"]) == (302, at("customer", customer))
    assert (customer.name, customer.account_reference) == ("Halden", "C-1")
    assert said(customer) == ["Name: Halden.\nAccount reference: C-1."]
    assert LogEntry.objects.get().user == cast.operations


def test_a_name_that_is_there_has_to_be_meant(staff: Client, customer: Customer) -> None:
    answer = staff.post("/customers/new/", {"name": "customer 0"})
    assert answer.status_code == 422
    assert "There is a customer of this name already" in shown(answer)
    staff.post("/customers/new/", {"name": "customer 0", "is_another": "on"})
    assert Customer.objects.count() == 2


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"name": ""}, "Give the customer a name."),
        ({"name": "   "}, "Give the customer a name."),
        ({"name": "x" * 101}, "at most 100 characters"),
        ({"name": "x\0y"}, "Null characters are not allowed."),
        ({"name": "x", "account_reference": "y" * 101}, "at most 100 characters"),
    ],
)
def test_a_bad_customer_is_refused_on_its_field(staff: Client, typed: dict[str, str], words: str) -> None:
    answer = staff.post("/customers/new/", typed)
    assert answer.status_code == 422
    assert words in shown(answer)
    assert not Customer.objects.exists()


def test_an_edit_is_logged_with_before_and_after(staff: Client, customer: Customer) -> None:
    staff.post(
        at("edit_customer", customer), {"name": "Halden", "account_reference": "C-9", "seen": seen(staff, customer)}
    )
    assert said(customer) == ["Name: Customer 0 → Halden.\nAccount reference: none → C-9."]


def test_an_edit_that_changes_nothing_is_not_logged(staff: Client, customer: Customer) -> None:
    staff.post(at("edit_customer", customer), {"name": "Customer 0", "seen": seen(staff, customer)})
    assert said(customer) == []


def test_an_edit_of_what_somebody_else_edited_is_shown_again(staff: Client, customer: Customer) -> None:
    before = seen(staff, customer)
    Customer.objects.update(name="Renamed meanwhile")
    answer = staff.post(at("edit_customer", customer), {"name": "Mine", "seen": before})
    assert answer.status_code == 409
    assert "Somebody else edited this customer." in shown(answer)
    assert Customer.objects.get().name == "Renamed meanwhile"
    again = answer.context["form"]["seen"].value()
    assert staff.post(at("edit_customer", customer), {"name": "Mine", "seen": again}).status_code == 302
    assert said(customer) == ["Name: Renamed meanwhile → Mine."]


def test_an_edit_without_having_seen_anything_is_shown_first(staff: Client, customer: Customer) -> None:
    assert staff.post(at("edit_customer", customer), {"name": "Blind"}).status_code == 409


def test_htmx_gets_the_table_of_customers_alone(staff: Client, customer: Customer) -> None:
    answer = staff.get("/customers/", {"q": customer.name}, headers={"HX-Request": "true"})
    assert customer.name in answer.content.decode()
    assert "<form" not in answer.content.decode()


def test_htmx_is_sent_to_the_customer_after_an_edit(staff: Client, customer: Customer) -> None:
    typed = {"name": "Halden", "seen": seen(staff, customer)}
    answer = staff.post(at("edit_customer", customer), typed, headers=HTMX)
    assert answer["HX-Redirect"] == at("customer", customer)


# --- disable and enable ----------------------------------------------------------------------------------------------


@pytest.fixture
def household(cast: Cast) -> Customer:
    """Return a customer with two active entitlements, one disabled, one expired and one not activated."""
    customer = cast.entitle().order.customer
    for name in ("gold_annual", "silver_annual", "silver_monthly", "silver_trial"):
        order = Order.objects.create(customer=customer)
        held = cast.entitle(name, order=order.pk)
        if name == "silver_annual":
            cast.do(Disable(as_of=TODAY), [held.pk])
    return customer


def statuses() -> dict[str, int]:
    found: dict[str, int] = {}
    for status in Entitlement.objects.with_status(TODAY).values_list("status", flat=True):
        found[status] = found.get(status, 0) + 1
    return found


def test_disabling_shows_its_effect_before(staff: Client, household: Customer) -> None:
    answer = staff.get(at("disable_customer", household))
    changes = {(str(each.before), str(each.after)): each.count for each in answer.context["effect"].changes}
    assert changes == {
        ("active", "customer disabled"): 2,
        ("created", "customer disabled"): 1,
        ("expired", "customer disabled"): 1,
        ("disabled", "disabled"): 1,
    }
    assert "<b>2 entitlements</b> that can be used now stop working" in shown(answer)


def test_disabling_does_what_it_said_and_is_logged(staff: Client, household: Customer) -> None:
    before = statuses()
    assert before == {"active": 2, "created": 1, "expired": 1, "disabled": 1}
    assert switch(staff, "disable_customer", household) == 302
    assert statuses() == {"customer disabled": 4, "disabled": 1}
    assert said(household) == ["Disabled: Unpaid. (4 entitlements changed status)"]


def test_enabling_keeps_what_was_disabled_by_itself(staff: Client, household: Customer) -> None:
    before = statuses()
    switch(staff, "disable_customer", household)
    page = visit(staff, at("enable_customer", household))
    assert "<b>2 entitlements</b> can be used again." in page
    assert "An entitlement that was disabled by itself stays disabled." in page
    switch(staff, "enable_customer", household, "Paid.")
    assert statuses() == before
    assert said(household)[-1] == "Enabled: Paid. (4 entitlements changed status)"


def test_a_reason_is_asked_for(staff: Client, customer: Customer) -> None:
    assert switch(staff, "disable_customer", customer, " ") == 422
    customer.refresh_from_db()
    assert customer.disabled_at is None


def test_a_reason_is_at_most_500_characters(staff: Client, customer: Customer) -> None:
    assert switch(staff, "disable_customer", customer, "x" * 1_000_000) == 422


def test_an_effect_that_moved_is_shown_again(cast: Cast, staff: Client, household: Customer) -> None:
    old = effect_of(household, today=TODAY).fingerprint
    cast.do(Disable(as_of=TODAY), [Entitlement.objects.get(offering__sku="GOLD-ANNUAL").pk])
    answer = staff.post(at("disable_customer", household), {"reason": "x", "fingerprint": old})
    assert answer.status_code == 409
    assert "The entitlements changed since you looked." in shown(answer)
    household.refresh_from_db()
    assert household.disabled_at is None


def test_the_second_of_two_people_is_told_that_it_is_done(staff: Client, customer: Customer) -> None:
    old = effect_of(customer, today=TODAY).fingerprint
    switch(staff, "disable_customer", customer)
    answer = staff.post(at("disable_customer", customer), {"reason": "Mine", "fingerprint": old}, follow=True)
    assert "Customer 0 is disabled already." in shown(answer)
    assert len(said(customer)) == 1


def test_a_seat_that_comes_meanwhile_does_not_make_the_effect_stale(
    cast: Cast, staff: Client, customer: Customer
) -> None:
    old = effect_of(customer, today=TODAY).fingerprint
    cast.occupy(Entitlement.objects.get(), 1)
    assert staff.post(at("disable_customer", customer), {"reason": "x", "fingerprint": old}).status_code == 302


@pytest.mark.parametrize(("name", "is_disabled"), [("enable_customer", False), ("disable_customer", True)])
def test_what_is_done_already_is_not_asked_for(staff: Client, customer: Customer, name: str, is_disabled: bool) -> None:
    Customer.objects.update(disabled_at=NOW if is_disabled else None)
    assert staff.get(at(name, customer))["Location"] == at("customer", customer)


# --- queries ---------------------------------------------------------------------------------------------------------


def count_queries(client: Client, url: str) -> int:
    visit(client, url)
    with CaptureQueriesContext(connection) as queries:
        visit(client, url)
    return len(queries)


def fill(cast: Cast, customer: Customer, count: int) -> None:
    """Give a customer more of everything."""
    client = client_of(cast.operations)
    for _number in range(count):
        order = Order.objects.create(customer=customer)
        cast.entitle("gold_annual", order=order.pk, seats=1, overrides={"seat_limit": 30})
        client.post(at("customer_notes", customer), {"text": "**Note**"})
        Customer.objects.create(name="Another")


@pytest.mark.parametrize("name", ["list", *TABS, "disable_customer"])
def test_the_number_of_queries_does_not_grow_with_the_rows(
    cast: Cast, staff: Client, customer: Customer, name: str
) -> None:
    url = LIST if name == "list" else at(name, customer)
    fill(cast, customer, 3)
    few = count_queries(staff, url)
    fill(cast, customer, 6)
    assert count_queries(staff, url) == few
