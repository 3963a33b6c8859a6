"""Numbers stay numbers in every file that leaves the app, whatever the language of the site.

The files are found, not listed: every address that ends with .csv, .json or .yml, and every command named export_.
"""

import csv
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
import yaml
from django.core.management import call_command, get_commands
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from changegroups.models import ChangeGroup, Membership
from config.clock import site_today
from entitlements.models import Customer, Order, Override
from entitlements.operations import SetQuantity
from entitlements.schedule import Request, propose, schedule
from offerings.models import Charge, Feature
from tests.cast import TODAY, Cast, make_cast
from tests.entitlements.pages import client_of

pytestmark = pytest.mark.django_db

GROUPED = re.compile(r"[-+]?\d{1,3}([.,'\u00a0\u202f ]\d{3})+([.,]\d+)?")
OVERRIDES = {"seat_limit": 10_000, "api_calls": 2_500_000, "connectors": 1234.5, "overdraft": "1000"}
LOCALES = [
    pytest.param({}, id="as it is"),
    pytest.param({"USE_THOUSAND_SEPARATOR": True}, id="separators"),
    pytest.param({"USE_THOUSAND_SEPARATOR": True, "LANGUAGE_CODE": "de"}, id="German"),
    pytest.param({"USE_THOUSAND_SEPARATOR": True, "LANGUAGE_CODE": "fr"}, id="French"),
]


def addresses(resolver: Any = None, prefix: str = "/") -> Iterator[str]:
    for each in (resolver or get_resolver()).url_patterns:
        address = prefix + str(each.pattern).removeprefix("^").removesuffix("$").removesuffix(r"\Z")
        if isinstance(each, URLResolver):
            yield from addresses(each, address)
        elif isinstance(each, URLPattern) and re.search(r"\.(csv|json|ya?ml)$", address):
            yield address


FILES = sorted(addresses())
EVER = {"from": "2026-01-01", "to": "2030-01-01"}
QUERIES = {
    "/renewals/export.csv": {"month": "2027-03"},  # when the terms of the cast end
    "/orders/<uuid:pk>/invoice.csv": EVER,
    "/invoicing/lines.csv": EVER,
}
EXPORTS = sorted(name for name in get_commands() if name.startswith("export_"))


@pytest.fixture(params=LOCALES)
def localised(request: pytest.FixtureRequest, settings: Any) -> None:
    for name, value in request.param.items():
        setattr(settings, name, value)


@pytest.fixture
def held(db: None) -> Cast:
    """Return the cast with numbers of thousands everywhere."""
    cast = make_cast()
    Charge.objects.filter(offering=cast.offerings["gold_monthly"]).update(amount=Decimal("12345.5"))
    Feature.objects.filter(key="api_calls").update(default=1_000_000)
    group = ChangeGroup.objects.create(name="Atlas")
    for name, priority in (("silver_annual", 1_000), ("gold_annual", -20_000)):
        Membership.objects.create(group=group, offering=cast.offerings[name], priority=priority)
    cast.entitle("silver_annual", seats=3, overrides=OVERRIDES)
    sold = cast.entitle("gold_seats", quantity=12_000)
    more = SetQuantity(as_of=TODAY, quantity=13_000)
    schedule(more, [sold.pk], on=site_today() + timedelta(days=30), made_by=cast.operations, seen=None)
    propose(Request(replace(more, quantity=14_000), (sold.pk,), made_by=cast.operations))
    return cast


def rows_of(cast: Cast, address: str) -> list[dict[str, str]]:
    client: Client = client_of(cast.people["administrator"])
    path = address.replace("<uuid:pk>", str(Order.objects.latest("created_at").pk))
    answer: Any = client.get(path, QUERIES.get(address))
    assert answer.status_code == 200
    return list(csv.DictReader(StringIO(answer.getvalue().decode("utf-8-sig"), newline="")))


def test_there_are_files_to_look_at() -> None:
    assert {"/entitlements/export.csv", "/reports/overrides/export.csv"} <= set(FILES)
    assert {"export_catalog", "export_change_groups"} <= set(EXPORTS)
    assert all(address.endswith(".csv") for address in FILES), (
        "Write here how the numbers of a new kind of file are read."
    )


@pytest.mark.parametrize("address", FILES)
def test_no_cell_has_a_number_with_separators(held: Cast, localised: None, address: str) -> None:
    rows = rows_of(held, address)
    assert rows
    assert [cell for row in rows for cell in row.values() if GROUPED.fullmatch(cell or "")] == []


def test_overrides_come_back_as_the_numbers_they_are(held: Cast, localised: None) -> None:
    found = {row["Key"]: (row["In force"], row["Standard"]) for row in rows_of(held, "/reports/overrides/export.csv")}
    stored = dict(Override.objects.values_list("key", "value"))
    assert {key: float(in_force) for key, (in_force, _standard) in found.items()} == {
        key: float(value) for key, value in stored.items()
    }
    assert found["seat_limit"][1] == "5"


def test_the_list_comes_back_as_the_numbers_it_shows(held: Cast, localised: None) -> None:
    rows = {row["SKU"]: row for row in rows_of(held, "/entitlements/export.csv")}
    numbers = [int(rows["SILVER-ANNUAL"][name]) for name in ("Revision", "Seats used", "Seat limit", "Overrides")]
    assert (numbers, rows["GOLD-SEATS"]["Seat limit"]) == ([1, 3, 10_000, 4], "12000")


def exported(name: str) -> Any:
    out = StringIO()
    names = {"export_catalog": ["atlas"], "export_customer": [str(Customer.objects.earliest("created_at").pk)]}
    call_command(name, *names.get(name, []), stdout=out, stderr=StringIO())
    return yaml.safe_load(out.getvalue())


def leaves(value: Any) -> Iterator[Any]:
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from leaves(each)
    if not isinstance(value, dict | list):
        yield value


@pytest.mark.parametrize("name", EXPORTS)
def test_no_text_of_a_written_file_is_a_number_with_separators(held: Cast, localised: None, name: str) -> None:
    assert [leaf for leaf in leaves(exported(name)) if isinstance(leaf, str) and GROUPED.fullmatch(leaf)] == []


def test_written_files_hold_the_numbers_that_are_stored(held: Cast, localised: None) -> None:
    groups, catalog = exported("export_change_groups"), exported("export_catalog")
    assert groups["groups"]["Atlas"]["offerings"] == {"SILVER-ANNUAL": 1_000, "GOLD-ANNUAL": -20_000}
    assert catalog["usageLimits"]["api_calls"]["defaultValue"] == 1_000_000
    assert catalog["plans"]["gold"]["price"] == 12345.5
