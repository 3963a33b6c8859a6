"""Write a note."""

from typing import ClassVar

from django import forms

from entitlements.models import Note


class NoteForm(forms.ModelForm):  # type: ignore[type-arg]
    """The text of a note."""

    class Meta:
        model = Note
        fields: ClassVar = ["text"]
        widgets: ClassVar = {"text": forms.Textarea(attrs={"rows": 3})}
        labels: ClassVar = {"text": "New note"}
