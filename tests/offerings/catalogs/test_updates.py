"""A newer catalog of the same product: the plan says what changes, and exactly that is written."""

import re
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config.actors import System
from offerings.catalogs import importer
from offerings.catalogs.errors import CatalogError
from offerings.catalogs.import_plan import ImportPlan
from offerings.catalogs.importer import ImportedCatalog, MadeByHand, StalePlan, preview_import
from offerings.catalogs.reader import read_catalog, read_catalog_bytes
from offerings.catalogs.values import Catalog
from offerings.drafts import drafts
from offerings.models import Charge, Edition, EditionValue, Feature, Offering, Plan, Product
from offerings.revisions import publish, unpublished
from tests.factories import (
    EditionFactory,
    EditionValueFactory,
    FeatureFactory,
    OfferingFactory,
    PlanFactory,
    ProductFactory,
)
from tests.offerings.catalogs.dumps import dump, written
from tests.offerings.catalogs.real import FILES, expected
from tests.offerings.catalogs.test_bad_files import GOOD

pytestmark = pytest.mark.django_db


def catalog(text: str = GOOD) -> Catalog:
    return read_catalog_bytes(text.encode(), file="good.yml")


def import_catalog(text: str = GOOD, **options: Any) -> ImportedCatalog:
    return importer.import_catalog(catalog(text), product_code="example", made_by=System("tests"), **options)


def import_file(name: str, code: str) -> ImportedCatalog:
    return importer.import_catalog(read_catalog(FILES[name]), product_code=code, made_by=System("tests"))


def items(plan: ImportPlan) -> list[tuple[str, str, str]]:
    return [(item.section, item.action, item.key) for item in plan.items]


def counts(plan: ImportPlan) -> dict[str, dict[str, int]]:
    found = {
        section: dict(Counter(item.action for item in plan.items if item.section == section))
        for section in plan.unchanged
    }
    return {section: found[section] | {"unchanged": plan.unchanged[section]} for section in found}


def changed(old: str, new: str, text: str = GOOD) -> str:
    assert text.count(old) == 1, old
    return text.replace(old, new)


PAIRS = {
    "github": (
        {"added": 36, "changed": 2, "retired": 5, "unchanged": 83},
        {"added": 2, "changed": 4, "retired": 1, "unchanged": 12},
        {"added": 2, "retired": 1, "unchanged": 16},
    ),
    "jira": (
        {"added": 3, "changed": 60, "unchanged": 6},
        {"changed": 4, "unchanged": 1},
        {"added": 5, "changed": 2, "unchanged": 3},
    ),
    "overleaf": (
        {"added": 3, "changed": 1, "retired": 4, "unchanged": 13},
        {"changed": 2, "unchanged": 1},
        {"added": 3, "unchanged": 3},
    ),
}


@pytest.mark.parametrize("product", PAIRS)
def test_a_year_later_exactly_these_rows_are_added_retired_and_changed(product: str) -> None:
    import_file(f"{product}-2024", product)
    plan = import_file(f"{product}-2025", product).plan
    assert counts(plan) == dict(zip(("features", "editions", "offerings"), PAIRS[product], strict=True))


@pytest.mark.parametrize("product", PAIRS)
def test_what_is_added_and_retired_is_what_the_two_files_differ_in(product: str) -> None:
    import_file(f"{product}-2024", product)
    plan = import_file(f"{product}-2025", product).plan
    names = {feature.key: feature.source_name for feature in Feature.objects.all()}
    found = {action: {names[item.key] for item in plan.chosen("features", action)} for action in ("added", "retired")}
    before, after = (defined(f"{product}-{year}") for year in (2024, 2025))
    assert found == {"added": after - before, "retired": before - after}


def defined(name: str) -> set[str]:
    """Return the names of features and limits a file defines; the limit that is stored as seats is no feature."""
    facts = expected(name)
    return {*facts["features"], *facts["usageLimits"]}


