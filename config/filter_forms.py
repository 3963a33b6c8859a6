"""Forms of lists: an address narrows a list by what can be read in it, and the rest is ignored."""

from collections.abc import Mapping
from typing import Any

from django import forms


class SearchField(forms.CharField):
    """Text to search for: NUL characters and everything behind ``longest`` are cut off, not refused."""

    def __init__(self, *, longest: int) -> None:
        super().__init__(required=False)
        self.longest = longest

    def to_python(self, value: Any) -> str:
        """Return the text that is searched for."""
        return str(super().to_python(str(value or "").replace("\0", "")))[: self.longest]


class FilterForm(forms.Form):
    """A form that a GET request narrows a list with. It is cleaned at once and shows no errors."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        super().__init__(data)
        self.full_clean()

    @property
    def values(self) -> dict[str, Any]:
        """Return what can be read, by field; a field that cannot be read has its initial value."""
        return {name: self.cleaned_data.get(name, field.initial) for name, field in self.fields.items()}
