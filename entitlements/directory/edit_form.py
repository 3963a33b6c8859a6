"""What every form shares that edits a row: what the row says now, and what its editor saw."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from django import forms
from django.db.models import Model

from entitlements.directory.edits import mark_of


class EditForm(forms.Form):
    """Texts of one row. ``names`` are the fields that are written; ``seen`` stands for what the editor saw in them."""

    names: ClassVar[tuple[str, ...]] = ()
    seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def __init__(self, data: Mapping[str, Any] | None = None, *, row: Model) -> None:
        """Start from what the row says."""
        said = {name: getattr(row, name) for name in self.names}
        super().__init__(data, initial={**said, "seen": mark_of(row, self.names)})

    def values(self) -> dict[str, str]:
        """Return what to write, once the form is valid."""
        return {name: self.cleaned_data[name] for name in self.names}

    def seen_again(self, row: Model) -> Self:
        """Return the form with what was typed, for an editor who now sees what ``row`` says."""
        typed = {name: self.data.get(name, "") for name in self.fields}
        return type(self)({**typed, "seen": mark_of(row, self.names)}, row=row)
