"""Renewals: what expires by month, who was contacted, renewing one and many, the file."""

import csv
import io
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from config.clock import site_today
from config.models import Preferences
from entitlements.desk.expiries import expiries_around, first_of_month
from entitlements.directory.notes import note_contacts
from entitlements.models import Act, Change, Customer, Entitlement, Note, NoteKind
from entitlements.operations import Activate, ChangeTerms, Disable, UndoAct
from entitlements.renewals.columns import RENEWALS
from entitlements.renewals.rows import Renewal
from offerings.models import Charge, Offering
from offerings.revisions import publish
from tests.cast import Cast
from tests.entitlements.pages import HTMX, client_of, seen_in, shown
from tests.factories import ChargeFactory, UserFactory, published

pytestmark = pytest.mark.django_db

LIST, FILE = "/renewals/", "/renewals/export.csv"
RENEW, CONTACTED = "/renewals/renew/", "/renewals/contacted/"
MIDDLE = datetime(2026, 11, 12, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _in_the_middle_of_a_month() -> Iterator[None]:
    """Put the clock where this month has days before today, and days after it."""
    with time_machine.travel(MIDDLE):
        yield


@pytest.fixture
def operations(cast: Cast) -> Client:
    return client_of(cast.operations)


@pytest.fixture
def support(cast: Cast) -> Client:
    return client_of(cast.people["support"])


def ends(cast: Cast, entitlement: Entitlement, day: date) -> Entitlement:
    """Set the expiry by hand."""
    cast.do(ChangeTerms(as_of=site_today(), expires_on=day), [entitlement.pk], reason="Agreed", at=timezone.now())
    entitlement.refresh_from_db()
    return entitlement


def expiring(cast: Cast, name: str = "silver_annual", *, months: int = 0, day: int = 28, **facts: Any) -> Entitlement:
    """Make an entitlement that expires on a day of a month from now."""
    return ends(cast, cast.entitle(name, **facts), first_of_month(site_today(), months).replace(day=day))


def customers(client: Client, **query: str) -> list[str]:
    return [row.state.order.customer_name for row in client.get(LIST, query).context["rows"]]


def month(months: int) -> str:
    return f"{first_of_month(site_today(), months):%Y-%m}"


def publish_price(cast: Cast, name: str, amount: str, *, seats: int | None = None) -> None:
    """Publish a new revision of an offering with another price, and another seat limit."""
    offering = cast.offerings[name]
    charge = offering.charges.get()
    charge.amount = amount
    charge.save()
    if seats:
        offering.seat_limit = seats
        offering.save()
    publish([offering], published_by=None, published_by_name="tests")


# --- who sees it -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("url", [LIST, FILE])
def test_the_list_is_refused_without_permission(client: Client, url: str) -> None:
    client.force_login(UserFactory())
    assert client.get(url).status_code == 403


@pytest.mark.parametrize(
    ("name", "renew", "note"),
    [("viewer", False, False), ("support", False, True), ("manager", False, False), ("operations", True, True)],
)
def test_renewing_and_marking_need_their_permissions(cast: Cast, name: str, *, renew: bool, note: bool) -> None:
    entitlement = expiring(cast)
    client = client_of(cast.people[name])
    text = shown(client.get(LIST))
    assert ("Renew chosen" in text, "Mark chosen as contacted" in text) == (renew, note)
    chosen = {"chosen": entitlement.pk}
    assert (client.post(RENEW, chosen).status_code == 200) is renew
    assert (client.post(CONTACTED, chosen).status_code == 302) is note
    assert (client.get(f"/renewals/{entitlement.pk}/contacted/").status_code == 200) is note


# --- months, kinds, filters ------------------------------------------------------------------------------------------


def test_the_list_opens_with_this_month_next_to_expire_first(cast: Cast, operations: Client) -> None:
    expiring(cast, day=20)
    expiring(cast, day=3)
    expiring(cast, months=1)
    assert customers(operations) == ["Customer 1", "Customer 0"]
    assert customers(operations, month=month(1)) == ["Customer 2"]
    assert customers(operations, month=month(7)) == []


def test_first_and_last_day_belong_to_their_month(cast: Cast, operations: Client) -> None:
    start, following = first_of_month(site_today(), 2), first_of_month(site_today(), 3)
    for day in (start - timedelta(days=1), start, following - timedelta(days=1), following):
        ends(cast, cast.entitle(), day)
    assert customers(operations, month=month(2)) == ["Customer 1", "Customer 2"]


def test_the_months_are_tabs_with_counts(cast: Cast, operations: Client) -> None:
    expiring(cast)
    expiring(cast, months=1)
    expiring(cast, months=1)
    tabs = operations.get(LIST).context["months"]
    assert [tab.count for tab in tabs] == [0, 0, 1, 2, *[0] * 11]
    assert [tab.is_current for tab in tabs].index(True) == 2
    far = operations.get(LIST, {"month": "2099-05"}).context["months"]
    assert (far[-1].label, far[-1].count, far[-1].is_current) == ("May 2099", None, True)


def test_trials_are_beside_the_renewals(cast: Cast, operations: Client) -> None:
    expiring(cast)
    trial = cast.entitle("silver_trial")
    cast.do(Activate(as_of=site_today()), [trial.pk], at=timezone.now())
    ends(cast, trial, first_of_month(site_today()).replace(day=28))
    assert customers(operations) == ["Customer 0"]
    assert customers(operations, kind="trials") == ["Customer 1"]
    assert [(tab.label, tab.count) for tab in operations.get(LIST).context["kinds"]] == [
        ("Renewals", 1),
        ("Trials that end", 1),
    ]


def test_the_product_narrows_list_and_counts(cast: Cast, operations: Client) -> None:
    expiring(cast)
    assert customers(operations, product="atlas") == ["Customer 0"]
    answer = operations.get(LIST, {"product": "nowhere"})
    assert (answer.context["rows"], answer.context["months"][2].count) == ([], 0)
    assert "nowhere (not there)" in shown(answer)


def test_a_row_says_what_expires_when_and_what_it_costs(cast: Cast, operations: Client) -> None:
    expiring(cast, overrides={"seat_limit": 250})
    text = shown(operations.get(LIST))
    for words in ("Customer 0", "SO-0", "Silver annual", "28 ", "on the newest revision", "keeps ", "2 overridden"):
        assert words in text


def test_what_the_newest_revision_would_change_is_said(cast: Cast, operations: Client) -> None:
    expiring(cast)
    publish_price(cast, "silver_annual", "829.50", seats=9)
    text = shown(operations.get(LIST))
    assert "new EUR 829.50" in text
    assert "revision 2" in text
    assert re.search(r"raised: </span>Seats?[^<]* 9</span>", text)


def test_a_disabled_one_says_so(cast: Cast, operations: Client) -> None:
    entitlement = expiring(cast)
    cast.do(Disable(as_of=site_today()), [entitlement.pk], at=timezone.now())
    assert "disabled" in shown(operations.get(LIST))


@pytest.mark.parametrize("count", [1, 10])
def test_the_number_of_queries_does_not_grow(cast: Cast, operations: Client, count: int) -> None:
    for _ in range(count):
        entitlement = expiring(cast, overrides={"seat_limit": 250})
        note_contacts([entitlement.pk], "", made_by=cast.operations)
    publish_price(cast, "silver_annual", "829.50")
    operations.get(LIST)
    with CaptureQueriesContext(connection) as queries:
        assert len(operations.get(LIST).context["rows"]) == count
    assert len(queries) <= 26, len(queries)


def test_pages_go_on_by_key(cast: Cast, operations: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("config.lists.state.preferences_of", lambda _request: Preferences(rows_per_page=2))
    for _ in range(3):
        expiring(cast)
    first = operations.get(LIST)
    second = operations.get(first.context["page"].older)
    assert len(first.context["rows"]) == 2
    assert ("1 to 2 of 3" in shown(first), "3 of 3" in shown(second)) == (True, True)
    assert {row.state.id for row in [*first.context["rows"], *second.context["rows"]]} == set(
        Entitlement.objects.values_list("pk", flat=True)
    )


# --- prices ----------------------------------------------------------------------------------------------------------


def only_row(client: Client, **query: str) -> Renewal:
    [row] = client.get(LIST, query).context["rows"]
    assert isinstance(row, Renewal)
    return row


def test_a_change_of_the_price_for_use_is_a_new_price(cast: Cast, operations: Client) -> None:
    calls = ChargeFactory(
        offering=cast.offerings["silver_annual"], key="calls", kind="usage", amount="0.01", unit="call"
    )
    published(cast.offerings["silver_annual"])
    expiring(cast)
    assert only_row(operations).price_words == "keeps EUR 100.00 / year + usage"
    type(calls).objects.filter(pk=calls.pk).update(amount="0.02")
    published(cast.offerings["silver_annual"])
    row = only_row(operations)
    assert not row.keeps_price
    assert row.price_words == "new EUR 100.00 / year + EUR 0.02 per call for use"


def test_the_newest_price_is_of_the_quantity_that_a_renewal_keeps(cast: Cast, operations: Client) -> None:
    gold, silver = cast.offerings["gold_seats"], cast.offerings["silver_annual"]
    Charge.objects.filter(offering__in=[gold, silver]).update(per="seat")
    for offering in (gold, silver):
        published(offering)
    expiring(cast, "gold_seats", quantity=12, day=27)
    expiring(cast, day=28)
    Offering.objects.filter(pk=gold.pk).update(seats_sold="fixed", seat_limit=20)
    Offering.objects.filter(pk=silver.pk).update(seats_sold="per_quantity", seat_limit=None)
    for offering in (gold, silver):
        published(Offering.objects.get(pk=offering.pk))
    rows = operations.get(LIST).context["rows"]
    lines = [(row.price.line, row.next_price.line) for row in rows]
    assert lines == [
        ("EUR 1,200.00 / year", "EUR 2,000.00 / year"),
        ("EUR 500.00 / year", "EUR 500.00 / year"),
    ]


def file_rows(client: Client, **query: str) -> list[dict[str, str]]:
    answer: Any = client.get(FILE, query)
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_the_file_has_a_currency_for_each_amount_and_no_amount_for_two_sums(cast: Cast, operations: Client) -> None:
    silver = cast.offerings["silver_annual"]
    expiring(cast)
    Charge.objects.filter(offering=silver).update(currency="USD", amount=120)
    published(silver)
    [row] = file_rows(operations)
    columns = [f"{what} {when}" for when in ("in force", "on the latest revision") for what in ("Amount", "Currency")]
    assert [row[column] for column in columns] == ["100", "EUR", "120", "USD"]
    ChargeFactory(offering=silver, key="setup", kind="one_time", amount=90)
    published(silver)
    [row] = file_rows(operations)
    assert [row[column] for column in columns] == ["100", "EUR", "", ""]
    assert row["Price on the latest revision"] == "USD 120.00 / year + EUR 90.00 once"


# --- owners and orders -----------------------------------------------------------------------------------------------


def owned(cast: Cast, entitlement: Entitlement, name: str) -> Entitlement:
    Customer.objects.filter(orders=entitlement.order_id).update(owner=cast.people[name])
    return entitlement


def test_the_owner_of_the_customer_narrows_list_file_and_what_is_chosen(cast: Cast, operations: Client) -> None:
    mine, _other = owned(cast, expiring(cast), "support"), owned(cast, expiring(cast), "manager")
    expiring(cast)
    assert customers(operations, owner="support") == ["Customer 0"]
    assert customers(operations, owner="nobody") == ["Customer 2"]
    assert customers(operations, owner="gone") == []
    assert "gone (owns nothing)" in shown(operations.get(LIST, {"owner": "gone"}))
    [row] = file_rows(operations, owner="support")
    assert (row["Customer"], row["Owner"]) == ("Customer 0", "support")
    preview = operations.post(RENEW, {"all": "1", "owner": "support"})
    assert preview.context["chosen"] == [mine.pk]
    assert '<input type="hidden" name="owner" value="support">' in shown(preview)
    answer = operations.post(CONTACTED, {"all": "1", "owner": "support", "sort": "customer"})
    assert answer.headers["Location"] == f"{LIST}?owner=support&sort=customer"
    assert [note.entitlement_id for note in Note.objects.all()] == [mine.pk]


def test_numbers_that_are_not_kept_for_a_filter_are_left_out(cast: Cast, operations: Client) -> None:
    owned(cast, expiring(cast), "support")
    for query in ({"owner": "support"}, {"q": "customer"}):
        context = operations.get(LIST, query).context
        assert {tab.count for tab in (*context["months"], *context["kinds"])} == {None}
        assert len(context["rows"]) == 1


def test_the_search_finds_customers_and_order_references(cast: Cast, operations: Client) -> None:
    expiring(cast)
    expiring(cast)
    assert customers(operations, q="SO-1") == ["Customer 1"]
    assert customers(operations, q="customer 0") == ["Customer 0"]
    page = shown(operations.get(LIST, {"q": "nobody of this name", "sort": "-customer"}))
    assert f'href="{LIST}?sort=-customer"' in page


def test_list_and_file_are_in_the_order_of_the_address(cast: Cast, operations: Client) -> None:
    expiring(cast, day=3)
    expiring(cast, day=20)
    for sort, names in (("expires", [0, 1]), ("-expires", [1, 0]), ("customer", [0, 1]), ("-customer", [1, 0])):
        wanted = [f"Customer {number}" for number in names]
        assert customers(operations, sort=sort) == wanted
        assert [row["Customer"] for row in file_rows(operations, sort=sort)] == wanted


def test_the_tab_of_this_month_names_no_month_so_that_a_saved_view_moves_on(cast: Cast, operations: Client) -> None:
    tabs = operations.get(LIST, {"month": month(3), "owner": "support"}).context["months"]
    assert tabs[2].url == f"{LIST}?owner=support"


def test_account_and_owner_are_columns_to_choose(cast: Cast, operations: Client) -> None:
    owned(cast, expiring(cast), "support")
    operations.post(RENEWALS.page_url("columns"), {"columns": ["owner", "account"], "rows_per_page": 50})
    page = shown(operations.get(LIST))
    assert re.search(r'data-label="Owner">support</td>', page)
    assert "Price, and on the newest revision" not in page


# --- contacted -------------------------------------------------------------------------------------------------------


def test_one_click_marks_a_customer_as_contacted(cast: Cast, support: Client) -> None:
    one, other = expiring(cast), expiring(cast, day=27)
    answer = support.post(CONTACTED, {"one": one.pk, "chosen": [other.pk], "month": month(0)})
    assert (answer.status_code, answer.headers["Location"]) == (302, f"{LIST}?month={month(0)}")
    note = Note.objects.get()
    assert (note.entitlement_id, note.kind, note.about, note.author) == (
        one.pk,
        NoteKind.CONTACTED,
        one.expires_on,
        cast.people["support"],
    )
    assert "Marked as contacted about the expiry" in LogEntry.objects.latest("pk").change_message
    assert customers(support, contacted="yes") == ["Customer 0"]
    assert customers(support, contacted="no") == ["Customer 1"]
    counts = [support.get(LIST, {"contacted": each}).context["months"][2].count for each in ("yes", "no", "")]
    assert counts == [1, 1, 2]


def test_many_are_marked_in_constant_statements(cast: Cast, support: Client) -> None:
    ids = [expiring(cast).pk for _ in range(6)]
    with CaptureQueriesContext(connection) as few:
        note_contacts(ids[:2], "", made_by=cast.operations)
    with CaptureQueriesContext(connection) as many:
        assert note_contacts(ids, "", made_by=cast.operations) == 6
    assert len(many) == len(few)
    assert support.post(CONTACTED, {"chosen": ids}).status_code == 302
    assert Note.objects.count() == 14


def test_a_note_of_ones_own_goes_to_the_entitlement(cast: Cast, support: Client) -> None:
    entitlement = expiring(cast)
    url = f"/renewals/{entitlement.pk}/contacted/?month={month(0)}"
    assert "Mark as contacted" in shown(support.get(url, headers=HTMX))
    answer = support.post(url, {"text": "Wants *ten* more."}, headers=HTMX)
    assert answer.headers["HX-Redirect"] == f"{LIST}?month={month(0)}"
    text = shown(support.get(f"/entitlements/{entitlement.pk}/notes/"))
    assert "Wants <em>ten</em> more." in text
    assert "about the expiry on" in text
    assert "contacted the customer on" in shown(support.get(url))
    assert support.post(url, {"text": "x" * 5001}).status_code == 422


def test_who_never_expires_cannot_be_contacted_about_it(cast: Cast, support: Client) -> None:
    created = cast.entitle("silver_trial")
    assert support.get(f"/renewals/{created.pk}/contacted/").status_code == 404
    assert note_contacts([created.pk], "", made_by=cast.operations) == 0


def test_after_a_renewal_the_customer_is_to_be_contacted_anew(cast: Cast, operations: Client) -> None:
    entitlement = expiring(cast)
    note_contacts([entitlement.pk], "", made_by=cast.operations)
    ends(cast, entitlement, first_of_month(site_today(), 1))
    assert customers(operations, month=month(1), contacted="no") == ["Customer 0"]
    assert expiries_around(site_today()).contacted == {}


@pytest.mark.parametrize("fields", [{"kind": "contacted"}, {"about": date(2027, 1, 1)}])
def test_a_contact_names_its_expiry(cast: Cast, fields: dict[str, Any]) -> None:
    entitlement = cast.entitle()
    with pytest.raises(IntegrityError), transaction.atomic():
        Note.objects.create(entitlement=entitlement, author=cast.operations, text="x", **fields)


# --- renewing --------------------------------------------------------------------------------------------------------


def renewed(client: Client, ids: list[Any], **data: Any) -> Any:
    posted = {"chosen": ids, "month": month(0), **data}
    preview = client.post(RENEW, {**posted, "preview": "1"})
    assert preview.status_code == 200
    return client.post(RENEW, {**posted, "seen": seen_in(preview), "confirm": "1"})


def test_many_are_renewed_as_they_are_in_one_act_that_can_be_undone(cast: Cast, operations: Client) -> None:
    found = [expiring(cast) for _ in range(2)]
    before = [row.expires_on for row in found]
    answer = renewed(operations, [row.pk for row in found])
    assert answer.headers["Location"] == f"{LIST}?month={month(0)}"
    act = Act.objects.latest("made_at")
    assert (act.operation, act.changes.count()) == ("renew", 2)
    after = list(Entitlement.objects.order_by("pk").values_list("expires_on", flat=True))
    assert all(one > other for one, other in zip(after, before, strict=True))  # type: ignore[operator]
    cast.do(UndoAct(as_of=site_today(), act_id=act.pk), [row.pk for row in found], at=timezone.now())
    assert sorted(Entitlement.objects.values_list("expires_on", flat=True)) == sorted(before)  # type: ignore[type-var]


def test_onto_the_newest_revision_it_is_one_change(cast: Cast, operations: Client) -> None:
    entitlement = expiring(cast)
    publish_price(cast, "silver_annual", "829.50", seats=9)
    preview = operations.post(RENEW, {"chosen": entitlement.pk, "onto": "newest"})
    text = shown(preview)
    for words in ("Revision 1 → <b>2</b>", "829.50", "Seats"):
        assert words in text
    count = Change.objects.count()
    renewed(operations, [entitlement.pk], onto="newest")
    change = Change.objects.order_by("-sequence").first()
    assert change is not None
    assert Change.objects.count() == count + 1
    entitlement.refresh_from_db()
    assert (entitlement.seat_limit, entitlement.revision) == (9, cast.revision("silver_annual"))
    page = shown(operations.get(f"/history/{change.act_id}/"))
    assert "Silver annual, revision 2" in page
    assert "Renewed onto revision 2" in shown(operations.get(f"/entitlements/{entitlement.pk}/history/"))
    undo = UndoAct(as_of=site_today(), act_id=change.act_id)
    cast.do(undo, [entitlement.pk], at=timezone.now())
    entitlement.refresh_from_db()
    assert (entitlement.seat_limit, entitlement.revision.number) == (5, 1)


def test_a_revision_published_meanwhile_shows_the_preview_again(cast: Cast, operations: Client) -> None:
    entitlement = expiring(cast)
    publish_price(cast, "silver_annual", "829.50")
    data = {"chosen": entitlement.pk, "onto": "newest"}
    seen = seen_in(operations.post(RENEW, data))
    publish_price(cast, "silver_annual", "999")
    answer = operations.post(RENEW, {**data, "seen": seen, "confirm": "1"})
    assert answer.status_code == 409
    assert "999.00" in shown(answer)


def test_all_that_the_filters_find_are_renewed_together(cast: Cast, operations: Client) -> None:
    expiring(cast)
    expiring(cast, "gold_annual")
    expiring(cast, months=1)
    answer = operations.post(RENEW, {"all": "1", "month": month(0), "product": "atlas"})
    assert len(answer.context["rows"]) == 2


def test_nothing_chosen_is_said(cast: Cast, operations: Client) -> None:
    for url in (RENEW, CONTACTED):
        answer = operations.post(url, {"month": month(0)}, follow=True)
        assert "Choose at least one entitlement." in shown(answer)


def test_too_many_are_refused(cast: Cast, operations: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("entitlements.renewals.views.renew.LARGEST_SELECTION", 1)
    ids = [expiring(cast).pk, expiring(cast).pk]
    assert "Choose at most 1 entitlement at once" in shown(operations.post(RENEW, {"chosen": ids}, follow=True))


def test_the_queries_of_the_preview_do_not_grow(cast: Cast, operations: Client) -> None:
    names = ("silver_annual", "gold_annual", "bronze_annual", "silver_annual", "gold_annual", "bronze_annual")
    ids = [expiring(cast, name, overrides={"sso": True}).pk for name in names]
    for name in set(names):
        publish_price(cast, name, "5000")
    numbers = []
    for chosen in (ids[:3], ids):
        with CaptureQueriesContext(connection) as queries:
            operations.post(RENEW, {"chosen": chosen, "onto": "newest"})
        numbers.append(len(queries))
    assert numbers[0] == numbers[1]


def test_one_is_renewed_onto_the_newest_revision_in_its_dialog(cast: Cast, operations: Client) -> None:
    entitlement = expiring(cast)
    url = f"/entitlements/{entitlement.pk}/renew/"
    assert "Renew onto" not in shown(operations.get(url))
    publish_price(cast, "silver_annual", "829.50", seats=9)
    assert "Revision 2, the newest" in shown(operations.get(url))
    seen = seen_in(operations.post(url, {"onto": "newest", "preview": "1"}))
    assert operations.post(url, {"onto": "newest", "seen": seen}).status_code == 302
    entitlement.refresh_from_db()
    assert entitlement.seat_limit == 9


# --- the file --------------------------------------------------------------------------------------------------------


def test_the_file_has_every_row_of_the_list(cast: Cast, operations: Client) -> None:
    entitlement = expiring(cast)
    expiring(cast, months=1)
    publish_price(cast, "silver_annual", "829.50")
    note_contacts([entitlement.pk], "Called.", made_by=cast.operations)
    answer: Any = operations.get(FILE)
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    [row] = csv.DictReader(io.StringIO(text, newline=""))
    assert (row["Customer"], row["Revision"], row["Latest revision"]) == ("Customer 0", "1", "2")
    assert (row["Amount in force"], row["Currency in force"]) == ("100", "EUR")
    assert (row["Amount on the latest revision"], row["Currency on the latest revision"]) == ("829.5", "EUR")
    assert (row["Contact"], row["Contacted by"], row["Expires"]) == (
        "Called.",
        "operations",
        str(entitlement.expires_on),
    )
    assert operations.get(FILE, {"month": "soon"}).status_code == 400


# --- the dashboard ---------------------------------------------------------------------------------------------------


def test_the_dashboard_leads_to_what_expires_this_month(cast: Cast, operations: Client) -> None:
    expiring(cast)
    other = expiring(cast)
    note_contacts([other.pk], "", made_by=cast.operations)
    [tile] = [each for each in operations.get("/").context["watched"] if each.label == "Expires this month"]
    assert (tile.count, tile.url, tile.hint) == (2, LIST, "1 not yet contacted")
