"""Read what a check compares, for a batch of entitlements: their log, seats that it names, and terms of revisions."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef

from entitlements.engine.checks.replay import SeatRow
from entitlements.engine.log_chain import Link, LoggedAct, Partner, Undone
from entitlements.models import Act, Change, Customer, CustomerMerge, Entitlement, Seat
from entitlements.state import Delta
from offerings.models import Revision
from offerings.periods import Period, parse_period
from offerings.rights import Sheet
from offerings.terms import Terms

UNREADABLE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What comes of values that no code of ours has written."""
_LINK = (
    "entitlement_id", "pk", "act_id", "unit", "order_id", "customer_id", "from_order_id", "from_customer_id",
    "sequence", "from_version", "to_version", "from_revision_id", "to_revision_id", "undoes_id", "delta",
    "money",
)  # fmt: skip


class RevisionTerms:
    """The terms of revisions by key, read once in a run; ``None`` of one that is gone or cannot be read."""

    def __init__(self) -> None:
        self._known: dict[int, Terms | None] = {}

    def read(self, keys: Iterable[int | None]) -> None:
        """Read the terms of revisions that are not known yet; one query, none where all are."""
        missing = {key for key in keys if key is not None} - set(self._known)
        if missing:
            self._known |= dict.fromkeys(missing)
            self._known |= {row.pk: _terms(row) for row in Revision.objects.filter(pk__in=missing)}

    def get(self, key: int | None) -> Terms | None:
        """Return the terms of a revision that was read."""
        return self._known.get(key) if key is not None else None


def _terms(row: Revision) -> Terms | None:
    """Return the terms of a revision, ``None`` where any part of it cannot be read."""
    try:
        return _parts(row)[0]
    except UNREADABLE:
        return None


def _parts(row: Revision) -> tuple[Terms, Sheet, Sheet, list[Period]]:
    terms = Terms.from_json(row.terms)
    periods = [parse_period(text) for text in (terms.duration, terms.maintenance_duration) if text]
    return terms, row.sheet, row.extension_sheet, periods


def without_holder(ids: Collection[UUID]) -> set[UUID]:
    """Return the entitlements whose order, or whose customer, is gone; one query."""
    holders = Customer.objects.filter(orders=OuterRef("order"))
    return set(Entitlement.objects.filter(~Exists(holders), pk__in=ids).values_list("pk", flat=True))


def without_entitlement(*, after: UUID | None, until: UUID | None) -> list[tuple[UUID, UUID]]:
    """Return changes whose entitlement is gone, with its key, of keys beyond ``after`` up to ``until``; one query."""
    held = Entitlement.objects.filter(pk=OuterRef("entitlement_id"))
    rows = Change.objects.filter(~Exists(held)).order_by("entitlement_id", "sequence")
    rows = rows.filter(entitlement_id__gt=after) if after else rows
    rows = rows.filter(entitlement_id__lte=until) if until else rows
    return list(rows.values_list("pk", "entitlement_id"))


def links_of(ids: Collection[UUID], terms: RevisionTerms) -> dict[UUID, list[Link]]:
    """Return the log of each entitlement, oldest change first; six queries at most.

    A delta that cannot be read raises one of ``UNREADABLE``.
    """
    rows = Change.objects.filter(entitlement__in=ids).order_by("entitlement_id", "sequence")
    facts = [dict(zip(_LINK, row, strict=True)) for row in rows.values_list(*_LINK)]
    acts = _acts({fact["act_id"] for fact in facts})
    undone = _undone({fact["undoes_id"] for fact in facts if fact["undoes_id"]})
    terms.read(fact["to_revision_id"] for fact in facts)
    for fact in facts:
        fact["delta"] = Delta.from_json(fact["delta"])
    partners, merged = _partners(facts), _merged_customers()
    found: dict[UUID, list[Link]] = {}
    for fact in facts:
        link = _link(fact, acts, undone, partners.get(fact["act_id"], {}), terms, merged)
        found.setdefault(link.entitlement_id, []).append(link)
    return found


def _link(
    fact: Mapping[str, Any],
    acts: Mapping[UUID, LoggedAct],
    undone: Mapping[UUID, Undone],
    partners: Mapping[UUID, Partner],
    terms: RevisionTerms,
    merged: Mapping[UUID, UUID],
) -> Link:
    return Link(
        entitlement_id=fact["entitlement_id"],
        sequence=fact["sequence"],
        from_version=fact["from_version"],
        to_version=fact["to_version"],
        from_revision=fact["from_revision_id"],
        to_revision=fact["to_revision_id"],
        delta=fact["delta"],
        unit=fact["unit"],
        order_id=fact["order_id"],
        customer_id=fact["customer_id"],
        from_order=fact["from_order_id"],
        from_customer=fact["from_customer_id"],
        act=acts.get(fact["act_id"]),
        undone=undone.get(fact["undoes_id"]),
        partners=partners,
        terms=terms.get(fact["to_revision_id"]),
        merged=merged,
        money=fact["money"],
    )


def _merged_customers() -> dict[UUID, UUID]:
    """Return one customer for each of those that were merged with it at some time; one query, merges are few."""
    roots: dict[UUID, UUID] = {}
    for source, target in CustomerMerge.objects.order_by("made_at", "pk").values_list("source", "target"):
        old, new = roots.setdefault(source, source), roots.setdefault(target, target)
        roots |= {key: new for key, root in roots.items() if root == old}
    return roots


def _acts(keys: Collection[UUID]) -> dict[UUID, LoggedAct]:
    rows = Act.objects.filter(pk__in=keys).order_by()
    return {row[0]: LoggedAct(*row) for row in rows.values_list("pk", "operation", "made_at", "undoes", "asked")}


def _undone(keys: Collection[UUID]) -> dict[UUID, Undone]:
    """Return the changes that others undo; no query where there are none."""
    rows = Change.objects.filter(pk__in=keys).order_by() if keys else Change.objects.none()
    return {
        row[0]: Undone(*row[1:])
        for row in rows.values_list("pk", "entitlement_id", "act_id", "from_version", "to_version")
    }


def _partners(facts: Sequence[Mapping[str, Any]]) -> dict[UUID, dict[UUID, Partner]]:
    """Return what acts did to the other entitlements of a unit, by act and entitlement; one query at most."""
    named = {
        (fact["act_id"], key)
        for fact in facts
        for key in (
            fact["unit"],
            *(each.other for each in (fact["delta"].handed_over, fact["delta"].took_over) if each),
        )
        if key != fact["entitlement_id"]
    }
    if not named:
        return {}
    rows = Change.objects.filter(act__in={act for act, _key in named}, entitlement__in={key for _act, key in named})
    found: dict[UUID, dict[UUID, Partner]] = {}
    for act, key, unit, delta in rows.order_by().values_list("act_id", "entitlement_id", "unit", "delta"):
        found.setdefault(act, {})[key] = Partner(unit, Delta.from_json(delta))
    return found


def seats_of(keys: Collection[UUID]) -> dict[UUID, SeatRow]:
    """Return the seats that the log names; one query, none where it names none."""
    rows = Seat.objects.filter(pk__in=keys).order_by() if keys else Seat.objects.none()
    return {row[0]: SeatRow(*row[1:]) for row in rows.values_list("pk", "entitlement_id", "seat_id", "released_at")}
