"""What the pages show of a group's offerings, and how an offering is found to be added."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Max, Q

from changegroups.models import ChangeGroup, Membership
from changegroups.paths import OfferingValue, offering_value
from offerings.holders import holders_by_offering
from offerings.models import Offering, OfferingQuerySet, Revision
from offerings.prices import price_line
from offerings.revisions import newest_revisions, show_term

STEP = 10
MOST_WORDS = 8
MOST_FOUND = 12


@dataclass(frozen=True, slots=True)
class MemberRow:
    """One offering of a group. ``beside`` names the others of its priority; ``starts_rung`` is true for the first."""

    member: Membership
    value: OfferingValue
    terms: str
    price: str
    held: int
    beside: tuple[str, ...]
    starts_rung: bool


@dataclass(frozen=True, slots=True)
class Roster:
    """The offerings of a group by priority, and what the ladder writes below each name."""

    rows: tuple[MemberRow, ...]

    @property
    def values(self) -> dict[int, OfferingValue]:
        """Return the offerings by key, from the highest priority down."""
        return {row.value.id: row.value for row in self.rows}

    @property
    def priorities(self) -> dict[int, int]:
        """Return the priority of each offering."""
        return {row.value.id: row.member.priority for row in self.rows}

    @property
    def spans_products(self) -> bool:
        """Tell whether offerings of several products are members."""
        return len({row.value.product_id for row in self.rows}) > 1

    @property
    def small(self) -> dict[int, str]:
        """Return what stands below each name: the product where there are several, else the price."""
        return {row.value.id: row.value.product_name if self.spans_products else row.price for row in self.rows}


def roster(group: ChangeGroup) -> Roster:
    """Return the offerings of a group from the highest priority down; four queries for any number of them."""
    members = list(
        group.memberships.select_related("offering__product", "offering__plan").order_by(
            "-priority", "offering__product", "offering__position", "offering__name", "pk"
        )
    )
    keys = [member.offering_id for member in members]
    revisions, held = newest_revisions(keys), holders_by_offering(keys)
    levels: defaultdict[int, list[Membership]] = defaultdict(list)
    for member in members:
        levels[member.priority].append(member)
    return Roster(
        tuple(
            _row(member, revisions.get(member.offering_id), held.get(member.offering_id, 0), levels[member.priority])
            for member in members
        )
    )


def _row(member: Membership, newest: Revision | None, held: int, level: list[Membership]) -> MemberRow:
    return MemberRow(
        member=member,
        value=offering_value(member.offering, newest),
        terms=_terms(newest.terms) if newest else "not published yet",
        price=_price(newest) if newest else "",
        held=held,
        beside=tuple(other.offering.name for other in level if other is not member),
        starts_rung=level[0] is member,
    )


def _terms(terms: Mapping[str, Any]) -> str:
    kept = [show_term(name, terms[name]) for name in ("license_type", "duration") if terms.get(name)]
    return ", ".join(kept)


def _price(newest: Revision) -> str:
    return price_line(newest.prices[:1], newest.terms.get("billing_period", "")) or "no price"


def next_priority(group: ChangeGroup) -> int:
    """Return the priority of a new offering: above all others; one query."""
    top = group.memberships.aggregate(top=Max("priority"))["top"]
    return STEP if top is None else top + STEP


def addable(group: ChangeGroup, text: str) -> OfferingQuerySet:
    """Return offerings on sale that are not in the group, with every word in their SKU, name or product."""
    found = Offering.objects.on_sale().select_related("product").exclude(memberships__group=group)
    for word in text.replace("\0", "").replace(":", " ").split()[:MOST_WORDS]:
        found = found.filter(Q(sku__icontains=word) | Q(name__icontains=word) | Q(product__name__icontains=word))
    return found.order_by("product__name", "product", "position", "name", "sku")


def meant(group: ChangeGroup, text: str) -> list[Offering]:
    """Return the offering a text means: that of the SKU, else what is found by its words. Retired ones are left out."""
    sku = text.replace("\0", "").strip()
    exact = list(addable(group, "").filter(sku__iexact=sku)[:2])
    return exact or (list(addable(group, text)[:MOST_FOUND]) if sku else [])


def why_not(text: str) -> str:
    """Say why a text means no offering that can be added."""
    sku = text.replace("\0", "").strip()
    if not sku:
        return "Write a product, a name or a SKU."
    known = Offering.objects.filter(sku__iexact=sku).first()
    if known and known.is_retired:
        return f"{known.name} is retired. Put it back on sale first."
    if known:
        return f"{known.name} is in the group already."
    return f"No offering on sale is found by “{sku[:80]}”. Write a product, a name or a SKU."


def labelled(offerings: Iterable[Offering]) -> list[tuple[str, str]]:
    """Return each offering's SKU, and its product and name."""
    return [(offering.sku, f"{offering.product.name}: {offering.name}") for offering in offerings]
