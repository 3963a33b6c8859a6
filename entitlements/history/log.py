"""The whole log: every act and every edit that the filters leave, newest first."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from math import inf
from typing import Any
from uuid import UUID

from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.contrib.contenttypes.models import ContentType
from django.db.models import Count, Exists, Model, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from config.actors import name_of
from config.folding import fold
from config.models import Preferences, SavedView
from entitlements.history.feed import Place, acts_below, edits_below, order_of
from entitlements.history.holders import held_by_customers, plain_key, with_former_order
from entitlements.history.log_filters import EDIT_KINDS, KINDS_OF_ACTS, LogFilters
from entitlements.history.log_lines import MOST_ADDED_UP, LogLine, lines_of
from entitlements.models import Act, ActivationCode, Change, Customer, CustomerField, Entitlement, Note, Order, Tag
from offerings.models import Offering

PAGE = 50
BATCH = 500  # rows read at once for an export
APPS = {"catalog": ("offerings",), "groups": ("changegroups",), "people": ("axes",)}  # every model of these
MODELS: dict[str, tuple[type[Model], ...]] = {
    "customers": (Customer, CustomerField, Tag),
    "orders": (Order, ActivationCode),
    "notes": (Entitlement, Note),
    "people": (User, Preferences, SavedView),
    "roles": (Group,),
}


@dataclass(frozen=True, slots=True)
class LogPage:
    """Lines newest first; ``older`` is the place to go on from, ``None`` at the end."""

    lines: tuple[LogLine, ...]
    older: Place | None = None


def log_page(
    filters: LogFilters,
    *,
    editable: Collection[str],
    below: Place | None = None,
    size: int = PAGE,
    most_added_up: float = MOST_ADDED_UP,
) -> LogPage:
    """Return a page of the log; eleven queries at most. ``editable`` are those of ``EDIT_KINDS`` the reader may see."""
    acts = list(_acts(filters, below)[: size + 1]) if filters.wants_acts else []
    edits = list(_edits(filters, editable, below)[: size + 1]) if filters.wants_edits else []
    both: list[Act | LogEntry] = [*acts, *edits]
    rows = sorted(both, key=order_of, reverse=True)
    lines = tuple(lines_of(rows[:size], most_added_up=most_added_up))
    return LogPage(lines, lines[-1].place if len(rows) > size else None)


def edit_line(key: int, *, editable: Collection[str]) -> LogLine | None:
    """Return the line of one edit; ``None`` for an unknown one, and for one of a kind the reader may not see."""
    row = _edits(LogFilters(), editable, None).filter(pk=key).first()
    return next(lines_of([row])) if row else None


def log_lines(filters: LogFilters, *, editable: Collection[str]) -> Iterator[LogLine]:
    """Yield every line of the log, newest first, batch by batch."""
    below, is_first = None, True
    while is_first or below is not None:
        page = log_page(filters, editable=editable, below=below, size=BATCH, most_added_up=inf)
        yield from page.lines
        below, is_first = page.older, False


# --- acts ------------------------------------------------------------------------------------------------------------


def _acts(filters: LogFilters, below: Place | None) -> QuerySet[Any]:
    """Return the acts that fit; the index ``act_newest`` gives their order."""
    changes = Change.objects.filter(act=OuterRef("pk")).order_by()
    acts: QuerySet[Any] = Act.objects.defer("asked").filter(_between(filters, "made_at"))
    if filters.kind in KINDS_OF_ACTS:
        acts = acts.filter(operation=filters.kind)
    if filters.person:
        acts = acts.filter(Q(made_by__in=_people(filters.person)) | Q(made_by_name__iexact=filters.person))
    if filters.source:
        acts = acts.filter(source=filters.source)
    if filters.reference:
        acts = acts.filter(reference__istartswith=filters.reference)
    if filters.offering:
        of_it = Q(to_revision__offering__sku=filters.offering) | Q(from_revision__offering__sku=filters.offering)
        acts = acts.filter(Exists(changes.filter(of_it)))
    if filters.customer:
        customers = _customers(filters.customer)
        acts = acts.filter(Exists(changes.filter(Q(customer__in=customers) | Q(from_customer__in=customers))))
    counted = changes.values("act").annotate(count=Count("pk")).values("count")
    return acts_below(acts.annotate(change_count=Subquery(counted)), below)


def _people(text: str) -> list[int]:
    """Return the keys of the people with a username or a name, in any spelling; one query: staff are few."""
    wanted = fold(text)
    return [each.pk for each in User.objects.all() if wanted in (fold(each.get_username()), fold(name_of(each)))]


def _between(filters: LogFilters, name: str) -> Q:
    zone, condition = timezone.get_current_timezone(), Q()  # the reader's, as the times beside
    if filters.first_day:
        condition &= Q((f"{name}__gte", datetime.combine(filters.first_day, time.min, tzinfo=zone)))
    if filters.last_day and filters.last_day < date.max:
        after = filters.last_day + timedelta(days=1)
        condition &= Q((f"{name}__lt", datetime.combine(after, time.min, tzinfo=zone)))
    return condition


def _customers(text: str) -> QuerySet[Customer]:
    """Return the keys of the customers that a text names."""
    try:
        found = Customer.objects.filter(pk=UUID(text))
    except ValueError:
        found = Customer.objects.matching(text)
    return found.order_by().values("pk")  # type: ignore[return-value]  # a subquery, whatever its rows are


# --- edits -----------------------------------------------------------------------------------------------------------


def _edits(filters: LogFilters, editable: Collection[str], below: Place | None) -> QuerySet[Any]:
    """Return the edits that fit, of the kinds that the reader may see."""
    kinds = [filters.kind] if filters.kind in EDIT_KINDS else list(EDIT_KINDS)
    models = [model for kind in kinds if kind in editable for model in _models_of(kind)]
    types = ContentType.objects.get_for_models(*models) if models else {}
    edits = LogEntry.objects.filter(_between(filters, "action_time"), content_type__in=list(types.values()))
    if filters.person:
        edits = edits.filter(user__in=_people(filters.person))
    if filters.offering:
        keys = Offering.objects.filter(sku=filters.offering).values(key=plain_key("pk"))
        offering = ContentType.objects.get_for_model(Offering)
        edits = edits.filter(content_type=offering, object_id__in=keys)
    edits = with_former_order(edits)
    if filters.customer:
        edits = edits.annotate(key=plain_key("object_id")).filter(_of_customers(filters.customer))
    return edits_below(edits.select_related("user", "content_type"), below)


def _models_of(kind: str) -> list[type[Model]]:
    """Return the models whose edits are of one of ``EDIT_KINDS``."""
    of_apps = [model for label in APPS.get(kind, ()) for model in apps.get_app_config(label).get_models()]
    return [*of_apps, *MODELS.get(kind, ())]


def kind_of(model: type[Model] | None) -> str | None:
    """Return the one of ``EDIT_KINDS`` that the edits of a model are of; ``None`` where no page shows them."""
    return next((kind for kind in EDIT_KINDS if model in _models_of(kind)), None)


def _of_customers(text: str) -> Q:
    """Return the condition for edits of customers, of their orders, and of entitlements that they held at the time."""
    customers = _customers(text)
    orders = Order.objects.filter(customer__in=customers).order_by()
    types = ContentType.objects.get_for_models(Customer, Order)
    return (
        Q(content_type=types[Customer], key__in=customers.values(plain=plain_key("pk")))
        | Q(content_type=types[Order], key__in=orders.values(plain=plain_key("pk")))
        | held_by_customers(customers)
    )
