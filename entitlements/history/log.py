"""The whole log: every act and every edit, newest first, narrowed to what is asked for."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.apps import apps
from django.conf import settings
from django.contrib.admin.models import ADDITION, DELETION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import CharField, Count, Exists, F, Model, OuterRef, Q, QuerySet, Subquery, UUIDField, Value
from django.db.models.functions import Cast, Replace
from django.urls import reverse

from entitlements.history.feed import ACT, EDIT, Place, acts_below, edits_below, order_of
from entitlements.history.log_filters import EDIT_KINDS, KINDS_OF_ACTS, LogFilters
from entitlements.history.sentences import Title
from entitlements.history.undos import titles_of, undone_counts
from entitlements.models import Act, ActivationCode, Change, Customer, Entitlement, Note, Order
from offerings.models import Offering

PAGE = 50
BATCH = 500  # rows read at once for an export
VERBS = {ADDITION: "Added", DELETION: "Deleted"}
CATALOG = ("offerings", "changegroups")


@dataclass(frozen=True, slots=True)
class LogLine:
    """One act, or one edit.

    ``thing`` is what it was done to, at ``url``; an act changed ``count`` entitlements, ``undone`` of them taken back.
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
    undone_word: str = "undone"
    held: Any = None
    offering: str = ""
    sku: str = ""

    @property
    def moment(self) -> datetime:
        """Return when it was done."""
        return self.place.moment

    @property
    def is_undone(self) -> bool:
        """Tell whether all that an act did is undone."""
        return 0 < self.count <= self.undone


@dataclass(frozen=True, slots=True)
class LogPage:
    """Lines newest first; ``older`` is the place to go on from, ``None`` at the end."""

    lines: tuple[LogLine, ...]
    older: Place | None = None


def log_page(
    filters: LogFilters, *, editable: Collection[str], below: Place | None = None, size: int = PAGE
) -> LogPage:
    """Return a page of the log; eight queries at most. ``editable`` are those of ``EDIT_KINDS`` the reader may see."""
    acts = list(_acts(filters, below)[: size + 1]) if filters.wants_acts else []
    edits = list(_edits(filters, editable, below)[: size + 1]) if filters.wants_edits else []
    both: list[Act | LogEntry] = [*acts, *edits]
    rows = sorted(both, key=order_of, reverse=True)
    shown = rows[:size]
    lines = tuple(_lines(shown))
    return LogPage(lines, lines[-1].place if len(rows) > size else None)


def log_lines(filters: LogFilters, *, editable: Collection[str]) -> Iterator[LogLine]:
    """Yield every line of the log, newest first, batch by batch."""
    below, is_first = None, True
    while is_first or below is not None:
        page = log_page(filters, editable=editable, below=below, size=BATCH)
        yield from page.lines
        below, is_first = page.older, False


# --- what fits -------------------------------------------------------------------------------------------------------


def _acts(filters: LogFilters, below: Place | None) -> QuerySet[Any]:
    """Return the acts that fit; the index ``act_newest`` gives their order."""
    changes = Change.objects.filter(act=OuterRef("pk")).order_by()
    acts: QuerySet[Any] = Act.objects.defer("asked")
    acts = acts.filter(_between(filters, "made_at"))
    if filters.kind in KINDS_OF_ACTS:
        acts = acts.filter(operation=filters.kind)
    if filters.person:
        acts = acts.filter(made_by_name__iexact=filters.person)
    if filters.source:
        acts = acts.filter(source=filters.source)
    if filters.reference:
        acts = acts.filter(reference__istartswith=filters.reference)
    if filters.offering:
        of_it = Q(to_revision__offering__sku=filters.offering) | Q(from_revision__offering__sku=filters.offering)
        acts = acts.filter(Exists(changes.filter(of_it)))
    if filters.customer:
        acts = acts.filter(Exists(changes.filter(_held_by(filters.customer))))
    counted = changes.values("act").annotate(count=Count("pk")).values("count")
    acts = acts.annotate(
        change_count=Subquery(counted),
        entitlement_id=Subquery(changes.values("entitlement")[:1], output_field=UUIDField()),
        from_name=Subquery(changes.values("from_revision__offering_name")[:1]),
        to_name=Subquery(changes.values("to_revision__offering_name")[:1]),
        to_sku=Subquery(changes.values("to_revision__offering__sku")[:1]),
    )
    return acts_below(acts, below)


