"""The whole log: who sees it, what it says, its filters, pages and file, and how many queries it takes."""

import csv
import io
from datetime import timedelta

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from config.edit_log import log_edit
from entitlements import engine
from entitlements.directory.edits import add_customer
from entitlements.directory.notes import add_note
from entitlements.history.feed import edits_below
from entitlements.models import Source
from entitlements.operations import ChangeOffering, Disable, Renew, UndoAct
from tests.cast import NOW, START, TODAY, Cast, order_of
from tests.entitlements.pages import shown
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

ACTS = "/history/"
CSV = "/history/export.csv"


@pytest.fixture
def viewer(cast: Cast, client: Client) -> Client:
    client.force_login(cast.people["viewer"])
    return client


def titles(client: Client, **query: str) -> list[str]:
    """Return the titles of a page, newest first."""
    answer = client.get(ACTS, query)
    assert answer.status_code == 200
    return [line.title for line in answer.context["page"].rows]


def rows(client: Client, **query: str) -> list[dict[str, str]]:
    """Return the rows of the file."""
    answer = client.get(CSV, query)
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    return list(csv.DictReader(io.StringIO(text)))


def move(cast: Cast, *entitlements: object, to: str = "gold_annual", **words: str) -> engine.Result:
    operation = ChangeOffering(as_of=TODAY, revision_id=cast.revision(to).pk)
    return cast.do(operation, [row.pk for row in entitlements], **words)  # type: ignore[attr-defined]


# --- who sees it -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", [ACTS, CSV])
def test_the_log_is_refused_without_permission(client: Client, db: None, address: str) -> None:
    client.force_login(UserFactory())
    assert client.get(address).status_code == 403


def test_edits_are_left_out_where_the_person_may_not_see_what_was_edited(cast: Cast, client: Client) -> None:
    person = UserFactory()
    person.user_permissions.add(*Permission.objects.filter(codename__in=("view_act", "view_customer")))
    log_edit(cast.offerings["gold_annual"], "Renamed.", made_by=cast.operations)
    add_customer(name="Halden Robotics", account_reference="", made_by=cast.operations)
    client.force_login(person)
    assert titles(client) == ["Added customer"]


# --- what it says ----------------------------------------------------------------------------------------------------


def test_acts_and_edits_are_in_one_list_newest_first(cast: Cast, viewer: Client) -> None:
    entitlement = cast.entitle()
    add_customer(name="Halden Robotics", account_reference="", made_by=cast.operations)
    add_note(entitlement, "Call them.", made_by=cast.operations)
    log_edit(cast.offerings["gold_annual"], "Renamed.", made_by=cast.operations, action_flag=CHANGE)
    assert titles(viewer) == ["Edited offering", "Wrote a note", "Added customer", "Created"]


def test_a_line_says_what_who_when_and_why(cast: Cast, viewer: Client) -> None:
    move(cast, cast.entitle(), reason="They grew", reference="INC-7")
    page = shown(viewer.get(ACTS))
    for words in (
        "Changed offering",
        "Customer 0, Silver annual → Gold annual",
        "They grew",
        "operations",
        "INC-7",
        "21 Nov 2026",
    ):
        assert words in page


def test_an_act_on_several_entitlements_says_how_many(cast: Cast, viewer: Client) -> None:
    move(cast, cast.entitle(), cast.entitle())
    assert "2 entitlements" in shown(viewer.get(ACTS))


def test_an_undone_act_is_marked_and_a_redone_one_is_not(cast: Cast, viewer: Client) -> None:
    entitlement = cast.entitle()
    done = move(cast, entitlement)
    undo = cast.do(UndoAct(as_of=TODAY, act_id=done.act.pk), [entitlement.pk], at=NOW + timedelta(minutes=1))
    assert [line.is_undone for line in viewer.get(ACTS).context["page"].rows] == [False, True, False]
    cast.do(UndoAct(as_of=TODAY, act_id=undo.act.pk), [entitlement.pk], at=NOW + timedelta(minutes=2))
    lines = viewer.get(ACTS).context["page"].rows
    assert [(line.title, line.is_undone) for line in lines] == [
        ("Redid: Changed offering", False),
        ("Undid: Changed offering", True),
        ("Changed offering", False),
        ("Created", False),
    ]


