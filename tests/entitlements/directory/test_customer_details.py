"""Contacts, owners, tags, links and free fields of customers: edited, shown, filtered, exported and logged."""

import csv
import io
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from entitlements.directory.customer_forms import ContactForm
from entitlements.directory.edits import add_customer
from entitlements.models import Contact, Customer, CustomerField, Tag
from tests.cast import Cast
from tests.entitlements.pages import client_of, shown

HTML = "<script>alert(1)</script>"
LIST, FILE = "/customers/", "/customers/export.csv"
FIELDS = {
    "area": ("Area", "text", ""),
    "revenue": ("Revenue", "number", ""),
    "review": ("Next review", "date", ""),
    "tier": ("Tier", "choice", "Silver\nGold"),
    "partner": ("Partner", "flag", ""),
}
VALUES = {"area": "Nordic", "revenue": "12500", "review": "2027-06-30", "tier": "Gold", "partner": "yes"}


@pytest.fixture
def staff(cast: Cast) -> Client:
    return client_of(cast.operations)


@pytest.fixture
def fields(db: None) -> None:
    for position, (key, (label, kind, choices)) in enumerate(FIELDS.items()):
        CustomerField.objects.create(key=key, label=label, kind=kind, choices=choices, position=position)


@pytest.fixture
def halden(cast: Cast, fields: None) -> Customer:
    """Return a customer with everything, beside one with nothing."""
    add_customer(name="Borg", made_by=cast.operations)
    customer = add_customer(
        name="Halden",
        account_reference="C 1/2",
        owner_id=cast.people["support"].pk,
        tags=["Key account"],
        fields=VALUES,
        made_by=cast.operations,
    )
    customer.contacts.create(name="Ana Ruiz", email="ana@halden.example", role="IT", is_primary=True)
    return customer


def at(name: str, customer: Customer, *keys: object) -> str:
    return reverse(f"entitlements:{name}", args=[customer.pk, *keys])


def sent(client: Client, url: str) -> dict[str, Any]:
    """Return what a browser sends from a dialog where nobody has changed anything."""
    form = client.get(url).context["form"]
    typed = {bound.html_name: bound.value() for bound in form}
    return {name: "on" if value is True else value for name, value in typed.items() if value not in (None, False)}


def said(customer: Customer) -> list[str]:
    lines = LogEntry.objects.filter(object_id=str(customer.pk)).order_by("pk")
    return list(lines.values_list("change_message", flat=True))


# --- the customer's own dialog ---------------------------------------------------------------------------------------


def test_owner_tags_and_fields_are_edited_and_logged_before_and_after(
    cast: Cast, staff: Client, halden: Customer
) -> None:
    url = at("edit_customer", halden)
    typed = {
        "owner": cast.operations.pk,
        "tags": "Renewal, KEY ACCOUNT,,",
        "field_area": "",
        "field_revenue": "9000.50",
        "field_review": "2028-01-01",
        "field_tier": "Silver",
    }
    data = {**sent(staff, url), **typed}
    data.pop("field_partner")
    assert staff.post(url, data).status_code == 302
    assert said(halden)[-1].splitlines() == [
        "Owner: support → operations.",
        "Tags added: Renewal.",
        "Value of Revenue: 12500 → 9000.5.",
        "Value of Next review: 2027-06-30 → 2028-01-01.",
        "Value of Tier: Gold → Silver.",
        "Removed Area (value Nordic).",
        "Removed Partner (value yes).",
    ]
    assert LogEntry.objects.filter(object_repr="Renewal", change_message="Name: Renewal.").exists()


def test_saving_the_dialog_without_a_change_writes_nothing(staff: Client, halden: Customer) -> None:
    url, lines = at("edit_customer", halden), len(said(halden))
    assert staff.post(url, sent(staff, url)).status_code == 302
    assert len(said(halden)) == lines


