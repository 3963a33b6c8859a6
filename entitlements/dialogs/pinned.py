"""Pinned notes as a slim banner: on the pages of what they are about, and in every dialog that changes it."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import unescape
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.html import strip_tags
from django.utils.safestring import SafeString

from config.actors import name_of
from config.markdown import render_markdown
from entitlements.models import Customer, Entitlement, Note, Order
from entitlements.state import State

SHOWN = 3
SHORT = 160  # letters of a note that is shown without being opened
VIEW_NOTE = "entitlements.view_note"
Person = User | AnonymousUser


@dataclass(frozen=True, slots=True)
class PinnedNote:
    """One pinned note with its text as safe HTML, and the page of its notes.

    ``about`` names the customer, with the offering for a note on an entitlement.
    """

    note: Note
    html: SafeString
    author: str
    about: str
    url: str

    @property
    def is_long(self) -> bool:
        """Tell whether the note is shown by its first words until it is opened."""
        text = self.note.text.strip()
        return len(text) > SHORT or "\n" in text

    @property
    def excerpt(self) -> str:
        """Return the first words of a long note, without its markup."""
        lines = unescape(strip_tags(self.html)).split("\n")
        return next((line.strip()[:SHORT] for line in lines if line.strip()), "")


@dataclass(frozen=True, slots=True)
class Pinned:
    """The notes pinned last: ``is_more`` where there are others, ``is_mixed`` where they are on several customers."""

    notes: Sequence[PinnedNote]
    is_more: bool
    is_mixed: bool


def pinned_on(user: Person, state: State) -> Pinned | None:
    """Return the pinned notes on an entitlement and on its customer; ``None`` without any. One query at most."""
    return _pinned(user, Q(entitlement=state.id) | Q(customer=state.order.customer_id))


def pinned_on_order(user: Person, order: Order) -> Pinned | None:
    """Return the pinned notes on the entitlements of an order and on its customer; one query at most."""
    return _pinned(user, Q(entitlement__order=order) | Q(customer=order.customer_id))


def pinned_on_customer(user: Person, customer: Customer) -> Pinned | None:
    """Return the pinned notes on a customer; one query at most."""
    return _pinned(user, Q(customer=customer))


def pinned_on_any(user: Person, ids: Sequence[UUID]) -> Pinned | None:
    """Return the pinned notes on any of the entitlements and on their customers; one query at most."""
    customers = Entitlement.objects.filter(pk__in=ids).order_by().values("order__customer")
    return _pinned(user, Q(entitlement__in=ids) | Q(customer__in=customers))


def _pinned(user: Person, about: Q) -> Pinned | None:
    if not user.has_perm(VIEW_NOTE):
        return None
    found = Note.objects.filter(about, pinned_at__isnull=False).order_by("-pinned_at", "-pk")
    found = found.select_related("author").annotate(
        held_by=Coalesce("customer", "entitlement__order__customer"),
        held_by_name=Coalesce("customer__name", "entitlement__order__customer__name"),
        offering_name=F("entitlement__revision__offering_name"),
    )
    rows = list(found[: SHOWN + 1])
    if not rows:
        return None
    notes = [_with_text(note) for note in rows[:SHOWN]]
    return Pinned(notes, is_more=len(rows) > SHOWN, is_mixed=len({note.held_by for note in rows}) > 1)


def _with_text(note: Any) -> PinnedNote:
    if note.customer_id:
        url = reverse("entitlements:customer_notes", args=[note.customer_id])
    else:
        url = reverse("entitlements:notes", args=[note.entitlement_id])
    about = ", ".join(filter(None, (note.held_by_name, note.offering_name)))
    return PinnedNote(note, render_markdown(note.text), name_of(note.author), about, url)
