"""What the log says after a transfer: every line keeps the customer and the order of its time."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from entitlements.directory.notes import add_note
from entitlements.models import Act, Change, Customer, Entitlement, Order
from entitlements.operations import Renew, TransferEntitlement, UndoAct
from tests.cast import NOW, TODAY, Cast
from tests.entitlements.pages import client_of, shown

HOUR = timedelta(hours=1)


@pytest.fixture
def viewer(cast: Cast) -> Client:
    return client_of(cast.people["viewer"])


@pytest.fixture
def entitlement(cast: Cast) -> Entitlement:
    """Return an entitlement of Customer 0 in the order SO-0."""
    return cast.entitle()


@pytest.fixture
def old(entitlement: Entitlement) -> Order:
    return entitlement.order


@pytest.fixture
def new(entitlement: Entitlement) -> Order:
    """Return an order of another customer."""
    customer = Customer.objects.create(name="Osprey Freight")
    return Order.objects.create(customer=customer, order_reference="SO-77")


@pytest.fixture
def transfer(cast: Cast, entitlement: Entitlement, new: Order) -> Act:
    """Transfer the entitlement, renew it an hour later, and return the act of the transfer."""
    act = transferred(cast, entitlement, to=new)
    cast.do(Renew(as_of=TODAY), [entitlement.pk], at=NOW + HOUR)
    return act


def transferred(cast: Cast, entitlement: Entitlement, *, to: Order, at: datetime = NOW) -> Act:
    act = cast.do(TransferEntitlement(as_of=TODAY, order_id=to.pk), [entitlement.pk], at=at).act
    assert act is not None
    return act


def noted(entitlement: Entitlement, text: str, *, by: Cast, at: datetime) -> None:
    """Write a note on an entitlement at a moment."""
    add_note(Entitlement.objects.get(pk=entitlement.pk), text, made_by=by.operations)
    LogEntry.objects.filter(pk=LogEntry.objects.latest("pk").pk).update(action_time=at)


def lines(client: Client, **query: str) -> list[tuple[str, str]]:
    """Return the title and the subject of each line of the list, newest first."""
    return [(line.title, line.thing) for line in client.get("/history/", query).context["page"].rows]


def feed(client: Client, scope: Customer | Order) -> list[str]:
    """Return the titles of the history of a customer or an order, newest first."""
    if isinstance(scope, Order):
        return [entry.title for entry in client.get(scope.get_absolute_url()).context["feed"].entries]
    answer = client.get(reverse("entitlements:customer_history", args=[scope.pk]))
    return [entry.title for entry in answer.context["page"].rows]


# --- the list and the file -------------------------------------------------------------------------------------------


def test_each_line_names_the_customer_of_its_time(viewer: Client, transfer: Act) -> None:
    assert lines(viewer) == [
        ("Renewed", "Osprey Freight, Silver annual"),
        ("Transferred", "Customer 0 → Osprey Freight, Silver annual"),
        ("Created", "Customer 0, Silver annual"),
    ]


def test_a_transfer_within_a_customer_names_both_orders(
    cast: Cast, viewer: Client, entitlement: Entitlement, old: Order
) -> None:
    transferred(cast, entitlement, to=Order.objects.create(customer=old.customer, order_reference=""))
    assert lines(viewer)[0] == ("Transferred", "Customer 0, SO-0 → an order without reference, Silver annual")


def test_the_undo_of_a_transfer_names_both_the_other_way_round(
    cast: Cast, viewer: Client, entitlement: Entitlement, new: Order
) -> None:
    act = transferred(cast, entitlement, to=new)
    cast.do(UndoAct(as_of=TODAY, act_id=act.pk), [entitlement.pk], at=NOW + HOUR)
    assert lines(viewer)[:2] == [
        ("Undid: Transferred", "Osprey Freight → Customer 0, Silver annual"),
        ("Transferred", "Customer 0 → Osprey Freight, Silver annual"),
    ]


def test_the_file_names_customer_and_order_of_the_time(viewer: Client, transfer: Act) -> None:
    answer: Any = viewer.get("/history/export.csv")
    rows = csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig")))
    assert [(row["what"], row["customer"], row["order reference"], row["details"]) for row in rows] == [
        ("Renewed", "Osprey Freight", "SO-77", ""),
        ("Transferred", "Osprey Freight", "SO-77", "From Customer 0, order SO-0"),
        ("Created", "Customer 0", "SO-0", ""),
    ]


@pytest.mark.parametrize(
    ("customer", "titles"),
    [("customer 0", ["Transferred", "Created"]), ("osprey", ["Renewed", "Transferred"])],
)
def test_the_filter_finds_what_a_customer_held_at_the_time(
    viewer: Client, transfer: Act, customer: str, titles: list[str]
) -> None:
    assert [title for title, _thing in lines(viewer, customer=customer)] == titles


# --- notes -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def notes(cast: Cast, entitlement: Entitlement, transfer: Act) -> None:
    """Write a note on the entitlement an hour before the transfer, and one two hours after it."""
    noted(entitlement, "Before.", by=cast, at=NOW - HOUR)
    noted(entitlement, "After.", by=cast, at=NOW + 2 * HOUR)


def test_a_note_is_on_the_entitlement_of_the_customer_who_held_it(viewer: Client, notes: None) -> None:
    assert lines(viewer, kind="notes") == [
        ("Wrote a note", "Osprey Freight, Silver annual"),
        ("Wrote a note", "Customer 0, Silver annual"),
    ]


@pytest.mark.parametrize(("customer", "text"), [("customer 0", "Before."), ("osprey", "After.")])
def test_the_filter_finds_the_notes_of_the_time(viewer: Client, notes: None, customer: str, text: str) -> None:
    [line] = viewer.get("/history/", {"customer": customer, "kind": "notes"}).context["page"].rows
    assert text in line.text


def test_a_note_between_two_transfers_belongs_to_the_customer_between(
    cast: Cast, viewer: Client, entitlement: Entitlement, old: Order, transfer: Act
) -> None:
    transferred(cast, entitlement, to=old, at=NOW + 3 * HOUR)
    noted(entitlement, "Between.", by=cast, at=NOW + 2 * HOUR)
    assert lines(viewer, kind="notes") == [("Wrote a note", "Osprey Freight, Silver annual")]
    assert lines(viewer, kind="notes", customer="customer 0") == []
    assert "Wrote on an entitlement" in feed(viewer, Customer.objects.get(name="Osprey Freight"))
    assert "Wrote on an entitlement" not in feed(viewer, old.customer)


def test_after_there_and_back_a_customer_has_both_its_notes_again(
    cast: Cast, viewer: Client, entitlement: Entitlement, old: Order, notes: None
) -> None:
    transferred(cast, entitlement, to=old, at=NOW + 3 * HOUR)
    noted(entitlement, "Back.", by=cast, at=NOW + 4 * HOUR)
    found = viewer.get("/history/", {"customer": "customer 0", "kind": "notes"}).context["page"].rows
    assert [line.text.partition(": ")[2] for line in found] == ["Back.", "Before."]
    found = viewer.get("/history/", {"customer": "osprey", "kind": "notes"}).context["page"].rows
    assert [line.text.partition(": ")[2] for line in found] == ["After."]


# --- histories of customers and orders -------------------------------------------------------------------------------


def test_both_histories_show_the_transfer_and_each_what_it_held(
    viewer: Client, old: Order, new: Order, notes: None
) -> None:
    left = ["Transferred", "Wrote on an entitlement", "Created"]
    came = ["Wrote on an entitlement", "Renewed", "Transferred"]
    assert [feed(viewer, scope) for scope in (old, old.customer)] == [left, left]
    assert [feed(viewer, scope) for scope in (new, new.customer)] == [came, came]


def test_a_history_says_from_where_and_to_where(viewer: Client, old: Order, new: Order, transfer: Act) -> None:
    for scope in (old, new):
        page = shown(viewer.get(scope.get_absolute_url()))
        assert "Customer: Customer 0 → Osprey Freight" in page
        assert "Order: SO-0 → SO-77" in page


def test_between_orders_of_a_customer_notes_stay_in_the_history_of_both(
    cast: Cast, viewer: Client, entitlement: Entitlement, old: Order
) -> None:
    other = Order.objects.create(customer=old.customer, order_reference="SO-78")
    transferred(cast, entitlement, to=other)
    noted(entitlement, "Before.", by=cast, at=NOW - HOUR)
    assert feed(viewer, old.customer) == ["Transferred", "Wrote on an entitlement", "Created"]
    assert (feed(viewer, old)[1], feed(viewer, other)) == ("Wrote on an entitlement", ["Transferred"])


# --- acts ------------------------------------------------------------------------------------------------------------


def test_the_page_of_a_creation_names_the_first_customer(
    viewer: Client, entitlement: Entitlement, transfer: Act
) -> None:
    created = Change.objects.get(entitlement=entitlement, from_revision=None).act_id
    page = shown(viewer.get(reverse("entitlements:act", args=[created])))
    assert "Customer 0, SO-0</a>" in page
    assert "Osprey" not in page


def test_the_page_of_a_transfer_names_both(viewer: Client, transfer: Act) -> None:
    answer = viewer.get(reverse("entitlements:act", args=[transfer.pk]))
    [card] = answer.context["cards"]
    moved = {effect.right.key: (effect.shown_before, effect.shown_after) for effect, _chip in card.effects}
    assert moved == {"customer": ("Customer 0", "Osprey Freight"), "order": ("SO-0", "SO-77")}
    assert "Osprey Freight, SO-77</a>" in shown(answer)


# --- queries ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["list", "filtered", "customer", "order"])
def test_histories_take_as_many_queries_for_six_transfers_as_for_three(
    cast: Cast, viewer: Client, new: Order, name: str
) -> None:
    cast.add_on()
    cast.entitle(order=new.pk)

    def three() -> None:
        for _ in range(3):
            entitlement = cast.entitle("support_annual", order=cast.entitle().order_id)
            transferred(cast, entitlement, to=new)
            noted(entitlement, "Before.", by=cast, at=datetime(2026, 4, 1, tzinfo=UTC))

    addresses = {
        "list": "/history/",
        "filtered": "/history/?customer=osprey",
        "customer": reverse("entitlements:customer_history", args=[new.customer_id]),
        "order": new.get_absolute_url(),
    }

    def queries() -> int:
        viewer.get(addresses[name])
        with CaptureQueriesContext(connection) as seen:
            viewer.get(addresses[name])
        return len(seen)

    three()
    few = queries()
    three()
    assert queries() == few
