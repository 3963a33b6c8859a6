"""Check that the changes of one entitlement follow each other, from the first to the newest. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from entitlements.billing.lines import Invoice, Line
from entitlements.billing.proration import Share, charge
from entitlements.engine.checks.findings import Code, Mismatch
from entitlements.state import Delta, State
from offerings.terms import Terms

Pair = tuple[str, object, object]
"""The name of a value, the stored value and the expected one."""
_MAY_DO_NOTHING = ("together", "undo_act")
"""What moves several entitlements as one can leave one of them as it was."""


@dataclass(frozen=True, slots=True)
class LoggedAct:
    """The act of a change, as far as its changes follow from it: how, when, what it undoes, and what was asked."""

    id: UUID
    operation: str
    made_at: datetime
    undoes: UUID | None = None
    asked: Mapping[str, Any] = field(default_factory=dict)

    @property
    def day(self) -> date | None:
        """Return the day that the operation counts from."""
        text = self.asked.get("as_of")
        return date.fromisoformat(text) if text else None


@dataclass(frozen=True, slots=True)
class Link:
    """One change in the log. ``undone`` is the change that it undoes; ``terms`` are those of the revision after it.

    ``merged`` leads from customers that were merged to one of them. ``act`` is ``None`` where it is gone. ``partners``
    are what its act did to the other entitlements of its unit. ``money`` is what it made due, as it is stored.
    """

    entitlement_id: UUID
    sequence: int
    from_version: int
    to_version: int
    from_revision: int | None
    to_revision: int
    delta: Delta
    unit: UUID
    order_id: UUID
    customer_id: UUID
    from_order: UUID | None = None
    from_customer: UUID | None = None
    act: LoggedAct | None = None
    undone: "Undone | None" = None
    partners: Mapping[UUID, "Partner"] = field(default_factory=dict)
    terms: Terms | None = None
    merged: Mapping[UUID, UUID] = field(default_factory=dict)
    money: Mapping[str, Any] | None = None

    def is_same(self, one: UUID | None, other: UUID | None) -> bool:
        """Tell whether two keys are of one customer, or of customers that were merged at some time."""
        return one == other or bool(one and other and self.merged.get(one, one) == self.merged.get(other, other))

    @property
    def says_something(self) -> bool:
        """Tell whether the change says of anything that it moved."""
        return self.delta != Delta() or self.from_revision != self.to_revision


@dataclass(frozen=True, slots=True)
class Undone:
    """A change that another change undoes."""

    entitlement_id: UUID
    act_id: UUID
    from_version: int
    to_version: int


@dataclass(frozen=True, slots=True)
class Partner:
    """What the act of a change did to another entitlement: its unit, and the seats that went over."""

    unit: UUID
    delta: Delta


def broken_links(links: Sequence[Link], state: State) -> Iterator[Mismatch]:
    """Yield the mismatches between each change and the next, and between the newest change and ``state``."""
    before: Link | None = None
    for number, link in enumerate(links, start=1):
        yield from _broken(f"change {number}", _link_pairs(link, before, number=number))
        yield from _broken(f"change {link.sequence}", _version_pairs(link))
        yield from _broken(f"change {link.sequence}", _holder_pairs(link, before))
        yield from _broken(f"change {link.sequence}", _partner_pairs(link))
        yield from _broken(f"change {link.sequence}", _money_pairs(link))
        if link.act and not _may_do_nothing(link.act):
            yield from _broken(f"change {link.sequence}", [("says what moved", link.says_something, True)])
        before = link
    acts = [link.act.id for link in links if link.act]
    yield from _broken("log", [("acts that changed it twice", len(acts) - len(set(acts)), 0)])
    yield from _end_mismatches(links[-1], state)


def _may_do_nothing(act: LoggedAct) -> bool:
    """Tell whether an act may leave one of several as it was: a plan too, of which add-ons alone were dropped."""
    drops = act.asked.get("drop_add_ons") or act.asked.get("drops_unfitting")
    return act.operation in _MAY_DO_NOTHING or (act.operation == "change_offering" and bool(drops))


def _broken(where: str, pairs: Iterable[Pair]) -> Iterator[Mismatch]:
    for name, stored, expected in pairs:
        if stored != expected:
            yield Mismatch(Code.LOG_BROKEN, f"{where}, {name}", stored, expected)


def _link_pairs(link: Link, before: Link | None, *, number: int) -> Iterator[Pair]:
    yield "sequence", link.sequence, number
    yield "from_version", link.from_version, before.to_version if before else 0
    yield "from_revision", link.from_revision, before.to_revision if before else None


def _version_pairs(link: Link) -> Iterator[Pair]:
    undone, act_undoes = link.undone, link.act.undoes if link.act else None
    if undone is None:
        if link.to_version != link.from_version:
            yield "to_version", link.to_version, link.sequence
        yield "undoes", act_undoes, None
        return
    yield "to_version", link.to_version, undone.from_version
    yield "from_version", link.from_version, undone.to_version
    yield "undoes a change of", undone.entitlement_id, link.entitlement_id
    yield "undoes a change of act", undone.act_id, act_undoes


def _holder_pairs(link: Link, before: Link | None) -> Iterator[Pair]:
    """Yield the order and the customer of a change, with those that follow from the change before and its delta."""
    _was, now = link.delta.fields.get("order", (None, str(before.order_id) if before else None))
    yield "order", str(link.order_id), now
    moved = before is not None and before.order_id != link.order_id
    yield "from_order", link.from_order, before.order_id if before and moved else None
    other = before is not None and moved and before.customer_id != link.customer_id
    expected = before.customer_id if before and other else None
    has_merged = before is not None and moved and before.customer_id in link.merged
    if not (has_merged and before and link.is_same(link.from_customer or link.customer_id, before.customer_id)):
        yield "from_customer", link.from_customer, expected
    if before is not None and not moved and not link.is_same(link.customer_id, before.customer_id):
        yield "customer", link.customer_id, before.customer_id


def _partner_pairs(link: Link) -> Iterator[Pair]:
    """Yield what a change and the one of the other entitlement of its unit say of each other."""
    if link.unit != link.entitlement_id:
        yield "its unit is one of its act", link.unit in link.partners, True
    for over, side in ((link.delta.handed_over, "took_over"), (link.delta.took_over, "handed_over")):
        if over is None:
            continue
        partner = link.partners.get(over.other)
        back = getattr(partner.delta, side) if partner else None
        yield "unit of the other entitlement", partner.unit if partner else None, link.unit
        seats = (link.entitlement_id, set(over.seats))
        yield f"seats that the other one {side}", (back.other, set(back.seats)) if back else None, seats


def _money_pairs(link: Link) -> Iterator[Pair]:
    """Yield what the money of a change must be: of the first of its unit, summed up, no line more than its part."""
    if link.money is None:
        return
    yield "money is of its unit", link.unit, link.entitlement_id
    for part in link.money["parts"]:
        invoices = [(name, part[name]) for name in ("now", "next")]
        invoices += [(name, stored) for name in ("later", "coming") for stored in part.get(name, ())]
        for name, stored in invoices:
            invoice = Invoice.from_json(stored)
            yield f"money {name}", stored["total"], invoice.to_json()["total"]
            too_much = [line for line in invoice.lines if abs(line.amount) > _most_of(line)]
            yield f"lines of money {name} that are too much", len(too_much), 0


def _most_of(line: Line) -> Decimal:
    return charge(line.price, line.quantity, Share(line.days, line.of), line.currency)


def _end_mismatches(newest: Link, state: State) -> Iterator[Mismatch]:
    is_short = newest.sequence < state.sequence
    ends = Code.LOG_TAIL_GONE if is_short else Code.LOG_BROKEN
    for code, name, logged, held in (
        (ends, "sequence", newest.sequence, state.sequence),
        (ends, "to_version", newest.to_version, state.version),
        (Code.STATE_UNLIKE_LOG, "to_revision", newest.to_revision, state.revision.id),
        (Code.MOVED_PAST_LOG, "order", newest.order_id, state.order.id),
        (Code.MOVED_PAST_LOG, "customer", newest.customer_id, state.order.customer_id),
    ):
        if name == "customer" and newest.is_same(newest.customer_id, state.order.customer_id):
            continue
        if logged != held:
            yield Mismatch(code, f"newest change, {name}", logged, held)
