"""Filters read from an address: what can be read narrows, and what cannot be read is said."""

import html
from typing import Any

import pytest
from django import forms
from django.http import QueryDict
from django.test import Client
from django.urls import reverse

import config.urls  # noqa: F401 (every form of filters is known once the addresses are)
from config.filter_forms import FilterChoiceField, FilterDateField, FilterFlagField, FilterForm, SearchField
from entitlements.models import Customer, Order
from tests.cast import Cast, make_cast


class Filters(FilterForm):
    q = SearchField(longest=5)
    day = FilterDateField()
    kind = FilterChoiceField(choices=[("", "Any"), ("old", "Old"), ("odd", "Odd")], initial="new")


class Flag(FilterForm):
    flag = FilterFlagField()


@pytest.mark.parametrize(
    ("query", "read"),
    [
        ("", {"q": "", "day": None, "kind": ""}),
        ("q=+a%00b+", {"q": "ab", "day": None, "kind": ""}),
        ("q=12345", {"q": "12345", "day": None, "kind": ""}),
        ("q=123456", {"q": "12345", "day": None, "kind": ""}),
        ("day=tomorrow&kind=old", {"q": "", "day": None, "kind": "old"}),
        ("kind=nonsense", {"q": "", "day": None, "kind": "new"}),
    ],
)
def test_what_can_be_read_narrows_and_the_rest_is_ignored(query: str, read: dict[str, object]) -> None:
    assert Filters(QueryDict(query)).values == read


@pytest.mark.parametrize(
    ("query", "sentences"),
    [
        ("", ()),
        ("q=12345&day=2027-06-30&kind=old", ()),
        ("q=123456", ("q: “123456” cannot be used as it is: only the first 5 characters count.",)),
        ("q=++12345++", ()),
        ("day=tomorrow", ("day: “tomorrow” cannot be used as it is: write a day as 2027-06-30.",)),
        ("kind=nonsense", ("kind: “nonsense” cannot be used as it is: write one of old, odd.",)),
        ("kind=", ()),
        ("day=" + "9" * 70, ("day: “" + "9" * 60 + "…” cannot be used as it is: write a day as 2027-06-30.",)),
    ],
)
def test_what_cannot_be_read_is_said(query: str, sentences: tuple[str, ...]) -> None:
    assert Filters(QueryDict(query)).unread == sentences


PAGES = {
    "EntitlementFilterForm": ("entitlements:entitlements", "entitlements:entitlements_csv"),
    "LogFilterForm": ("entitlements:acts", "entitlements:acts_csv"),
    "ProposalFilterForm": ("entitlements:proposals", "entitlements:proposals_csv"),
    "AmendmentFilterForm": ("entitlements:amendments", "entitlements:amendments_csv"),
    "OverrideFilterForm": ("entitlements:override_report", "entitlements:override_report_csv"),
    "RenewalFilterForm": ("entitlements:renewals", "entitlements:renewals_csv"),
    "ProductFilterForm": ("entitlements:drift_report", ""),
    "CustomerFilterForm": ("entitlements:customers", "entitlements:customers_csv"),
    "SearchForm": ("entitlements:search", ""),
    "InvoiceFilterForm": ("entitlements:order_invoice", ""),
    "LinesFilterForm": ("entitlements:invoice_lines", "entitlements:lines_csv"),
    "OfferingFilterForm": ("offerings:offerings", ""),
}
OF_ORDERS = ("entitlements:order_invoice",)


def _filter_forms() -> list[type[FilterForm]]:
    found = FilterForm.__subclasses__()
    return [cls for cls in found if not cls.__module__.startswith("tests")]


def _unreadable(field: forms.Field) -> str:
    """Return a value that the field cannot use."""
    if isinstance(field, SearchField):
        return "x" * (field.longest + 1)
    return "nonsense"


def _cases() -> list[tuple[str, str, str]]:
    return [
        (form.__name__, form.__new__(form).add_prefix(name), _unreadable(field))
        for form in _filter_forms()
        for name, field in form.base_fields.items()
    ]


@pytest.fixture
def administrator(db: None) -> Client:
    cast: Cast = make_cast()
    client = Client()
    client.force_login(cast.people["administrator"])
    return client


def test_every_filter_form_has_a_page() -> None:
    assert {form.__name__ for form in _filter_forms()} == set(PAGES)


@pytest.mark.parametrize(("form", "name", "value"), _cases())
def test_every_page_says_which_filter_it_leaves_out(administrator: Client, form: str, name: str, value: str) -> None:
    page, file = PAGES[form]
    sentence = f"{name.replace('_', ' ')}: “"
    if page:
        args = [Order.objects.create(customer=Customer.objects.create(name="Halden")).pk] if page in OF_ORDERS else []
        answer: Any = administrator.get(reverse(page, args=args), {name: value})
        [said] = answer.context["unread_filters"]
        assert said.startswith(sentence)
        assert "Some of the filters in the address are left out." in answer.content.decode()
        sentence = said
    if file:
        refused = administrator.get(reverse(file), {name: value})
        assert (refused.status_code, sentence in html.unescape(refused.content.decode())) == (400, True)


@pytest.mark.parametrize(("word", "is_on"), [("on", True), ("1", True), ("TRUE", True), ("off", False), ("0", False)])
def test_a_flag_is_on_or_off(word: str, is_on: bool) -> None:
    form = Flag(QueryDict(f"flag={word}"))
    assert (form.values, form.unread) == ({"flag": is_on}, ())


def test_a_flag_that_is_neither_is_said_and_off() -> None:
    form = Flag(QueryDict("flag=maybe"))
    assert form.values == {"flag": False}
    assert form.unread == ("flag: “maybe” cannot be used as it is: write on or off.",)


def test_a_page_with_readable_filters_says_nothing(administrator: Client) -> None:
    assert "are left out" not in administrator.get(reverse("entitlements:acts"), {"kind": "acts"}).content.decode()