@pytest.mark.parametrize("product", PAIRS)
def test_after_the_update_the_draft_is_that_of_a_first_import(product: str) -> None:
    import_file(f"{product}-2024", product)
    updated = import_file(f"{product}-2025", product)
    fresh = import_file(f"{product}-2025", "fresh")
    assert [rights(offering) for offering in updated.offerings] == [rights(offering) for offering in fresh.offerings]


def rights(offering: Offering) -> Any:
    [draft] = drafts([offering])
    return draft.rights, draft.extensions, draft.prices, draft.terms


@pytest.mark.parametrize("name", FILES)
def test_importing_twice_writes_nothing(name: str) -> None:
    import_file(name, "example")
    before = dump("offerings")
    with CaptureQueriesContext(connection) as queries:
        plan = import_file(name, "example").plan
    assert (plan.items, written(before, dump("offerings"))) == ((), {})
    assert [query["sql"] for query in queries if re.match("INSERT|UPDATE|DELETE", query["sql"])] == []


@pytest.mark.parametrize("product", PAIRS)
def test_there_and_back_again_restores_the_same_draft_under_the_same_skus(product: str) -> None:
    first = [rights(offering) for offering in import_file(f"{product}-2024", product).offerings]
    skus = set(Offering.objects.values_list("sku", flat=True))
    import_file(f"{product}-2025", product)
    back = import_file(f"{product}-2024", product)
    assert [rights(offering) for offering in back.offerings] == first
    assert set(Offering.objects.on_sale().values_list("sku", flat=True)) == skus


@pytest.mark.parametrize("product", PAIRS)
def test_the_plan_is_exactly_what_is_written(product: str) -> None:
    import_file(f"{product}-2024", product)
    later = read_catalog(FILES[f"{product}-2025"])
    before, seen = dump("offerings"), preview_import(later, product_code=product)
    assert dump("offerings") == before
    plan = importer.import_catalog(later, product_code=product, made_by=System("tests"), expected=seen.fingerprint).plan
    assert plan.items == seen.items
    found = written(before, dump("offerings"))
    for table, section in (("Feature", "features"), ("Edition", "editions"), ("Offering", "offerings")):
        added, touched, gone = found.get(table, (0, 0, 0))
        assert (added, gone) == (len(plan.chosen(section, "added")), 0)
        own = {"Feature": touched, "Edition": len(plan.chosen(section, "retired")), "Offering": touched}[table]
        assert own == sum(len(plan.chosen(section, action)) for action in own_actions(table))


def own_actions(table: str) -> tuple[str, ...]:
    """Return what changes rows of the table itself in these pairs; editions and prices change in rows of their own."""
    return ("changed", "retired") if table == "Feature" else ("retired",)


def test_only_new_dates_change_no_draft() -> None:
    imported = import_catalog()
    publish(imported.offerings, published_by=None, published_by_name="tests")
    before = dump("offerings")
    plan = import_catalog(changed("'2025-01-31'", "'2026-01-31'")).plan
    assert (plan.items, written(before, dump("offerings"))) == ((), {"Product": (0, 1, 0)})
    assert Product.objects.get().catalog["created_at"] == "2026-01-31"
    assert unpublished(Offering.objects.all()) == []


@pytest.mark.parametrize(
    ("old", "new", "meant"),
    [
        ("price: 10.50", "price: 12", [("offerings", "changed", "EXAMPL-BASIC-M-2E97D")]),
        ("price: 10.50", "price: Ask us", [("offerings", "changed", "EXAMPL-BASIC-M-2E97D")]),
        ("price: 10.50", "price: 0", [("offerings", "changed", "EXAMPL-BASIC-M-2E97D")]),
        ("defaultValue: None", "defaultValue: Phone", [("features", "changed", "support")]),
        ("features: null", "features: {reports: {value: false}}", [("editions", "changed", "BASIC")]),
        ("features: null", "description: New", [("editions", "changed", "BASIC")]),
        ("features: null", "private: true", [("offerings", "changed", "EXAMPL-BASIC-M-2E97D")]),
        ("defaultValue: 5", "defaultValue: 6", [("offerings", "changed", "EXAMPL-BASIC-M-2E97D")]),
        ("{value: 1}", "{value: 2}", [("offerings", "changed", "EXAMPL-MORE-M-09906")]),
        ("    availableFor: [BASIC]\n", "", [("editions", "changed", "MORE")]),
        ("    type: DOMAIN\n", "    type: SUPPORT\n", [("features", "changed", "reports")]),
    ],
)
def test_one_change_in_the_file_is_one_change_in_the_plan(old: str, new: str, meant: object) -> None:
    import_catalog()
    Offering.objects.filter(edition__key="BASIC").update(sku="EXAMPL-BASIC-M-2E97D")
    Offering.objects.filter(edition__key="MORE").update(sku="EXAMPL-MORE-M-09906")
    assert items(import_catalog(changed(old, new)).plan) == meant


