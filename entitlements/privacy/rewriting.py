"""Replace texts in the log of entitlements and in their rows, while an erasure is open. What stays is not written."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from config.digests import digest_of
from entitlements.models import Act, Change, Entitlement, Note, Override, Seat
from entitlements.privacy.concerned import Concerned, warns_of_reference
from entitlements.privacy.holdings import Family, acts_of, in_batches, keys
from entitlements.privacy.redaction import Quotes, Redaction, alias_of

IN_ONE_STATEMENT = 100
Rewritten = tuple[Change, dict[str, Any], list[dict[str, Any]]]
"""A change with its new delta and warnings."""


def rewrite_entitlements(concerned: Concerned, family: Family, names: Sequence[str]) -> None:
    """Redact the changes, overrides, seats and notes of entitlements: whole texts where they are the customer's own."""
    for ids, is_whole in ((concerned.own, True), (concerned.shared, False)):
        redaction = Redaction.of(names, is_whole=is_whole)
        for batch in in_batches(ids):
            changes = Change.objects.filter(entitlement__in=batch)
            _write_changes((row, redaction.delta(row.delta), redaction.warnings(row.warnings)) for row in changes)
            _rewrite_rows(batch, redaction)
    part = Redaction.of(names, is_whole=False)
    quoting = part.quoting(_quotes_of(acts_of(family), part))
    for batch in in_batches(concerned.beside):
        _write_changes(_beside(batch, family, quoting))
        _rewrite_rows(batch, quoting)


def rewrite_acts(family: Family, own: Sequence[UUID], names: Sequence[str]) -> None:
    """Redact the acts: whole texts where an act concerned this customer alone, else its names. Digests follow."""
    known, whole, part = set(own), *(Redaction.of(names, is_whole=is_whole) for is_whole in (True, False))
    for batch in in_batches(keys(acts_of(family))):
        changed = Change.objects.filter(act__in=batch).order_by().values_list("act", "entitlement")
        shared = {act for act, entitlement in changed if entitlement not in known}
        acts = list(Act.objects.filter(pk__in=batch))
        for act in acts:
            redaction = part if act.pk in shared else whole
            act.reason, act.reference = redaction.text(act.reason), part.text(act.reference)
            act.asked = redaction.asked(act.asked)
            act.digest = digest_of(act)
        fields = ["reason", "reference", "asked", "digest"]
        QuerySet[Act, Act](Act).bulk_update(acts, fields, batch_size=IN_ONE_STATEMENT)


def _quotes_of(acts: "QuerySet[Act, Any]", names: Redaction) -> Quotes:
    """Return what replaces the reasons of acts that have a name in them."""
    quotes: dict[tuple[datetime | None, str], str] = {}
    for batch in in_batches(keys(acts)):
        reasons = Act.objects.filter(pk__in=batch).order_by().values_list("made_at", "reason")
        quotes |= {(at, text): names.text(text) for at, text in reasons if names.text(text) != text}
    return quotes


def _beside(ids: Sequence[UUID], family: Family, redaction: Redaction) -> Iterator[Rewritten]:
    """Yield what the database lets an erasure rewrite of others: what its acts did, later quotes of them, warnings."""
    acts = set(acts_of(family).filter(changes__entitlement__in=ids).order_by().values_list("pk", flat=True))
    without_names, changed_along = redaction.without_names(), set()
    for change in Change.objects.filter(entitlement__in=ids).order_by("entitlement", "sequence"):
        if change.act_id in acts:
            changed_along.add(change.entitlement_id)
            yield change, redaction.delta(change.delta), redaction.warnings(change.warnings)
            continue
        is_later, is_warned = change.entitlement_id in changed_along, warns_of_reference(change.warnings)
        delta = without_names.delta(change.delta) if is_later else change.delta
        yield change, delta, redaction.warnings(change.warnings) if is_warned else change.warnings


def _write_changes(found: Iterable[Rewritten]) -> None:
    changed = []
    for change, delta, warnings in found:
        if (delta, warnings) != (change.delta, change.warnings):
            change.delta, change.warnings = delta, warnings
            changed.append(change)
    QuerySet[Change, Change](Change).bulk_update(changed, ["delta", "warnings"], batch_size=IN_ONE_STATEMENT)


def _rewrite_rows(ids: Sequence[UUID], redaction: Redaction) -> None:
    overrides = Override.objects.filter(entitlement__in=ids)
    _rewrite(overrides, reason=lambda row: redaction.reason(row.reason, set_at=row.set_at))
    seats = Seat.objects.select_for_update().filter(entitlement__in=ids)
    ids_of_seats = {"seat_id": lambda row: alias_of(row.pk)} if redaction.is_whole else {}
    _rewrite(seats, name=lambda row: redaction.text(row.name), **ids_of_seats)
    agreed = Entitlement.objects.filter(pk__in=ids).exclude(conditions=None)
    _rewrite(agreed, conditions=lambda row: redaction.text(row.conditions))
    _rewrite(Note.objects.filter(entitlement__in=ids), text=lambda row: redaction.text(row.text))


def _rewrite(rows: "QuerySet[Any, Any]", **texts: Callable[[Any], str]) -> None:
    """Give rows new texts by name of the column."""
    changed = []
    for row in rows.order_by("pk"):
        before = [getattr(row, name) for name in texts]
        for name, text in texts.items():
            setattr(row, name, text(row))
        changed += [row] if [getattr(row, name) for name in texts] != before else []
    rows.model.objects.bulk_update(changed, list(texts), batch_size=IN_ONE_STATEMENT)
