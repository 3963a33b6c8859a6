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
    """The name of a saved view, and whether everybody sees it. Names that differ only in spelling are the same.

    Without the permission to share, nothing is saved as a shared view. A view that was shared before stays shared until
    its owner saves it again: then for the owner alone.
    """

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
        self.may_share = may_share
        if not (may_share or view.is_shared or (self.is_bound and "is_shared" in self.data)):
            del self.fields["is_shared"]

    def clean_name(self) -> str:
        """Refuse the name of another view in the same menu."""
        name: str = self.cleaned_data["name"]
        menu = SavedView.objects.filter(list_name=self.view.list_name).visible_to(self.view.owner)
        others = menu.exclude(pk=self.view.pk).values_list("name", flat=True)
        if any(fold(other) == fold(name) for other in others):
            raise ValidationError("There is a view of this name already. Choose another.")
        return name

    def clean_is_shared(self) -> bool:
        """Refuse to share without the permission."""
        is_shared: bool = self.cleaned_data["is_shared"]
        if is_shared and not self.may_share:
            raise ValidationError("You may not share views. Untick this to save the view for yourself alone.")
        return is_shared

    def save(self, content: ViewContent | None, *, made_by: User) -> bool:
        """Write the view with its line in the log; ``content`` replaces what it keeps.

        Return whether it was written: at the very same moment, another view may have taken the name. Raise
        ``SavedView.DoesNotExist`` where the view was deleted meanwhile, or is no longer shared with the editor.
        """
        try:
            is_new = self.view.pk is None
            with logged(*([] if is_new else [self.view]), made_by=made_by) as edit:
                view = self.view if is_new else self._as_it_is(made_by)
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
        self.view = view
        return True

    def _as_it_is(self, editor: User) -> SavedView:
        """Return the view as it is in the database now; ``logged`` has locked it."""
        view = SavedView.objects.get(pk=self.view.pk)
        if not view.may_be_edited_by(editor):
            raise SavedView.DoesNotExist
        return view


def delete_view(view: SavedView, *, made_by: User) -> None:
    """Delete a saved view; the log says what it was."""
    with logged(view, made_by=made_by):
        SavedView.objects.filter(pk=view.pk).delete()