def _edits(filters: LogFilters, editable: Collection[str], below: Place | None) -> QuerySet[LogEntry]:
    kinds = [filters.kind] if filters.kind in EDIT_KINDS else list(EDIT_KINDS)
    models = [model for kind in kinds if kind in editable for model in models_of(kind)]
    types = ContentType.objects.get_for_models(*models) if models else {}
    edits = LogEntry.objects.filter(_between(filters, "action_time"), content_type__in=list(types.values()))
    if filters.person:
        edits = edits.filter(user__username__iexact=filters.person)
    if filters.offering:
        keys = Offering.objects.filter(sku=filters.offering).values(key=_plain("pk"))
        offering = ContentType.objects.get_for_model(Offering)
        edits = edits.filter(content_type=offering, object_id__in=keys)
    if filters.customer:
        edits = edits.annotate(key=_plain("object_id")).filter(_of_customers(filters.customer))
    return edits_below(edits.select_related("user", "content_type"), below)


def models_of(kind: str) -> list[type[Model]]:
    """Return the models whose edits are of one of ``EDIT_KINDS``."""
    if kind == "catalog":
        return [model for label in CATALOG for model in apps.get_app_config(label).get_models()]
    ours: dict[str, list[type[Model]]] = {
        "customers": [Customer],
        "orders": [Order, ActivationCode],
        "notes": [Entitlement, Note],
    }
    return ours[kind]


def _of_customers(text: str) -> Q:
    """Return the condition for edits of customers, their orders and what they hold, on the plain ``key``."""
    customers = _customers(text)
    condition = Q(pk=None)
    owned: Iterable[tuple[type[Model], QuerySet[Any]]] = (
        (Customer, customers),
        (Order, Order.objects.filter(customer__in=customers).order_by()),
        (Entitlement, Entitlement.objects.filter(order__customer__in=customers).order_by()),
    )
    for model, rows in owned:
        content_type = ContentType.objects.get_for_model(model)
        condition |= Q(content_type=content_type, key__in=rows.values(plain=_plain("pk")))
    return condition


def _held_by(text: str) -> Q:
    """Return the condition for changes of what the customers meant held at the time."""
    return Q(customer__in=_customers(text)) | Q(from_customer__in=_customers(text))


def _plain(name: str) -> Replace:
    """Return a key as text without dashes: databases that know no UUID store it so, Django's log does not."""
    return Replace(Cast(name, CharField()), Value("-"), Value(""))


def _customers(text: str) -> QuerySet[Customer]:
    """Return the customers meant, their keys alone."""
    try:
        found = Customer.objects.filter(pk=UUID(text))
    except ValueError:
        found = Customer.objects.matching(text)
    return found.order_by().values("pk")  # type: ignore[return-value]  # a subquery, whatever its rows are


def _between(filters: LogFilters, name: str) -> Q:
    zone, condition = ZoneInfo(settings.TIME_ZONE), Q()
    if filters.first_day:
        condition &= Q((f"{name}__gte", datetime.combine(filters.first_day, time.min, tzinfo=zone)))
    if filters.last_day and filters.last_day < date.max:
        after = filters.last_day + timedelta(days=1)
        condition &= Q((f"{name}__lt", datetime.combine(after, time.min, tzinfo=zone)))
    return condition


# --- lines -----------------------------------------------------------------------------------------------------------


