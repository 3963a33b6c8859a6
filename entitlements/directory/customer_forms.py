"""The forms that add, edit, disable and enable customers, and those of their contacts."""

from collections.abc import Mapping
from typing import Any, Self

from django import forms
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db.models import Model, Q

from config.actors import name_of, people
from config.filter_forms import FilterForm, SearchField
from config.folding import fold
from config.name_fields import TypedEmailField, TypedNameField
from entitlements.dialogs.forms import ReasonField
from entitlements.directory.contacts import CONTACT_FIELDS
from entitlements.directory.customer_values import CustomerValues, values_of
from entitlements.directory.edit_form import EditForm
from entitlements.directory.free_fields import PREFIX, FreeField
from entitlements.models import Contact, Customer, CustomerField, Tag
from entitlements.models.contacts import CONTACT_NAME_LENGTH, EMAIL_LENGTH, ROLE_LENGTH, TAG_LENGTH
from entitlements.models.customers import LONGEST_SEARCH, NAME_LENGTH, REFERENCE_LENGTH

MOST_TAGS = 20
LONGEST_TAGS = 1_000
TAGS_NAMED = 12


class SearchForm(FilterForm):
    """The search text of a page."""

    q = SearchField(longest=LONGEST_SEARCH)


class OwnerField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A person of staff, by name."""

    def label_from_instance(self, obj: Any) -> str:
        """Return the name of the person."""
        return name_of(obj)


class TagsField(forms.CharField):
    """Tags with commas between them; gives their names, each once, in the spelling of a tag that is there."""

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, max_length=LONGEST_TAGS, **options)

    def clean(self, value: Any) -> Any:
        """Return the names in order; the error names all that cannot be made. One query, and one for a new tag."""
        typed = {fold(each): each.strip() for each in super().clean(value).split(",") if fold(each)}
        if len(typed) > MOST_TAGS:
            raise ValidationError(f"Give a customer at most {MOST_TAGS} tags.")
        there = {tag.name_folded: tag.name for tag in Tag.objects.filter(name_folded__in=list(typed))}
        problems = [problem for folded, name in typed.items() if folded not in there for problem in _problems(name)]
        if problems:
            raise ValidationError(problems)
        names = {there.get(folded, name) for folded, name in typed.items()}
        return tuple(sorted(names, key=fold))


def _problems(name: str) -> list[str]:
    """Return why there can be no tag of this name."""
    try:
        Tag(name=name).full_clean()
    except ValidationError as error:
        return [f"{name[:TAG_LENGTH]}: {sentence}" for sentence in error.messages]
    return []


class CustomerForm(EditForm):
    """Name, account reference, owner, tags and the free fields of a customer."""

    names = ("name", "account_reference")
    name = TypedNameField(
        max_length=NAME_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
        error_messages={"required": "Give the customer a name."},
    )
    account_reference = TypedNameField(
        required=False,
        max_length=REFERENCE_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "C-10288"}),
        help_text="The customer's key in your billing system.",
    )
    owner = OwnerField(queryset=User.objects.none(), required=False, empty_label="Nobody")
    tags = TagsField(widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "Key account, Partner"}))

    def __init__(self, data: Mapping[str, Any] | None = None, *, row: Customer) -> None:
        super().__init__(data, row=row)
        current = values_of(row)
        owner: Any = self.fields["owner"]
        candidates = people().filter(Q(is_active=True) | Q(pk=current.owner_id))
        owner.queryset = candidates.order_by("first_name", "last_name", "username")
        self.initial.update(owner=current.owner_id, tags=", ".join(current.tags), seen=current.digest)
        self.definitions = list(CustomerField.objects.shown())
        for each in self.definitions:
            self.fields[f"{PREFIX}{each.key}"] = FreeField(each, kept=current.fields.get(each.key, ""))
        self.fields["tags"].help_text = _known_tags()

    def customer_values(self) -> CustomerValues:
        """Return what to write; the form must be valid."""
        cleaned = self.cleaned_data
        return CustomerValues(
            name=cleaned["name"],
            account_reference=cleaned["account_reference"],
            owner_id=cleaned["owner"].pk if cleaned["owner"] else None,
            tags=cleaned["tags"],
            fields={each.key: cleaned[f"{PREFIX}{each.key}"] for each in self.definitions},
        )

    def for_fresh_row(self, row: Model) -> Self:
        """Return the form with what was typed and the digest of ``row``."""
        assert isinstance(row, Customer)  # noqa: S101 (the form of a customer)
        typed = {name: self.data.get(name, "") for name in self.fields}
        return type(self)({**typed, "seen": values_of(row).digest}, row=row)


def _known_tags() -> str:
    """Return a sentence about the tags that are there."""
    names = list(Tag.objects.order_by("name_folded").values_list("name", flat=True)[: TAGS_NAMED + 1])
    known = f" In use: {', '.join(names[:TAGS_NAMED])}{', …' if len(names) > TAGS_NAMED else ''}." if names else ""
    return f"Commas between them; a new tag is made when you save.{known}"


class NewCustomerForm(CustomerForm):
    """A new customer. A name that another customer has needs a confirmation."""

    is_another = forms.BooleanField(required=False, label="This is another customer of the same name")

    def clean(self) -> dict[str, Any]:
        """Refuse the name of another customer, unless the person confirms it."""
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("name") and not cleaned.get("is_another") and self.namesakes:
            references = ", ".join(each.account_reference or "without account reference" for each in self.namesakes)
            raise ValidationError(
                {"name": f"There is a customer of this name already ({references}). Tick the box below to add another."}
            )
        return cleaned

    @property
    def namesakes(self) -> list[Customer]:
        """Return the first customers with the typed name, in any spelling. One query."""
        name = str(self.data.get("name") or "").strip()
        return list(Customer.objects.current().filter(name_folded=name)[:3]) if fold(name) else []


class SwitchForm(forms.Form):
    """The reason to disable or enable a customer. ``fingerprint`` stands for the effect that the person saw."""

    fingerprint = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    reason = ReasonField(
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
        error_messages={"required": "Give a reason: it is kept in the customer's history."},
    )


class ContactForm(EditForm):
    """Name, e-mail address and role of a contact, and whether it is the primary one."""

    names = CONTACT_FIELDS
    name = TypedNameField(
        max_length=CONTACT_NAME_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
        error_messages={"required": "Give the contact a name."},
    )
    email = TypedEmailField(
        label="E-mail", required=False, max_length=EMAIL_LENGTH, widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )
    role = TypedNameField(
        required=False,
        max_length=ROLE_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "Purchasing"}),
        help_text="Such as purchasing, IT or legal.",
    )
    is_primary = forms.BooleanField(required=False, label="Primary contact: the first one to ask")

    def __init__(self, data: Mapping[str, Any] | None = None, *, row: Contact) -> None:
        super().__init__(data, row=row)
        self.row = row
        if row.is_primary:
            self.fields["is_primary"].disabled = True
            self.fields["is_primary"].help_text = "Make another contact the primary one instead."

    def clean_email(self) -> str:
        """Refuse the address of another contact of the customer. One query."""
        email: str = self.cleaned_data["email"]
        others = Contact.objects.filter(customer=self.row.customer_id).exclude(pk=self.row.pk)
        other = others.filter(email__iexact=email).first() if email else None
        if other is not None:
            raise ValidationError(f"{other.name} has this address already.")
        return email
