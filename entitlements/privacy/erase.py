"""Make unreadable what names a customer and its people, everywhere, and keep the shape and the numbers of the log.

A customer that others were merged into is one with them: all are erased, or none.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Model
from django.utils import timezone

from config.actors import System, name_of
from config.edit_log import log_edit
from entitlements.models import Contact, Customer, Entitlement, FieldValue, Note, Order
from entitlements.models.privacy import ERASED, Erasure
from entitlements.privacy.amendments import erase_amendments, scheduled_for
from entitlements.privacy.concerned import Concerned, concerned_by
from entitlements.privacy.holdings import (
    Family,
    acts_of,
    changes_of,
    family_of,
    in_batches,
    keys,
    lines_about,
    lines_of,
    merges_of,
    parts_of,
)
from entitlements.privacy.past_names import past_names
from entitlements.privacy.redaction import Redaction
from entitlements.privacy.rewriting import IN_ONE_STATEMENT, rewrite_acts, rewrite_entitlements
from entitlements.state import Status

PERMISSION = "entitlements.erase_customer"
IN_USE = (Status.ACTIVE, Status.GRACE_PERIOD)


class NotErased(Exception):
    """The customer cannot be erased; nothing was written. The message says what to do."""


@dataclass(slots=True)
class Erased:
    """How many rows of each kind an erasure makes unreadable, or would."""

    counts: dict[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        return ", ".join(f"{name} {count:,}" for name, count in self.counts.items())


def check_erasable(family: Family, *, today: date) -> None:
    """Raise ``NotErased`` for a customer that was merged away, that clients can use, or that something waits for."""
    customer = family[0]
    if customer.merged_into:
        raise NotErased(f"It was merged into {customer.merged_into}. Erase that one, or undo the merge first.")
    held = Entitlement.objects.filter(order__customer__in=family).with_status(today)
    if usable := held.filter(status__in=IN_USE).count():
        raise NotErased(f"{usable:,} of its entitlements are in use. Disable the customer first.")
    if waiting := scheduled_for(family):
        raise NotErased(f"Something is scheduled for its orders ({waiting:,}). Cancel that first.")


def would_erase(family: Family) -> Erased:
    """Count what an erasure would make unreadable; writes nothing."""
    counts = {name: rows.count() for name, rows in parts_of(family).items()}
    counts |= {"acts": acts_of(family).count(), "changes": changes_of(family).count()}
    names = ("contacts", "fields", "notes", "seats", "overrides", "amendments", "acts", "changes")
    return Erased({**{name: counts[name] for name in names}, "edits": len(lines_of(family))})


@transaction.atomic
def erase(customer: Customer, *, made_by: User | System, today: date) -> Erased:
    """Erase a customer and those merged into it, and write a line that says who did so and how much it was.

    One transaction: while it is open, an ``Erasure`` of each lets the triggers of the database accept new texts in the
    log. Reasons, notes, names and e-mail addresses go; acts, changes, seats and lines stay, with times, people and
    numbers. The digests of acts are made again. Raises ``NotErased``.
    """
    family, concerned = _locked(customer)
    check_erasable(family, today=today)
    counts = would_erase(family)
    erasures = _open(family, made_by=made_by)
    lines, lines_beside = lines_of(family), _lines_beside(family, concerned)
    names = _names_of(family, lines)
    rewrite_entitlements(concerned, family, names)
    rewrite_acts(family, concerned.own, names)
    erase_amendments(family, names)
    for each in family:
        _erase_customer(each)
    _erase_merges(family)
    _erase_lines(lines, family, Redaction.of(names, is_whole=True))
    _erase_lines(lines_beside, family, Redaction.of(names, is_whole=False))
    Erasure.objects.filter(pk__in=erasures).update(finished_at=timezone.now())
    _log(family, counts, made_by=made_by)
    return counts


def _locked(customer: Customer) -> tuple[Family, Concerned]:
    """Lock every entitlement concerned, then the customers, each in order of keys, as acts do.

    Raise ``NotErased`` where one came to them in between.
    """
    ids = concerned_by(family_of(customer)).every
    for batch in in_batches(ids):
        rows = Entitlement.objects.select_for_update(no_key=True).filter(pk__in=batch).order_by("pk")
        list(rows.values_list("pk"))
    chosen = {each.pk for each in family_of(customer)}
    list(Customer.objects.select_for_update().filter(pk__in=chosen).order_by("pk").values_list("pk"))
    family = family_of(Customer.objects.get(pk=customer.pk))
    concerned = concerned_by(family)
    if {each.pk for each in family} != chosen or not set(concerned.every) <= set(ids):
        raise NotErased("Somebody changed what it holds at the same moment. Nothing is erased: try again.")
    return family, concerned


def _open(family: Family, *, made_by: User | System) -> list[UUID]:
    person = None if isinstance(made_by, System) else made_by
    who = {"made_by": person, "made_by_name": name_of(made_by), "begun_at": timezone.now()}
    return [Erasure.objects.create(customer=each, **who).pk for each in family]


def _names_of(family: Family, lines: Iterable[LogEntry]) -> list[str]:
    """Return every name to look for in texts about others, too: those of today, and those that the lines know."""
    about_customers = [line for line in lines if _model_of(line) is Customer]
    contacts = Contact.objects.filter(customer__in=family).values_list("name", "email")
    today = {text for each in family for text in (each.name, each.account_reference)}
    before = {line.object_repr for line in about_customers}
    before |= past_names(line.get_change_message() for line in about_customers)
    return sorted(today | before | {text for pair in contacts for text in pair})


def _lines_beside(family: Family, concerned: Concerned) -> list[LogEntry]:
    """Return the lines about what others hold now: entitlements it gave away, and both sides of a merge undone."""
    merges = list(merges_of(family))
    orders = {UUID(key) for merge in merges for key in merge.moved.get("orders", ())}
    customers = {key for merge in merges for key in (merge.source_id, merge.target_id)} - {each.pk for each in family}
    orders -= set(keys(Order.objects.filter(customer__in=family)))
    shared = set(concerned.shared) - set(keys(Entitlement.objects.filter(order__customer__in=family)))
    return lines_about({Customer: sorted(customers), Order: sorted(orders), Entitlement: sorted(shared)})


def _erase_customer(customer: Customer) -> None:
    Contact.objects.filter(customer=customer).delete()
    FieldValue.objects.filter(customer=customer).delete()
    customer.tags.clear()
    Note.objects.filter(customer=customer).update(text=ERASED)
    customer.name, customer.account_reference = f"Erased customer {customer.pk.hex[-8:]}", ""
    customer.save(update_fields=["name", "account_reference"])


def _erase_merges(family: Family) -> None:
    for each in merges_of(family):
        each.reason, each.moved = ERASED if each.reason else "", {**each.moved, "fields": {}}
        each.save(update_fields=["reason", "moved"])


def _erase_lines(lines: Sequence[LogEntry], family: Family, redaction: Redaction) -> None:
    """Redact lines of Django's log: their texts, and the names of rows in them."""
    names_by_key = {str(each.pk): each.name for each in family}
    for line in lines:
        line.change_message = redaction.lines(line.get_change_message())
        line.object_repr = _name_in_line(line, names_by_key, redaction.in_part())
    LogEntry.objects.bulk_update(lines, ["change_message", "object_repr"], batch_size=IN_ONE_STATEMENT)


def _model_of(line: Any) -> type[Model] | None:
    model: type[Model] | None = line.content_type.model_class()
    return model


def _name_in_line(line: LogEntry, names_by_key: dict[str, str], part: Redaction) -> str:
    model = _model_of(line)
    if model is Customer and line.object_id in names_by_key:
        return names_by_key[line.object_id]
    return ERASED if model in (Contact, Note) else part.text(line.object_repr)


def _log(family: Family, counts: Erased, *, made_by: User | System) -> None:
    """Write the line of the erasure, and one about each customer that was merged into the erased one."""
    customer, *merged = family
    for each in merged:
        log_edit(each, f"Erased with {customer.name}, into which it was merged.", made_by=made_by)
    log_edit(customer, f"Erased all names, contacts, notes and reasons ({counts}).", made_by=made_by)
