"""What a line of customers says beside their names: owner, tags, the primary contact, free fields."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from config.actors import people
from config.edit_log import Edit
from config.folding import fold
from config.names import folded_text
from entitlements.directory.customer_values import tags_named
from entitlements.engine import rows
from entitlements.importing.cells import name_problem
from entitlements.importing.staging import StagedLine
from entitlements.models import Contact, Customer, CustomerField, FieldKind, FieldValue, derived_id
from entitlements.models.contacts import CONTACT_NAME_LENGTH, EMAIL_LENGTH, ROLE_LENGTH, TAG_LENGTH

FIELD = "field:"
NONE = "none"  # empties a value; an empty cell leaves it
CONTACT = {"contact": "name", "contact_email": "email", "contact_role": "role"}
LENGTHS = {"contact": CONTACT_NAME_LENGTH, "contact_email": EMAIL_LENGTH, "contact_role": ROLE_LENGTH}

Problems = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Known:
    """What the customers of a batch have, and what its lines name. One query for each."""

    owners: Mapping[str, User] = field(default_factory=dict)
    fields: Mapping[str, CustomerField] = field(default_factory=dict)
    tags: Mapping[UUID, Mapping[str, int]] = field(default_factory=dict)
    contacts: Mapping[UUID, Contact] = field(default_factory=dict)
    values: Mapping[UUID, Mapping[int, FieldValue]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Details:
    """What is to change of one customer. ``None`` leaves a value, an empty text or list takes it away."""

    owner: tuple[int | None] | None = None
    tags: tuple[str, ...] | None = None
    contact: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Tell whether anything is to change."""
        return self.owner is not None or self.tags is not None or bool(self.contact or self.fields)


def look_up(lines: Iterable[StagedLine], customers: Iterable[Customer]) -> Known:
    """Return what there is; queries only for what the lines name."""
    names = {name for line in lines for name in line.cells}
    keys = [customer.pk for customer in customers]
    usernames = {line.cells["owner"] for line in lines if "owner" in line.cells}
    owners = people().filter(username__in=usernames, is_active=True) if usernames else ()
    fields = {each.key: each for each in CustomerField.objects.all()} if any(n.startswith(FIELD) for n in names) else {}
    return Known(
        owners={each.username: each for each in owners},
        fields=fields,
        tags=_tags(keys) if "tags" in names else {},
        contacts=_primary_contacts(keys) if names & set(CONTACT) else {},
        values=_values(keys) if fields else {},
    )


def _tags(keys: list[UUID]) -> dict[UUID, dict[str, int]]:
    found: defaultdict[UUID, dict[str, int]] = defaultdict(dict)
    pairs = Customer.tags.through.objects.filter(customer__in=keys).values_list("customer", "tag__name_folded", "tag")
    for customer, name, tag in pairs:
        found[customer][name] = tag
    return dict(found)


def _primary_contacts(keys: list[UUID]) -> dict[UUID, Contact]:
    return {each.customer_id: each for each in Contact.objects.filter(customer__in=keys, is_primary=True)}


def _values(keys: list[UUID]) -> dict[UUID, dict[int, FieldValue]]:
    found: defaultdict[UUID, dict[int, FieldValue]] = defaultdict(dict)
    for row in FieldValue.objects.filter(customer__in=keys).order_by():
        found[row.customer_id][row.field_id] = row
    return dict(found)


def read_details(cells: Mapping[str, str], customer: Customer | None, known: Known) -> tuple[Details, Problems]:
    """Return what a line changes of a customer (``None``: a new one), and what is wrong: column and sentence. Pure."""
    problems: Problems = []
    key = customer.pk if customer else None
    details = Details(
        owner=_owner(cells, customer, known, problems),
        tags=_read_tags(cells, known.tags.get(key, {}) if key else {}, problems),
        contact=_read_contact(cells, known.contacts.get(key) if key else None, problems),
        fields=_read_fields(cells, known.values.get(key, {}) if key else {}, known, problems),
    )
    return details, problems


def _owner(
    cells: Mapping[str, str], customer: Customer | None, known: Known, problems: Problems
) -> tuple[int | None] | None:
    name = cells.get("owner")
    if name is None:
        return None
    if name.lower() != NONE and name not in known.owners:
        problems.append(("owner", f"There is nobody with the username {name[:60]}. Correct it, or write none."))
        return None
    wanted = None if name.lower() == NONE else known.owners[name].pk
    return None if wanted == (customer.owner_id if customer else None) else (wanted,)


