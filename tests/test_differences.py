"""The sentences of an edit at their boundaries, and the words for stored values."""

import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from changegroups.models import ChangeGroup
from config.actors import System, name_of, process
from config.differences import Names, Part, Snapshot, Value, differences
from config.edit_log import logged
from config.snapshots import in_words, snapshot_of, snapshots
from entitlements.models import Customer
from offerings.models import Edition, Offering, Product
from tests.factories import ChargeFactory, EditionFactory, EditionValueFactory, FeatureFactory, OfferingFactory


def row(stored: Any, shown: str, *, is_secret: bool = False) -> Snapshot:
    return Snapshot("row", values={"amount": Value("amount", stored, shown, is_secret)})


def listing(*names: str) -> Snapshot:
    return Snapshot("row", names={"roles": Names("roles", dict(enumerate(names)))})


def parts(**amounts: int | None) -> Snapshot:
    """Return a row with charges by key; one without an amount has no values."""
    found = {
        ("charges", key): Part(
            "charge", "charges", key, {} if amount is None else {"amount": Value("amount", amount, str(amount))}
        )
        for key, amount in amounts.items()
    }
    return Snapshot("row", parts=found)


@pytest.mark.parametrize(
    ("before", "after", "sentences"),
    [
        (None, None, ()),
        (row(20, "20"), row(20, "20"), ()),
        (row(20, "20"), row(25, "25"), ("Amount: 20 → 25.",)),
        (row(None, ""), row(0, "0"), ("Amount: none → 0.",)),
        (row("x", "x"), row("", ""), ("Amount: x → none.",)),
        (row(None, ""), row("", ""), ("Amount: (None) → ().",)),
        (row(1, "Gold"), row(2, "Gold"), ("Amount: Gold (1) → Gold (2).",)),
        (row("a", "set", is_secret=True), row("b", "set", is_secret=True), ("Amount: changed.",)),
        (row("a", "set", is_secret=True), row("!", "", is_secret=True), ("Amount: set → none.",)),
        (row("", "", is_secret=True), row("b", "set", is_secret=True), ("Amount: none → set.",)),
        (row("!a", "", is_secret=True), row("!b", "", is_secret=True), ("Amount: changed.",)),
        (None, row(20, "20"), ("Amount: 20.",)),
        (row(20, "20"), None, ("Amount: 20.",)),
        (None, row(None, ""), ()),
        (Snapshot("row"), row(20, "20"), ("Amount: none → 20.",)),
        (row(20, "20"), Snapshot("row"), ("Amount: 20 → none.",)),
        (listing("b", "a"), listing("b", "a"), ()),
        (listing(), listing("b", "a"), ("Roles added: a, b.",)),
        (listing("b", "a"), listing(), ("Roles removed: a, b.",)),
        (None, listing("b", "a"), ("Roles: a, b.",)),
        (None, listing(), ()),
        (parts(), parts(price=20), ("Added charge price (amount 20).",)),
        (parts(price=20), parts(), ("Removed charge price (amount 20).",)),
        (parts(price=20), parts(price=25), ("Amount of charge price: 20 → 25.",)),
        (parts(price=20), parts(price=20), ()),
        (parts(), parts(a=None), ("Added charge: a.",)),
        (parts(), parts(a=None, b=None), ("Added 2 charges: a, b.",)),
        (parts(a=None, b=None), parts(), ("Removed 2 charges: a, b.",)),
        (parts(), parts(a=None, b=1), ("Added charge: a.", "Added charge b (amount 1).")),
        (None, parts(a=None, b=1), ("Charge a.", "Charge b (amount 1).")),
    ],
)
def test_a_sentence_for_each_difference(
    before: Snapshot | None, after: Snapshot | None, sentences: tuple[str, ...]
) -> None:
    assert differences(before, after) == sentences


def test_a_part_that_gets_another_name_is_named_by_both() -> None:
    was, now = (Snapshot("row", parts={("charges", 1): Part("charge", "charges", name, {})}) for name in ("a", "b"))
    assert differences(was, now) == ("Charge a → b.",)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, ""),
        ("", ""),
        ("x", "x"),
        (True, "yes"),
        (False, "no"),
        (0, "0"),
        (999, "999"),
        (1000, "1,000"),
        (Decimal("20.000000"), "20"),
        (Decimal("0.10"), "0.1"),
        (Decimal("1E+3"), "1000"),
        (Decimal(0), "0"),
        (date(2026, 2, 28), "2026-02-28"),
        (datetime(2026, 2, 28, 1, 30, tzinfo=timezone(timedelta(hours=2))), "2026-02-27 23:30:00 UTC"),
        (datetime(2026, 2, 28, tzinfo=UTC), "2026-02-28 00:00:00 UTC"),
        (["b", "ä"], '["b", "ä"]'),
        ([], "[]"),
    ],
)
def test_values_are_shown_as_people_read_them(value: Any, shown: str) -> None:
    assert in_words(value) == shown


# --- rows ------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_rights_and_periods_are_shown_as_the_catalog_shows_them() -> None:
    offering = OfferingFactory(seat_limit="unlimited", grace_period="P14D", overdraft="none")
    shown = {name: value.words for name, value in snapshot_of(offering).values.items()}
    assert (shown["seat_limit"], shown["grace_period"], shown["lease_period"]) == (
        "unlimited",
        "14 days",
        "the product's",
    )
    assert {"id", "charges"}.isdisjoint(shown)


@pytest.mark.django_db
def test_one_and_true_are_different_values_and_a_tree_is_shown_leaf_by_leaf() -> None:
    offering, process_ = OfferingFactory(), System("tests")
    product = Product.objects.get(pk=offering.product_id)
    for catalog in ({"tags": {"a": 1}}, {"tags": {"a": True, "b": "x"}}):
        with logged(product, made_by=process_):
            Product.objects.filter(pk=product.pk).update(catalog=json.loads(json.dumps(catalog)))
    texts = [line.change_message for line in LogEntry.objects.order_by("pk")]
    assert texts == ["Catalog, tags, a: none → 1.", "Catalog, tags, a: 1 → yes.\nCatalog, tags, b: none → x."]


@pytest.mark.django_db
def test_reading_rows_takes_as_many_queries_for_20_as_for_2() -> None:
    def queries(count: int) -> int:
        for _number in range(count):
            offering = OfferingFactory()
            ChargeFactory(offering=offering)
            feature = FeatureFactory(product=offering.product)
            EditionValueFactory(edition=offering.edition, feature=feature)
            offering.edition.excludes.add(EditionFactory(product=offering.product, kind="add_on"))
            group = ChangeGroup.objects.create(name=f"Group {offering.sku}")
            group.memberships.create(offering=offering, priority=1)
        with CaptureQueriesContext(connection) as captured:
            for model in (Offering, Edition, ChangeGroup):
                snapshots(model._base_manager.all())
        return len(captured)

    assert queries(2) == queries(20)


def rename_and_fail(customer: Customer) -> None:
    with logged(customer, made_by=System("tests")):
        Customer.objects.update(name="Borg")
        raise RuntimeError


@pytest.mark.django_db
def test_an_edit_that_fails_leaves_neither_row_nor_line() -> None:
    customer = Customer.objects.create(name="Halden")
    with pytest.raises(RuntimeError):
        rename_and_fail(customer)
    assert (Customer.objects.get().name, LogEntry.objects.count(), User.objects.count()) == ("Halden", 0, 0)


def test_a_process_is_named_by_its_user_on_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "x" * 200)
    assert len(name_of(process())) == 150
    assert str(System("deploy")) == "system (deploy)"
