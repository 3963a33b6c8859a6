"""The base of forms that edit a row: the texts of the row, and a digest of the texts that the editor saw."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from django import forms
from django.db.models import Model

from entitlements.directory.edits import digest_of


class EditForm(forms.Form):
    """Texts of one row. ``names`` are the fields that are written; ``seen`` is the digest of their values."""

    names: ClassVar[tuple[str, ...]] = ()
    seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def __init__(self, data: Mapping[str, Any] | None = None, *, row: Model) -> None:
        texts = {name: getattr(row, name) for name in self.names}
        super().__init__(data, initial={**texts, "seen": digest_of(row, self.names)})

    def values(self) -> dict[str, Any]:
        """Return the texts to write; the form must be valid."""
        return {name: self.cleaned_data[name] for name in self.names}

    def for_fresh_row(self, row: Model) -> Self:
        """Return the form with the typed texts and the digest of ``row``."""
        typed = {name: self.data.get(name, "") for name in self.fields}
        return type(self)({**typed, "seen": digest_of(row, self.names)}, row=row)
