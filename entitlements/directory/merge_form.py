"""The form of a merge: a choice for each field in conflict, and the reason."""

from collections.abc import Mapping
from typing import Any

from django import forms

from entitlements.directory.free_fields import PREFIX, shown
from entitlements.directory.merging import MergePreview
from entitlements.models.holdings import REASON_LENGTH

TARGET, SOURCE = "target", "source"


class MergeForm(forms.Form):
    """``fingerprint`` stands for the preview that the person saw."""

    fingerprint = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def __init__(self, data: Mapping[str, Any] | None = None, *, preview: MergePreview) -> None:
        super().__init__(data)
        self.preview = preview
        for each in preview.conflicts:
            target, source = (shown(each.definition, value) for value in (each.target, each.source))
            choices = [
                (TARGET, f"{target} (of {preview.target.name})"),
                (SOURCE, f"{source} (of {preview.source.name})"),
            ]
            self.fields[f"{PREFIX}{each.definition.key}"] = forms.ChoiceField(
                label=each.definition.label, choices=choices, initial=TARGET, widget=forms.RadioSelect
            )
        self.fields["reason"] = forms.CharField(
            max_length=REASON_LENGTH,
            widget=forms.TextInput(attrs={"autocomplete": "off"}),
            error_messages={"required": "Give a reason: it is kept with the merge."},
        )

    @property
    def taken(self) -> list[str]:
        """Return the keys of the fields that take the value of the merged customer; the form must be valid."""
        keys = (each.definition.key for each in self.preview.conflicts)
        return [key for key in keys if self.cleaned_data[f"{PREFIX}{key}"] == SOURCE]