def test_a_new_customer_has_everything_at_once(cast: Cast, staff: Client, fields: None) -> None:
    typed = {"name": "Arden", "owner": cast.operations.pk, "tags": "a, b", "field_area": "South", "field_partner": "on"}
    assert staff.post("/customers/new/", typed).status_code == 302
    customer = Customer.objects.get()
    assert (customer.owner, [str(tag) for tag in customer.tags.all()]) == (cast.operations, ["a", "b"])
    assert {str(each) for each in customer.field_values.all()} == {"Area: South", "Partner: yes"}
    assert "Added" not in said(customer)[0]


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("tags", "x" * 41, "at most 40 characters"),
        ("tags", ",".join(map(str, range(21))), "Give a customer at most 20 tags."),
        ("tags", "V\u200bIP", "Leave out the invisible character"),
        ("tags", "Key acc0unt", "This looks like Key account."),
        ("owner", "999999", "Select a valid choice."),
        ("owner", "x", "Select a valid choice."),
        ("field_revenue", "1,000.5", "Write 1000.5 without separators."),
        ("field_review", "tomorrow", "Write a day as 2027-06-30."),
        ("field_tier", "Bronze", "Bronze is no choice of Tier."),
        ("field_area", "x" * 201, "Use at most 200 characters."),
        ("field_area", "a\0b", "Null characters are not allowed."),
    ],
)
def test_bad_input_is_refused_on_its_field(
    staff: Client, halden: Customer, name: str, text: str, sentence: str
) -> None:
    url, lines = at("edit_customer", halden), len(said(halden))
    answer = staff.post(url, {**sent(staff, url), name: text})
    assert answer.status_code == 422
    assert any(sentence in error for error in answer.context["form"].errors[name])
    assert len(said(halden)) == lines


def test_an_edit_of_tags_meanwhile_is_shown_first(staff: Client, halden: Customer) -> None:
    url = at("edit_customer", halden)
    data = sent(staff, url)
    halden.tags.clear()
    answer = staff.post(url, {**data, "field_area": "West"})
    assert answer.status_code == 409
    assert answer.context["form"]["field_area"].value() == "West"
    again = {**data, "field_area": "West", "seen": answer.context["form"]["seen"].value()}
    assert staff.post(url, again).status_code == 302


def test_what_is_hidden_or_no_longer_a_choice_stays(staff: Client, halden: Customer) -> None:
    CustomerField.objects.filter(key="area").update(is_shown=False)
    CustomerField.objects.filter(key="tier").update(choices="Silver")
    url = at("edit_customer", halden)
    assert staff.post(url, {**sent(staff, url), "name": "Halden AG"}).status_code == 302
    assert {"Area: Nordic", "Tier: Gold"} <= {str(each) for each in halden.field_values.all()}


def test_an_owner_who_left_stays_until_another_is_chosen(cast: Cast, staff: Client, halden: Customer) -> None:
    User.objects.filter(username__in=["support", "viewer"]).update(is_active=False)
    form = staff.get(at("edit_customer", halden)).context["form"]
    people = {person.username for person in form.fields["owner"].queryset}
    assert "support" in people
    assert "viewer" not in people


# --- contacts --------------------------------------------------------------------------------------------------------


def test_the_first_contact_is_the_primary_one_until_another_becomes_it(staff: Client, halden: Customer) -> None:
    Contact.objects.all().delete()
    staff.post(at("add_contact", halden), {"name": "Bo", "email": "bo@halden.example", "role": "Legal"})
    staff.post(at("add_contact", halden), {"name": "Cy", "is_primary": "on"})
    assert [(each.name, each.is_primary) for each in halden.contacts.all()] == [("Cy", True), ("Bo", False)]
    assert [line.splitlines() for line in said(halden)[-2:]] == [
        ["Added contact Bo (e-mail bo@halden.example, role Legal, primary yes)."],
        ["Added contact Cy (primary yes).", "Primary of contact Bo: yes → no."],
    ]


