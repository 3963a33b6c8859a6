"""The rows of the renewals: each entitlement with its price, its contact, and what the newest revision would change."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any
from uuid import UUID

from config.actors import name_of
from entitlements.dialogs.tones import STATUS_TONES
from entitlements.history.words import days_in_words, shown
from entitlements.models import Customer, Note, NoteKind
from entitlements.models.orders import AutomaticRenewal
from entitlements.renewals.price import is_same, new_words, price_in_force, price_on
from entitlements.schedule.foreseen import renewal_day
from entitlements.state import RevisionValue, State, load, revisions_by_id
from offerings.models import Revision
from offerings.revisions import diff_of
from offerings.tables import DiffRow, diff_rows
from offerings.totals import Total

BATCH = 500
MOST_CHIPS = 3


@dataclass(frozen=True, slots=True)
class Renewal:
    """One entitlement that expires. ``differences`` are those of the newest revision, prices apart.

    ``price`` is the one in force, ``next_price`` that of a renewal onto the newest revision. ``contact`` is the newest
    note of a contact about the expiry in force.
    """

    state: State
    newest: RevisionValue
    today: date
    price: Total
    next_price: Total
    differences: tuple[DiffRow, ...] = ()
    contact: Note | None = None
    account_reference: str = ""
    owner: str = ""
    renews: str = ""  # in words, where the order renews by itself

    @property
    def is_newest(self) -> bool:
        """Tell whether the entitlement is on the newest revision."""
        return self.newest.id == self.state.revision.id

    @property
    def status(self) -> str:
        """Return the status."""
        return self.state.status(self.today)

    @property
    def tone(self) -> str:
        """Return the tone of the status."""
        return STATUS_TONES[self.state.status(self.today)]

    @property
    def days(self) -> str:
        """Return the distance to the expiry in words."""
        if self.state.expires_on is None:
            return ""
        return days_in_words(self.state.expires_on, self.today)

    @property
    def keeps_price(self) -> bool:
        """Tell whether the newest revision has the price in force."""
        return is_same(self.price, self.next_price)

    @property
    def price_words(self) -> str:
        """Return what renewing onto the newest revision makes of the price, in words."""
        if self.keeps_price:
            return f"keeps {self.next_price.line}"
        return f"new {new_words(self.next_price, instead_of=self.price)}"

    @property
    def chips(self) -> tuple[DiffRow, ...]:
        """Return the first few differences."""
        return self.differences[:MOST_CHIPS]

    @property
    def more(self) -> int:
        """Return the number of differences without a chip."""
        return max(0, len(self.differences) - MOST_CHIPS)

    @property
    def overrides(self) -> str:
        """Return what is set by hand, in words; empty where nothing is."""
        parts = []
        for key in self.state.overrides:
            right = self.state.right(key)
            parts.append(f"{right.label} {shown(right, self.state.in_force(key))}")
        return "; ".join(parts)

    @property
    def contacted_by(self) -> str:
        """Return the name of the person who contacted the customer; empty where nobody did."""
        return name_of(self.contact.author) if self.contact else ""


def renewals_of(ids: Sequence[UUID], *, today: date) -> list[Renewal]:
    """Return entitlements as rows, in the order of ``ids``; eleven queries, two more where orders hold add-ons."""
    states = {state.id: state for state in load(ids, on=today)}
    found = [states[key] for key in ids if key in states]
    newest = _newest({state.revision.offering_id for state in found})
    values = revisions_by_id({row.pk for row in newest.values()})
    held = Revision.objects.in_bulk({state.revision.id for state in found})
    contacts = _contacts(found)
    customers = Customer.objects.select_related("owner").in_bulk({state.order.customer_id for state in found})
    return [
        _renewal(
            state,
            values[newest[state.revision.offering_id].pk],
            customers[state.order.customer_id],
            today=today,
            differences=_differences(held[state.revision.id], newest[state.revision.offering_id]),
            contact=contacts.get((state.id, state.expires_on)),
            renews=f"renews {AutomaticRenewal(state.order.renewal).label}" if renewal_day(state) else "",
        )
        for state in found
    ]


def _renewal(state: State, newest: RevisionValue, customer: Customer, **facts: Any) -> Renewal:
    return Renewal(
        state=state,
        newest=newest,
        price=price_in_force(state),
        next_price=price_on(newest, state),
        account_reference=customer.account_reference,
        owner=name_of(customer.owner) if customer.owner else "",
        **facts,
    )


def in_batches(ids: Iterable[UUID], *, today: date) -> Iterator[Renewal]:
    """Yield the rows of ``renewals_of``, read in batches, so that memory stays flat for any number."""
    rest = iter(ids)
    while batch := list(islice(rest, BATCH)):
        yield from renewals_of(batch, today=today)


def _newest(offerings: Iterable[int]) -> dict[int, Revision]:
    rows = Revision.objects.filter(offering__in=list(offerings)).newest()
    return {row.offering_id: row for row in rows}


def _differences(held: Revision, newest: Revision) -> tuple[DiffRow, ...]:
    if held.pk == newest.pk:
        return ()
    return tuple(row for row in diff_rows(diff_of(held, newest)) if row.section != "Prices")


def _contacts(states: Iterable[State]) -> Mapping[tuple[UUID | None, date | None], Note]:
    """Return the newest contact by entitlement and the expiry it was about; one query."""
    keys = [state.id for state in states]
    notes = Note.objects.filter(kind=NoteKind.CONTACTED, entitlement__in=keys).select_related("author")
    return {(note.entitlement_id, note.about): note for note in notes.order_by("created_at", "pk")}