def test_what_becomes_free_is_sold_under_the_free_plan_with_its_old_sku() -> None:
    import_catalog()
    sku = Offering.objects.get(edition__key="BASIC").sku
    plan = import_catalog(changed("price: 10.50", "price: 0")).plan
    assert [difference.label for difference in plan.items[0].differences] == ["Plan", "Price"]
    assert Offering.objects.get(edition__key="BASIC", plan__code="free-monthly").sku == sku


def test_a_feature_that_becomes_a_number_changes_its_kind_and_its_values() -> None:
    text = changed("features: null", "features: {reports: {value: false}}")
    import_catalog(text)
    later = changed("valueType: BOOLEAN\n    defaultValue: true", "valueType: NUMERIC\n    defaultValue: 1", text)
    plan = import_catalog(changed("{value: false}", "{value: 0}", later)).plan
    assert items(plan) == [("features", "changed", "reports"), ("editions", "changed", "BASIC")]
    assert [(d.label, d.before, d.after) for d in plan.items[0].differences][:2] == [
        ("Kind", "flag", "number"),
        ("Default", "on", "1"),
    ]
    value = EditionValue.objects.get(feature__key="reports")
    assert (value.value, type(value.value), value.feature.kind) == (0, int, "number")


def test_a_true_that_becomes_a_1_is_a_change() -> None:
    text = changed("defaultValue: true", "defaultValue: false")
    import_catalog(changed("features: null", "features: {reports: {value: true}}", text))
    later = changed("valueType: BOOLEAN\n    defaultValue: false", "valueType: NUMERIC\n    defaultValue: 0", text)
    import_catalog(changed("features: null", "features: {reports: {value: 1}}", later))
    assert type(EditionValue.objects.get(feature__key="reports").value) is int


def test_what_left_is_retired_and_what_returns_reinstated_with_its_key_and_sku() -> None:
    before = {row.pk: row.sku for row in import_catalog().offerings}
    without = GOOD[: GOOD.index("addOns:")].replace("  support:\n    valueType: TEXT\n    defaultValue: None\n", "")
    gone = import_catalog(without).plan
    assert items(gone) == [
        ("features", "retired", "support"),
        ("editions", "retired", "MORE"),
        ("offerings", "retired", Offering.objects.get(edition__key="MORE").sku),
    ]
    back = import_catalog().plan
    assert [(section, action) for section, action, _key in items(back)] == [
        ("features", "reinstated"),
        ("editions", "reinstated"),
        ("offerings", "reinstated"),
    ]
    assert {row.pk: row.sku for row in Offering.objects.on_sale()} == before


def test_new_rows_stand_beside_their_neighbour_and_no_other_row_moves() -> None:
    import_catalog()
    before = dump("offerings")["Feature"]
    import_catalog(changed("  support:\n", "  audits: {valueType: BOOLEAN, defaultValue: true}\n  support:\n"))
    after = dump("offerings")["Feature"]
    assert {pk: after[pk] for pk in before} == before
    assert list(Feature.objects.order_by("position", "key").values_list("key", flat=True)) == [
        "audits",
        "reports",
        "support",
    ]


def test_names_and_settings_staff_gave_stay() -> None:
    import_catalog()
    Feature.objects.filter(key="reports").update(name="Nice reports")
    Offering.objects.filter(edition__key="BASIC").update(name="Basic", overdraft="10%", lease_period="P1D")
    Product.objects.update(name="Example Suite")
    before = dump("offerings")
    import_catalog(changed("defaultValue: None", "defaultValue: Phone"))
    assert written(before, dump("offerings")) == {"Feature": (0, 1, 0), "Product": (0, 1, 0)}


