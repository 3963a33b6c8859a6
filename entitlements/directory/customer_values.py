"""What people edit of a customer, as one value: read, compared by its digest, and written with its line in the log."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from config.digests import digest_of_seen
from config.edit_log import Edit
from config.folding import fold
from config.names import folded_text
from entitlements.models import Customer, CustomerField, FieldValue, Tag


@dataclass(frozen=True, slots=True)
class CustomerValues:
    """Name, account reference, owner, tags in order of name, and by key what the customer has in the free fields.

    To ``write``, ``fields`` are those to change; an empty text takes the value away.
    """

    name: str = ""
    account_reference: str = ""
    owner_id: int | None = None
    tags: tuple[str, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """Return a digest of the values; a form sends back the digest that its reader saw."""
        values = [self.name, self.account_reference, self.owner_id, self.tags, sorted(self.fields.items())]
        return digest_of_seen(values)


def values_of(customer: Customer) -> CustomerValues:
    """Return the values of a customer, none of a new one; two queries, none for a new one."""
    if not customer.name:  # a new one
        return CustomerValues()
    fields = FieldValue.objects.filter(customer=customer).order_by()
    return CustomerValues(
        name=customer.name,
        account_reference=customer.account_reference,
        owner_id=customer.owner_id,
        tags=tuple(customer.tags.order_by("name_folded").values_list("name", flat=True)),
        fields=dict(fields.values_list("field__key", "value")),
    )


def write_values(customer: Customer, values: CustomerValues, *, edit: Edit) -> None:
    """Write the values of a customer that ``edit`` watches or has added. Tags that are new are made, with their lines.

    The values have passed ``CustomerField.read``.
    """
    customer.name, customer.account_reference = values.name, values.account_reference
    customer.owner_id = values.owner_id
    customer.save(update_fields=["name", "account_reference", "owner"])
    customer.tags.set(tags_named(values.tags, edit=edit))
    _write_fields(customer, values.fields)


def tags_named(names: Iterable[str], *, edit: Edit) -> list[Tag]:
    """Return the tags with these names, in any spelling; makes those that are new and adds them to ``edit``."""
    wanted = {folded_text(name): name for name in names if fold(name)}
    found = {tag.name_folded: tag for tag in Tag.objects.filter(name_folded__in=wanted)} if wanted else {}
    for folded in wanted.keys() - found.keys():
        tag, is_new = Tag.objects.get_or_create(name_folded=folded, defaults={"name": wanted[folded]})
        found[folded] = tag
        if is_new:
            edit.add(tag)
    return list(found.values())


def _write_fields(customer: Customer, values: Mapping[str, str]) -> None:
    if not values:
        return
    fields = {field.key: field for field in CustomerField.objects.filter(key__in=values)}
    stored = {row.field_id: row for row in FieldValue.objects.filter(customer=customer, field__in=fields.values())}
    for key, value in values.items():
        row = stored.get(fields[key].pk)
        if row is None and value:
            FieldValue.objects.create(customer=customer, field=fields[key], value=value)
        elif row is not None and not value:
            row.delete()
        elif row is not None and row.value != value:
            row.value, row.field = value, fields[key]
            row.save(update_fields=["value", "number"])