def test_a_contact_is_edited_and_logged(staff: Client, halden: Customer) -> None:
    contact = halden.contacts.get()
    url = at("edit_contact", halden, contact.pk)
    staff.post(url, {**sent(staff, url), "email": "ruiz@halden.example", "is_primary": ""})
    assert said(halden)[-1] == "E-mail of contact Ana Ruiz: ana@halden.example → ruiz@halden.example."
    assert halden.contacts.get().is_primary


def test_a_removed_primary_contact_is_replaced_by_the_oldest_one(staff: Client, halden: Customer) -> None:
    ana = halden.contacts.get()
    for name in ("Bo", "Cy"):
        staff.post(at("add_contact", halden), {"name": name})
    assert "Bo becomes the primary contact." in shown(staff.get(at("remove_contact", halden, ana.pk)))
    staff.post(at("remove_contact", halden, ana.pk))
    assert halden.contacts.get(is_primary=True).name == "Bo"
    assert said(halden)[-1].splitlines() == [
        "Primary of contact Bo: no → yes.",
        "Removed contact Ana Ruiz (e-mail ana@halden.example, role IT, primary yes).",
    ]
    again = staff.post(at("remove_contact", halden, ana.pk), follow=True)
    assert "This contact was removed already." in shown(again)


def test_a_contact_edited_meanwhile_is_shown_first(staff: Client, halden: Customer) -> None:
    contact = halden.contacts.get()
    url = at("edit_contact", halden, contact.pk)
    data = sent(staff, url)
    halden.contacts.update(role="Finance")
    answer = staff.post(url, {**data, "name": "Ana"})
    assert (answer.status_code, halden.contacts.get().name) == (409, "Ana Ruiz")
    assert "Somebody else edited this contact." in shown(answer)


@pytest.mark.parametrize("is_moved", [False, True], ids=["removed", "moved"])
def test_a_contact_removed_or_moved_meanwhile_is_said(
    monkeypatch: pytest.MonkeyPatch, staff: Client, halden: Customer, is_moved: bool
) -> None:
    url, found = at("edit_contact", halden, halden.contacts.get().pk), Contact.objects.all()
    data, check, lines = sent(staff, url), ContactForm.full_clean, said(halden)

    def then(form: ContactForm) -> None:
        check(form)
        found.update(customer=Customer.objects.get(name="Borg")) if is_moved else found.delete()

    monkeypatch.setattr(ContactForm, "full_clean", then)
    answer = staff.post(url, {**data, "name": "Ana"}, follow=True)
    assert "Somebody removed Ana Ruiz meanwhile, so nothing was saved." in shown(answer)
    assert (said(halden), found.filter(name="Ana").exists()) == (lines, False)
    assert staff.post(url, data).status_code == 404


@pytest.mark.parametrize(
    ("typed", "name", "sentence"),
    [
        ({"name": ""}, "name", "Give the contact a name."),
        ({"name": "Bo", "email": "bo"}, "email", "Enter a valid email address."),
        ({"name": "Bo", "email": "ANA@halden.example"}, "email", "Ana Ruiz has this address already."),
        ({"name": "Bo\u202e"}, "name", "Leave out the invisible character"),
        ({"name": "Bo", "role": "x" * 61}, "role", "at most 60 characters"),
    ],
)
def test_a_bad_contact_is_refused(
    staff: Client, halden: Customer, typed: dict[str, str], name: str, sentence: str
) -> None:
    answer = staff.post(at("add_contact", halden), typed)
    assert answer.status_code == 422
    assert any(sentence in error for error in answer.context["form"].errors[name])
    assert halden.contacts.count() == 1


def test_a_contact_of_another_customer_is_not_found(staff: Client, halden: Customer) -> None:
    other = Customer.objects.get(name="Borg")
    for name in ("edit_contact", "remove_contact"):
        assert staff.get(at(name, other, halden.contacts.get().pk)).status_code == 404


# --- pages -----------------------------------------------------------------------------------------------------------


