"""Saved views of a list: what an address and a row of the table say, and how views are written."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from django import forms
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from config.edit_log import logged
from config.folding import fold
from config.lists.columns import ListTable
from config.lists.state import PLACES
from config.models import VIEW_NAME_LENGTH, SavedView
from config.name_fields import TypedNameField

LONGEST_QUERY = 2_000
MOST_FILTERS = 50


@dataclass(frozen=True, slots=True)
class ViewContent:
    """What a saved view keeps: filters and order as they stand in an address, and the keys of columns."""

    query: str
    columns: tuple[str, ...]


def content_of(table: ListTable, *, query: str, columns: Sequence[str]) -> ViewContent:
    """Return what a view keeps of what is on screen, without its place in the pages; unknown columns are left out."""
    pairs = parse_qsl(query[:LONGEST_QUERY])[:MOST_FILTERS]
    kept = [(name, value) for name, value in pairs if name not in (*PLACES, "view") and "\0" not in name + value]
    return ViewContent(urlencode(kept), table.known(list(columns)) if columns else table.default_columns)


class SavedViewForm(forms.Form):
    """The name of a saved view, and whether everybody sees it. Names that differ only in spelling are the same."""

    name = TypedNameField(
        max_length=VIEW_NAME_LENGTH,
        widget=forms.TextInput({"autocomplete": "off", "autofocus": True, "placeholder": "Expiring in spring"}),
        error_messages={"required": "Give the view a name."},
    )
    is_shared = forms.BooleanField(
        required=False, label="Share with everybody", help_text="Everybody who sees the list can choose it."
    )

    def __init__(self, data: object = None, *, view: SavedView, may_share: bool) -> None:
        super().__init__(data, initial={"name": view.name, "is_shared": view.is_shared})  # type: ignore[arg-type]
        self.view = view
        if not may_share:
            del self.fields["is_shared"]

    def clean_name(self) -> str:
        """Refuse the name of another view in the same menu."""
        name: str = self.cleaned_data["name"]
        menu = SavedView.objects.filter(list_name=self.view.list_name).visible_to(self.view.owner)
        others = menu.exclude(pk=self.view.pk).values_list("name", flat=True)
        if any(fold(other) == fold(name) for other in others):
            raise ValidationError("There is a view of this name already. Choose another.")
        return name

    def save(self, content: ViewContent | None, *, made_by: User) -> bool:
        """Write the view with its line in the log; ``content`` replaces what it keeps.

        Return whether it was written: at the very same moment, another view may have taken the name.
        """
        view = self.view
        try:
            with logged(*([view] if view.pk else []), made_by=made_by) as edit:
                is_new = view.pk is None
                view.name = self.cleaned_data["name"]
                view.is_shared = self.cleaned_data.get("is_shared", view.is_shared)
                if content:
                    view.query, view.columns = content.query, list(content.columns)
                view.save()
                if is_new:
                    edit.add(view)
        except IntegrityError:
            self.add_error("name", "There is a view of this name already. Choose another.")
            return False
        return True


def delete_view(view: SavedView, *, made_by: User) -> None:
    """Delete a saved view; the log says what it was."""
    with logged(view, made_by=made_by):
        SavedView.objects.filter(pk=view.pk).delete()
