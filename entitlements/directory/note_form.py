"""The form of a new note."""

from typing import ClassVar

from django import forms

from entitlements.models import Note


class NoteForm(forms.ModelForm):  # type: ignore[type-arg]
    """The text of a note; the view sets its customer or entitlement."""

    class Meta:
        model = Note
        fields: ClassVar = ["text"]
        widgets: ClassVar = {"text": forms.Textarea(attrs={"rows": 3})}
        labels: ClassVar = {"text": "New note"}
        help_texts: ClassVar = {
            "text": "Markdown: **strong**, *emphasis*, `code`, lists with - or 1., > quote, [link](https://…). "
            "A note cannot be edited later; add another one instead."
        }
