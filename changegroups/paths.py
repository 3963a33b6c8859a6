"""What is open from an offering, on which terms, and why the rest is closed.

``load`` reads in a constant number of queries, for one offering or many; the rules after it are pure.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from django.db.models import F, Q

from changegroups.models import MODES, ChangeDefaults, ChangeGroup, ChangeMode, Membership, TermChanges
from offerings.models import AllowedChanges, Offering, Revision
from offerings.revisions import newest_revisions


class Rank(StrEnum):
    """Where a target stands, seen from the offering held."""

    UPGRADE = "upgrade"
    SAME_LEVEL = "same level"
    DOWNGRADE = "downgrade"
    UNRANKED = "unranked"


@dataclass(frozen=True, slots=True)
class OfferingValue:
    """One offering, as far as moves need to know it. ``revision_id`` is the newest, ``None`` where unpublished."""

    id: int
    sku: str
    name: str
    kind: str
    product_id: int
    product_name: str
    allowed_changes: str = AllowedChanges.BOTH
    is_retired: bool = False
    revision_id: int | None = None
    license_type: str = ""
    duration: str = ""


class Mode(NamedTuple):
    """The value of one mode, and whether it is the global default."""

    value: str
    is_default: bool


@dataclass(frozen=True, slots=True)
class GroupValue:
    """A change group with its modes resolved and the priority of each member by offering."""

    id: int
    name: str
    change_mode: Mode
    subscribe_mode: Mode
    quantity_mode: Mode
    term_changes: Mode
    is_self_service: bool = False
    priorities: Mapping[int, int] = field(default_factory=dict)


class Reason(NamedTuple):
    """Why a move is closed: a stable code and a sentence. ``group`` is empty where no group is to blame."""

    code: str
    sentence: str
    group: str = ""


@dataclass(frozen=True, slots=True)
class Way:
    """One way to a target: through a group, or without any (``group`` is ``None``)."""

    rank: Rank
    group: GroupValue | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """One target: the ways that are open, or all reasons why none is."""

    target: OfferingValue
    ways: tuple[Way, ...] = ()
    reasons: tuple[Reason, ...] = ()

    @property
    def is_open(self) -> bool:
        """Tell whether there is a way."""
        return bool(self.ways)

    @property
    def needs_choice(self) -> bool:
        """Tell whether groups open the target in ways that differ, so that the person must name one."""
        return len({(way.rank, *_terms(way.group)) for way in self.ways}) > 1

    @property
    def default(self) -> Way | None:
        """Return the way taken where nobody names one; ``None`` where the person must."""
        return None if self.needs_choice or not self.ways else self.ways[0]

    def through(self, group_id: int | None) -> Way | None:
        """Return the way through a group, or the default where no group is named."""
        if group_id is None:
            return self.default
        return next((way for way in self.ways if way.group and way.group.id == group_id), None)


def _terms(group: GroupValue | None) -> tuple[str, ...]:
    """Return what a group says of a move it opens; its other modes only decide whether it does."""
    return (group.subscribe_mode.value, group.quantity_mode.value) if group else ()


@dataclass(frozen=True, slots=True)
class Ladder:
    """Everything the rules ask about: offerings by key, the groups they are in, and the products that have any."""

    offerings: Mapping[int, OfferingValue]
    groups: tuple[GroupValue, ...]
    grouped_products: frozenset[int] = frozenset()

    def moves(self, offering_id: int, *, by_customer: bool = False) -> tuple[Move, ...]:
        """Return every target of an offering once, open or closed with all reasons. Pure.

        Targets are the offerings of the same product, and members of its groups. ``by_customer`` asks for what
        customers may do themselves: only groups open to self-service count.
        """
        held = self.offerings[offering_id]
        mine = [group for group in self.groups if offering_id in group.priorities]
        in_groups = {key for group in mine for key in group.priorities}
        return tuple(
            self._move(held, target, mine, by_customer=by_customer)
            for target in self.offerings.values()
            if target.id != held.id and (target.product_id == held.product_id or target.id in in_groups)
        )

    def move(self, offering_id: int, target_id: int, *, by_customer: bool = False) -> Move | None:
        """Return one move; ``None`` where the target is out of reach altogether. Pure."""
        every = self.moves(offering_id, by_customer=by_customer)
        return next((move for move in every if move.target.id == target_id), None)

    def has_groups(self, product_id: int) -> bool:
        """Tell whether any offering of a product is in a change group."""
        return product_id in self.grouped_products

    def _move(self, held: OfferingValue, target: OfferingValue, mine: list[GroupValue], *, by_customer: bool) -> Move:
        closed = list(_closed_anyway(held, target))
        shared = [group for group in mine if target.id in group.priorities]
        if not shared:
            return self._without_group(held, target, closed, by_customer=by_customer)
        ways = []
        for group in shared:
            rank = rank_of(group.priorities[held.id], group.priorities[target.id])
            against = list(_closed_by(group, rank, held, target, by_customer=by_customer))
            closed += against
            if not against:
                ways.append(Way(rank, group))
        barred = bool(list(_closed_anyway(held, target)))
        return Move(target, (), tuple(closed)) if barred or not ways else Move(target, tuple(ways))

    def _without_group(
        self, held: OfferingValue, target: OfferingValue, closed: list[Reason], *, by_customer: bool
    ) -> Move:
        if by_customer:
            closed.append(Reason("not_self_service", "No change group opens this move to customers."))
        elif self.has_groups(held.product_id):
            closed.append(Reason("no_shared_group", f"No change group holds both {held.name} and {target.name}."))
        elif held.allowed_changes == AllowedChanges.NONE:
            closed.append(Reason("held_is_fixed", f"{held.name} allows no changes."))
        return Move(target, (), tuple(closed)) if closed else Move(target, (Way(Rank.UNRANKED),))


def rank_of(held: int, target: int) -> Rank:
    """Return the direction of a move between two priorities; never derived from prices."""
    if target == held:
        return Rank.SAME_LEVEL
    return Rank.UPGRADE if target > held else Rank.DOWNGRADE


def _closed_anyway(held: OfferingValue, target: OfferingValue) -> Iterable[Reason]:
    """Say why a target is closed whatever the groups say."""
    if target.is_retired:
        yield Reason("retired", f"{target.name} is retired.")
    if target.revision_id is None:
        yield Reason("unpublished", f"{target.name} has never been published.")
    if target.kind != held.kind:
        yield Reason("other_kind", "A plan can only become a plan, an add-on an add-on.")


def _closed_by(
    group: GroupValue, rank: Rank, held: OfferingValue, target: OfferingValue, *, by_customer: bool
) -> Iterable[Reason]:
    """Say why one group does not open a move: all reasons."""
    only = {ChangeMode.UPGRADE: Rank.UPGRADE, ChangeMode.DOWNGRADE: Rank.DOWNGRADE}.get(
        ChangeMode(group.change_mode.value)
    )
    if only and rank is not only:
        yield Reason("wrong_direction", f"{group.name} is {only} only; this is {_a(rank)}.", group.name)
    gate = _gate(held)
    if gate is not None and rank not in gate:
        yield Reason("held_is_fixed", f"{held.name} does not allow {_a(rank)}.", group.name)
    terms = (held.license_type, held.duration) != (target.license_type, target.duration)
    if terms and group.term_changes.value == TermChanges.REFUSED:
        sentence = f"{group.name} refuses another license type or duration."
        yield Reason("term_changes_refused", sentence, group.name)
    if by_customer and not group.is_self_service:
        yield Reason("not_self_service", f"{group.name} is not open to customers.", group.name)


def _gate(held: OfferingValue) -> set[Rank] | None:
    """Return the directions an offering lets its holders go; ``None`` is any."""
    return {
        AllowedChanges.BOTH: None,
        AllowedChanges.UPGRADE: {Rank.UPGRADE},
        AllowedChanges.DOWNGRADE: {Rank.DOWNGRADE},
        AllowedChanges.NONE: set(),
    }[AllowedChanges(held.allowed_changes)]


def _a(rank: Rank) -> str:
    return {Rank.UPGRADE: "an upgrade", Rank.DOWNGRADE: "a downgrade", Rank.SAME_LEVEL: "a move on the same level"}[
        rank
    ]


# --- reading ---------------------------------------------------------------------------------------------------------


def load(offering_ids: Iterable[int]) -> Ladder:
    """Return what the rules need to know about every move from these offerings; four queries for any number."""
    held = Offering.objects.filter(pk__in=set(offering_ids)).values("pk", "product")
    found = _memberships(held.values("product"))
    members = {key for group in found.groups for key in group.priorities}
    rows = Offering.objects.filter(Q(pk__in=members) | Q(product__in=held.values("product"))).select_related("product")
    every = list(rows.order_by("product", "position", "name", "pk"))
    revisions = newest_revisions([row.pk for row in every])
    values = {row.pk: offering_value(row, revisions.get(row.pk)) for row in every}
    return Ladder(values, found.groups, found.products)


def ladder_of(offerings: Iterable[OfferingValue]) -> Ladder:
    """Return what the rules need to know about moves among offerings that are known already; two queries."""
    known = {offering.id: offering for offering in offerings}
    found = _memberships([offering.product_id for offering in known.values()])
    return Ladder(known, found.groups, found.products)


class _Found(NamedTuple):
    groups: tuple[GroupValue, ...]
    products: frozenset[int]


def _memberships(products: Any) -> _Found:
    """Return the groups with a member among ``products``, with all their members; two queries, one without groups."""
    concerned = Membership.objects.filter(offering__product__in=products).values("group")
    priorities: defaultdict[int, dict[int, int]] = defaultdict(dict)
    groups: dict[int, ChangeGroup] = {}
    found_products = set()
    rows = Membership.objects.filter(group__in=concerned).order_by("group__name", "pk")
    for row in rows.select_related("group").annotate(product_id=F("offering__product")):
        groups[row.group_id] = row.group
        priorities[row.group_id][row.offering_id] = row.priority
        found_products.add(row.product_id)
    if not groups:
        return _Found((), frozenset())
    defaults = ChangeDefaults.current()
    values = tuple(group_value(group, defaults, priorities[key]) for key, group in groups.items())
    return _Found(values, frozenset(found_products))


def group_value(row: ChangeGroup, defaults: ChangeDefaults, priorities: Mapping[int, int]) -> GroupValue:
    """Return a group as a value, each mode resolved from the group or from the global defaults."""
    modes = {name: Mode(getattr(row, name) or getattr(defaults, name), not getattr(row, name)) for name in MODES}
    return GroupValue(
        id=row.pk, name=row.name, is_self_service=row.is_self_service, priorities=dict(priorities), **modes
    )


def offering_value(row: Offering, newest: Revision | None) -> OfferingValue:
    """Return an offering as a value; its license type and duration are those of its newest revision."""
    return OfferingValue(
        id=row.pk,
        sku=row.sku,
        name=row.name,
        kind=row.kind,
        product_id=row.product_id,
        product_name=row.product.name,
        allowed_changes=row.allowed_changes,
        is_retired=row.is_retired,
        revision_id=newest.pk if newest else None,
        license_type=newest.terms["license_type"] if newest else "",
        duration=newest.terms["duration"] if newest else "",
    )