def test_an_act_undone_in_part_says_on_how_many(cast: Cast, viewer: Client) -> None:
    first, second = cast.entitle(), cast.entitle()
    done = move(cast, first, second)
    cast.do(UndoAct(as_of=TODAY, act_id=done.act.pk), [first.pk], at=NOW + timedelta(minutes=1))
    line = viewer.get(ACTS, {"kind": "change_offering"}).context["page"].rows[0]
    assert (line.undone, line.is_undone) == (1, False)


def test_what_people_wrote_is_shown_as_text(cast: Cast, viewer: Client) -> None:
    evil = "<script>alert(1)</script>"
    move(cast, cast.entitle(), reason=evil, reference=evil)
    add_customer(name=evil, account_reference=evil, made_by=cast.operations)
    page = shown(viewer.get(ACTS, {"customer": evil, "person": evil}))
    page += shown(viewer.get(ACTS))
    assert evil not in page
    assert "&lt;script&gt;" in page


# --- filters ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def log(cast: Cast) -> Cast:
    """Return the cast after a year of work: two customers, acts of several kinds, edits."""
    first, second = cast.entitle("silver_annual"), cast.entitle("bronze_annual")
    move(cast, first, reference="INC-7")
    disable = Disable(as_of=TODAY)
    made_by = engine.System("nightly job")
    engine.apply(disable, [second.pk], made_by=made_by, source=Source.COMMAND, at=NOW + timedelta(minutes=1))
    customer = add_customer(name="Halden Robotics", account_reference="ACC-1", made_by=cast.people["administrator"])
    log_edit(customer, "Renamed.", made_by=cast.people["support"])
    log_edit(order_of(first), "Order reference: none → SO-0.", made_by=cast.operations)
    log_edit(cast.offerings["gold_annual"], "Renamed.", made_by=cast.people["manager"])
    return cast


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"kind": "disable"}, ["Disabled"]),
        ({"kind": "acts"}, ["Disabled", "Changed offering", "Created", "Created"]),
        ({"kind": "edits"}, ["Edited offering", "Edited order", "Edited customer", "Added customer"]),
        ({"kind": "customers"}, ["Edited customer", "Added customer"]),
        ({"kind": "orders"}, ["Edited order"]),
        ({"kind": "catalog"}, ["Edited offering"]),
        ({"person": "support"}, ["Edited customer"]),
        ({"person": "System (Nightly Job)"}, ["Disabled"]),
        ({"person": "nobody"}, []),
        ({"offering": "GOLD-ANNUAL"}, ["Edited offering", "Changed offering"]),
        ({"offering": "SILVER-ANNUAL"}, ["Changed offering", "Created"]),
        ({"offering": "UNKNOWN"}, []),
        ({"customer": "customer 1"}, ["Disabled", "Created"]),
        ({"customer": "customer 0"}, ["Edited order", "Changed offering", "Created"]),
        ({"customer": "acc-1"}, ["Edited customer", "Added customer"]),
        ({"customer": "00000000-0000-0000-0000-000000000000"}, []),
        ({"source": "command"}, ["Disabled"]),
        ({"reference": "inc-"}, ["Changed offering"]),
        ({"to": "2026-03-01"}, ["Created", "Created"]),
        ({"from": "2026-03-02", "to": "2026-11-21", "kind": "acts"}, ["Disabled", "Changed offering"]),
        ({"from": "2026-11-22", "kind": "acts"}, []),
    ],
)
def test_the_filters_narrow(log: Cast, viewer: Client, query: dict[str, str], expected: list[str]) -> None:
    assert titles(viewer, **query) == expected


@pytest.mark.parametrize(
    "query", [{"kind": "nonsense"}, {"source": "post"}, {"from": "31-31-31"}, {"to": "9999-12-31"}, {"older": "x"}]
)
def test_what_an_address_cannot_mean_narrows_nothing(log: Cast, viewer: Client, query: dict[str, str]) -> None:
    assert len(titles(viewer, **query)) == 8