def _lines(rows: list[Act | LogEntry]) -> Iterator[LogLine]:
    """Yield the lines of acts and edits; four queries at most."""
    acts = [row for row in rows if isinstance(row, Act)]
    edits = [row for row in rows if isinstance(row, LogEntry)]
    wanted = {row.entitlement_id for row in acts if row.change_count == 1}  # type: ignore[attr-defined]  # annotated
    held = _held(wanted | {key for row in edits if _model(row) is Entitlement and (key := _key(row))})
    skus = _skus({row.object_id for row in edits if _model(row) is Offering and row.object_id})
    titles, undone = titles_of(acts), undone_counts(row.pk for row in acts)
    for row in rows:
        if isinstance(row, Act):
            yield _act_line(row, titles[row.pk], held, undone.get(row.pk, 0))
        else:
            yield _edit_line(row, held, skus)


def _held(ids: Collection[UUID]) -> dict[UUID, Any]:
    rows: QuerySet[Any] = Entitlement.objects.filter(pk__in=ids).only("pk", "order_id")
    named = rows.annotate(
        customer_name=F("order__customer__name"),
        order_reference=F("order__order_reference"),
        offering_name=F("offering__name"),
    )
    return {row.pk: row for row in named} if ids else {}


def _skus(ids: Collection[str]) -> dict[str, str]:
    rows = Offering.objects.filter(pk__in=[key for key in ids if key.isdigit()]) if ids else Offering.objects.none()
    return {str(key): sku for key, sku in rows.values_list("pk", "sku")}


def _act_line(row: Any, title: Title, held: Mapping[UUID, Any], undone: int) -> LogLine:
    thing = held.get(row.entitlement_id)
    return LogLine(
        place=Place(row.made_at, ACT, row.pk.hex),
        title=title.text,
        icon=title.icon,
        tone=title.tone,
        by=row.made_by_name,
        source=row.get_source_display(),
        thing=f"{thing.customer_name}, {_moved(row)}" if thing else "",
        url=thing.get_absolute_url() if thing else "",
        count=row.change_count or 0,
        reason=row.reason,
        reference=row.reference,
        act_id=row.pk,
        undone=undone,
        undone_word=title.undone_word,
        held=thing,
        offering=row.to_name if thing else "",
        sku=row.to_sku if thing else "",
    )


def _moved(row: Any) -> str:
    """Return the offering that an act left an entitlement with, and the one it took it from."""
    return row.to_name if row.from_name in (None, row.to_name) else f"{row.from_name} → {row.to_name}"


def _edit_line(row: LogEntry, held: Mapping[UUID, Any], skus: Mapping[str, str]) -> LogLine:
    model = _model(row)
    thing, url = _thing(row, held, skus)
    is_note = model in (Entitlement, Note)
    what = "order" if model is Order else str(model._meta.verbose_name) if model else "something"
    title = "Wrote a note" if is_note else f"{VERBS.get(row.action_flag, 'Edited')} {what}"
    return LogLine(
        place=Place(row.action_time, EDIT, str(row.pk)),
        title=title,
        icon="note" if is_note else "plus" if row.action_flag == ADDITION else "pencil",
        tone="quiet",
        by=row.user.get_username(),
        source="edit",
        thing=thing,
        url=url,
        text=row.get_change_message(),
    )


def _thing(row: LogEntry, held: Mapping[UUID, Any], skus: Mapping[str, str]) -> tuple[str, str]:
    """Return what was edited and where it is; no address where it has no page, or is gone."""
    model, key = _model(row), _key(row)
    if model is Entitlement and key and key in held:
        return f"{held[key].customer_name}, {held[key].offering_name}", held[key].get_absolute_url()
    if model is Customer and key:
        return row.object_repr, reverse("entitlements:customer", args=[key])
    if model is Order and key:
        return row.object_repr, reverse("entitlements:order", args=[key])
    if model is Offering and row.object_id and row.object_id in skus:
        return row.object_repr, reverse("offerings:offering", args=[skus[row.object_id]])
    return row.object_repr, ""


def _model(row: LogEntry) -> type[Model] | None:
    return row.content_type.model_class() if row.content_type else None


def _key(row: LogEntry) -> UUID | None:
    try:
        return UUID(row.object_id or "")
    except ValueError:
        return None
