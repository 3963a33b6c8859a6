"""The list of amendments: what it shows, by which filters and orders, in how many queries, and as a file."""

import csv
import io
from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from entitlements.amendments.columns import AMENDMENTS
from entitlements.models import Amendment, AmendmentStatus, Entitlement
from entitlements.schedule import apply_due, cancel
from entitlements.schedule.last_seen import dues_last_seen
from offerings.models import Charge
from offerings.revisions import publish
from tests.cast import Cast
from tests.entitlements.pages import client_of, shown
from tests.entitlements.schedule.asking import APRIL, MARCH, MAY, change_to, quantity, scheduled
from tests.entitlements.schedule.proposing import make_asker, proposed
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

JANUARY, FEBRUARY = date(2027, 1, 1), date(2027, 2, 1)
LIST, FILE = "/amendments/", "/amendments/export.csv"


def names(client: Client, **query: str) -> list[str]:
    """Return the names of the rows on the page."""
    return [line.amendment.name for line in client.get(LIST, query).context["rows"]]


def table(client: Client, url: str = FILE, **query: str) -> list[dict[str, str]]:
    answer: Any = client.get(url, query)
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def set_aside(row: Amendment, *problems: str) -> None:
    Amendment.objects.filter(pk=row.pk).update(status=AmendmentStatus.SET_ASIDE, problems=list(problems))


@pytest.fixture
def rows(cast: Cast) -> list[Amendment]:
    """Return two pending amendments and a cancelled one."""
    first, second = cast.entitle("gold_annual"), cast.entitle("gold_seats", quantity=10)
    found = [
        scheduled(cast, quantity(40), second, APRIL, name="Forty seats"),
        scheduled(cast, change_to(cast, "silver_annual"), first, MARCH, reference="T-7"),
        scheduled(cast, quantity(12), second, MAY, name="Twelve seats"),
    ]
    assert cancel(found[2], made_by=cast.operations, reason="no budget", seen=None).amendment
    return found


@pytest.mark.parametrize("url", [LIST, FILE])
def test_it_is_refused_without_permission(client: Client, url: str) -> None:
    client.force_login(UserFactory())
    assert client.get(url).status_code == 403


def test_what_is_pending_is_listed_next_one_first(staff: Client, rows: list[Amendment]) -> None:
    page = shown(staff.get(LIST))
    assert names(staff) == ["Silver annual", "Forty seats"]
    for words in ("1 Mar 2027", "in 100 days", "Customer 0", "SO-0", "Update product", "Scheduled", "operations"):
        assert words in page
    assert f'href="/amendments/{rows[1].pk}/"' in page


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"status": "cancelled"}, ["Twelve seats"]),
        ({"status": "applied"}, []),
        ({"status": "every"}, ["Silver annual", "Forty seats", "Twelve seats"]),
        ({"q": "customer 1"}, ["Forty seats"]),
        ({"kind": "renewal"}, []),
        ({"since": "2027-04-01"}, ["Forty seats"]),
        ({"until": "2027-04-01"}, ["Silver annual", "Forty seats"]),
        ({"until": "2027-03-31"}, ["Silver annual"]),
        ({"sort": "-day"}, ["Forty seats", "Silver annual"]),
        ({"sort": "amendment"}, ["Forty seats", "Silver annual"]),
        ({"sort": "-customer"}, ["Forty seats", "Silver annual"]),
        ({"sort": "-asked"}, ["Silver annual", "Forty seats"]),
        ({"since": "soon"}, ["Silver annual", "Forty seats"]),
    ],
)
def test_the_address_narrows_and_sorts(
    staff: Client, rows: list[Amendment], query: dict[str, str], expected: list[str]
) -> None:
    assert names(staff, **query) == expected
    if "since" not in query or query["since"] != "soon":
        assert [row["Amendment"] for row in table(staff, **query)] == expected


def test_what_cannot_be_read_is_said(staff: Client, rows: list[Amendment]) -> None:
    assert "write a day as 2027-06-30" in shown(staff.get(LIST, {"since": "soon"}))
    assert staff.get(FILE, {"since": "soon"}).status_code == 400


def test_what_was_set_aside_stands_out_with_its_problems_and_is_counted_in_the_sidebar(
    staff: Client, rows: list[Amendment]
) -> None:
    assert "set aside</span></span>" not in shown(staff.get(LIST))
    set_aside(rows[0], "The offering is retired.")
    page = shown(staff.get(LIST))
    assert "The offering is retired." in page
    assert '<span class="badge" data-tone="stop">1<span class="visually-hidden"> set aside</span></span>' in page
    assert names(staff, status="set_aside") == ["Forty seats"]


def test_the_dashboard_says_what_was_set_aside(cast: Cast, staff: Client, rows: list[Amendment]) -> None:
    assert "set aside." not in shown(staff.get("/"))
    set_aside(rows[0])
    assert "1 amendment was set aside." in shown(staff.get("/"))
    set_aside(rows[1])
    assert "2 amendments were set aside." in shown(staff.get("/"))


def test_the_file_has_every_fact(staff: Client, rows: list[Amendment]) -> None:
    [row] = table(staff, status="cancelled")
    assert (row["Number"], row["Takes effect"], row["Kind"], row["Status"]) == (
        "2",
        "2027-05-01",
        "update product",
        "cancelled",
    )
    assert (row["Closed by"], row["Why closed"], row["Reason"]) == ("operations", "no budget", "as agreed")
    assert table(staff)[0]["Reference"] == "T-7"


