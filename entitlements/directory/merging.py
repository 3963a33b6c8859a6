"""Merge one customer into another, and take a merge back: edits, with their lines in the log.

A merge moves orders with all they hold, contacts and notes, and adds tags and fields. No right, seat or term changes,
so entitlements get no change in their log. The merged customer stays, empty, and leads to the other one.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from config.digests import digest_of_seen
from config.edit_log import Edit, logged
from entitlements.models import Contact, Customer, CustomerField, CustomerMerge, Entitlement, FieldValue, Note, Order

MOST_MOVED = 5_000  # of each kind: a merge is one transaction, and its row keeps the keys of all that moved
PERMISSION = "entitlements.merge_customers"


@dataclass(frozen=True, slots=True)
class FieldMerge:
    """A free field that the merged customer has a value in. A conflict is another value of the target."""

    definition: CustomerField
    source: str
    target: str

    @property
    def is_conflict(self) -> bool:
        """Tell whether both customers have a value, and not the same."""
        return bool(self.target) and self.source != self.target


@dataclass(frozen=True, slots=True)
class MergePreview:
    """What a merge of ``source`` into ``target`` would move, and the problems that block it, in sentences."""

    source: Customer
    target: Customer
    orders: int
    entitlements: int
    contacts: tuple[str, ...]
    notes: int
    tags: tuple[str, ...]
    fields: tuple[FieldMerge, ...]
    problems: tuple[str, ...] = ()

    @property
    def conflicts(self) -> tuple[FieldMerge, ...]:
        """Return the fields that somebody has to choose a value of."""
        return tuple(each for each in self.fields if each.is_conflict)

    @property
    def fingerprint(self) -> str:
        """Return a digest of all that moves; a form sends back the digest that its reader saw."""
        fields = [(each.definition.pk, each.source, each.target) for each in self.fields]
        counts = [self.orders, self.entitlements, self.contacts, self.notes, self.tags, fields, self.problems]
        return digest_of_seen([str(self.source.pk), str(self.target.pk), *counts])


def preview_merge(source: Customer, target: Customer) -> MergePreview:
    """Return what a merge would do; eight queries."""
    orders, notes = (model.objects.filter(customer=source).count() for model in (Order, Note))
    contacts = tuple(Contact.objects.filter(customer=source).values_list("name", flat=True)[: MOST_MOVED + 1])
    values = {row.field_id: row.value for row in FieldValue.objects.filter(customer=target)}
    rows = FieldValue.objects.filter(customer=source).select_related("field")
    known = set(target.tags.values_list("pk", flat=True))
    return MergePreview(
        source=source,
        target=target,
        orders=orders,
        entitlements=Entitlement.objects.filter(order__customer=source).count(),
        contacts=contacts[:MOST_MOVED],
        notes=notes,
        tags=tuple(tag.name for tag in source.tags.all() if tag.pk not in known),
        fields=tuple(FieldMerge(row.field, row.value, values.get(row.field_id, "")) for row in rows),
        problems=(
            *_problems(source, target),
            *_too_many(source, {"orders": orders, "contacts": len(contacts), "notes": notes}),
        ),
    )


def _problems(source: Customer, target: Customer) -> list[str]:
    if source.pk == target.pk:
        return ["This is the same customer. Choose another one."]
    found = [
        f"{each.name} has been merged into another customer already."
        for each in (source, target)
        if each.merged_into_id
    ]
    if (source.disabled_at is None) is not (target.disabled_at is None):
        found.append(
            "One of the two is disabled: entitlements would start or stop working. Enable or disable one first."
        )
    return found


def _too_many(source: Customer, counts: Mapping[str, int]) -> list[str]:
    return [
        f"{source.name} has more than {MOST_MOVED:,} {name}: too many for one merge. Merge the other customer into it."
        for name, count in counts.items()
        if count > MOST_MOVED
    ]


def merge(
    source: Customer, target: Customer, *, taken: Collection[str], reason: str, made_by: User, seen: str
) -> CustomerMerge | None:
    """Merge two customers; ``None``, with nothing written, where the preview is no longer what the person saw.

    ``taken`` are the keys of the fields in conflict that get the value of the merged customer.
    """
    with logged(source, target, made_by=made_by) as edit:
        fresh = {row.pk: row for row in Customer.objects.filter(pk__in=[source.pk, target.pk])}
        preview = preview_merge(fresh[source.pk], fresh[target.pk])
        if preview.fingerprint != seen or preview.problems:
            return None
        moved = _move(preview, taken=taken, edit=edit)
        preview.source.merged_into = preview.target
        preview.source.save(update_fields=["merged_into"])
        return CustomerMerge.objects.create(
            source=source, target=target, made_by=made_by, made_at=timezone.now(), reason=reason, moved=moved
        )


def _move(preview: MergePreview, *, taken: Collection[str], edit: Edit) -> dict[str, Any]:
    """Move everything, and return what moved."""
    source, target = preview.source, preview.target
    orders = list(Order.objects.filter(customer=source).order_by("pk"))
    edit.watch(*orders)
    Order.objects.filter(pk__in=[order.pk for order in orders]).update(customer=target)
    contacts = list(Contact.objects.filter(customer=source))
    has_primary = Contact.objects.filter(customer=target, is_primary=True).exists()
    kept: dict[str, Any] = {"is_primary": False} if has_primary else {}
    Contact.objects.filter(customer=source).update(customer=target, **kept)
    notes = list(Note.objects.filter(customer=source).values_list("pk", flat=True))
    Note.objects.filter(pk__in=notes).update(customer=target)
    tags = [tag for tag in source.tags.all() if tag.name in preview.tags]
    target.tags.add(*tags)
    return {
        "orders": [str(order.pk) for order in orders],
        "contacts": [[str(contact.pk), contact.is_primary] for contact in contacts],
        "notes": [str(key) for key in notes],
        "tags": [tag.pk for tag in tags],
        "fields": _merge_fields(preview, taken),
    }


def _merge_fields(preview: MergePreview, taken: Collection[str]) -> dict[str, list[str]]:
    """Write the fields of the target, and return its values before and after by key of the field."""
    moved = {}
    for each in preview.fields:
        if each.target and not (each.is_conflict and each.definition.key in taken):
            continue
        _write_field(preview.target, each.definition, each.source)
        moved[each.definition.key] = [each.target, each.source]
    return moved


def _write_field(customer: Customer, definition: CustomerField, value: str) -> None:
    FieldValue.objects.filter(customer=customer, field=definition).delete()
    if value:
        FieldValue.objects.create(customer=customer, field=definition, value=value)


# --- back ------------------------------------------------------------------------------------------------------------


def open_merge(source: Customer) -> CustomerMerge | None:
    """Return the merge of a customer that is in force, with the other customer; one query."""
    found = CustomerMerge.objects.filter(source=source, undone_at=None).select_related("source", "target", "made_by")
    return found.first()


def undo_problems(merge: CustomerMerge) -> list[str]:
    """Return why a merge cannot be taken back exactly, in sentences; five queries."""
    moved, target = merge.moved, merge.target
    found = []
    orders = Order.objects.filter(pk__in=moved["orders"], customer=target).count()
    if orders != len(moved["orders"]):
        found.append("An order has gone to another customer since. Undo that first.")
    if target.merged_into_id:
        found.append(f"{target.name} has been merged into another customer since. Undo that first.")
    if (merge.source.disabled_at is None) is not (target.disabled_at is None):
        found.append("One of the two is disabled since: entitlements would start or stop working.")
    keys = [key for key, _is_primary in moved["contacts"]]
    if Contact.objects.filter(pk__in=keys, customer=target).count() != len(keys):
        found.append("A contact has been removed since. Add it again by hand, or leave the merge.")
    values = _values(target)
    changed = [key for key, (_before, after) in moved["fields"].items() if values.get(key, "") != after]
    if changed:
        found.append(f"Fields have been edited since: {', '.join(changed)}.")
    return found


def _values(customer: Customer) -> Mapping[str, str]:
    return dict(FieldValue.objects.filter(customer=customer).order_by().values_list("field__key", "value"))


def undo_merge(merge: CustomerMerge, *, made_by: User) -> list[str]:
    """Take a merge back, and return an empty list; return the problems, with nothing written, where there are any."""
    with logged(merge.source, merge.target, made_by=made_by) as edit:
        fresh = CustomerMerge.objects.select_related("source", "target").get(pk=merge.pk)
        if fresh.undone_at is not None:
            return ["This merge has been undone already."]
        if problems := undo_problems(fresh):
            return problems
        _move_back(fresh, edit=edit)
        fresh.source.merged_into = None
        fresh.source.save(update_fields=["merged_into"])
        fresh.undone_at = timezone.now()
        fresh.save(update_fields=["undone_at"])
    return []


def _move_back(merge: CustomerMerge, *, edit: Edit) -> None:
    moved, source, target = merge.moved, merge.source, merge.target
    edit.watch(*Order.objects.filter(pk__in=moved["orders"]))
    Order.objects.filter(pk__in=moved["orders"]).update(customer=source)
    has_primary = Contact.objects.filter(customer=source, is_primary=True).exists()  # added since the merge
    keys = [key for key, _is_primary in moved["contacts"]]
    Contact.objects.filter(pk__in=keys).update(customer=source, is_primary=False)
    if not has_primary:
        primary = [key for key, was_primary in moved["contacts"] if was_primary]
        Contact.objects.filter(pk__in=primary).update(is_primary=True)
    heir = Contact.objects.filter(customer=target).order_by("created_at", "pk").first()
    if heir is not None and not Contact.objects.filter(customer=target, is_primary=True).exists():
        Contact.objects.filter(pk=heir.pk).update(is_primary=True)
    Note.objects.filter(pk__in=moved["notes"]).update(customer=source)
    target.tags.remove(*moved["tags"])
    definitions = {field.key: field for field in CustomerField.objects.filter(key__in=moved["fields"])}
    for key, (before, _after) in moved["fields"].items():
        _write_field(target, definitions[key], before)
