"""Offerings side by side: what the table says, and the page that shows it."""

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from offerings.compare import ColumnQuery, Matrix, matrix, read_column_query
from offerings.models import Offering, Product, Revision
from offerings.rights import Direction
from tests.factories import (
    ChargeFactory,
    EditionValueFactory,
    FeatureFactory,
    OfferingFactory,
    PlanFactory,
    ProductFactory,
    UserFactory,
    published,
)

pytestmark = pytest.mark.django_db

SAME, ADDED, REMOVED = Direction.SAME, Direction.ADDED, Direction.REMOVED
RAISED, LOWERED, CHANGED = Direction.RAISED, Direction.LOWERED, Direction.CHANGED


def line(table: Matrix, label: str) -> list[tuple[str, Direction]]:
    """Return the cells of the one line with this label: words and direction."""
    [found] = [each for each in table.lines if each.label == label]
    return [(cell.shown, cell.direction) for cell in found.cells]


def offer(product: Product, sku: str, *, amount: int | None = None, **fields: object) -> Offering:
    offering = OfferingFactory(product=product, sku=sku, name=sku.title(), **fields)
    ChargeFactory(offering=offering, amount=amount)
    return offering


@pytest.fixture
def ladder() -> list[Revision]:
    """Return the newest revisions of Bronze, Silver and Gold of one product."""
    product = ProductFactory(name="Atlas", code="atlas")
    storage = FeatureFactory(product=product, name="Storage", kind="pool", default=10, unit="GB", group="Quotas")
    sso = FeatureFactory(product=product, name="Single sign-on", group="Security")
    plan = PlanFactory(billing_period="P1Y")
    bronze = offer(product, "BRONZE", seat_limit=3, amount=100, plan=plan)
    silver = offer(product, "SILVER", seat_limit=5, amount=200, plan=plan)
    gold = offer(product, "GOLD", seat_limit="unlimited", plan=plan)
    EditionValueFactory(edition=silver.edition, feature=storage, value=100)
    EditionValueFactory(edition=gold.edition, feature=storage, value=50)
    EditionValueFactory(edition=gold.edition, feature=sso, value=True)
    return [published(offering) for offering in (bronze, silver, gold)]


# --- the table -------------------------------------------------------------------------------------------------------


def test_each_column_is_compared_with_the_one_left_of_it(ladder: list[Revision]) -> None:
    table = matrix(ladder)
    assert line(table, "Seats") == [("3", SAME), ("5", RAISED), ("unlimited", RAISED)]
    assert line(table, "Storage") == [("10", SAME), ("100", RAISED), ("50", LOWERED)]
    assert line(table, "Single sign-on") == [("off", SAME), ("off", SAME), ("on", ADDED)]
    assert line(table, "Lease period") == [("14 days", SAME)] * 3


def test_turned_round_what_was_added_is_removed(ladder: list[Revision]) -> None:
    assert line(matrix(ladder[::-1]), "Single sign-on") == [("on", SAME), ("off", REMOVED), ("off", SAME)]


def test_prices_and_terms_are_compared_too(ladder: list[Revision]) -> None:
    table = matrix(ladder)
    assert line(table, "Price") == [("EUR 100.00", SAME), ("EUR 200.00", RAISED), ("on request", CHANGED)]
    assert line(table, "License type") == [("subscription", SAME)] * 3


def test_rights_stand_under_their_groups_between_prices_and_terms(ladder: list[Revision]) -> None:
    names = [section.name for section in matrix(ladder).sections]
    assert names == ["Prices", "Built-in", "Quotas", "Security", "Terms"]


def test_the_lines_that_differ_are_counted(ladder: list[Revision]) -> None:
    assert matrix(ladder).differing == 4
    assert matrix([ladder[0], ladder[0]]).differing == 0


def test_no_column_makes_an_empty_table() -> None:
    assert matrix([]).lines == []


def test_two_revisions_of_one_offering_are_compared(ladder: list[Revision]) -> None:
    Offering.objects.filter(sku="BRONZE").update(seat_limit=2)
    newer = published(ladder[0].offering)
    assert line(matrix([ladder[0], newer]), "Seats") == [("3", SAME), ("2", LOWERED)]


