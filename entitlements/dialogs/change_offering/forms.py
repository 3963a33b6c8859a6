"""Change the offering: target, seats, term, overrides, counters and quantity as text."""

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from entitlements.dialogs.forms import DayField, SeatsForm
from entitlements.operations import ChangeOffering, TermChoice, TermMode
from entitlements.state import revisions_by_id

OUTSIDE = "outside:"  # before the key of a target that no change group opens
TERM_MODES: tuple[TermMode, ...] = tuple(TermMode)


class ChangeOfferingForm(SeatsForm):
    """What to change to, through which change group, and what happens to seats, term, overrides and counters."""

    autofocus = ""

    target = forms.RegexField(
        rf"^({OUTSIDE})?[1-9][0-9]{{0,17}}\Z",
        error_messages={
            "required": "Choose what to change to.",
            "invalid": "Choose one of the offerings listed.",
        },
    )
    quantity = forms.IntegerField(
        required=False, error_messages={"invalid": "Write a whole number, or leave this empty."}
    )
    term = forms.ChoiceField(required=False, choices=[(mode.value, mode.value) for mode in TERM_MODES])
    expires_on = DayField(label="Until")
    group = forms.Field(required=False)
    drop = forms.Field(required=False, widget=forms.MultipleHiddenInput)
    keep_counters = forms.BooleanField(required=False)

    def clean_target(self) -> int:
        """Return the key of a revision that exists; one query."""
        target = int(self.cleaned_data["target"].removeprefix(OUTSIDE))
        if not revisions_by_id([target]):
            raise ValidationError("There is no such offering. Choose one of those listed.")
        return target

    def chosen_group(self) -> int | None:
        """Return the change group chosen for the target; ``None`` where none was, or what came is no key."""
        text = str(self.data.get(f"group-{self.chosen_target}") or "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None

    def clean_drop(self) -> tuple[str, ...]:
        """Return the rights whose overrides are to go, each once."""
        return tuple(sorted(set(self.cleaned_data["drop"] or ())))

    def build(self) -> ChangeOffering:
        """Return the operation."""
        cleaned = self.cleaned_data
        mode = TermMode(cleaned["term"] or TermMode.DEFAULT)
        return ChangeOffering(
            as_of=self.as_of,
            revision_id=cleaned["target"],
            quantity=cleaned["quantity"],
            seats=self.seat_choice(),
            term=TermChoice(mode, cleaned["expires_on"] if mode is TermMode.DATE else None),
            drop_overrides=cleaned["drop"],
            keep_counters=cleaned["keep_counters"],
            group_id=self.chosen_group(),
            is_outside_group=self.chosen_target.startswith(OUTSIDE),
        )

    @property
    def chosen_target(self) -> str:
        """Return the target as it was chosen, for the page."""
        return str(self.data.get("target") or "")

    @property
    def term_mode(self) -> str:
        """Return the term as it was chosen, for the page."""
        return str(self.data.get("term") or TermMode.DEFAULT)

    @property
    def dropped(self) -> list[str]:
        """Return the overrides that are to go, for the page."""
        return list(QueryDict.getlist(self.data, "drop")) if isinstance(self.data, QueryDict) else []
