"""Filters read from an address: what can be read narrows, the rest is ignored."""

import pytest
from django import forms
from django.http import QueryDict

from config.filter_forms import FilterForm, SearchField


class Filters(FilterForm):
    q = SearchField(longest=5)
    day = forms.DateField(required=False)
    kind = forms.ChoiceField(choices=[("old", "Old")], required=False, initial="new")


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
