"""Every single value of a catalog, replaced by everything odd: the file imports or is refused at a place."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
import yaml

from config.actors import System
from offerings.catalogs.errors import CatalogError
from offerings.catalogs.exporter import export_catalog
from offerings.catalogs.importer import import_catalog
from offerings.catalogs.reader import read_catalog_bytes
from offerings.models import Charge, Product

WHOLE = """
syntaxVersion: '3.0'
saasName: Example
createdAt: '2025-01-31'
version: '2025'
currency: EUR
url: https://example.com/pricing
tags: [Extras]
billing: {monthly: 1, semester: 0.9}
variables: {base: 10.5}
custom: {anything: 1}
features:
  reports:
    description: Reports
    valueType: BOOLEAN
    defaultValue: true
    type: DOMAIN
    tag: Extras
    docUrl: https://example.com/docs
    pricingUrls: [https://example.com/reports]
    render: AUTO
    expression: planContext.reports
  payment: {valueType: TEXT, defaultValue: [CARD, ACH], type: PAYMENT}
usageLimits:
  usersLimit:
    description: Users
    valueType: NUMERIC
    defaultValue: 5
    unit: user
    type: NON_RENEWABLE
    trackable: false
    linkedFeatures: [reports]
  calls: {valueType: NUMERIC, defaultValue: 100, type: RENEWABLE, period: {value: 1, unit: MONTH}}
plans:
  BASIC:
    description: For teams
    price: '#base * 2'
    unit: /month
    private: false
    features: {reports: {value: false}}
    usageLimits: {usersLimit: {value: 10}}
addOns:
  MORE:
    price: 1
    unit: /month
    availableFor: [BASIC]
    dependsOn: []
    excludes: []
    usageLimitsExtensions: {usersLimit: {value: 1}}
    subscriptionConstraints: {minQuantity: 1, maxQuantity: .inf, quantityStep: 1}
"""
ODD = [
    None,
    "",
    " ",
    "\u200b",
    "x" * 3000,
    "<b>x</b>",
    "#x",
    "{{ x }}",
    "2025-13-45",
    "https://[",
    "javascript:alert(1)",
    0,
    -1,
    10**30,
    1.5,
    float("inf"),
    True,
    [],
    [[]],
    {},
    {"a": {"b": 1}},
]


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield from places(value[key], (*path, key))


DAY = date(2026, 1, 31)
PLACES = [path for path in places(yaml.safe_load(WHOLE)) if path]


def with_value(path: tuple[Any, ...], value: Any) -> bytes:
    document = yaml.safe_load(WHOLE)
    holder = document
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    return yaml.safe_dump(document, allow_unicode=True).encode()


def with_key(path: tuple[Any, ...], key: Any) -> bytes:
    document = yaml.safe_load(WHOLE)
    holder = document
    for each in path[:-1]:
        holder = holder[each]
    holder[key] = holder.pop(path[-1])
    return yaml.safe_dump(document, allow_unicode=True).encode()


def outcome(data: bytes) -> str:
    try:
        import_catalog(read_catalog_bytes(data, file="odd.yml"), product_code="odd", made_by=System("tests"))
    except CatalogError as error:
        return str(error)
    return "imported"


@pytest.mark.django_db
@pytest.mark.parametrize("path", PLACES, ids=lambda path: ".".join(map(str, path)))
def test_an_odd_value_is_imported_or_refused_by_name(path: tuple[Any, ...]) -> None:
    for value in ODD:
        found = outcome(with_value(path, value))
        assert found == "imported" or found.startswith("odd.yml: ")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", [path for path in PLACES if not isinstance(path[-1], int)], ids=lambda path: ".".join(map(str, path))
)
def test_an_odd_name_is_imported_or_refused_by_name(path: tuple[Any, ...]) -> None:
    for key in ("", " ", "\u202e", "x" * 300, "<b>", "#x", "\u00e9", "1"):
        found = outcome(with_key(path, key))
        assert found == "imported" or found.startswith("odd.yml: ")


@pytest.mark.django_db
def test_a_semester_is_half_a_year_and_its_price_is_computed() -> None:
    import_catalog(read_catalog_bytes(WHOLE.encode(), file="whole.yml"), product_code="whole", made_by=System("tests"))
    charges = Charge.objects.filter(offering__edition__key="BASIC").select_related("offering__plan")
    due = {charge.offering.plan.duration: str(charge.amount.normalize()) for charge in charges if charge.amount}
    assert due == {"P1M": "21", "P6M": "113.4"}


@pytest.mark.django_db
def test_variables_and_semester_come_back_from_an_export() -> None:
    product = import_catalog(
        read_catalog_bytes(WHOLE.encode(), file="whole.yml"), product_code="whole", made_by=System("tests")
    ).product
    exported = export_catalog(Product.objects.get(pk=product.pk), day=DAY)
    assert yaml.safe_load(exported.text)["variables"] == {"base": 10.5}
    assert yaml.safe_load(exported.text)["billing"] == {"monthly": 1, "semester": 0.9}
    assert exported.omissions == ()