def test_a_bookmarked_offering_that_is_not_there_is_named(log: Cast, viewer: Client) -> None:
    page = shown(viewer.get(ACTS, {"offering": "UNKNOWN"}))
    assert "UNKNOWN (not there)" in page
    assert "No such offering" in page


# --- pages -----------------------------------------------------------------------------------------------------------


def test_pages_go_on_where_the_last_one_ended(cast: Cast, viewer: Client) -> None:
    for number in range(30):
        cast.entitle(at=START + timedelta(minutes=number // 3))
        add_customer(name=f"Halden {number}", account_reference="", made_by=cast.operations)
    first = viewer.get(ACTS).context["page"]
    second = viewer.get(first.older).context["page"]
    places = [str(line.place) for line in (*first.rows, *second.rows)]
    assert (len(first.rows), len(second.rows), second.older) == (50, 10, "")
    assert len(set(places)) == 60


def test_the_link_to_older_keeps_the_filters(cast: Cast, viewer: Client) -> None:
    for number in range(51):
        add_customer(name=f"Halden {number}", account_reference="", made_by=cast.operations)
    assert "?kind=customers&amp;older=" in shown(viewer.get(ACTS, {"kind": "customers"}))


def test_a_page_below_the_oldest_line_is_not_there(cast: Cast, viewer: Client) -> None:
    assert viewer.get(ACTS, {"older": "1.edit.1"}).status_code == 404


@pytest.mark.parametrize("query", [{}, {"customer": "customer", "offering": "GOLD-ANNUAL"}])
def test_the_log_takes_as_many_queries_for_20_acts_as_for_10(cast: Cast, viewer: Client, query: dict[str, str]) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            viewer.get(ACTS, query)
        return len(seen)

    def ten() -> None:
        for number in range(5):
            entitlement = cast.entitle()
            move(cast, entitlement)
            log_edit(order_of(entitlement), f"Edit {number}.", made_by=cast.operations)

    ten()
    viewer.get(ACTS, query)
    few = queries()
    ten()
    assert queries() == few
    assert few <= 15


# --- the file --------------------------------------------------------------------------------------------------------


def test_the_file_has_a_row_for_each_line_of_the_filtered_list(log: Cast, viewer: Client) -> None:
    [row] = rows(viewer, kind="change_offering")
    assert (row["what"], row["customer"], row["offering"], row["sku"]) == (
        "Changed offering",
        "Customer 0",
        "Gold annual",
        "GOLD-ANNUAL",
    )
    assert (row["person"], row["source"], row["reference"], row["entitlements"]) == ("operations", "page", "INC-7", "1")
    assert row["time"] == "2026-11-21T11:00:00+00:00"


def test_the_file_has_edits_too(log: Cast, viewer: Client) -> None:
    [row] = rows(viewer, kind="orders")
    assert (row["what"], row["edited"], row["details"]) == (
        "Edited order",
        "Customer 0, order SO-0",
        "Order reference: none → SO-0.",
    )


def test_no_cell_of_the_file_is_a_formula(cast: Cast, viewer: Client) -> None:
    cast.do(Renew(as_of=TODAY), [cast.entitle().pk], reason="=1+1", reference="@SUM(A1)")
    row = rows(viewer, kind="renew")[0]
    assert (row["reason"], row["reference"]) == ("'=1+1", "'@SUM(A1)")


def test_the_file_names_the_offering_as_the_act_left_it(cast: Cast, viewer: Client) -> None:
    move(cast, cast.entitle("silver_annual"))
    assert [row["sku"] for row in rows(viewer)] == ["GOLD-ANNUAL", "SILVER-ANNUAL"]


@pytest.mark.django_db
def test_edits_are_read_newest_first_from_their_index() -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for way in ("seqscan", "sort"):
                cursor.execute(f"SET LOCAL enable_{way} = off")
    assert "edit_newest" in edits_below(LogEntry.objects.all(), None)[:51].explain()
