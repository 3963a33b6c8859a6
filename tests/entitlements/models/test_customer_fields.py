"""Free fields of customers: what each kind takes, and how customers are found by contacts, tags and fields."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from entitlements.models import Contact, Customer, CustomerField, FieldValue, Tag

pytestmark = pytest.mark.django_db
READ = [
    ("text", "  north ", "north"),
    ("text", "", ""),
    ("text", "x" * 200, "x" * 200),
    ("number", "12", "12"),
    ("number", "-0.5", "-0.5"),
    ("number", "1.5000", "1.5"),
    ("number", "-0", "0"),
    ("number", "9" * 15, "9" * 15),
    ("date", "2027-06-30", "2027-06-30"),
    ("choice", "GOLD", "Gold"),
    ("flag", "Yes", "yes"),
    ("flag", "no", ""),
]
REFUSED = [
    ("text", "x" * 201, "Use at most 200 characters."),
    ("text", "a\u200bb", "Leave out the invisible character U+200B, zero width space, after “a”."),
    ("number", "many", "Write a number, such as 250 or 0.5."),
    ("number", "1,000", "1,000 can be read in two ways. Write 1000 without separators, or 1."),
    ("number", "1" + "0" * 15, "Write a number with at most 15 digits before the point and 4 after it."),
    ("number", "0.00001", "Write a number with at most 15 digits before the point and 4 after it."),
    ("date", "30.6.2027", "Write a day as 2027-06-30."),
    ("date", "2027-02-30", "Write a day as 2027-06-30."),
    ("date", "2027-W26-3", "Write a day as 2027-06-30."),
    ("choice", "bronze", "bronze is no choice of Field. Choose one of Silver, Gold."),
    ("flag", "maybe", "Write yes or no."),
]


def field(kind: str, **values: str) -> CustomerField:
    choices = "Silver\nGold" if kind == "choice" else ""
    return CustomerField(**{"key": "field", "label": "Field", "kind": kind, "choices": choices, **values})


@pytest.mark.parametrize(("kind", "text", "stored"), READ)
def test_a_value_is_stored_in_one_form(kind: str, text: str, stored: str) -> None:
    assert field(kind).read(text) == stored


@pytest.mark.parametrize(("kind", "text", "sentence"), REFUSED)
def test_a_value_of_another_kind_is_refused_with_a_sentence(kind: str, text: str, sentence: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        field(kind).read(text)
    assert refusal.value.messages == [sentence]


def test_a_choice_that_was_removed_stays_where_it_is() -> None:
    assert field("choice").read("Bronze", kept="Bronze") == "Bronze"


@pytest.mark.parametrize(
    ("kind", "choices", "sentence"),
    [
        ("text", "a", "Only a field of the kind choice has choices."),
        ("choice", " \n", "Write the choices, one a line."),
        ("choice", "Gold\ngold", "gold is there twice."),
        ("choice", "x" * 201, "Use at most 200 characters for a choice."),
        ("choice", "\n".join(map(str, range(101))), "Give at most 100 choices."),
        ("choice", "a\u200bb", "Leave out the invisible character U+200B, zero width space, after “a”."),
    ],
)
def test_choices_fit_the_kind(kind: str, choices: str, sentence: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        field(kind, choices=choices).full_clean()
    assert refusal.value.message_dict["choices"] == [sentence]


@pytest.mark.parametrize("key", ["Region", "1st", "a-b", "", "a" * 41, "a\n"])
def test_keys_have_one_form(key: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        field("text", key=key).full_clean()
    assert "key" in refusal.value.message_dict


def test_labels_and_tags_are_one_in_every_spelling() -> None:
    field("text").save()
    with pytest.raises(ValidationError):
        field("text", key="other", label="FIELD").full_clean()
    Tag.objects.create(name="Key account")
    with pytest.raises(ValidationError):
        Tag(name="key-account").full_clean()


def test_a_number_can_be_compared() -> None:
    customer, numbers = Customer.objects.create(name="Halden"), field("number")
    numbers.save()
    value = FieldValue.objects.create(customer=customer, field=numbers, value="12.5")
    assert FieldValue.objects.get(number__gte=12).number == Decimal("12.5000")
    value.value = "3"
    value.save(update_fields=["value", "number"])
    assert FieldValue.objects.filter(number__lt=4).exists()


def test_a_customer_has_one_primary_contact() -> None:
    customer = Customer.objects.create(name="Halden")
    Contact.objects.create(customer=customer, name="Ana", is_primary=True)
    Contact.objects.create(customer=customer, name="Bo")
    with pytest.raises(IntegrityError), transaction.atomic():
        Contact.objects.create(customer=customer, name="Cy", is_primary=True)


@pytest.fixture
def halden(db: None) -> Customer:
    """Return a customer with everything, beside one without anything."""
    Customer.objects.create(name="Borg")
    customer = Customer.objects.create(name="Halden Robotics", account_reference="C-10288")
    customer.contacts.create(name="Ana Ruiz", email="a.ruiz@halden.example")
    customer.tags.add(Tag.objects.create(name="Key account"))
    for kind, value in (("text", "Nordic region"), ("choice", "Gold"), ("number", "12345"), ("flag", "yes")):
        row = field(kind, key=kind, label=kind)
        row.save()
        customer.field_values.create(field=row, value=value)
    return customer


@pytest.mark.parametrize("text", ["DEN ROB", "c-102", "ruiz", "A.Ruiz@halden", "key acc", "nordic", "gold"])
def test_a_customer_is_found_by_all_that_names_it(halden: Customer, text: str) -> None:
    assert list(Customer.objects.matching(text)) == [halden]


@pytest.mark.parametrize("text", ["example", "account", "region", "12345", "yes", "ke"])
def test_other_parts_find_nothing(halden: Customer, text: str) -> None:
    assert not Customer.objects.matching(text).exists()