def test_the_pages_show_all_of_it(settings: Any, staff: Client, halden: Customer) -> None:
    settings.CUSTOMER_LINKS = {"CRM": "https://crm.example/a/{reference}?id={id}"}
    page = shown(staff.get(at("customer_details", halden)))
    for words in (
        "Ana Ruiz",
        "mailto:ana@halden.example",
        "IT",
        "Nordic",
        "12,500",
        "30 Jun 2027",
        "Gold",
        "Key account",
    ):
        assert words in page
    assert f'href="https://crm.example/a/C%201%2F2?id={halden.pk}"' in page
    assert "Define fields" not in page
    other = shown(staff.get(at("customer", Customer.objects.get(name="Borg"))))
    assert "crm.example" not in other


def test_html_is_shown_as_text(settings: Any, cast: Cast, staff: Client, fields: None) -> None:
    settings.CUSTOMER_LINKS = {"CRM": "https://crm.example/{reference}"}
    customer = add_customer(
        name="x", account_reference=HTML, tags=[HTML], fields={"area": HTML}, made_by=cast.operations
    )
    customer.contacts.create(name=HTML, role=HTML, email="a@b.example", is_primary=True)
    CustomerField.objects.filter(key="area").update(label=HTML)
    contact = customer.contacts.get().pk
    for url in (
        LIST,
        at("customer", customer),
        at("customer_details", customer),
        at("customer_history", customer),
        at("edit_customer", customer),
        at("edit_contact", customer, contact),
        at("remove_contact", customer, contact),
    ):
        assert HTML not in shown(staff.get(url))


def test_a_viewer_is_offered_nothing(cast: Cast, halden: Customer) -> None:
    page = shown(client_of(cast.people["viewer"]).get(at("customer_details", halden)))
    for words in ("Add contact", "Edit…", "Define fields", 'aria-label="Edit', 'aria-label="Remove'):
        assert words not in page


# --- the list and its file -------------------------------------------------------------------------------------------


def names(client: Client, **query: str) -> list[str]:
    return [row.customer.name for row in client.get(LIST, query).context["rows"]]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "ruiz"}, ["Halden"]),
        ({"q": "ana@hal"}, ["Halden"]),
        ({"q": "key"}, ["Halden"]),
        ({"q": "nordic"}, ["Halden"]),
        ({"owner": "support"}, ["Halden"]),
        ({"owner": "nobody"}, ["Borg"]),
        ({"owner": "viewer"}, []),
        ({"tag": "KEY-account"}, ["Halden"]),
        ({"tag": "key"}, []),
        ({"status": "disabled"}, []),
        ({"status": "enabled"}, ["Borg", "Halden"]),
        ({"field_area": "nor"}, ["Halden"]),
        ({"field_area": "ordic"}, []),
        ({"field_tier": "gold"}, ["Halden"]),
        ({"field_tier": "Silver"}, []),
        ({"field_partner": "yes"}, ["Halden"]),
        ({"field_partner": "no"}, ["Borg"]),
        ({"field_revenue.from": "12500"}, ["Halden"]),
        ({"field_revenue.from": "12500.5"}, []),
        ({"field_revenue.to": "12500"}, ["Halden"]),
        ({"field_revenue.to": "9000"}, []),
        ({"field_review.from": "2027-06-30", "field_review.to": "2027-06-30"}, ["Halden"]),
        ({"field_review.from": "2027-07-01"}, []),
        ({"field_review.to": "2027-06-29"}, []),
    ],
)
def test_filters_narrow_the_list(staff: Client, halden: Customer, query: dict[str, str], found: list[str]) -> None:
    assert names(staff, **query) == found


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"field_revenue.from": "many"}, "field revenue.from: “many” cannot be used as it is: Write a number, such as"),
        ({"field_review.to": "soon"}, "field review.to: “soon” cannot be used as it is: Write a day as 2027-06-30."),
        ({"field_tier": "Bronze"}, "field tier: “Bronze” cannot be used as it is: Bronze is no choice of Tier."),
        ({"status": "odd"}, "status: “odd” cannot be used as it is: write one of enabled, disabled."),
    ],
)
def test_a_filter_that_cannot_be_read_is_said(
    staff: Client, halden: Customer, query: dict[str, str], sentence: str
) -> None:
    [said_of_it] = staff.get(LIST, query).context["unread_filters"]
    assert said_of_it.startswith(sentence)
    assert staff.get(FILE, query).status_code == 400