def test_empty_lists_say_what_to_do(cast: Cast, staff: Client) -> None:
    assert "Nothing is scheduled" in shown(staff.get(LIST))
    assert "Nothing was set aside" in shown(staff.get(LIST, {"status": "set_aside"}))
    assert "Nothing found" in shown(staff.get(LIST, {"q": "nobody"}))
    assert "No amendment has this status." in shown(staff.get(LIST, {"status": "applied"}))


def test_an_applied_one_leads_to_its_act_and_back(
    cast: Cast, staff: Client, rows: list[Amendment], clock: time_machine.Traveller
) -> None:
    clock.move_to(datetime(2027, 3, 4, 9, tzinfo=UTC))
    list(apply_due(MARCH))
    rows[1].refresh_from_db()
    client = client_of(cast.operations)
    page = shown(client.get(f"/history/{rows[1].act_id}/"))
    assert f'<a href="/amendments/{rows[1].pk}/">Silver annual</a>' in page
    assert "<dt>Asked for by</dt>\n            <dd>operations</dd>" in page
    assert "<dd>1 Mar 2027</dd>" in page
    assert f"/history/{rows[1].act_id}/" in shown(client.get(f"/amendments/{rows[1].pk}/"))
    assert names(client, status="applied") == ["Silver annual"]


# --- what is due ------------------------------------------------------------------------------------------------------


def with_due(client: Client, name: str = "amendments") -> None:
    """Choose the column of what is due beside the default ones."""
    [column] = [each for each in AMENDMENTS.columns if each.key == "due"]
    client.post(f"/{name}/columns/", {"columns": [column.key], "rows_per_page": 50})


@pytest.fixture
def ten_seats(cast: Cast) -> Entitlement:
    """Return ten seats of EUR 100.00 each for a year that ends on 1 March."""
    Charge.objects.filter(offering=cast.offerings["gold_seats"]).update(per="seat")
    publish([cast.offerings["gold_seats"]], published_by=None, published_by_name="tests")
    return cast.entitle("gold_seats", quantity=10)


def test_the_column_says_what_was_last_seen_to_be_due(cast: Cast, staff: Client, ten_seats: Entitlement) -> None:
    scheduled(cast, quantity(20), ten_seats, FEBRUARY)
    assert "EUR 76.71" not in shown(staff.get(LIST))  # 1,000 * 28 / 365
    with_due(staff)
    assert '<td class="num" data-label="Due">EUR 76.71</td>' in shown(staff.get(LIST))
    [row] = table(staff)
    assert (row["Due"], row["Due currency"], row["Due in words"]) == ("76.71", "EUR", "EUR 76.71")


def test_an_applied_one_says_what_its_act_made_due(
    cast: Cast, ten_seats: Entitlement, clock: time_machine.Traveller
) -> None:
    row = scheduled(cast, quantity(20), ten_seats, FEBRUARY)
    scheduled(cast, quantity(30), ten_seats, MARCH)
    Amendment.objects.update(money=None)  # as those from before the column
    clock.move_to(datetime(2027, 2, 1, 9, tzinfo=UTC))
    list(apply_due(FEBRUARY))
    client = client_of(cast.operations)
    [applied] = table(client, status="applied")
    assert (applied["Amendment id"], applied["Due"]) == (str(row.pk), "76.71")
    assert [row["Due in words"] for row in table(client)] == [""]


def test_what_others_do_to_the_sum_is_kept_with_the_amendment(cast: Cast, ten_seats: Entitlement) -> None:
    row = scheduled(cast, quantity(20), ten_seats, FEBRUARY)
    assert str(dues_last_seen(row)) == "EUR 76.71"
    scheduled(cast, quantity(15), ten_seats, JANUARY)
    row.refresh_from_db()
    assert str(dues_last_seen(row)) == "EUR 38.35"


def test_a_proposal_says_what_it_would_make_due(cast: Cast, ten_seats: Entitlement, staff: Client) -> None:
    proposed(quantity(20), ten_seats, by=make_asker(), on=FEBRUARY)
    with_due(staff, "proposals")
    assert '<td class="num" data-label="Due">EUR 76.71</td>' in shown(staff.get("/proposals/"))
    [row] = table(staff, "/proposals/export.csv")
    assert (row["Due"], row["Due currency"], row["Due in words"]) == ("76.71", "EUR", "EUR 76.71")


def test_a_cancelled_one_makes_nothing_due(cast: Cast, staff: Client, ten_seats: Entitlement) -> None:
    row = scheduled(cast, quantity(20), ten_seats, FEBRUARY)
    assert cancel(row, made_by=cast.operations, reason="no longer", seen=None).amendment
    [line] = table(staff, status="cancelled")
    assert (line["Due"], line["Due in words"]) == ("", "")


@pytest.mark.parametrize("name", ["amendments", "proposals"])
def test_what_is_due_is_a_column_of_both_lists_in_constant_queries(cast: Cast, staff: Client, name: str) -> None:
    with_due(staff, name)
    asker, counts = make_asker(), []
    for _round in range(2):
        for _number in range(3):
            held = cast.entitle("gold_seats", quantity=10)
            scheduled(cast, quantity(20), held, MARCH)
            proposed(quantity(30), held, by=asker)
        with CaptureQueriesContext(connection) as queries:
            assert "Due" in shown(staff.get(f"/{name}/"))
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_more_rows_cost_no_more_queries(cast: Cast, staff: Client, rows: list[Amendment]) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            staff.get(LIST)
        return len(queries)

    before = count()
    for _number in range(4):
        scheduled(cast, quantity(20), cast.entitle("gold_seats", quantity=10), MARCH)
    assert count() == before
