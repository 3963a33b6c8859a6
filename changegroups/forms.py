"""Forms of change groups, which turn text into the values that ``edits`` writes."""

from typing import Any, ClassVar

from django import forms

from changegroups.models import MODES, ChangeDefaults, ChangeGroup
from config.number_fields import WholeNumberField

LOWEST, HIGHEST = -1_000_000, 1_000_000
WORDS = {
    "name": "Name",
    "description": "Description",
    "change_mode": "Change mode",
    "subscribe_mode": "Subscribe mode",
    "quantity_mode": "Quantity change mode",
    "term_changes": "Term changes",
    "effective_for_upgrades": "Effective for upgrades",
    "effective_for_downgrades": "Effective for downgrades",
    "effective_at_same_level": "Effective at same level",
    "is_self_service": "Self-service",
}
NAME_EXISTS = "There is a change group of this name already. Choose another name."


class NewGroupForm(forms.ModelForm):  # type: ignore[type-arg]
    """The name of a new group."""

    class Meta:
        model = ChangeGroup
        fields: ClassVar = ["name"]
        error_messages: ClassVar = {"name": {"required": "Give the change group a name."}}


class GroupForm(forms.ModelForm):  # type: ignore[type-arg]
    """The fields of a group; the first choice of each mode is the global default."""

    class Meta:
        model = ChangeGroup
        fields: ClassVar = ["name", "description", *MODES, "is_self_service"]
        labels: ClassVar = WORDS
        widgets: ClassVar = {"description": forms.Textarea(attrs={"rows": 2})}
        error_messages: ClassVar = {"name": {"required": "Give the change group a name."}}

    def __init__(self, *args: Any, defaults: ChangeDefaults, may_edit: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, choices in MODES.items():
            default = choices(getattr(defaults, name)).label
            field = self.fields[name]
            assert isinstance(field, forms.TypedChoiceField)  # noqa: S101 (Django makes one for choices)
            field.choices = [("", f"Global default ({default})"), *_options(choices)]
        for field in self.fields.values():
            field.disabled = not may_edit


class DefaultsForm(forms.ModelForm):  # type: ignore[type-arg]
    """The global default of each mode."""

    class Meta:
        model = ChangeDefaults
        fields: ClassVar = list(MODES)
        labels: ClassVar = WORDS

    def __init__(self, *args: Any, may_edit: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, choices in MODES.items():
            field = self.fields[name]
            assert isinstance(field, forms.TypedChoiceField)  # noqa: S101 (Django makes one for choices)
            field.choices = _options(choices)
            field.disabled = not may_edit


class PriorityForm(forms.Form):
    """The priority of one offering."""

    priority = WholeNumberField(
        min_value=LOWEST,
        max_value=HIGHEST,
        error_messages={
            "required": "Write a priority: a whole number, higher is further up.",
            "invalid": "Write a priority: a whole number, higher is further up.",
            "min_value": f"Write a priority from {LOWEST} to {HIGHEST}.",
            "max_value": f"Write a priority from {LOWEST} to {HIGHEST}.",
        },
    )


def _options(choices: Any) -> list[tuple[str, str]]:
    return [(value, f"{label[:1].upper()}{label[1:]}") for value, label in choices.choices]
