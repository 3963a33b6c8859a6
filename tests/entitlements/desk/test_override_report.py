"""The override report: who has which rights set by hand, its filters and file, and going back to the standard."""

import csv
import io
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from config.models import Preferences
from entitlements.models import Act, Customer, Entitlement, Override
from entitlements.operations import ChangeTerms, RevertOverrides
from tests.cast import NOW, TODAY, Cast
from tests.entitlements.pages import client_of, shown
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

REPORT = "/reports/overrides/"
FILE = "/reports/overrides/export.csv"
REVERT = "/reports/overrides/revert/"


@pytest.fixture
def viewer(cast: Cast) -> Client:
    return client_of(cast.people["viewer"])


@pytest.fixture
def operations(cast: Cast) -> Client:
    return client_of(cast.operations)


def rows(client: Client, **query: str) -> list[tuple[str, str, str, str]]:
    """Return customer, right, value and standard of each row."""
    found = client.get(REPORT, query).context["rows"]
    return [(row.state.order.customer_name, row.right.key, row.shown_value, row.shown_standard) for row in found]


def cells(client: Client, **query: str) -> list[dict[str, str]]:
    answer = client.get(FILE, query)
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    return list(csv.DictReader(io.StringIO(text, newline="")))


def seen_in(answer: object) -> list[str]:
    return re.findall(r'name="seen" value="([^"]+)"', shown(answer))


# --- who sees it -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("url", [REPORT, FILE])
def test_the_report_is_refused_without_permission(client: Client, url: str) -> None:
    client.force_login(UserFactory())
    assert client.get(url).status_code == 403


@pytest.mark.parametrize(("name", "status"), [("viewer", 403), ("support", 403), ("manager", 403), ("operations", 200)])
def test_reverting_needs_its_permission(cast: Cast, name: str, status: int) -> None:
    entitlement = cast.entitle(overrides={"seat_limit": 250})
    client = client_of(cast.people[name])
    assert client.post(REVERT, {"right": "seat_limit", "chosen": entitlement.pk}).status_code == status
    assert ("Revert…" in shown(client.get(REPORT))) == (status == 200)


# --- the report ------------------------------------------------------------------------------------------------------


def test_a_row_says_who_has_what_since_when_by_whom_and_why(cast: Cast, viewer: Client) -> None:
    cast.entitle(overrides={"seat_limit": 250})
    text = shown(viewer.get(REPORT))
    for words in ("Customer 0", "SO-0", "Silver annual", "250", "raised", "standard 5", "operations", "1 Mar 2026"):
        assert words in text
    assert "October migration" in text


def test_the_difference_from_the_standard_is_named(cast: Cast, viewer: Client) -> None:
    cast.entitle(overrides={"seat_limit": 3, "sso": True, "data_region": "us-east", "connectors": 8})
    found = {row.right.key: row.word for row in viewer.get(REPORT).context["rows"]}
    assert found == {
        "seat_limit": "lowered",
        "feature.sso": "added",
        "feature.data_region": "changed",
        "feature.connectors": "same as standard",
    }


def test_an_expiry_set_by_hand_is_listed_beside_the_computed_one(cast: Cast, viewer: Client) -> None:
    entitlement = cast.entitle()
    cast.do(ChangeTerms(as_of=TODAY, expires_on="never"), [entitlement.pk], reason="agreed")
    assert rows(viewer) == [("Customer 0", "expires_on", "never", "1 Mar 2027")]


def test_filters_narrow_to_right_offering_and_person(cast: Cast, viewer: Client) -> None:
    cast.entitle(overrides={"seat_limit": 250, "sso": True})
    cast.entitle("bronze_annual", overrides={"seat_limit": 9})
    Override.objects.filter(key="feature.sso").update(set_by_name="webshop")
    assert len(rows(viewer)) == 3
    assert [row[0] for row in rows(viewer, right="seat_limit")] == ["Customer 1", "Customer 0"]
    assert [row[2] for row in rows(viewer, right="seat_limit", offering="BRONZE-ANNUAL")] == ["9"]
    assert [row[1] for row in rows(viewer, person="webshop")] == ["feature.sso"]


def test_a_filter_whose_right_is_gone_says_so(cast: Cast, viewer: Client) -> None:
    cast.entitle(overrides={"seat_limit": 250})
    text = shown(viewer.get(REPORT, {"right": "feature.gone", "offering": "GONE", "person": "gone"}))
    assert "Nothing found" in text
    assert "feature.gone (nowhere overridden)" in text


def test_ended_entitlements_are_left_out(cast: Cast, viewer: Client) -> None:
    cast.entitle(overrides={"seat_limit": 250})
    Entitlement.objects.update(ended_on="2026-05-01")
    assert rows(viewer) == []
    assert "Nothing is overridden" in shown(viewer.get(REPORT))


