"""An exported catalog imports again without a change, and what it cannot say is named."""

from datetime import date
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from config.actors import System
from offerings.catalogs.exporter import ExportedCatalog, export_catalog
from offerings.catalogs.fields import plain
from offerings.catalogs.importer import import_catalog, preview_import
from offerings.catalogs.reader import read_catalog, read_catalog_bytes
from offerings.catalogs.yaml_source import load
from offerings.catalogs.yaml_writer import dump
from offerings.drafts import drafts
from offerings.models import Charge, Edition, Feature, Offering, Product
from tests.factories import (
    ChargeFactory,
    EditionFactory,
    EditionValueFactory,
    FeatureFactory,
    OfferingFactory,
    PlanFactory,
    ProductFactory,
)
from tests.offerings.catalogs.real import FILES
from tests.offerings.catalogs.test_bad_files import GOOD

DAY = date(2026, 1, 31)


def export(product: Product) -> ExportedCatalog:
    return export_catalog(Product.objects.get(pk=product.pk), day=DAY)


def import_text(text: str, code: str) -> Product:
    return import_catalog(
        read_catalog_bytes(text.encode(), file="again.yml"), product_code=code, made_by=System("tests")
    ).product


def granted(product: Product) -> list[Any]:
    offerings = Offering.objects.on_sale().filter(product=product).order_by("kind", "edition__key", "plan__duration")
    return [
        (draft.offering_name, draft.rights, draft.extensions, draft.prices, draft.terms) for draft in drafts(offerings)
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("name", FILES)
def test_every_real_catalog_comes_back_without_a_change(name: str) -> None:
    product = import_catalog(read_catalog(FILES[name]), product_code="example", made_by=System("tests")).product
    exported = export(product)
    again = read_catalog_bytes(exported.text.encode(), file="again.yml")
    assert (exported.omissions, preview_import(again, product_code="example").items) == ((), ())


@pytest.mark.django_db
@pytest.mark.parametrize("name", FILES)
def test_an_export_imports_into_another_product_as_the_same_draft(name: str) -> None:
    product = import_catalog(read_catalog(FILES[name]), product_code="example", made_by=System("tests")).product
    other = import_text(export(product).text, "other")
    assert granted(other) == granted(product)


@pytest.fixture
def by_hand(db: None) -> Product:
    """Return a product of every sort of row that was made by hand and that the format can say."""
    product = ProductFactory(code="atlas", name="Atlas Analytics")
    features = {
        key: FeatureFactory(product=product, key=key, kind=kind, default=default, unit=unit, group=group)
        for key, kind, default, unit, group in (
            ("sso", "flag", None, "", "Security"),
            ("motto", "text", "yes", "", ""),
            ("calls", "count", 1000, "call", ""),
            ("boards", "pool", 5, "", ""),
            ("ratio", "number", 0.5, "", ""),
            ("nodes", "number", "unlimited", "node", ""),
        )
    }
    plan = PlanFactory(code="monthly", duration="P1M")
    for key, seats, amount in (("silver", 5, "10.50"), ("gold", 25, "99")):
        edition = EditionFactory(product=product, key=key, description=f"The {key} one")
        EditionValueFactory(edition=edition, feature=features["calls"], value=seats * 1000)
        EditionValueFactory(edition=edition, feature=features["sso"], value=True)
        offering = OfferingFactory(product=product, edition=edition, plan=plan, sku=key.upper(), seat_limit=seats)
        ChargeFactory(offering=offering, amount=amount, currency="EUR")
    add_on = EditionFactory(product=product, key="more", kind="add_on")
    EditionValueFactory(edition=add_on, feature=features["boards"], value=3, effect="extends")
    add_on.available_for.set(Edition.objects.filter(key="gold"))
    extra = OfferingFactory(
        product=product,
        edition=add_on,
        plan=plan,
        kind="add_on",
        seats_sold="per_quantity",
        seat_limit=None,
        extra_seats=2,
    )
    ChargeFactory(offering=extra, amount=None, text="Ask us", currency="EUR")
    return product


def test_a_product_made_by_hand_comes_back_without_a_change(by_hand: Product) -> None:
    exported = export(by_hand)
    again = read_catalog_bytes(exported.text.encode(), file="again.yml")
    assert exported.omissions == ()
    assert preview_import(again, product_code="atlas", into_existing=True).items == ()


def test_a_product_made_by_hand_grants_the_same_in_another_product(by_hand: Product) -> None:
    other = import_text(export(by_hand).text, "other")
    rights = [each[1:4] for each in granted(by_hand)]
    assert [each[1:4] for each in granted(other)] == rights


def add_date(product: Product) -> None:
    FeatureFactory(product=product, key="ends", kind="date")


def add_charge(product: Product) -> None:
    Charge.objects.create(offering=Offering.objects.get(sku="GOLD"), key="setup", amount=5, currency="EUR")


def set_overdraft(product: Product) -> None:
    Offering.objects.filter(sku="GOLD").update(overdraft="10%")


def sell_by_the_year(product: Product) -> None:
    edition = Edition.objects.get(key="gold")
    OfferingFactory(product=product, edition=edition, plan=PlanFactory(code="annual", duration="P1Y"), sku="GOLD-Y")


def sell_a_trial(product: Product) -> None:
    plan = PlanFactory(code="trial", plan_type="trial", duration="P1M")
    OfferingFactory(product=product, edition=Edition.objects.get(key="gold"), plan=plan, sku="TRIAL")


def sell_one_per_seat(product: Product) -> None:
    Offering.objects.filter(sku="GOLD").update(seats_sold="per_quantity", seat_limit=None)
    Charge.objects.filter(offering__sku="GOLD").update(per="seat")


def sell_one_for_nothing(product: Product) -> None:
    Charge.objects.filter(offering__sku="GOLD").update(amount=0)


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (add_date, "Feature ends: the format has no dates, so it is left out."),
        (add_charge, "Offering GOLD: the charge setup is left out."),
        (set_overdraft, "Offering GOLD: the format has no words for its overdraft."),
        (sell_by_the_year, "Offering GOLD-Y: a file sells every edition for the same billing periods; it is left out."),
        (sell_a_trial, "Offering TRIAL: a file sells every edition for the same billing periods; it is left out."),
        (sell_one_per_seat, "Offering SILVER: an import of this file finds it changed. Seats: 5 -> unlimited"),
        (sell_one_for_nothing, "Offering GOLD: an import of this file finds it changed. Plan: "),
    ],
)
def test_what_the_format_cannot_say_is_named(by_hand: Product, spoil: Any, sentence: str) -> None:
    spoil(by_hand)
    assert sentence in "\n".join(export(by_hand).omissions)


