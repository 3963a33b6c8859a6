"""Fields for names, on models and forms: what nobody sees in a name is refused, and named."""

import unicodedata
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import models

from config.folding import hidden_at

SHOWN_BEFORE = 20
CONTROLS = {"\0": "null", "\t": "tab", "\n": "line break", "\r": "line break", "\x1b": "escape", "\x7f": "delete"}
KINDS = {"Cc": "control character", "Cs": "half a character", "Co": "private character"}


def hidden_problem(text: str) -> str:
    """Return a sentence that names the first hidden character and its place; empty where a text has none."""
    position = hidden_at(text)
    if position is None:
        return ""
    hidden, before = text[position], text[:position].strip()[-SHOWN_BEFORE:]
    kind = KINDS.get(unicodedata.category(hidden), "")
    name = CONTROLS.get(hidden) or unicodedata.name(hidden, "").lower() or kind
    place = f"after “{before}”" if before else "at the start"
    return f"Leave out the invisible character U+{ord(hidden):04X}, {name}, {place}."


def refuse_hidden(text: str) -> None:
    """Raise ``ValidationError`` for a name with an invisible, control or direction-changing character."""
    if problem := hidden_problem(text):
        raise ValidationError(problem, code="hidden_character")


def name_field(*args: Any, **options: Any) -> "models.CharField[str, str]":
    """Return a column for a line of text that people tell things by."""
    return models.CharField(*args, **{"validators": [refuse_hidden], **options})


def is_name(field: models.Field[Any, Any]) -> bool:
    """Tell whether a column is for names."""
    return refuse_hidden in field.validators


class TypedNameField(forms.CharField):
    """A name in a form that is not made of a model."""

    default_validators = [refuse_hidden]


class TypedEmailField(forms.EmailField):
    """An e-mail address in a form; a hidden character in it is named."""

    default_validators = [refuse_hidden, validate_email]
