"""The lines of the log: acts and edits in words, by the names that things had at the time."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.contrib.admin.models import ADDITION, LogEntry
from django.db.models import F, Model
from django.urls import reverse

from changegroups.models import ChangeGroup
from config.actors import name_of
from entitlements.history.dues import NOTHING_DUE, Dues, dues_of_acts
from entitlements.history.feed import ACT, EDIT, VERBS, Place
from entitlements.history.holders import order_name
from entitlements.history.titles import Title
from entitlements.history.undos import titles_of, undone_counts
from entitlements.models import Act, Change, Customer, Entitlement, Note, Order
from offerings.models import Offering

MOST_ADDED_UP = 20  # changes of one act whose money a page adds up
LONGEST_NUMBER = 19  # digits of the largest key and one more


@dataclass(frozen=True, slots=True)
class Subject:
    """The one entitlement that an act changed, by the names of the time.

    ``from_customer``, ``from_order`` and ``from_offering`` are those it left, empty where it stayed.
    """

    entitlement_id: UUID
    customer: str
    order_reference: str
    offering: str
    sku: str
    from_customer: str = ""
    from_order: str = ""
    from_offering: str = ""

    def __str__(self) -> str:
        holder, offering = self.customer, self.offering
        if self.from_customer:
            holder = f"{self.from_customer} → {holder}"
        elif self.from_order:
            holder = f"{holder}, {self.from_order} → {order_name(self.order_reference)}"
        if self.from_offering:
            offering = f"{self.from_offering} → {offering}"
        return f"{holder}, {offering}"

    @property
    def came_from(self) -> str:
        """Return the customer and order that a transfer left; empty for any other act."""
        return f"From {self.from_customer or self.customer}, order {self.from_order}" if self.from_order else ""


@dataclass(frozen=True, slots=True)
class LogLine:
    """One act, or one edit.

    ``thing`` names the entitlement or the edited row, ``url`` its page. An act changed ``count`` entitlements,
    ``subject`` where it is one; ``undone`` of them are taken back, in words ``undone_word``. ``due`` is what it made
    due on its day.
    """

    place: Place
    title: str
    icon: str
    tone: str
    by: str
    source: str
    thing: str = ""
    url: str = ""
    count: int = 0
    text: str = ""
    reason: str = ""
    reference: str = ""
    act_id: UUID | None = None
    undone: int = 0
    undone_word: str = ""
    subject: Subject | None = None
    due: Dues = NOTHING_DUE

    @property
    def moment(self) -> Any:
        """Return the moment of the act or edit."""
        return self.place.moment

    @property
    def edit_id(self) -> int | None:
        """Return the key of an edit; ``None`` for an act."""
        return int(self.place.key) if self.place.kind == EDIT else None

    @property
    def is_undone(self) -> bool:
        """Tell whether every change of an act is undone."""
        return 0 < self.count <= self.undone


def lines_of(rows: Sequence[Act | LogEntry], *, most_added_up: float = MOST_ADDED_UP) -> Iterator[LogLine]:
    """Yield the lines of acts and edits; nine queries at most.

    What an act of more changes than ``most_added_up`` made due is not added up.
    """
    acts: list[Any] = [row for row in rows if isinstance(row, Act)]
    edits = [row for row in rows if isinstance(row, LogEntry)]
    subjects = _subjects([row.pk for row in acts if row.change_count == 1])
    titles, undone = titles_of(acts), undone_counts(row.pk for row in acts)
    too_many = [row.pk for row in acts if (row.change_count or 0) > most_added_up]
    dues = dues_of_acts([row.pk for row in acts], too_many=too_many)
    names = _Names.of(edits)
    for row in rows:
        if isinstance(row, Act):
            line = _act_line(row, titles[row.pk], subjects.get(row.pk), undone.get(row.pk, 0))
            yield replace(line, due=dues.get(row.pk, NOTHING_DUE))
        else:
            yield _edit_line(row, names)


# --- acts ------------------------------------------------------------------------------------------------------------


def _subjects(acts: Collection[UUID]) -> dict[UUID, Subject]:
    """Return the entitlement that each act changed; one query, none without acts."""
    rows: Any = Change.objects.filter(act__in=acts).annotate(
        customer_name=F("customer__name"),
        reference=F("order__order_reference"),
        offering_name=F("to_revision__offering_name"),
        sku=F("to_revision__offering__sku"),
        left_customer=F("from_customer__name"),
        left_reference=F("from_order__order_reference"),
        left_offering=F("from_revision__offering_name"),
        from_offering_id=F("from_revision__offering"),
        offering_id=F("to_revision__offering"),
    )
    return {
        row.act_id: Subject(
            entitlement_id=row.entitlement_id,
            customer=row.customer_name,
            order_reference=row.reference,
            offering=row.offering_name,
            sku=row.sku,
            from_customer=row.left_customer or "",
            from_order=order_name(row.left_reference) if row.from_order_id else "",
            from_offering=row.left_offering if row.from_offering_id not in (None, row.offering_id) else "",
        )
        for row in (rows.defer("delta") if acts else ())
    }


def _act_line(row: Any, title: Title, subject: Subject | None, undone: int) -> LogLine:
    return LogLine(
        place=Place(row.made_at, ACT, row.pk.hex),
        title=title.text,
        icon=title.icon,
        tone=title.tone,
        by=row.made_by_name,
        source=row.get_source_display(),
        thing=str(subject) if subject else "",
        url=reverse("entitlements:entitlement", args=[subject.entitlement_id]) if subject else "",
        count=row.change_count or 0,
        reason=row.reason,
        reference=row.reference,
        act_id=row.pk,
        undone=undone,
        undone_word=title.undone_word,
        subject=subject,
    )


# --- edits -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Names:
    """The names of edited rows: entitlements, the orders that held them then, SKUs of offerings, pages of groups."""

    entitlements: Mapping[UUID, Entitlement]
    former_orders: Mapping[UUID, Order]
    skus: Mapping[str, str]
    groups: Mapping[str, str]

    @classmethod
    def of(cls, edits: Sequence[Any]) -> "_Names":
        """Read the names; four queries at most."""
        keys = {row.entitlement_key for row in edits if row.entitlement_key}
        former = {row.former_order for row in edits if row.former_order}
        offerings, groups = _numbers(edits, Offering), _numbers(edits, ChangeGroup)
        named = Entitlement.objects.select_related("order__customer", "offering")
        found_groups = ChangeGroup.objects.in_bulk(groups) if groups else {}
        skus = Offering.objects.filter(pk__in=offerings).values_list("pk", "sku") if offerings else ()
        return cls(
            entitlements=named.in_bulk(keys) if keys else {},
            former_orders=Order.objects.select_related("customer").in_bulk(former) if former else {},
            skus={str(key): sku for key, sku in skus},
            groups={str(key): group.get_absolute_url() for key, group in found_groups.items()},
        )


def _numbers(edits: Sequence[LogEntry], model: type[Model]) -> set[int]:
    """Return the keys of the edited rows of a model whose keys are numbers."""
    keys = (row.object_id or "" for row in edits if _model(row) is model)
    return {int(key) for key in keys if key.isascii() and key.isdigit() and len(key) < LONGEST_NUMBER}


def _edit_line(row: LogEntry, names: _Names) -> LogLine:
    model = _model(row)
    thing, url = _thing(row, names)
    is_note = model in (Entitlement, Note)
    what = "order" if model is Order else str(model._meta.verbose_name) if model else "something"
    title = f"{VERBS.get(row.action_flag, 'Edited')} {what}"
    if is_note:  # what is written of an entitlement besides is a pin, or a repair of its numbers
        title = "Wrote a note" if model is Note or row.action_flag == ADDITION else "Wrote on an entitlement"
    return LogLine(
        place=Place(row.action_time, EDIT, str(row.pk)),
        title=title,
        icon="note" if is_note else "plus" if row.action_flag == ADDITION else "pencil",
        tone="quiet",
        by=name_of(row.user),
        source="edit",
        thing=thing,
        url=url,
        text=row.get_change_message(),
    )


def _thing(row: Any, names: _Names) -> tuple[str, str]:
    """Return the name of an edited row and its address; no address where it has no page or is deleted."""
    model, key = _model(row), _key(row)
    if model is Entitlement and key and key in names.entitlements:
        entitlement = names.entitlements[key]
        order = names.former_orders.get(row.former_order, entitlement.order)
        return f"{order.customer.name}, {entitlement.offering.name}", entitlement.get_absolute_url()
    if model is Customer and key:
        return row.object_repr, reverse("entitlements:customer", args=[key])
    if model is Order and key:
        return row.object_repr, reverse("entitlements:order", args=[key])
    if model is Offering and row.object_id in names.skus:
        return row.object_repr, reverse("offerings:offering", args=[names.skus[row.object_id]])
    return row.object_repr, names.groups.get(row.object_id or "", "") if model is ChangeGroup else ""


def _model(row: LogEntry) -> type[Model] | None:
    return row.content_type.model_class() if row.content_type else None


def _key(row: LogEntry) -> UUID | None:
    try:
        return UUID(row.object_id or "")
    except ValueError:
        return None