def test_rows_made_by_hand_beside_an_import_are_left_alone() -> None:
    product = import_catalog().product
    FeatureFactory(product=product, key="by_hand")
    edition = EditionFactory(product=product, key="by_hand")
    EditionValueFactory(edition=edition, feature=Feature.objects.get(key="reports"), value=False)
    OfferingFactory(product=product, edition=edition, plan=Plan.objects.get(code="monthly"), sku="BY-HAND")
    OfferingFactory(
        product=product, edition=Edition.objects.get(key="BASIC"), plan=PlanFactory(duration="P1Y"), sku="YEAR"
    )
    Charge.objects.create(offering=Offering.objects.get(edition__key="BASIC", plan__code="monthly"), key="setup")
    before = dump("offerings")
    assert items(import_catalog().plan) == []
    assert written(before, dump("offerings")) == {}


def test_an_offering_made_by_hand_is_taken_over_when_the_file_sells_its_period() -> None:
    product = import_catalog().product
    by_hand = OfferingFactory(
        product=product, edition=Edition.objects.get(key="BASIC"), plan=PlanFactory(code="yearly", duration="P1Y")
    )
    plan = import_catalog(changed("currency: EUR", "currency: EUR\nbilling: {monthly: 1, annual: 0.8}")).plan
    assert ("offerings", "changed", by_hand.sku) in items(plan)
    assert by_hand.charges.get().amount == Decimal("100.80")


def test_a_value_of_the_old_kind_in_an_edition_made_by_hand_is_warned_of() -> None:
    product = import_catalog().product
    edition = EditionFactory(product=product, name="Special")
    EditionValueFactory(edition=edition, feature=Feature.objects.get(key="reports"), value=False)
    plan = import_catalog(
        changed("valueType: BOOLEAN\n    defaultValue: true", "valueType: NUMERIC\n    defaultValue: 1")
    ).plan
    assert "reports: Edition Special, made by hand, has a value of the old kind." in "\n".join(map(str, plan.warnings))


def test_a_product_made_by_hand_asks_first_and_then_is_matched_by_key() -> None:
    product = ProductFactory(code="example")
    FeatureFactory(product=product, key="reports", default=True)
    with pytest.raises(MadeByHand, match="This product was made by hand"):
        import_catalog()
    plan = import_catalog(into_existing=True).plan
    assert items(plan)[0] == ("features", "added", "support")
    assert plan.unchanged["features"] == 1


def test_a_feature_made_by_hand_goes_to_one_name_only() -> None:
    product = ProductFactory(code="example")
    FeatureFactory(product=product, key="storage", default=True)
    text = changed("  support:\n", "  storage: {valueType: BOOLEAN, defaultValue: true}\n  support:\n").replace(
        "usageLimits:\n  users", "usageLimits:\n  storage: {valueType: NUMERIC, defaultValue: 1, unit: GB}\n  users", 1
    )
    import_catalog(text, into_existing=True)
    assert dict(Feature.objects.filter(key__startswith="storage").values_list("key", "kind")) == {
        "storage": "flag",
        "storage_2": "number",
    }


def test_a_product_off_sale_is_refused() -> None:
    import_catalog().product.retire()
    with pytest.raises(CatalogError, match="This product is off sale"):
        import_catalog()


def test_another_name_of_the_service_is_warned_of_and_the_product_keeps_its_own() -> None:
    import_catalog()
    plan = import_catalog(changed("saasName: Example", "saasName: Example - Businesses")).plan
    assert [str(warning) for warning in plan.warnings] == [
        "saasName: The file is about Example - Businesses; the last one was about Example."
    ]
    assert Product.objects.get().name == "Example"


def test_a_plan_that_moved_on_is_refused_and_nothing_written() -> None:
    import_catalog()
    later = changed("price: 10.50", "price: 12")
    seen = preview_import(catalog(later), product_code="example").fingerprint
    Charge.objects.update(amount=11)
    before = dump("offerings")
    with pytest.raises(StalePlan):
        import_catalog(later, expected=seen)
    assert written(before, dump("offerings")) == {}


