"""Make unreadable what names a customer and its people, everywhere, and keep the shape and the numbers of the log."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from config.actors import System, name_of
from config.digests import digest_of
from config.edit_log import log_edit
from entitlements.models import (
    Act,
    Change,
    Contact,
    Customer,
    CustomerMerge,
    Entitlement,
    FieldValue,
    Note,
    Override,
    Seat,
)
from entitlements.models.privacy import ERASED, Erasure
from entitlements.privacy.amendments import erase_amendments
from entitlements.privacy.holdings import acts_of, changes_of, in_batches, keys, lines_of, parts_of
from entitlements.privacy.redaction import Redaction, alias_of
from entitlements.state import Status

PERMISSION = "entitlements.erase_customer"
IN_USE = (Status.ACTIVE, Status.GRACE_PERIOD)


@dataclass(slots=True)
class Erased:
    """How many rows of each kind an erasure makes unreadable, or would."""

    counts: dict[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        return ", ".join(f"{name} {count:,}" for name, count in self.counts.items())


def in_use(customer: Customer, *, today: date) -> int:
    """Return how many entitlements of a customer clients can use; one query."""
    held = Entitlement.objects.filter(order__customer=customer).with_status(today)
    return int(held.filter(status__in=IN_USE).count())


def would_erase(customer: Customer) -> Erased:
    """Count what an erasure would make unreadable; writes nothing."""
    counts = {name: rows.count() for name, rows in parts_of(customer).items()}
    counts |= {"acts": acts_of(customer).count(), "changes": changes_of(customer).count()}
    names = ("contacts", "fields", "notes", "seats", "overrides", "amendments", "acts", "changes")
    return Erased({**{name: counts[name] for name in names}, "edits": sum(1 for _line in lines_of(customer))})


@transaction.atomic
def erase(customer: Customer, *, made_by: User | System) -> Erased:
    """Erase a customer and those merged into it, and write a line that says who did so and how much it was.

    One transaction: while it is open, an ``Erasure`` lets the triggers of the database accept new texts in the log.
    Reasons, notes, names and e-mail addresses go; acts, changes, seats and lines stay, with times, people and numbers.
    The digests of acts are made again.
    """
    locked = Customer.objects.select_for_update().get(pk=customer.pk)
    counts = would_erase(locked)
    person = None if isinstance(made_by, System) else made_by
    now = timezone.now()
    erasure = Erasure.objects.create(customer=locked, made_by=person, made_by_name=name_of(made_by), begun_at=now)
    names = _names_of(locked)
    own, shared = _entitlements(locked)
    lines = list(lines_of(locked))
    beside = _beside(locked, [*own, *shared], Redaction.of(names, is_whole=False))
    for ids, is_whole in ((own, True), (shared, False), (beside, False)):
        for batch in in_batches(ids):
            _erase_entitlements(batch, Redaction.of(names, is_whole=is_whole))
    _erase_acts(locked, own, names)
    erase_amendments([locked], names)
    _erase_customer(locked)
    _erase_lines(lines, locked, names)
    Erasure.objects.filter(pk=erasure.pk).update(finished_at=now)
    for merged in locked.merged_here.order_by("pk"):
        erase(merged, made_by=made_by)
    log_edit(locked, f"Erased all names, contacts, notes and reasons ({counts}).", made_by=made_by)
    return counts


def _names_of(customer: Customer) -> list[str]:
    """Return every name to look for in texts about others, too."""
    contacts = Contact.objects.filter(customer=customer).values_list("name", "email")
    return [customer.name, customer.account_reference, *(text for pair in contacts for text in pair)]


def _entitlements(customer: Customer) -> tuple[list[UUID], list[UUID]]:
    """Return the entitlements that were the customer's alone from the first change on, and the others it held."""
    held = set(keys(Entitlement.objects.filter(order__customer=customer)))
    logged = set(changes_of(customer).order_by().values_list("entitlement", flat=True))
    others: set[UUID] = set()
    for batch in in_batches(sorted(held | logged)):
        rows = Change.objects.filter(entitlement__in=batch).exclude(customer=customer)
        others |= set(rows.order_by().values_list("entitlement", flat=True))
    own = held - others
    return sorted(own), sorted((held | logged) - own)