def test_pages_follow_each_other_both_ways(cast: Cast, viewer: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    short = Preferences(rows_per_page=2)
    monkeypatch.setattr("entitlements.desk.views.override_report.preferences_of", lambda _request: short)
    for _number in range(3):
        cast.entitle(overrides={"seat_limit": 250})
    first = viewer.get(REPORT).context
    second = viewer.get(first["page"].older).context
    assert [len(first["rows"]), len(second["rows"])] == [2, 1]
    assert viewer.get(second["page"].newer).context["rows"] == first["rows"]


def test_names_and_reasons_are_shown_as_text(cast: Cast, viewer: Client) -> None:
    cast.entitle(overrides={"data_region": "<b>here</b>"})
    Customer.objects.update(name="<i>Halden</i>")
    Override.objects.update(reason="<script>alert(1)</script>", set_by_name="<u>me</u>")
    text = shown(viewer.get(REPORT))
    for tag in ("<b>here", "<i>Halden", "<script>alert", "<u>me"):
        assert tag not in text


def test_the_report_takes_as_many_queries_for_20_rows_as_for_10(cast: Cast, operations: Client) -> None:
    counts = []
    for _round in range(2):
        for _number in range(10):
            cast.entitle(overrides={"seat_limit": 9})
        with CaptureQueriesContext(connection) as queries:
            operations.get(REPORT, {"right": "seat_limit"})
        counts.append(len(queries))
    assert counts[0] == counts[1]


# --- the file --------------------------------------------------------------------------------------------------------


def test_the_file_has_what_the_filters_find(cast: Cast, viewer: Client) -> None:
    entitlement = cast.entitle(overrides={"seat_limit": 250, "sso": True})
    [row] = cells(viewer, right="seat_limit")
    assert row == {
        "Customer": "Customer 0",
        "Order reference": "SO-0",
        "Offering": "Silver annual",
        "SKU": "SILVER-ANNUAL",
        "Revision": "1",
        "Right": "Seats",
        "Key": "seat_limit",
        "In force": "250",
        "Standard": "5",
        "Difference": "raised",
        "Set by": "operations",
        "Set at (UTC)": "2026-03-01T09:00:00+00:00",
        "Until": "",
        "Reason": "October migration",
        "Entitlement": str(entitlement.pk),
    }


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_of_the_file_is_a_formula(cast: Cast, viewer: Client, start: str) -> None:
    cast.entitle(overrides={"seat_limit": 250})
    Customer.objects.update(name=f"{start}HYPERLINK(1)")
    [row] = cells(viewer)
    assert row["Customer"] == f"'{start}HYPERLINK(1)"


# --- going back to the standard --------------------------------------------------------------------------------------


def test_those_chosen_are_previewed_and_reverted_in_one_act(cast: Cast, operations: Client) -> None:
    held = [cast.entitle(overrides={"seat_limit": 250}), cast.entitle(overrides={"seat_limit": 9, "sso": True})]
    data = {"right": "seat_limit", "chosen": [each.pk for each in held]}
    looked = operations.post(REVERT, data)
    assert "2 of 2 would change" in shown(looked)
    assert Override.objects.count() == 3
    confirmed = {**data, "seats": "release_oldest", "reason": "Over", "seen": seen_in(looked), "confirm": "1"}
    answer = operations.post(REVERT, confirmed, follow=True)
    assert "Removed the override of Seats from 2 entitlements." in shown(answer)
    act = Act.objects.get(operation=RevertOverrides.name)
    assert (act.changes.count(), act.reason) == (2, "Over")
    assert Override.objects.get().key == "feature.sso"


def test_the_preview_names_the_seats_that_go(cast: Cast, operations: Client) -> None:
    entitlement = cast.entitle(seats=7, overrides={"seat_limit": 250})
    text = shown(operations.post(REVERT, {"right": "seat_limit", "chosen": entitlement.pk}))
    assert "2 seats: device-0, device-1" in text


def test_all_that_the_filters_find_can_be_reverted(cast: Cast, operations: Client) -> None:
    cast.entitle(overrides={"seat_limit": 250})
    cast.entitle("bronze_annual", overrides={"seat_limit": 9})
    data = {"right": "seat_limit", "offering": "BRONZE-ANNUAL", "all": "1"}
    assert "1 of 1 would change" in shown(operations.post(REVERT, data))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"all": "1"}, "Choose one right in the filter first"),
        ({"right": "seat_limit"}, "Choose at least one entitlement."),
        ({"right": "seat_limit", "chosen": "nonsense"}, "Choose at least one entitlement."),
    ],
)
def test_what_cannot_be_reverted_together_is_refused_in_words(
    cast: Cast, operations: Client, data: dict[str, str], words: str
) -> None:
    cast.entitle(overrides={"seat_limit": 250})
    assert words in shown(operations.post(REVERT, data, follow=True))


def test_more_than_may_be_reverted_at_once_are_sent_to_the_command(
    cast: Cast, operations: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("entitlements.desk.views.override_report.LARGEST_SELECTION", 1)
    cast.entitle(overrides={"seat_limit": 250})
    cast.entitle(overrides={"seat_limit": 250})
    text = shown(operations.post(REVERT, {"right": "seat_limit", "all": "1"}, follow=True))
    assert "manage.py revert_overrides --right seat_limit --reason TEXT" in text


def test_an_override_that_moved_in_between_is_not_reverted(cast: Cast, operations: Client) -> None:
    entitlement = cast.entitle(overrides={"seat_limit": 250})
    data = {"right": "seat_limit", "chosen": entitlement.pk}
    seen = seen_in(operations.post(REVERT, data))
    cast.override(entitlement, at=NOW, seat_limit=300)
    answer = operations.post(REVERT, {**data, "seats": "release_oldest", "seen": seen, "confirm": "1"})
    assert answer.status_code == 409
    assert Override.objects.get().value == 300


def test_a_reason_that_is_too_long_is_refused_on_its_field(cast: Cast, operations: Client) -> None:
    entitlement = cast.entitle(overrides={"seat_limit": 250})
    data = {"right": "seat_limit", "chosen": entitlement.pk, "seats": "keep", "reason": "x" * 501, "confirm": "1"}
    answer = operations.post(REVERT, data)
    assert answer.status_code == 422
    assert Override.objects.exists()
