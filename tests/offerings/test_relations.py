"""What a revision says of the editions that go together, and of how many of an add-on can be bought."""

from importlib import import_module
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.migrations.loader import MigrationLoader

from offerings.drafts import drafts
from offerings.models import Offering, Product, Revision
from offerings.relations import Bought, Relations, show_relation
from offerings.revisions import unpublished
from offerings.tables import diff_rows
from tests.factories import EditionFactory, OfferingFactory, ProductFactory, published
from tests.migration_steps import run_step

NAME = "0005_relations_filled"
LIMITS = {"minQuantity": 2, "maxQuantity": 6, "quantityStep": 2, "note": "packs"}


@pytest.fixture
def product(db: None) -> Product:
    return ProductFactory(catalog={"constraints": {"EXTRA": LIMITS}})


@pytest.fixture
def add_on(product: Product) -> Offering:
    """Return an add-on for Silver that needs Support and excludes Lite."""
    edition = EditionFactory(product=product, kind="add_on", key="extra", source_name="EXTRA")
    edition.available_for.add(EditionFactory(product=product, key="silver", name="Silver"))
    edition.depends_on.add(EditionFactory(product=product, kind="add_on", key="support", name="Support"))
    edition.excludes.add(EditionFactory(product=product, kind="add_on", key="lite", name="Lite"))
    return OfferingFactory(product=product, edition=edition, kind="add_on", seats_sold="not_sold", extra_seats=5)


STORED = {
    "edition": "extra",
    "available_for": {"silver": "Silver"},
    "depends_on": {"support": "Support"},
    "excludes": {"lite": "Lite"},
    "bought": {"minQuantity": 2, "maxQuantity": 6, "quantityStep": 2},
}


def test_a_revision_stores_the_relations_of_an_add_on(add_on: Offering) -> None:
    revision = published(add_on)
    assert revision.relations == STORED
    found = Relations.from_json(revision.relations)
    assert found == Relations("extra", {"silver": "Silver"}, {"support": "Support"}, {"lite": "Lite"}, Bought(2, 6, 2))
    assert found.to_json() == STORED


def test_a_revision_of_a_plan_stores_its_edition_alone(db: None) -> None:
    plan = OfferingFactory()
    assert published(plan).relations == {"edition": plan.edition.key}


@pytest.mark.parametrize(
    ("field", "label", "before"),
    [
        ("available_for", "Available for", "Silver"),
        ("depends_on", "Depends on", "Support"),
        ("excludes", "Excludes", "Lite"),
    ],
)
def test_a_relation_that_is_edited_is_a_change_to_publish(
    add_on: Offering, field: str, label: str, before: str
) -> None:
    revision = published(add_on)
    getattr(add_on.edition, field).clear()
    [review] = unpublished([add_on])
    assert [(row.section, row.label, row.before, row.after) for row in diff_rows(review.diff)] == [
        ("Editions", label, before, "")
    ]
    assert Revision.objects.get(pk=revision.pk).relations == STORED
    assert published(add_on).relations == {name: value for name, value in STORED.items() if name != field}


def test_other_limits_on_the_number_are_a_change_to_publish(add_on: Offering) -> None:
    published(add_on)
    Product.objects.update(catalog={"constraints": {"EXTRA": {"maxQuantity": 3}}})
    [review] = unpublished([add_on])
    assert [(each.label, each.before, each.after) for each in review.diff.relations] == [
        ("How many can be bought", "2 to 6, in steps of 2", "1 to 3")
    ]


def test_another_edition_of_the_same_name_is_a_change(add_on: Offering) -> None:
    published(add_on)
    namesake = EditionFactory(product=add_on.product, key="silver2", name="Silver")
    add_on.edition.available_for.set([namesake])
    assert len(unpublished([add_on])) == 1


@pytest.mark.parametrize(
    ("stored", "limits", "words"),
    [
        ({}, Bought(), "1 or more"),
        ({"minQuantity": 1, "maxQuantity": ".inf", "quantityStep": 1}, Bought(), "1 or more"),
        ({"minQuantity": 1, "maxQuantity": "unlimited"}, Bought(), "1 or more"),
        ({"maxQuantity": 1}, Bought(1, 1), "1"),
        ({"minQuantity": 2, "maxQuantity": 6}, Bought(2, 6), "2 to 6"),
        ({"minQuantity": 5, "quantityStep": 5}, Bought(5, None, 5), "5 or more, in steps of 5"),
        ({"minQuantity": "two", "maxQuantity": True, "quantityStep": -1}, Bought(), "1 or more"),
        ({"minQuantity": 0, "maxQuantity": 0, "quantityStep": 0}, Bought(), "1 or more"),
        ({"minQuantity": None, "maxQuantity": None}, Bought(), "1 or more"),
    ],
)
def test_limits_on_the_number_are_read_and_said(stored: dict[str, Any], limits: Bought, words: str) -> None:
    assert (Bought.from_json(stored), str(limits)) == (limits, words)
    assert Bought.from_json(limits.to_json()) == limits


@pytest.mark.parametrize(
    ("limits", "allowed", "refused"),
    [
        (Bought(), [1, 2, 10**18], [0, -1]),
        (Bought(2, 6), [2, 3, 6], [1, 7]),
        (Bought(2, 6, 2), [2, 4, 6], [1, 3, 5, 8]),
        (Bought(1, 1), [1], [0, 2]),
        (Bought(5, None, 5), [5, 10], [4, 6, 0]),
    ],
)
def test_limits_hold_at_their_ends_and_in_their_steps(limits: Bought, allowed: list[int], refused: list[int]) -> None:
    assert [each for each in (*allowed, *refused) if limits.allows(each)] == allowed


def test_a_relation_in_words_names_editions_in_order() -> None:
    assert show_relation("excludes", {"b": "Support", "a": "Extra"}) == "Extra, Support"
    assert (show_relation("excludes", None), show_relation("edition", "gold")) == ("", "gold")


# --- the migration ---------------------------------------------------------------------------------------------------


def run(step: str) -> None:
    apps = MigrationLoader(connection).project_state(("offerings", NAME)).apps
    operations = import_module(f"offerings.migrations.{NAME}").Migration.operations
    for operation in operations if step == "code" else reversed(operations):
        run_step(operation, "code" if step == "code" else "reverse_code", apps)


def test_the_migration_fills_revisions_from_their_drafts_and_goes_back(add_on: Offering) -> None:
    plan = OfferingFactory(product=add_on.product, edition=add_on.edition.available_for.get())
    unlimited = OfferingFactory(product=add_on.product, kind="add_on", seats_sold="not_sold")
    for offering in (add_on, plan, unlimited):
        published(offering)
    meant = {draft.offering_id: draft.relations for draft in drafts([add_on, plan, unlimited])}
    run("back")
    assert list(Revision.objects.values_list("relations", flat=True)) == [{}, {}, {}]
    run("code")
    assert dict(Revision.objects.values_list("offering", "relations")) == meant
    assert unpublished([add_on, plan, unlimited]) == []


def test_revisions_are_protected_again(add_on: Offering) -> None:
    published(add_on)
    run("back")
    run("code")
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE offerings_revision SET note = 'Forged'")
