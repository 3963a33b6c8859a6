"""Seats that add-ons in force add to the plan beside them, as expressions for queries.

The same rules as ``state.added`` and ``offerings.rights.capacity`` have for values; a test compares the two. Numbers
are floating here, as amount times quantity may leave the range of a column: all that seats in use can reach is exact.
"""

from datetime import date
from typing import Any

from django.apps import apps
from django.db.models import (
    Case,
    DateField,
    F,
    FloatField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    TextField,
    Value,
    When,
)
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce, Floor, Replace
from django.db.models.lookups import EndsWith, Exact, GreaterThan, IsNull

from offerings.models import OfferingKind

TEXT = TextField()
NUMBER = FloatField()
# The expiry, with the last possible day for "never": pages are sorted by it, so it is never NULL.
EXPIRY_DAY = Coalesce("expires_on", Value(date.max, output_field=DateField()))
IS_PLAN = Q(kind=OfferingKind.PLAN, ended_on=None)


def add_ons_in_force(today: date) -> "QuerySet[Any]":
    """Return the add-ons in the place of the plan of an outer query that count on ``today``."""
    return (
        apps.get_model("entitlements", "Entitlement")
        .objects.filter(order=OuterRef("order"), product=OuterRef("product"), kind=OfferingKind.ADD_ON, ended_on=None)
        .filter(disabled_at=None, activated_at__isnull=False, starts_on__lte=today)
        .filter(Q(GreaterThan(EXPIRY_DAY, today)) | Q(grace_ends_on__gt=today))
        .order_by()
    )


def seats_added(today: date) -> Case:
    """Return how many seats the add-ons of a plan add on ``today``; ``NULL`` where none does, and of no plan."""
    each = KeyTextTransform("seat_limit", "revision__extensions")
    amount = Cast(each, NUMBER) * Cast(Coalesce("quantity", 1), NUMBER)
    total = add_ons_in_force(today).values("order").annotate(total=Sum(amount)).values("total")
    return Case(When(IS_PLAN, then=Subquery(total, output_field=NUMBER)), default=None, output_field=NUMBER)


def capacity_with_add_ons(today: date) -> Case:
    """Return the capacity of an entitlement with what its add-ons add; ``NULL`` is unlimited.

    The overdraft in force says how: a share of the whole limit, a number beside it, none, or without a limit.
    """
    limit, overdraft = Cast(F("seat_limit"), NUMBER) + seats_added(today), _overdraft()
    share = Cast(Replace(overdraft, Value("%", TEXT), Value("", TEXT)), NUMBER)
    beyond = Case(
        When(Exact(overdraft, Value("unlimited", TEXT)), then=None),
        When(Exact(overdraft, Value("none", TEXT)), then=Value(0, NUMBER)),
        When(EndsWith(overdraft, Value("%", TEXT)), then=Floor(limit * share / Value(100, NUMBER))),
        default=Cast(overdraft, NUMBER),
        output_field=NUMBER,
    )
    return Case(
        When(IsNull(limit, rhs=True), then=Cast(F("seat_capacity"), NUMBER)),
        default=limit + beyond,
        output_field=NUMBER,
    )


def _overdraft() -> Coalesce:
    """Return the overdraft in force as text: that set by hand, else that of the revision."""
    override = apps.get_model("entitlements", "Override").objects.filter(entitlement=OuterRef("pk"), key="overdraft")
    by_hand = Replace(Cast("value", TEXT), Value('"', TEXT), Value("", TEXT))
    return Coalesce(
        Subquery(override.annotate(text=by_hand).values("text")[:1], output_field=TEXT),
        KeyTextTransform("overdraft", "revision__rights"),
        Value("none", TEXT),
        output_field=TEXT,
    )
