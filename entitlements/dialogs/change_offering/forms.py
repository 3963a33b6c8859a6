"""The forms that change the offering of one entitlement, or of a selection."""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date
from functools import cached_property
from typing import Any, Protocol
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from changegroups.models import ChangeGroup, Effective
from config.number_fields import WholeNumberField
from entitlements.dialogs.forms import DayField, KeyField, SeatsForm
from entitlements.dialogs.waiting import When
from entitlements.models import Entitlement
from entitlements.operations import ChangeOffering, SeatMode, TermChoice, TermMode
from entitlements.operations.change_offering.targets import targets_of
from entitlements.operations.terms import TERMS
from offerings.models import Offering, Revision
from offerings.revisions import is_published, newest_revisions
from offerings.rights import show_day

OUTSIDE = "outside:"  # stands before the key of a target that no change group opens
TERM_MODES: tuple[TermMode, ...] = tuple(TermMode)


class GroupDays(Protocol):
    """What change groups say of when changes take effect."""

    @property
    def has_groups(self) -> bool:
        """Tell whether a change group opens one of the targets."""

    def effective(self, revision_id: int, group_id: int | None) -> str | None:
        """Return when a change to a revision takes effect; empty where no group says so, ``None`` where it is open."""


class ChangeOfferingForm(SeatsForm):
    """Target, quantity, change group, term, and the fate of seats, overrides and counters."""

    autofocus = ""

    target = forms.RegexField(
        rf"^({OUTSIDE})?[1-9][0-9]{{0,17}}\Z",
        error_messages={
            "required": "Choose what to change to.",
            "invalid": "Choose one of the offerings listed.",
        },
    )
    quantity = WholeNumberField(
        required=False, error_messages={"invalid": "Write a whole number, or leave this empty."}
    )
    count = WholeNumberField(
        required=False, error_messages={"invalid": "Write a whole number, or leave this empty to move all."}
    )
    term = forms.ChoiceField(required=False, choices=[(mode.value, mode.value) for mode in TERM_MODES])
    expires_on = DayField(label="Until")
    group = forms.Field(required=False)
    drop = forms.Field(required=False, widget=forms.MultipleHiddenInput)
    add_ons = forms.Field(required=False, widget=forms.MultipleHiddenInput)
    keep_counters = forms.BooleanField(required=False)
    key = KeyField()
    find_targets: Callable[[], GroupDays] | None = None  # finds what change groups say of the targets
    listed: Collection[str] | None = None  # the targets to choose from, where not all are offered

    def clean_target(self) -> int:
        """Return the key of an existing revision; one query at most."""
        if self.listed is not None and self.cleaned_data["target"] not in self.listed:
            raise ValidationError("Choose one of the offerings listed.")
        target = int(self.cleaned_data["target"].removeprefix(OUTSIDE))
        if not is_published(target):
            raise ValidationError("There is no such offering. Choose one of those listed.")
        return target

    def chosen_group(self) -> int | None:
        """Return the key of the change group chosen for the target; ``None`` without a valid key."""
        text = str(self.data.get(f"group-{self.chosen_target}") or "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None

    def clean_drop(self) -> tuple[str, ...]:
        """Return the rights whose overrides are dropped, each once and sorted."""
        return tuple(sorted(set(self.cleaned_data["drop"] or ())))

    def clean_add_ons(self) -> tuple[UUID, ...]:
        """Return the keys of the add-ons that are dropped, each once and sorted."""
        try:
            return tuple(sorted({UUID(str(text)) for text in self.cleaned_data["add_ons"] or ()}))
        except ValueError as error:
            raise ValidationError("Choose add-ons from those listed.") from error

    def build(self) -> ChangeOffering:
        """Return the operation."""
        cleaned = self.cleaned_data
        return ChangeOffering(
            as_of=self.as_of,
            revision_id=cleaned["target"],
            quantity=cleaned["quantity"],
            count=cleaned["count"],
            seats=self.seat_choice(),
            term=term_choice({**cleaned, "term": self.term_mode}),
            drop_overrides=cleaned["drop"],
            drop_add_ons=cleaned["add_ons"],
            keep_counters=cleaned["keep_counters"],
            group_id=self.chosen_group(),
            is_outside_group=self.is_outside,
            key=cleaned["key"],
        )

    @property
    def chosen_target(self) -> str:
        """Return the chosen target, as the page shows it."""
        return str(self.data.get("target") or "")

    @cached_property
    def effective(self) -> str | None:
        """Return when the change group lets the change take effect, as the page said; ``None`` where it is not known.

        What is confirmed is what the page showed: where the group says something else since, the preview is stale, or
        the change needs the permission to choose another day.
        """
        said = str(self.data.get("group_says") or "")
        if self.is_confirmed and said in Effective.values:
            return said
        target = self.chosen_target.removeprefix(OUTSIDE)
        if self.find_targets is None or not (target.isascii() and target.isdigit() and len(target) < 19):
            return None
        return "" if self.is_outside else self.find_targets().effective(int(target), self.chosen_group())

    @property
    def chosen_when(self) -> str:
        """Return the choice of the day, as the page shows it: now where no change group opens a target."""
        when = super().chosen_when
        return When.NOW if when == When.GROUP and not self.has_group_day else when

    @property
    def when_in_force(self) -> str:
        """Return the choice of the day; what a change group says is now, or the end of the term to come."""
        if self.cleaned_data.get("when") != When.GROUP or self.find_days is None:
            return super().when_in_force
        waits = self.effective == Effective.END_OF_TERM and self.days is not None and self.days.end_of_term
        return When.END_OF_TERM if waits else When.NOW

    @property
    def when_choices(self) -> list[tuple[str, str]]:
        """Return the choices of the day; first what the change group says, where one opens a target."""
        first = [(When.GROUP.value, self.group_words)] if self.has_group_day else []
        return [*first, *super().when_choices]

    @property
    def has_group_day(self) -> bool:
        """Tell whether the day may follow a change group: the change may wait, and a group opens one of the targets."""
        return self.days is not None and self.find_targets is not None and self.find_targets().has_groups

    @property
    def group_words(self) -> str:
        """Return when the change group lets the change take effect, in words."""
        if self.effective is None:
            return When.GROUP.label
        if not self.effective:
            return "As the change group says: none says anything, so now"
        if self.effective == Effective.IMMEDIATELY:
            return f"{When.GROUP.label}: now"
        end = self.days.end_of_term if self.days else None
        day = show_day(end) if end else "and none is to come, so now"
        return f"{When.GROUP.label}: {Effective.END_OF_TERM.label}, {day}"

    @property
    def starts_a_term(self) -> bool:
        """Tell whether the change waits for the end of the term: then the term starts anew unless chosen otherwise."""
        return self.when_in_force == When.END_OF_TERM and self.days is not None

    @property
    def term_mode(self) -> str:
        """Return the chosen mode for the term, as the page shows it."""
        mode = str(self.data.get("term") or TermMode.DEFAULT)
        return TermMode.RESTART if self.starts_a_term and mode == TermMode.DEFAULT else mode

    @property
    def is_outside(self) -> bool:
        """Tell whether the chosen target is one that no change group opens."""
        return self.chosen_target.startswith(OUTSIDE)

    @property
    def dropped(self) -> list[str]:
        """Return the overrides to drop, as the page shows them."""
        return self._listed("drop")

    @property
    def dropped_add_ons(self) -> list[str]:
        """Return the keys of the add-ons to drop, as the page shows them."""
        return self._listed("add_ons")

    def _listed(self, name: str) -> list[str]:
        return list(QueryDict.getlist(self.data, name)) if isinstance(self.data, QueryDict) else []


def term_choice(cleaned: Mapping[str, Any]) -> TermChoice:
    """Return the choice for the term. The day counts only in the mode "until a date"."""
    mode = TermMode(cleaned["term"] or TermMode.DEFAULT)
    return TermChoice(mode, cleaned["expires_on"] if mode is TermMode.DATE else None)


class ChangeSelectionForm(SeatsForm):
    """Target, term, change group and counters for a selection of entitlements.

    The targets are the offerings within reach of ``entitlements``, each at its newest revision; six queries.
    """

    modes = (SeatMode.REFUSE, SeatMode.RELEASE_OLDEST, SeatMode.RELEASE_ALL, SeatMode.KEEP)
    autofocus = ""

    target = forms.TypedChoiceField(
        coerce=int,
        label="Change to",
        error_messages={"required": "Choose an offering.", "invalid_choice": "Choose one of the offerings listed."},
    )
    term = forms.ChoiceField(required=False, choices=[(mode.value, words) for mode, words in TERMS.items()])
    expires_on = DayField(label="Until", help_text="With “Until a date”: the first day without the license.")
    group = forms.ModelChoiceField(
        ChangeGroup.objects.all(),
        required=False,
        label="Change group",
        empty_label="As it is open",
        help_text="Needed only where several groups open a move on different terms.",
        error_messages={"invalid_choice": "Choose one of the change groups listed."},
    )
    drops_unfitting = forms.BooleanField(required=False, label="Drop add-ons that do not go with the new plan")
    keep_counters = forms.BooleanField(required=False, label="Keep what is used of usage counts")
    key = KeyField()
    field_order = ("target", "seats", "term", "expires_on", "group", "drops_unfitting", "keep_counters")

    def __init__(self, data: Mapping[str, Any], *, as_of: date, entitlements: Iterable[Entitlement]) -> None:
        super().__init__(data, as_of=as_of)
        choices: dict[str, list[tuple[int, str]]] = {}
        for revision in _targets(entitlements):
            name = f"{revision} ({revision.offering.sku})"
            choices.setdefault(str(revision.offering.product), []).append((revision.pk, name))
        self.fields["target"].choices = [("", "Choose…"), *choices.items()]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Require a date in the mode "until a date"."""
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("term") == TermMode.DATE and not cleaned.get("expires_on") and "expires_on" not in self.errors:
            self.add_error("expires_on", "Give the day the term is to end.")
        return cleaned

    def build(self) -> ChangeOffering:
        """Return the operation."""
        cleaned = self.cleaned_data
        return ChangeOffering(
            as_of=self.as_of,
            revision_id=cleaned["target"],
            seats=self.seat_choice(),
            term=term_choice(cleaned),
            drops_unfitting=cleaned["drops_unfitting"],
            keep_counters=cleaned["keep_counters"],
            group_id=cleaned["group"].pk if cleaned["group"] else None,
            key=cleaned["key"],
        )


def _targets(entitlements: Iterable[Entitlement]) -> list[Revision]:
    """Return the newest revision of each offering within reach of ``entitlements``, by product; six queries."""
    keys = targets_of(row.offering_id for row in entitlements)
    newest = newest_revisions(keys)
    offerings = Offering.objects.select_related("product").in_bulk(keys)
    for key, revision in newest.items():
        revision.offering = offerings[key]
    order = sorted(
        newest, key=lambda key: (offerings[key].product.name, offerings[key].product_id, offerings[key].name)
    )
    return [newest[key] for key in order]
