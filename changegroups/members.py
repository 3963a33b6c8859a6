"""The offerings of a group as its page shows them, and the search for offerings that can be added."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Max

from changegroups.models import ChangeGroup, Membership
from changegroups.paths import OfferingValue, offering_value
from config.folding import fold
from offerings.holders import holders_by_offering
from offerings.models import Offering, OfferingQuerySet, Revision, mentions
from offerings.prices import price_line
from offerings.revisions import newest_revisions, show_term

STEP = 10
MOST_WORDS = 8
MOST_FOUND = 12


@dataclass(frozen=True, slots=True)
class MemberRow:
    """One offering of a group. ``same_level`` names the others of its priority; ``starts_rung`` marks the first."""

    member: Membership
    value: OfferingValue
    terms: str
    price: str
    holders: int
    same_level: tuple[str, ...]
    starts_rung: bool


@dataclass(frozen=True, slots=True)
class Roster:
    """The offerings of a group by priority, and the subtitles of the ladder."""

    rows: tuple[MemberRow, ...]

    @property
    def values(self) -> dict[int, OfferingValue]:
        """Return the offerings by id, from the highest priority down."""
        return {row.value.id: row.value for row in self.rows}

    @property
    def priorities(self) -> dict[int, int]:
        """Return the priorities by offering id."""
        return {row.value.id: row.member.priority for row in self.rows}

    @property
    def spans_products(self) -> bool:
        """Tell whether the members are of several products."""
        return len({row.value.product_id for row in self.rows}) > 1

    @property
    def subtitles(self) -> dict[int, str]:
        """Return the line below each name by offering id: the product where there are several, else the price."""
        return {row.value.id: row.value.product_name if self.spans_products else row.price for row in self.rows}

    def id_of(self, sku: str) -> int | None:
        """Return the id of the member with a SKU; ``None`` where no member has it."""
        return next((row.value.id for row in self.rows if row.value.sku == sku), None)


def roster(group: ChangeGroup) -> Roster:
    """Return the offerings of a group from the highest priority down; four queries for any number."""
    members = list(
        group.memberships.select_related("offering__product", "offering__plan").order_by(
            "-priority", "offering__product", "offering__position", "offering__name", "pk"
        )
    )
    ids = [member.offering_id for member in members]
    revisions, holders = newest_revisions(ids), holders_by_offering(ids)
    levels: defaultdict[int, list[Membership]] = defaultdict(list)
    for member in members:
        levels[member.priority].append(member)
    return Roster(
        tuple(
            _row(
                member,
                newest=revisions.get(member.offering_id),
                holders=holders.get(member.offering_id, 0),
                level=levels[member.priority],
            )
            for member in members
        )
    )


def _row(member: Membership, *, newest: Revision | None, holders: int, level: list[Membership]) -> MemberRow:
    terms, price = "not published yet", ""
    if newest:
        shown = [show_term(name, newest.terms.get(name, "")) for name in ("license_type", "duration")]
        terms = ", ".join(filter(None, shown))
        price = price_line(newest.prices, newest.terms.get("billing_period", "")) or "no price"
    return MemberRow(
        member=member,
        value=offering_value(member.offering, newest),
        terms=terms,
        price=price,
        holders=holders,
        same_level=tuple(other.offering.name for other in level if other is not member),
        starts_rung=level[0] is member,
    )


def next_priority(group: ChangeGroup) -> int:
    """Return the priority of the next offering, above all members; one query."""
    top = group.memberships.aggregate(top=Max("priority"))["top"]
    return STEP if top is None else top + STEP


def addable_offerings(group: ChangeGroup, text: str) -> OfferingQuerySet:
    """Return offerings on sale that are not in the group, with every word in their SKU, name or product."""
    found = Offering.objects.on_sale().select_related("product").exclude(memberships__group=group)
    for word in filter(fold, text.replace(":", " ").split()[:MOST_WORDS]):
        found = found.filter(mentions(word))
    return found.order_by("product__name", "product", "position", "name", "sku")


def find_addable(group: ChangeGroup, text: str) -> list[Offering]:
    """Return the offering with this SKU, else the offerings with these words. Retired offerings are left out."""
    exact = list(addable_offerings(group, "").filter(sku_folded=text)[:2])
    return exact or (list(addable_offerings(group, text)[:MOST_FOUND]) if fold(text) else [])


def explain_not_found(text: str) -> str:
    """Return a sentence that says why a text finds no offering to add."""
    sku = text.replace("\0", "").strip()
    if not sku:
        return "Write a product, a name or a SKU."
    known = Offering.objects.filter(sku_folded=sku).first()
    if known and known.is_retired:
        return f"{known.name} is retired. Put it back on sale first."
    if known:
        return f"{known.name} is in the group already."
    return f"No offering on sale is found by “{sku[:80]}”. Write a product, a name or a SKU."


def offering_choices(offerings: Iterable[Offering]) -> list[tuple[str, str]]:
    """Return the SKU of each offering with a label of product and name."""
    return [(offering.sku, f"{offering.product.name}: {offering.name}") for offering in offerings]