@pytest.mark.django_db
def test_what_is_retired_is_not_exported() -> None:
    product = import_text(GOOD, "example")
    for row in (Feature.objects.get(key="support"), Edition.objects.get(key="MORE")):
        row.retire()
    Offering.objects.get(edition__key="MORE").retire()
    exported = export(product)
    assert exported.omissions == ()
    assert "support" not in exported.text
    assert "MORE" not in exported.text


@pytest.mark.django_db
def test_prices_changed_by_hand_are_exported_as_they_are_now() -> None:
    text = GOOD.replace("currency: EUR", "currency: EUR\nbilling: {monthly: 1, annual: 0.8}")
    product = import_text(text, "example")
    Charge.objects.filter(offering__edition__key="BASIC", offering__plan__code="monthly").update(amount=20)
    Charge.objects.filter(offering__edition__key="BASIC", offering__plan__code="annual").update(amount=192)
    exported = export(product)
    assert (exported.omissions, "price: 20\n" in exported.text) == ((), True)


@pytest.mark.django_db
def test_kinds_changed_by_hand_are_exported_as_they_are_now() -> None:
    text = GOOD.replace("unit: user", "unit: file")
    product = import_text(text, "example")
    Feature.objects.filter(key="usersLimit").update(kind="pool")
    assert export(product).omissions == ()
    assert "trackable: true" in export(product).text


