"""Pinned notes as a slim banner: on the pages of what they are about, and in every dialog that changes it."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import unescape
from uuid import UUID

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Q
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
    """One pinned note with its text as safe HTML, and the page of its notes."""

    note: Note
    html: SafeString
    author: str
    url: str

    @property
    def about(self) -> str:
        """Return the name of the customer, with the offering for a note on an entitlement."""
        row = self.note.entitlement
        return f"{row.order.customer}, {row.revision.offering_name}" if row else str(self.note.customer)

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
    """The notes pinned last. ``is_more`` tells that there are others, ``is_mixed`` that they are on several customers."""

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
    found = found.select_related("author", "customer", "entitlement__order__customer", "entitlement__revision")
    notes = [_with_text(note) for note in found[: SHOWN + 1]]
    if not notes:
        return None
    customers = {each.note.customer_id or each.note.entitlement.order.customer_id for each in notes}
    return Pinned(notes[:SHOWN], is_more=len(notes) > SHOWN, is_mixed=len(customers) > 1)


def _with_text(note: Note) -> PinnedNote:
    if note.customer_id:
        url = reverse("entitlements:customer_notes", args=[note.customer_id])
    else:
        url = reverse("entitlements:notes", args=[note.entitlement_id])
    return PinnedNote(note, render_markdown(note.text), name_of(note.author), url)
