"""Customers from a file: added and changed by account reference, each with its line in the log."""

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext

from entitlements.models import Customer, CustomerField, FieldValue
from tests.cast import Cast
from tests.entitlements.importing.files import bring_in, look

HEAD = "Account reference;Name\n"

pytestmark = pytest.mark.django_db


def customer(name: str, reference: str) -> Customer:
    return Customer.objects.create(name=name, account_reference=reference)


def test_customers_are_added_changed_and_left_alone(cast: Cast) -> None:
    changed, same, unnamed = customer("Halden", "C-1"), customer("Osprey", "C-2"), customer("Kestrel", "C-4")
    text = HEAD + "c-1;Halden Robotics\nC-2;Osprey\nC-3;Falcon\nC-4;\n"
    done = bring_in(cast, "customers", text)
    assert (done.errors, done.counts) == ([], (1, 1, 2))
    for each in (changed, same, unnamed):
        each.refresh_from_db()
    assert (changed.name, changed.account_reference, same.name, unnamed.name) == (
        *("Halden Robotics", "c-1"),
        *("Osprey", "Kestrel"),
    )
    assert changed.name_folded == "halden robotics"
    added = Customer.objects.get(name="Falcon")
    lines = dict(LogEntry.objects.values_list("object_id", "change_message"))
    assert set(lines) == {str(changed.pk), str(added.pk)}
    assert "Halden → Halden Robotics" in lines[str(changed.pk)]


def test_a_dry_run_writes_nothing(cast: Cast) -> None:
    assert look(cast, "customers", HEAD + "C-1;Halden\n").counts == (1, 0, 0)
    assert not Customer.objects.exists()


def test_all_errors_are_said_by_line_and_nothing_is_written(cast: Cast) -> None:
    for _ in range(2):
        customer("Twin", "T-1")
    rows = ["C-1;Halden", "C-1 ;Halden", ";Nobody", "C-2;", "T-1;Twin", f"C-3;{'x' * 101}", "C-4;a\u200bb", "C-5;x;y"]
    done = bring_in(cast, "customers", HEAD + "\n".join(rows))
    assert sorted(done.said) == [
        (3, ""),
        (4, "account_reference"),
        (5, "name"),
        (6, "account_reference"),
        (7, "name"),
        (8, "name"),
        (9, ""),
    ]
    assert Customer.objects.count() == 2


def test_a_new_customer_with_the_name_of_another_is_warned_about(cast: Cast) -> None:
    customer("Halden", "C-1")
    done = bring_in(cast, "customers", HEAD + "C-2;HALDEN\n")
    assert [(each.line, each.column) for each in done.warnings] == [(2, "name")]
    assert Customer.objects.count() == 2


@pytest.mark.parametrize("action", [look, bring_in])
def test_queries_do_not_grow_with_the_lines(cast: Cast, action: Any) -> None:
    counts = []
    for count in (10, 20):
        for number in range(count):
            customer(f"Old {count} {number}", f"O-{count}-{number}")
        rows = [f"O-{count}-{n};Older {n}\nN-{count}-{n};New {count} {n}\n" for n in range(count)]
        with CaptureQueriesContext(connection) as queries:
            assert action(cast, "customers", HEAD + "".join(rows)).errors == []
        counts.append(len(queries))
    assert counts[0] == counts[1]


# --- owner, tags, contact, fields ------------------------------------------------------------------------------------

FULL = "account_reference,name,owner,tags,contact,contact_email,contact_role,field:region,field:Employees\n"


@pytest.fixture
def _fields(cast: Cast) -> None:
    CustomerField.objects.create(key="region", label="Region", kind="choice", choices="North\nSouth")
    CustomerField.objects.create(key="employees", label="Employees", kind="number")


def details(customer: Customer) -> tuple[Any, ...]:
    contact = customer.contacts.get()
    values = dict(customer.field_values.order_by().values_list("field__key", "value"))
    tags = sorted(customer.tags.values_list("name", flat=True))
    return customer.owner and customer.owner.username, tags, (contact.name, contact.email, contact.role), values


@pytest.mark.usefixtures("_fields")
def test_details_are_added_changed_and_left_alone(cast: Cast) -> None:
    line = 'C-1,Halden,support,"key account, Robots",Ada,ada@halden.example,IT,south,250\n'
    assert bring_in(cast, "customers", FULL + line).counts == (1, 0, 0)
    halden = Customer.objects.get()
    assert details(halden) == (
        "support",
        ["Robots", "key account"],
        ("Ada", "ada@halden.example", "IT"),
        {"region": "South", "employees": "250"},
    )
    assert halden.contacts.get().is_primary
    assert bring_in(cast, "customers", FULL + line).counts == (0, 0, 1)
    changed = bring_in(cast, "customers", FULL + "C-1,,none,ROBOTS,,bea@halden.example,,none,1200.5\n")
    halden.refresh_from_db()
    assert (changed.errors, changed.counts) == ([], (0, 1, 0))
    assert details(halden) == (None, ["Robots"], ("Ada", "bea@halden.example", "IT"), {"employees": "1200.5"})
    assert FieldValue.objects.get().number == Decimal("1200.5")
    said = LogEntry.objects.filter(object_id=str(halden.pk)).latest("pk").change_message
    for words in ("Owner: ", "Tags removed: key account.", "ada@halden.example → bea@halden.example", "250 → 1200.5"):
        assert words in said


@pytest.mark.usefixtures("_fields")
def test_wrong_details_are_errors_of_their_columns(cast: Cast) -> None:
    rows = [
        "C-1,Halden,nobody,,,,,,\n",
        f"C-2,Osprey,,{'x' * 41},,,,,\n",
        "C-3,Kestrel,,,,ada@halden.example,,,\n",
        "C-4,Falcon,,,Ada,at home,,,\n",
        'C-5,Merlin,,,,,,West,"1,200"\n',
    ]
    done = bring_in(cast, "customers", FULL + "".join(rows))
    assert sorted(done.said) == [
        (2, "owner"),
        (3, "tags"),
        (4, "contact"),
        (5, "contact_email"),
        (6, "field:Employees"),
        (6, "field:region"),
    ]
    assert not Customer.objects.exists()


@pytest.mark.usefixtures("_fields")
@pytest.mark.parametrize("action", [look, bring_in])
def test_queries_of_details_do_not_grow_with_the_lines(cast: Cast, action: Any) -> None:
    counts = []
    bring_in(cast, "customers", FULL + 'T,Tagged,,"a, b",,,,,\n')
    for count in (10, 20):
        rows = [f'D-{count}-{n},Name {count} {n},support,"a, b",Ada,a@b.example,IT,North,{n}\n' for n in range(count)]
        with CaptureQueriesContext(connection) as queries:
            assert action(cast, "customers", FULL + "".join(rows)).errors == []
        counts.append(len(queries))
    assert counts[0] == counts[1]