def test_a_price_no_file_can_say_is_refused(by_hand: Product) -> None:
    Charge.objects.filter(offering__sku="GOLD").update(amount=10**11)
    with pytest.raises(CommandError, match=r"plans\.gold\.price .*Write a price from 0 to below"):
        run("atlas")


def test_offerings_without_any_price_come_back_as_on_request(by_hand: Product) -> None:
    Charge.objects.all().delete()
    exported = export(by_hand)
    assert "currency: XXX\n" in exported.text
    assert "Offering GOLD: an import of this file finds it changed. Price: nothing -> on request" in str(
        exported.omissions
    )


@pytest.mark.django_db
def test_what_is_private_and_how_many_may_be_bought_is_exported() -> None:
    text = GOOD.replace("    price: 10.50", "    private: true\n    price: 10.50")
    constraints = "    subscriptionConstraints:\n      minQuantity: 2\n"
    exported = export(import_text(text.replace("    availableFor", f"{constraints}    availableFor"), "example"))
    assert exported.omissions == ()
    assert "private: true" in exported.text
    assert constraints in exported.text


def run(*arguments: str) -> tuple[str, str]:
    output, errors = StringIO(), StringIO()
    call_command("export_catalog", *arguments, stdout=output, stderr=errors)
    return output.getvalue(), errors.getvalue()


def test_the_command_writes_the_file_and_names_on_stderr_what_it_cannot_say(by_hand: Product, tmp_path: Path) -> None:
    set_overdraft(by_hand)
    file = tmp_path / "atlas.yml"
    output, errors = run("atlas", "--output", str(file))
    assert (output, errors) == ("", "Offering GOLD: the format has no words for its overdraft.\n")
    assert file.read_text() == run("atlas")[0]
    assert read_catalog(file).head.name == "Atlas Analytics"


@pytest.mark.django_db
def test_an_unknown_product_and_one_without_offerings_are_refused() -> None:
    ProductFactory(code="empty")
    for code, message in (("nothing", 'There is no product "nothing"'), ("empty", "has nothing on sale")):
        with pytest.raises(CommandError, match=message):
            run(code)


def test_a_file_that_cannot_be_written_is_named(by_hand: Product, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be written: Is a directory"):
        run("atlas", "--output", str(tmp_path))


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=40) | st.sampled_from(
    [
        "yes",
        "no",
        "on",
        "null",
        "~",
        "1e12",
        "1_000",
        ".inf",
        ".nan",
        "0x1F",
        "12:30",
        "2025-01-01",
        "- a",
        "# b",
        "a: b",
        "",
        " x ",
    ]
)
SCALARS = TEXTS | st.integers(-(2**63), 2**63) | st.booleans()


@given(st.dictionaries(TEXTS, SCALARS | st.lists(SCALARS, max_size=3), max_size=5))
def test_whatever_is_written_is_read_back_the_same(document: dict[str, Any]) -> None:
    root = load(dump(document).encode() or b"{}", file="any.yml")
    assert plain(root) == document
    assert list(map(type, plain(root).values())) == list(map(type, document.values()))


def test_a_price_of_three_places_comes_back_as_the_same_price(by_hand: Product) -> None:
    Charge.objects.filter(offering__sku="GOLD").update(amount=Decimal("1.234"), kind="usage", per="flat", unit="GB")
    exported = export_catalog(by_hand, day=DAY)
    assert "price: 1.2340\n" in exported.text


def test_an_add_on_that_extends_and_is_not_sold_per_quantity_is_named_as_a_change(by_hand: Product) -> None:
    Offering.objects.filter(kind="add_on").update(seats_sold="not_sold")
    assert "Seats: 2 added -> 2 added for each one bought" in str(export(by_hand).omissions)
