"""The history of a customer or an order: acts on its entitlements and edits, newest first."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self
from uuid import UUID

from django.contrib.admin.models import ADDITION, DELETION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Count, F, Q, QuerySet, Window
from django.db.models.functions import RowNumber
from django.utils.translation import ngettext

from config.actors import name_of
from entitlements.history.chips import side_notes
from entitlements.history.holders import held_by_customers, held_by_order, order_name, with_entitlement_key
from entitlements.history.titles import Title
from entitlements.history.undos import titles_of
from entitlements.history.words import override_value
from entitlements.models import Act, Change, Customer, Entitlement, Order
from entitlements.state import Delta, OverrideValue, RevisionValue, revisions_by_id
from offerings.revisions import PUBLISHED
from offerings.rights import Kind, Right

PAGE = 50
NAMED = 5  # entitlements of one act, by name
ACT, EDIT = "act", "edit"  # at the same moment acts stand above edits
VERBS = {ADDITION: "Added", DELETION: "Deleted", PUBLISHED: "Published"}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the feed: below the act or edit of this moment (aware UTC) and key."""

    moment: datetime
    kind: str
    key: str

    def __str__(self) -> str:
        return f"{(self.moment - EPOCH) // MICROSECOND}.{self.kind}.{self.key}"

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Return the place that ``str`` wrote; ``None`` for any other text."""
        number, _dot, rest = text.partition(".")
        kind, _dot, key = rest.partition(".")
        if not (number.isascii() and number.isdigit() and len(number) < 18 and _is_key(kind, key)):
            return None
        return cls(EPOCH + int(number) * MICROSECOND, kind, key)


def _is_key(kind: str, key: str) -> bool:
    if kind == EDIT:
        return key.isascii() and key.isdigit() and len(key) < 10
    try:
        return kind == ACT and bool(UUID(key))
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Touched:
    """One entitlement that an act changed. ``moved_from`` names the revision it left, where it left one.

    ``details`` say what else moved, as far as the change itself stores it.
    """

    id: UUID
    offering: str
    moved_from: str = ""
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """One act, or one edit. ``text`` is that of an edit; ``touched`` are entitlements of the act, ``more`` the rest."""

    place: Place
    title: str
    icon: str
    tone: str
    by: str
    source: str
    text: str = ""
    reason: str = ""
    reference: str = ""
    touched: tuple[Touched, ...] = ()
    more: int = 0
    entitlement_id: UUID | None = None

    @property
    def moment(self) -> datetime:
        """Return the moment of the act or edit."""
        return self.place.moment

    @property
    def act_id(self) -> UUID | None:
        """Return the key of the act; ``None`` for an edit."""
        return UUID(self.place.key) if self.place.kind == ACT else None

    @property
    def edit_id(self) -> int | None:
        """Return the key of the edit; ``None`` for an act."""
        return int(self.place.key) if self.place.kind == EDIT else None


@dataclass(frozen=True, slots=True)
class FeedPage:
    """Entries newest first; ``older`` is the place to go on from, ``None`` at the end."""

    entries: tuple[FeedEntry, ...]
    older: Place | None = None


def feed_of(scope: Customer | Order, *, below: Place | None = None, size: int = PAGE) -> FeedPage:
    """Return a page of the history of a customer or an order; ten queries at most."""
    changed = Change.objects.filter(changes_of(scope)).order_by().values("act")
    acts = list(acts_below(Act.objects.filter(pk__in=changed), below)[: size + 1])
    found = with_entitlement_key(LogEntry.objects.all()).filter(_edited(scope))
    edits: list[LogEntry] = list(edits_below(found.select_related("user", "content_type"), below)[: size + 1])
    both: list[Act | LogEntry] = [*acts, *edits]
    rows = sorted(both, key=order_of, reverse=True)
    entries = tuple(_entries(scope, rows[:size]))
    return FeedPage(entries, entries[-1].place if len(rows) > size else None)


def _entries(scope: Customer | Order, rows: Sequence[Act | LogEntry]) -> Iterator[FeedEntry]:
    """Yield the entries of acts and edits; four queries at most."""
    acts = [row for row in rows if isinstance(row, Act)]
    changes = _changes(scope, [row.pk for row in acts])
    overridden = {each.to_revision_id for found in changes.values() for each in found if "overrides" in each.delta}
    revisions, titles = revisions_by_id(overridden), titles_of(acts)
    for row in rows:
        if isinstance(row, Act):
            yield _act_entry(row, titles[row.pk], changes.get(row.pk, ()), revisions)
        else:
            yield _edit_entry(row)


def order_of(row: Act | LogEntry) -> tuple[datetime, bool, Any]:
    """Return the sort key that acts and edits have in common."""
    return (row.made_at, True, row.pk) if isinstance(row, Act) else (row.action_time, False, row.pk)


def changes_of(scope: Customer | Order) -> Q:
    """Return the condition for changes of entitlements that a customer or an order held at the time."""
    if isinstance(scope, Order):
        return Q(order=scope) | Q(from_order=scope)
    return Q(customer=scope) | Q(from_customer=scope)


def acts_below(acts: QuerySet[Act], below: Place | None) -> QuerySet[Act]:
    """Return acts newest first, those below a place in the feed."""
    if below is not None:
        at_once = Q(made_at=below.moment, pk__lt=below.key) if below.kind == ACT else Q(pk=None)
        acts = acts.filter(Q(made_at__lt=below.moment) | at_once)
    return acts.order_by("-made_at", "-pk")


def edits_below(edits: QuerySet[LogEntry], below: Place | None) -> QuerySet[LogEntry]:
    """Return edits newest first, those below a place in the feed."""
    if below is not None:
        at_once = Q(action_time=below.moment, pk__lt=below.key) if below.kind == EDIT else Q(action_time=below.moment)
        edits = edits.filter(Q(action_time__lt=below.moment) | at_once)
    return edits.order_by("-action_time", "-pk")


def _edited(scope: Customer | Order) -> Q:
    """Return the condition for edits of a customer or an order, and of entitlements that it held at the time.

    Three queries at most. Without a transfer the present entitlements are those of any time.
    """
    types = ContentType.objects.get_for_models(Customer, Order, Entitlement)
    orders = [scope.pk] if isinstance(scope, Order) else list(scope.orders.order_by().values_list("pk", flat=True))
    condition = Q(content_type=types[Order], object_id__in=[str(key) for key in orders])
    if isinstance(scope, Order):
        transfers, of_entitlements = (
            Q(order=scope, from_order__isnull=False) | Q(from_order=scope),
            held_by_order(scope),
        )
    else:
        condition |= Q(content_type=types[Customer], object_id=str(scope.pk))
        transfers = Q(customer=scope, from_customer__isnull=False) | Q(from_customer=scope)
        of_entitlements = held_by_customers(Customer.objects.filter(pk=scope.pk))
    if Change.objects.filter(transfers).exists():
        return condition | of_entitlements
    current = Entitlement.objects.filter(order__in=orders).order_by().values_list("pk", flat=True)
    return condition | Q(content_type=types[Entitlement], object_id__in=[str(key) for key in current])


def _changes(scope: Customer | Order, acts: Sequence[UUID]) -> dict[UUID, list[Any]]:
    """Return the first changes that each act made here, ``NAMED`` at most; two queries, none without acts.

    Each has the names of offerings, customers and orders, and as ``total`` how many changes the act made here.
    """
    if not acts:
        return {}
    totals = _first_changes(scope, acts)
    found: dict[UUID, list[Any]] = {}
    for row in _with_names(Change.objects.filter(pk__in=totals)).order_by("entitlement", "sequence"):
        row.total = totals[row.pk]
        found.setdefault(row.act_id, []).append(row)
    return found


def _first_changes(scope: Customer | Order, acts: Sequence[UUID]) -> dict[UUID, int]:
    """Return the keys of the first changes that each act made here, and how many it made; one query."""
    rows = Change.objects.filter(changes_of(scope), act__in=acts).order_by()
    numbered = rows.annotate(
        number=Window(RowNumber(), partition_by="act", order_by=["entitlement", "sequence"]),
        total=Window(Count("pk"), partition_by="act"),
    )
    return dict(numbered.filter(number__lte=NAMED).values_list("pk", "total"))


def _with_names(rows: QuerySet[Change]) -> Any:
    return rows.annotate(
        from_offering=F("from_revision__offering"),
        from_name=F("from_revision__offering_name"),
        from_number=F("from_revision__number"),
        to_offering=F("to_revision__offering"),
        to_name=F("to_revision__offering_name"),
        to_number=F("to_revision__number"),
        to_customer=F("customer__name"),
        to_reference=F("order__order_reference"),
        left_customer=F("from_customer__name"),
        left_reference=F("from_order__order_reference"),
    )


def _act_entry(act: Act, title: Title, rows: Sequence[Any], revisions: Mapping[int, RevisionValue]) -> FeedEntry:
    return FeedEntry(
        place=Place(act.made_at, ACT, act.pk.hex),
        title=title.text,
        icon=title.icon,
        tone=title.tone,
        by=act.made_by_name,
        source=act.get_source_display(),
        reason=act.reason,
        reference=act.reference,
        touched=tuple(_touched(row, tuple(_details(row, revisions))) for row in rows),
        more=rows[0].total - len(rows) if rows else 0,
    )


def _touched(row: Any, details: tuple[str, ...]) -> Touched:
    if row.from_revision_id in (None, row.to_revision_id):
        return Touched(row.entitlement_id, row.to_name, details=details)
    if row.from_offering != row.to_offering:
        return Touched(row.entitlement_id, row.to_name, row.from_name, details)
    after = f"{row.to_name}, revision {row.to_number}"
    return Touched(row.entitlement_id, after, f"revision {row.from_number}", details)


def _details(row: Any, revisions: Mapping[int, RevisionValue]) -> Iterator[str]:
    delta = Delta.from_json(row.delta)
    if row.from_order_id:
        yield from _transfer(row)
    for key, (was, now) in delta.overrides.items():
        right = revisions[row.to_revision_id].right(key) or Right(key, Kind.TEXT, key)
        yield f"{right.label}: {_override_words(right, was)} → {_override_words(right, now)}"
    if "quantity" in delta.fields and row.from_revision_id:
        was, now = delta.fields["quantity"]
        yield f"Quantity: {was or 'none'} → {now or 'none'}"
    for words in side_notes(delta):
        yield words[0].upper() + words[1:]
    for seats, done in ((delta.released, "released"), (delta.restored, "back")):
        if count := len(seats):
            yield f"{ngettext('%(n)s seat', '%(n)s seats', count) % {'n': f'{count:,}'}} {done}"


def _transfer(row: Any) -> Iterator[str]:
    if row.left_customer:
        yield f"Customer: {row.left_customer} → {row.to_customer}"
    yield f"Order: {order_name(row.left_reference)} → {order_name(row.to_reference)}"


def _override_words(right: Right, override: OverrideValue | None) -> str:
    return "standard" if override is None else override_value(right, override)


def _edit_entry(entry: LogEntry) -> FeedEntry:
    model = entry.content_type.model_class() if entry.content_type else None
    is_note = model is Entitlement
    nouns: dict[Any, str] = {Customer: "customer", Order: "order"}
    what = nouns.get(model, "entitlement")
    title = "Wrote on an entitlement" if is_note else f"{VERBS.get(entry.action_flag, 'Edited')} {what}"
    return FeedEntry(
        place=Place(entry.action_time, EDIT, str(entry.pk)),
        title=title,
        icon="note" if is_note else "plus" if entry.action_flag == ADDITION else "pencil",
        tone="quiet",
        by=name_of(entry.user),
        source="edit",
        text=entry.get_change_message(),
        entitlement_id=UUID(entry.object_id) if is_note and entry.object_id else None,
    )