def test_amounts_for_periods_of_different_length_are_in_no_order(ladder: list[Revision]) -> None:
    monthly = offer(ladder[0].offering.product, "MONTHLY", amount=10, plan=PlanFactory(billing_period="P1M"))
    table = matrix([published(monthly), ladder[0]])
    assert line(table, "Price") == [("EUR 10.00", SAME), ("EUR 100.00", CHANGED)]
    assert [cell.note for cell in table.lines[0].cells] == ["/ month", "/ year"]


def test_seats_sold_per_quantity_say_so(ladder: list[Revision]) -> None:
    per_seat = published(offer(ladder[0].offering.product, "PER-SEAT", seats_sold="per_quantity"))
    assert line(matrix([ladder[0], per_seat]), "Seats") == [("3", SAME), ("per quantity", CHANGED)]


def test_a_right_that_a_column_does_not_list_says_so(ladder: list[Revision]) -> None:
    elsewhere = published(offer(ProductFactory(), "ELSEWHERE"))
    [storage] = [each for each in matrix([ladder[1], elsewhere]).lines if each.label == "Storage"]
    assert [cell.is_listed for cell in storage.cells] == [True, False]
    assert storage.cells[1].direction is REMOVED


def test_a_renamed_right_is_one_line_with_both_names(ladder: list[Revision]) -> None:
    product = ladder[0].offering.product
    product.features.filter(name="Storage").update(name="Disk space")
    table = matrix([ladder[0], published(ladder[0].offering)])
    [disk] = [each for each in table.lines if each.label == "Disk space"]
    assert [cell.note for cell in disk.cells] == ["called Storage", ""]
    assert disk.cells[1].direction is CHANGED


def test_what_an_add_on_adds_stands_apart(ladder: list[Revision]) -> None:
    product = ladder[0].offering.product
    add_on = offer(product, "EXTRA", kind="add_on", seats_sold="not_sold", extra_seats=10)
    sections = {section.name: section for section in matrix([published(add_on)]).sections}
    assert [each.label for each in sections["Added to the plan"].lines] == ["Seats"]


# --- what an address asks for ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PRO", ColumnQuery("PRO")),
        (" PRO : 03 ", ColumnQuery("PRO", "3")),
        ("PRO:Draft", ColumnQuery("PRO", "draft")),
        ("PRO:x", ColumnQuery("PRO", "x")),
        ("", None),
        (" : 3", None),
        ("\0", None),
    ],
)
def test_a_column_is_read_from_text(text: str, expected: ColumnQuery | None) -> None:
    assert read_column_query(text) == expected


# --- the page --------------------------------------------------------------------------------------------------------


@pytest.fixture
def viewer() -> Client:
    user = UserFactory()
    user.user_permissions.add(Permission.objects.get(codename="view_offering"))
    client = Client()
    client.force_login(user)
    return client


def page(client: Client, *columns: str) -> str:
    answer = client.get(reverse("offerings:compare"), {"with": columns})
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_page_is_refused_without_its_permission() -> None:
    client = Client()
    client.force_login(UserFactory())
    assert client.get(reverse("offerings:compare")).status_code == 403


def test_the_page_says_each_difference_with_sign_and_word(viewer: Client, ladder: list[Revision]) -> None:
    text = page(viewer, "BRONZE", "SILVER")
    assert 'data-change="raised"' in text
    assert ">↑<" in text
    assert "(raised)" in text
    assert "<title>Compare Bronze, Silver" in text


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ("NOPE", "There is no offering NOPE"),
        ("<b>", "There is no offering &lt;B&gt;"),
        ("BRONZE:7", "Bronze has no revision 7. Its newest is 1: write BRONZE:1."),
        ("BRONZE:99999999999999999999", "Bronze has no revision 99999999999999999999"),
        ("BRONZE:0", "Bronze has no revision 0"),
        ("BRONZE:two", "Bronze has no revision two"),
        ("NEW:1", "New is not published yet. Write NEW to see its draft."),
    ],
)
def test_a_column_that_does_not_exist_is_named_and_the_others_are_shown(
    viewer: Client, ladder: list[Revision], asked: str, sentence: str
) -> None:
    OfferingFactory(sku="NEW", name="New")
    text = page(viewer, asked, "SILVER")
    assert sentence in text
    assert "revision 1 · 0 held" in text