@pytest.mark.parametrize(
    ("text", "emptied"),
    [
        (GOOD, ()),
        (GOOD.replace("BASIC", "OTHER"), ("The one plan it has now would be retired.",)),
        (
            GOOD.replace("  reports:", "  charts:").replace("  support:", "  help:"),
            ("All 2 features it has now would be retired.",),
        ),
        (
            GOOD[: GOOD.index("plans:")] + GOOD[GOOD.index("addOns:") :].replace("    availableFor: [BASIC]\n", ""),
            ("The one plan it has now would be retired.",),
        ),
    ],
)
def test_a_file_that_leaves_nothing_says_so(text: str, emptied: tuple[str, ...]) -> None:
    import_catalog()
    assert preview_import(catalog(text), product_code="example").emptied == emptied


def test_an_update_takes_as_many_queries_for_many_changes_as_for_few() -> None:
    assert queries_of_update(40) == queries_of_update(2)


def queries_of_update(count: int) -> int:
    """Return how many queries it takes to add, change and retire so many features and their values."""
    before, after = (many(range(first, first + 2 * count), value) for first, value in ((0, "true"), (count, "false")))
    code = f"product-{count}"
    importer.import_catalog(catalog(before), product_code=code, made_by=System("tests"))
    with CaptureQueriesContext(connection) as queries:
        plan = importer.import_catalog(catalog(after), product_code=code, made_by=System("tests")).plan
    assert counts(plan)["features"] == {"added": count, "changed": count, "retired": count, "unchanged": 2}
    return len(queries)


def many(numbers: range, value: str) -> str:
    features = "".join(f"  f{n}: {{valueType: BOOLEAN, defaultValue: {value}}}\n" for n in numbers)
    opposite = "false" if value == "true" else "true"
    values = ", ".join(f"f{n}: {{value: {opposite}}}" for n in numbers)
    text = changed("  support:\n", f"{features}  support:\n")
    return changed("features: null", f"features: {{{values}}}", text)


def test_an_old_file_makes_an_offering_for_each_price_it_has() -> None:
    text = "saasName: Old\nday: 3\nmonth: 7\nyear: 2021\ncurrency: EUR\nfeatures: {}\nplans:\n"
    plans = "  BASIC: {monthlyPrice: 1}\n  PRO: {monthlyPrice: 2, annualPrice: 20}\n"
    imported = import_catalog(text + plans)
    assert [(row.edition.key, row.plan.code) for row in imported.offerings] == [
        ("BASIC", "monthly"),
        ("PRO", "monthly"),
        ("PRO", "annual"),
    ]
    assert [charge.amount for charge in imported.charges] == [1, 2, 20]
    assert import_catalog(text + plans).plan.items == ()


PER_USER = ("price: 10.50\n    unit: /month", "price: 10.50\n    unit: user/month")


def test_seats_that_become_per_quantity_lose_their_number_and_the_limit_becomes_a_feature() -> None:
    import_catalog()
    plan = import_catalog(changed(*PER_USER)).plan
    assert ("features", "added", "usersLimit") in items(plan)
    offering = Offering.objects.get(edition__key="BASIC")
    assert (offering.seats_sold, offering.seat_limit) == ("per_quantity", None)
    assert Offering.objects.filter(seat_limit__isnull=True).count() == 2
    assert items(import_catalog(changed(*PER_USER)).plan) == []


def test_seats_that_become_fixed_again_have_a_number_and_the_feature_is_retired() -> None:
    import_catalog(changed(*PER_USER))
    plan = import_catalog().plan
    assert ("features", "retired", "usersLimit") in items(plan)
    assert Offering.objects.get(edition__key="BASIC").seat_limit == 5


def test_an_add_on_that_no_longer_adds_seats_says_so_nowhere() -> None:
    import_catalog()
    import_catalog(GOOD[: GOOD.index("    usageLimitsExtensions:")])
    assert Offering.objects.get(edition__key="MORE").extra_seats is None