def _beside(customer: Customer, known: Sequence[UUID], names: Redaction) -> list[UUID]:
    """Return the entitlements of others that acts with a name in their reason changed too: overrides keep reasons."""
    named = [
        act.pk
        for batch in in_batches(keys(acts_of(customer)))
        for act in Act.objects.filter(pk__in=batch).only("reason")
        if names.text(act.reason) != act.reason
    ]
    found: set[UUID] = set()
    for batch in in_batches(named):
        found |= set(Change.objects.filter(act__in=batch).order_by().values_list("entitlement", flat=True))
    return sorted(found - set(known))


def _erase_entitlements(ids: Sequence[UUID], redaction: Redaction) -> None:
    """Redact the changes, overrides, seats and notes of entitlements; rows that stay the same are not written."""
    changes = []
    for change in Change.objects.filter(entitlement__in=ids):
        before = (change.delta, change.warnings)
        change.delta, change.warnings = redaction.delta(change.delta), redaction.warnings(change.warnings)
        changes += [change] if (change.delta, change.warnings) != before else []
    QuerySet[Change, Change](Change).bulk_update(changes, ["delta", "warnings"], batch_size=100)
    _rewrite(Override.objects.filter(entitlement__in=ids), reason=lambda row: redaction.text(row.reason))
    seats = Seat.objects.select_for_update().filter(entitlement__in=ids)
    ids_of_seats = {"seat_id": lambda row: alias_of(row.pk)} if redaction.is_whole else {}
    _rewrite(seats, name=lambda row: redaction.text(row.name), **ids_of_seats)
    _rewrite(Note.objects.filter(entitlement__in=ids), text=lambda row: redaction.text(row.text))


def _rewrite(rows: "QuerySet[Any, Any]", **texts: Callable[[Any], str]) -> None:
    """Give rows new texts by name of the column; rows that stay the same are not written."""
    changed = []
    for row in rows.order_by("pk"):
        before = [getattr(row, name) for name in texts]
        for name, text in texts.items():
            setattr(row, name, text(row))
        changed += [row] if [getattr(row, name) for name in texts] != before else []
    rows.model.objects.bulk_update(changed, list(texts), batch_size=100)


def _erase_acts(customer: Customer, own: Sequence[UUID], names: Sequence[str]) -> None:
    """Redact the acts: whole texts where an act concerned this customer alone, else its names. Digests follow."""
    known, whole, part = set(own), *(Redaction.of(names, is_whole=is_whole) for is_whole in (True, False))
    for batch in in_batches(keys(acts_of(customer))):
        changed = Change.objects.filter(act__in=batch).order_by().values_list("act", "entitlement")
        shared = {act for act, entitlement in changed if entitlement not in known}
        acts = list(Act.objects.filter(pk__in=batch))
        for act in acts:
            redaction = part if act.pk in shared else whole
            act.reason, act.reference = redaction.text(act.reason), part.text(act.reference)
            act.asked = redaction.asked(act.asked) if act.pk not in shared else act.asked
            act.digest = digest_of(act)
        QuerySet[Act, Act](Act).bulk_update(acts, ["reason", "reference", "asked", "digest"], batch_size=100)


def _erase_customer(customer: Customer) -> None:
    Contact.objects.filter(customer=customer).delete()
    FieldValue.objects.filter(customer=customer).delete()
    customer.tags.clear()
    Note.objects.filter(customer=customer).update(text=ERASED)
    for each in CustomerMerge.objects.filter(Q(source=customer) | Q(target=customer)):
        each.reason, each.moved = ERASED if each.reason else "", {**each.moved, "fields": {}}
        each.save(update_fields=["reason", "moved"])
    customer.name, customer.account_reference = f"Erased customer {customer.pk.hex[-8:]}", ""
    customer.save(update_fields=["name", "account_reference"])


def _erase_lines(lines: Sequence[LogEntry], customer: Customer, names: Sequence[str]) -> None:
    """Redact the lines of Django's log: their texts, and the names of rows in them."""
    whole, part = (Redaction.of(names, is_whole=is_whole) for is_whole in (True, False))
    for line in lines:
        line.change_message = whole.lines(line.get_change_message())
        line.object_repr = _name_in_line(line, customer, part)
    LogEntry.objects.bulk_update(lines, ["change_message", "object_repr"], batch_size=100)


def _name_in_line(line: Any, customer: Customer, part: Redaction) -> str:
    model = line.content_type.model_class()
    if model is Customer:
        return customer.name
    return ERASED if model in (Contact, Note) else part.text(line.object_repr)
