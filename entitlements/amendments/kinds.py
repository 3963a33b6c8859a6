"""The kinds of amendments that people choose from: for an entitlement, each with the page that asks for it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode
from uuid import UUID

from dateutil.relativedelta import relativedelta
from django.contrib.auth.models import User
from django.urls import reverse

from entitlements.dialogs.waiting import Days, When, days_of
from entitlements.models import AmendmentKind, Order
from entitlements.operations import (
    ChangeOffering,
    ChangeTerms,
    CreateEntitlement,
    Operation,
    RemoveProduct,
    Renew,
    SetOverrides,
    SetQuantity,
)
from entitlements.operations.renew import term_problems
from entitlements.state import State


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of amendment: what it does in one sentence, and the pages that ask for it.

    ``operations`` are those of which a person needs one. ``waits_for`` is the day offered first.
    """

    kind: AmendmentKind
    words: str
    icon: str
    url_name: str
    operations: tuple[type[Operation], ...]
    waits_for: When = When.DAY

    @property
    def title(self) -> str:
        """Return what it is called."""
        return self.kind.label.capitalize()

    def is_open_to(self, user: User) -> bool:
        """Tell whether a person may ask for it."""
        return any(user.has_perm(operation.permission) for operation in self.operations)


ADD_PRODUCT = Kind(
    AmendmentKind.ADD_PRODUCT,
    "A plan, or an add-on beside one, comes into the order.",
    "plus",
    "entitlements:create",
    (CreateEntitlement,),
)
KINDS = (
    Kind(
        AmendmentKind.UPDATE_PRODUCT,
        "The quantity and the rights set by hand change, the offering stays.",
        "pencil",
        "entitlements:update_product",
        (SetQuantity, SetOverrides),
        When.NEXT_PERIOD,
    ),
    Kind(
        AmendmentKind.UPGRADE,
        "It moves to an offering that ranks higher.",
        "arrow-up",
        "entitlements:change_offering",
        (ChangeOffering,),
        When.NEXT_PERIOD,
    ),
    Kind(
        AmendmentKind.DOWNGRADE,
        "It moves to an offering that ranks lower.",
        "arrow-down",
        "entitlements:change_offering",
        (ChangeOffering,),
        When.END_OF_TERM,
    ),
    Kind(
        AmendmentKind.RENEWAL,
        "One more term is added.",
        "renew",
        "entitlements:renew",
        (Renew,),
        When.END_OF_TERM,
    ),
    Kind(
        AmendmentKind.TERMS,
        "The dates of the term, and the terms and conditions change.",
        "calendar",
        "entitlements:change_terms",
        (ChangeTerms,),
    ),
    Kind(
        AmendmentKind.REMOVE_PRODUCT,
        "It ends on that day, and its seats are released.",
        "close",
        "entitlements:remove_product",
        (RemoveProduct,),
        When.END_OF_TERM,
    ),
)
BY_VALUE = {kind.kind.value: kind for kind in KINDS}


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to choose, with the address that goes on from there; closed where ``reason`` says why."""

    title: str
    words: str
    icon: str
    url: str
    reason: str = ""


def kinds_of(state: State, *, user: User, today: date) -> Iterator[Choice]:
    """Yield each kind of amendment that a person may ask for an entitlement; two queries."""
    days = days_of(state.id, today)
    if user.has_perm(CreateEntitlement.permission):
        yield addition(state.order.id, state.order.customer_id, today=today)
    for kind in KINDS:
        if kind.is_open_to(user):
            url = address_of(kind, state.id, days=days, today=today)
            yield Choice(kind.title, kind.words, kind.icon, url, why_closed(kind, state))


def kinds_of_order(order: Order, *, user: User, today: date) -> Iterator[Choice]:
    """Yield each kind of amendment that a person may ask for an order: where it is for a product, that comes next."""
    if user.has_perm(CreateEntitlement.permission):
        yield addition(order.pk, order.customer_id, today=today)
    page = reverse("entitlements:amend_order", args=[order.pk])
    for kind in KINDS:
        if kind.is_open_to(user):
            yield Choice(kind.title, kind.words, kind.icon, f"{page}?kind={kind.kind.value}")


def addition(order: UUID, customer: UUID, *, today: date) -> Choice:
    """Return the choice to add a product to an order."""
    asked = urlencode({"customer": customer, "order": order, **_day_of(ADD_PRODUCT, Days(), today=today)})
    url = f"{reverse(ADD_PRODUCT.url_name)}?{asked}"
    return Choice(ADD_PRODUCT.title, ADD_PRODUCT.words, ADD_PRODUCT.icon, url)


def address_of(kind: Kind, key: UUID, *, days: Days, today: date) -> str:
    """Return the address that asks for a kind of amendment of an entitlement, with the day offered first."""
    asked = _day_of(kind, days, today=today)
    if kind.kind in (AmendmentKind.UPGRADE, AmendmentKind.DOWNGRADE):
        asked["rank"] = kind.kind.value
    return f"{reverse(kind.url_name, args=[key])}?{urlencode(asked)}"


def _day_of(kind: Kind, days: Days, *, today: date) -> dict[str, str]:
    """Return the day that is offered first: where the entitlement has no such day, the first of the next month."""
    first = today.replace(day=1) + relativedelta(months=1)
    when = kind.waits_for if days.day_of(kind.waits_for) else When.DAY
    return {"when": when.value, "effective_on": first.isoformat()}


def why_closed(kind: Kind, state: State) -> str:
    """Return why a kind of amendment is not for an entitlement; empty where it may be. Pure."""
    if state.ended_on is not None:
        return "It has ended."
    if kind.kind is AmendmentKind.RENEWAL:
        return " ".join(problem.message for problem in term_problems(state))
    return ""
