"""Form fields for numbers, by the one grammar of ``config.numbers``."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models

from config.numbers import WIDEST, NotANumber, read_whole


class WholeNumberField(forms.IntegerField):
    """A whole number as text, so that a browser hands on what was typed. Empty gives ``None``."""

    widget = forms.TextInput
    default_error_messages = {"invalid": "Write a whole number, in digits alone."}

    def __init__(self, *, min_value: int | None = None, max_value: int | None = None, **options: Any) -> None:
        super().__init__(min_value=min_value, max_value=max_value, **options)
        self.widget.attrs |= {"inputmode": "numeric", "autocomplete": "off"}

    def to_python(self, value: Any) -> int | None:
        """Return the typed number; raise ``ValidationError`` with a sentence that says what to write."""
        if value in self.empty_values or not str(value).strip():
            return None
        try:
            return read_whole(str(value), least=-WIDEST, most=WIDEST)
        except NotANumber as error:
            words = {"invalid": self.error_messages["invalid"], "range": "That number is too large."}
            raise ValidationError(words.get(error.code, str(error)), code=error.code) from error


_COLUMN = {"form_class": WholeNumberField, "widget": forms.TextInput(attrs={"size": 9})}
# For ``formfield_overrides`` of admin pages: every column that holds a whole number.
WHOLE_NUMBER_COLUMNS: dict[type[models.Field[Any, Any]], dict[str, Any]] = {
    models.IntegerField: _COLUMN,
    models.BigIntegerField: _COLUMN,
}
