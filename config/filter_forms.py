"""Filter forms of lists: readable values in an address narrow the list, unreadable ones are said and left out."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, TypeVar

from django import forms
from django.core.exceptions import BadRequest
from django.http import HttpRequest

SHOWN = 60  # letters of an unreadable value that are shown


class UnreadableFilters(BadRequest):
    """Filters in the address of a file that cannot be read; its arguments are sentences that say which and why."""


class SearchField(forms.CharField):
    """Text to search for. NUL characters and everything after ``longest`` characters are cut off, not refused."""

    def __init__(self, *, longest: int, **options: Any) -> None:
        super().__init__(required=False, **options)
        self.longest = longest

    def to_python(self, value: Any) -> str:
        """Return the text to search for."""
        return str(super().to_python(str(value or "").replace("\0", "")))[: self.longest]

    def left_out(self, value: Any) -> str:
        """Return what is not searched for, in a sentence; empty where all of the text is."""
        whole = str(value or "").replace("\0", "").strip()
        return f"only the first {self.longest} characters count" if len(whole) > self.longest else ""


class FilterDateField(forms.DateField):
    """A day in an address, as 2027-06-30."""

    def __init__(self) -> None:
        invalid = "write a day as 2027-06-30"
        super().__init__(required=False, input_formats=["%Y-%m-%d"], error_messages={"invalid": invalid})


class FilterChoiceField(forms.ChoiceField):
    """One of some words; an unknown one is said together with those there are."""

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, **options)

    def validate(self, value: str) -> None:
        """Refuse an unknown word; the error names the known ones."""
        if value and not self.valid_value(value):
            choices: Any = self.choices
            known = ", ".join(str(key) for key, _label in choices if key)
            raise forms.ValidationError(f"write one of {known}")


class FilterFlagField(forms.Field):
    """A filter that is on or off; another word is said, and leaves it off."""

    words: ClassVar = {"on": True, "1": True, "true": True, "": False, "off": False, "0": False, "false": False}

    def __init__(self) -> None:
        super().__init__(required=False, initial=False)

    def clean(self, value: Any) -> bool:
        """Return whether the filter is on."""
        word = str(value or "").strip().lower()
        if word not in self.words:
            raise forms.ValidationError("write on or off")
        return self.words[word]


class FilterForm(forms.Form):
    """A form whose GET request narrows a list. Cleaned at once; its fields show neither ids nor errors.

    ``unread`` has a sentence for each value that could not be read, and for each part of one that was left out.
    """

    def __init__(self, data: Mapping[str, Any]) -> None:
        super().__init__(data, auto_id=False)
        self.unread: Sequence[str] = tuple(self._unread())
        self.errors.clear()

    @property
    def values(self) -> dict[str, Any]:
        """Return the value of each field; an unreadable value is replaced by the initial one."""
        return {name: self.cleaned_data.get(name, field.initial) for name, field in self.fields.items()}

    def _unread(self) -> Iterator[str]:
        for name, field in self.fields.items():
            sent = field.widget.value_from_datadict(self.data, self.files, self.add_prefix(name))
            left_out = getattr(field, "left_out", None)
            why = "; ".join(map(str, self.errors.get(name, ()))) or (left_out(sent) if left_out else "")
            if why:
                text = ", ".join(map(str, sent)) if isinstance(sent, list) else str(sent)
                shown = text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
                yield f"{self.add_prefix(name).replace('_', ' ')}: “{shown}” cannot be used as it is: {why}."


AnyFilterForm = TypeVar("AnyFilterForm", bound=FilterForm)


def read_filters(request: HttpRequest, form_class: type[AnyFilterForm]) -> AnyFilterForm:
    """Return the filters in the address of a page; the page says which of them could not be read."""
    form = form_class(request.GET)
    request.unread_filters = form.unread  # type: ignore[attr-defined]  # config.web.shell gives it to the page
    return form


def read_strictly(request: HttpRequest, form_class: type[AnyFilterForm]) -> AnyFilterForm:
    """Return the filters in the address of a file; raise ``UnreadableFilters`` where one cannot be read.

    A file has no place for a notice, and its reader would take all rows for those of the filter.
    """
    form = form_class(request.GET)
    if form.unread:
        raise UnreadableFilters(*form.unread)
    return form