def test_an_offering_is_found_by_its_name_and_in_small_letters(viewer: Client) -> None:
    published(sku="A-1", name="Atlas one")
    published(sku="B-1", name="Atlas two")
    text = page(viewer, "atlas ONE", "b-1")
    assert "There is no offering" not in text
    assert "Compare Atlas one, Atlas two" in text


def test_a_name_that_several_offerings_have_is_not_guessed(viewer: Client) -> None:
    published(sku="A-1", name="Free")
    published(sku="B-1", name="Free")
    assert "several have that name" in page(viewer, "Free")


def test_a_draft_is_shown_where_asked_for_and_where_nothing_is_published(
    viewer: Client, ladder: list[Revision]
) -> None:
    OfferingFactory(sku="NEW", name="New", seat_limit=77)
    Offering.objects.filter(sku="BRONZE").update(seat_limit=88)
    text = page(viewer, "NEW", "BRONZE:draft", "BRONZE")
    assert "draft, not published" in text
    assert "draft after revision 1" in text
    assert "77" in text
    assert "88" in text


def test_the_same_column_is_shown_once(viewer: Client, ladder: list[Revision]) -> None:
    assert page(viewer, "BRONZE", "BRONZE:1", "bronze").count('class="price"') == 1


def test_six_columns_are_shown_and_the_seventh_is_named(viewer: Client) -> None:
    skus = [published(sku=f"O-{number}").offering.sku for number in range(7)]
    text = page(viewer, *skus)
    assert text.count('class="price"') == 6
    assert "6 columns fit. Remove one to see O-6." in text
    assert 'list="offered"' not in text


def test_the_menu_of_a_column_moves_replaces_and_removes_it(viewer: Client, ladder: list[Revision]) -> None:
    Offering.objects.filter(sku="SILVER").update(seat_limit=6)
    published(ladder[1].offering)
    text = page(viewer, "BRONZE", "SILVER", "GOLD")
    for columns in (
        ["SILVER", "BRONZE", "GOLD"],
        ["BRONZE", "GOLD", "SILVER"],
        ["BRONZE", "SILVER%3A1", "GOLD"],
        ["BRONZE", "SILVER%3Adraft", "GOLD"],
        ["BRONZE", "GOLD"],
    ):
        assert f'href="/offerings/compare/?{"&amp;".join(f"with={each}" for each in columns)}"' in text


def test_the_empty_page_starts_with_the_plans_of_a_product(viewer: Client, ladder: list[Revision]) -> None:
    assert "?with=BRONZE&amp;with=GOLD&amp;with=SILVER" in page(viewer)


def test_the_empty_page_without_a_catalog_says_what_to_do(viewer: Client) -> None:
    assert "Nothing to compare yet" in page(viewer)


def test_html_in_the_catalog_is_shown_as_text(viewer: Client) -> None:
    evil = "<script>alert(1)</script>"
    offering = OfferingFactory(product=ProductFactory(name=evil), sku="EVIL", name=evil)
    FeatureFactory(product=offering.product, name=evil, kind="text", default=evil, unit=evil, group=evil)
    ChargeFactory(offering=offering, amount=None, text=evil)
    published(offering)
    text = page(viewer, "EVIL", "EVIL:draft")
    assert evil not in text
    assert "&lt;script&gt;" in text


def test_the_offering_and_its_older_revisions_lead_here(viewer: Client, ladder: list[Revision]) -> None:
    Offering.objects.filter(sku="SILVER").update(seat_limit=6)
    published(ladder[1].offering)
    assert "/offerings/compare/?with=SILVER" in viewer.get("/offerings/SILVER/").content.decode()
    revision = viewer.get("/offerings/SILVER/revisions/1/").content.decode()
    assert "/offerings/compare/?with=SILVER:1&amp;with=SILVER" in revision


def test_six_columns_take_as_many_queries_as_two(viewer: Client) -> None:
    product = ProductFactory()
    for number in range(6):
        FeatureFactory(product=product, name=f"Right {number}")
        offering = offer(product, f"O-{number}")
        published(offering)
        Offering.objects.filter(pk=offering.pk).update(seat_limit=number + 20)
        published(offering)

    def queries(count: int) -> int:
        versions = ("", ":1", ":draft")
        with CaptureQueriesContext(connection) as captured:
            page(viewer, *(f"O-{number // 3}{versions[number % 3]}" for number in range(count)))
        return len(captured)

    page(viewer, "O-0")
    assert queries(3) == queries(6) <= 14