def _read_tags(cells: Mapping[str, str], held: Mapping[str, int], problems: Problems) -> tuple[str, ...] | None:
    if "tags" not in cells:
        return None
    text = cells["tags"]
    names = [] if text.lower() == NONE else [each.strip() for each in text.split(",") if fold(each)]
    for name in names:
        if problem := name_problem(name, longest=TAG_LENGTH):
            problems.append(("tags", f"{name[:60]}: {problem}"))
    return None if {folded_text(name) for name in names} == set(held) else tuple(names)


def _read_contact(cells: Mapping[str, str], primary: Contact | None, problems: Problems) -> dict[str, str]:
    """Return the values of the primary contact that change."""
    found = {name: cells[column] for column, name in CONTACT.items() if column in cells}
    if found and primary is None and "name" not in found:
        problems.append(("contact", "This customer has no primary contact. Fill in the name of the new one."))
    for column, most in LENGTHS.items():
        if problem := name_problem(cells.get(column, ""), longest=most):
            problems.append((column, problem))
    if "email" in found:
        try:
            validate_email(found["email"])
        except ValidationError:
            problems.append(("contact_email", "Write an e-mail address, such as ada@halden.example."))
    return {name: text for name, text in found.items() if primary is None or getattr(primary, name) != text}


def _read_fields(
    cells: Mapping[str, str], held: Mapping[int, FieldValue], known: Known, problems: Problems
) -> dict[str, str]:
    found = {}
    for column, text in cells.items():
        if not column.startswith(FIELD):
            continue
        definition = _definition(column.removeprefix(FIELD), known.fields)
        if definition is None:
            problems.append((column, "There is no such field. Correct its key, or let an administrator add it."))
            continue
        stored = held[definition.pk].value if definition.pk in held else ""
        try:
            value = "" if text.lower() == NONE else definition.read(text, kept=stored)
        except ValidationError as error:
            problems.append((column, " ".join(error.messages)))
            continue
        if value != stored:
            found[definition.key] = value
    return found


def _definition(name: str, fields: Mapping[str, CustomerField]) -> CustomerField | None:
    return fields.get(name) or next((each for each in fields.values() if fold(each.label) == fold(name)), None)


def write_details(details: Mapping[UUID, Details], known: Known, *, edit: Edit) -> None:
    """Write the details of customers that ``edit`` watches or has added; constant statements, two for each new tag."""
    owners = [{"pk": key, "owner": each.owner[0]} for key, each in details.items() if each.owner]
    rows.update(Customer, owners)
    _write_tags({key: each.tags for key, each in details.items() if each.tags is not None}, known, edit=edit)
    _write_contacts({key: each.contact for key, each in details.items() if each.contact}, known)
    _write_fields({key: each.fields for key, each in details.items() if each.fields}, known)


def _write_tags(wanted: Mapping[UUID, Iterable[str]], known: Known, *, edit: Edit) -> None:
    if not wanted:
        return
    tags = {tag.name_folded: tag.pk for tag in tags_named([n for names in wanted.values() for n in names], edit=edit)}
    through: Any = Customer.tags.through
    gone, new = [], []
    for key, names in wanted.items():
        held, asked = known.tags.get(key, {}), {folded_text(name) for name in names}
        gone += [{"customer": key, "tag": tag} for name, tag in held.items() if name not in asked]
        new += [through(customer_id=key, tag_id=tags[name]) for name in sorted(asked - set(held))]
    rows.delete(through, gone)
    through.objects.bulk_create(new)


def _write_contacts(wanted: Mapping[UUID, Mapping[str, str]], known: Known) -> None:
    new = [
        Contact(pk=derived_id(key, "primary", values["name"]), customer_id=key, is_primary=True, **values)
        for key, values in wanted.items()
        if key not in known.contacts
    ]
    Contact.objects.bulk_create(new)
    changed = [
        {"pk": primary.pk, **{name: values.get(name, getattr(primary, name)) for name in CONTACT.values()}}
        for key, values in wanted.items()
        if (primary := known.contacts.get(key))
    ]
    rows.update(Contact, changed)


def _write_fields(wanted: Mapping[UUID, Mapping[str, str]], known: Known) -> None:
    new, changed, gone = [], [], []
    for key, values in wanted.items():
        for name, value in values.items():
            definition = known.fields[name]
            row = known.values.get(key, {}).get(definition.pk)
            if row is None:
                new.append(FieldValue(customer_id=key, field=definition, value=value))
            elif value:
                number = Decimal(value) if definition.kind == FieldKind.NUMBER else None
                changed.append({"pk": row.pk, "value": value, "number": number})
            else:
                gone.append({"pk": row.pk})
    FieldValue.objects.bulk_create(new)
    rows.update(FieldValue, changed)
    rows.delete(FieldValue, gone)