def test_each_filter_has_a_chip_that_takes_it_away(staff: Client, halden: Customer) -> None:
    query = {"q": "hal", "owner": "support", "tag": "gone", "field_revenue.from": "5", "field_partner": "yes"}
    chips = {chip.text: chip.url for chip in staff.get(LIST, query).context["chips"]}
    assert list(chips) == ["Owner: support", "Tag: gone (not there any more)", "Revenue: from 5", "Partner: yes"]
    assert chips["Tag: gone (not there any more)"] == (
        "/customers/?q=hal&owner=support&field_revenue.from=5&field_partner=yes"
    )


def test_the_list_shows_owner_and_tags(staff: Client, halden: Customer) -> None:
    [_borg, row] = staff.get(LIST).context["rows"]
    assert (row.owner, row.tags) == ("support", ("Key account",))


def exported(client: Client, **query: str) -> list[dict[str, str]]:
    answer: Any = client.get(FILE, query)
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.getvalue().decode().removeprefix("\ufeff"))))


def test_the_file_has_what_the_list_has(staff: Client, halden: Customer) -> None:
    halden.contacts.create(name="Bo", email="bo@halden.example")
    [row] = exported(staff, tag="Key account")
    assert row | {"Customer since": "", "Customer id": ""} == {
        "Customer": "Halden",
        "Account reference": "C 1/2",
        "Status": "enabled",
        "Owner": "support",
        "Tags": "Key account",
        "Primary contact": "Ana Ruiz",
        "E-mail of primary contact": "ana@halden.example",
        "Other contacts": "Bo <bo@halden.example>",
        "Orders": "0",
        "Entitlements": "0",
        "Active": "0",
        "Overridden": "0",
        "Customer since": "",
        "Customer id": "",
        "Recurring price": "",
        "Currency": "",
        "Per": "",
        "One-time price": "",
        "Price in words": "no price",
        "Area": "Nordic",
        "Revenue": "12500",
        "Next review": "2027-06-30",
        "Tier": "Gold",
        "Partner": "yes",
    }
    assert [each["Customer"] for each in exported(staff)] == ["Borg", "Halden"]


def test_a_number_of_the_file_is_a_number_and_a_text_is_never_run(staff: Client, halden: Customer) -> None:
    for key, value in {"revenue": "-1234567.5", "area": "=1+1"}.items():
        halden.field_values.filter(field__key=key).delete()
        halden.field_values.create(field=CustomerField.objects.get(key=key), value=value)
    [row] = exported(staff, tag="Key account")
    assert (row["Revenue"], row["Area"]) == ("-1234567.5", "'=1+1")


@pytest.mark.parametrize("url", [LIST, FILE, "details"])
def test_the_number_of_queries_does_not_grow(cast: Cast, staff: Client, halden: Customer, url: str) -> None:
    place = at("customer_details", halden) if url == "details" else url

    def queries() -> int:
        getattr(staff.get(place), "getvalue", bytes)()
        with CaptureQueriesContext(connection) as captured:
            answer: Any = staff.get(place)
            _read = answer.getvalue() if answer.streaming else answer.content
        return len(captured)

    def fill(count: int) -> None:
        for number in range(count):
            name = f"Company {number} of {count}"
            other = add_customer(
                name=name, tags=[name], owner_id=cast.operations.pk, fields=VALUES, made_by=cast.operations
            )
            for customer in (other, halden):
                customer.contacts.create(name=name)
            cast.entitle("gold_annual", order=other.orders.create().pk)

    fill(10)
    few = queries()
    fill(20)
    assert queries() == few
    assert Tag.objects.count() == 31
