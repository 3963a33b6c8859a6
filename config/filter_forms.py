"""Filter forms of lists: readable values in an address narrow the list, unreadable ones are ignored."""

from collections.abc import Mapping
from typing import Any

from django import forms


class SearchField(forms.CharField):
    """Text to search for. NUL characters and everything after ``longest`` characters are cut off, not refused."""

    def __init__(self, *, longest: int, **options: Any) -> None:
        super().__init__(required=False, **options)
        self.longest = longest

    def to_python(self, value: Any) -> str:
        """Return the text to search for."""
        return str(super().to_python(str(value or "").replace("\0", "")))[: self.longest]


class FilterForm(forms.Form):
    """A form whose GET request narrows a list. Cleaned at once; its fields show neither ids nor errors."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        super().__init__(data, auto_id=False)
        self.errors.clear()

    @property
    def values(self) -> dict[str, Any]:
        """Return the value of each field; an unreadable value is replaced by the initial one."""
        return {name: self.cleaned_data.get(name, field.initial) for name, field in self.fields.items()}
